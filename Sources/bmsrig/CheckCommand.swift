import ArgumentParser
import Model
import Quantities
import Rigging

/// `--model` of `run` and `check`.
enum ModelOption {
  static let help: ArgumentHelp =
    "Sister variant instead of the procedure's unit: EK-B24S8E200A, EK-B24S8E250A or EK-B24S8E300A."
}

/// `bmsrig check`: everything that can be found without opening a port.
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check rigs, procedures, specifications and unit files; nothing is opened.",
    discussion: ExitCode.help)

  @Argument(help: "Files to check; the first key tells what each is.")
  var files: [String]
  @Option(help: "Check procedures against this rig, too: roles, reach, uncertainties, fences.")
  var rig: String?
  @Option(help: ModelOption.help)
  var model: String?
  @OptionGroup var format: FormatOption

  func run() throws {
    var all: [Finding] = []
    var kinds: [(file: String, kind: String, count: Int)] = []
    for file in files {
      let (kind, findings) = Preflight.check(
        file: file, rigPath: rig, model: model?.uppercased(), date: WallClock.today)
      kinds.append((file, kind, findings.count))
      all += findings
    }
    all = all.reduce(into: []) { list, finding in if !list.contains(finding) { list.append(finding) } }
    switch format.format {
    case .json:
      Output.json(
        .object([
          (
            "files",
            .array(
              kinds.map {
                .object([
                  ("file", .string($0.file)), ("kind", .string($0.kind)), ("findings", .int($0.count)),
                ])
              })
          ),
          ("findings", .array(all.map(\.json))),
        ]))
    case .text:
      Output.findings(all, format: .text)
      for entry in kinds where entry.count == 0 { Output.line("\(entry.file): \(entry.kind), no findings") }
    }
    if !all.isEmpty { throw CommandEnd(.badInput) }
  }
}
