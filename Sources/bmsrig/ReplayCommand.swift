import ArgumentParser
import Documents
import Foundation
import Model
import Quantities
import Rigging
import Simulation
import Store

/// `bmsrig replay`: a recorded run once more through today's program.
struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Feed the recorded traffic of a run through today's drivers and decoders and report any difference.",
    discussion: """
      Procedure and rig file are looked for by their names in Procedures and Rigs under the working folder, unless \
      they are given. Nothing is opened. Compared are the bytes sent and received, measurements, settings, errors, \
      safe state and verdict.
      Exit code 0 when nothing differs, 1 otherwise.
      """)

  @Argument(help: ArgumentHelp("Run id, or its beginning.", valueName: "run"))
  var id: String
  @Option(help: "Procedure file of the run.")
  var procedure: String?
  @Option(help: "Rig file of the run.")
  var rig: String?
  @Option(help: "Answers file of the run.")
  var answers: String?
  @OptionGroup var store: StoreOption
  @OptionGroup var format: FormatOption

  func run() throws {
    let events = try recorded()
    guard case .runStarted(let header)? = events.first?.body else {
      throw Complaint.end("the journal does not begin a run", "", code: .badInput, format.format)
    }
    if let source = header.judgedFrom {
      throw Complaint.end(
        "run \(header.run) measured nothing, it was judged from \(source.run)", "replay \(source.run)",
        code: .badInput, format.format)
    }
    guard let replay = ReplayRun(checked: try check(header), recorded: events) else {
      throw Complaint.end("the journal does not begin a run", "", code: .badInput, format.format)
    }
    let comparison: ReplayComparison
    do { comparison = try replay.run() } catch let stuck as SimulationDeadlock {
      throw Complaint.end(
        "today's program waits for something the record does not have: \(stuck)", "", code: .fail,
        format.format)
    } catch {
      throw Complaint.end("\(error)", "check the rig file", code: .badInput, format.format)
    }
    show(comparison, header)
    if !comparison.isIdentical { throw CommandEnd(.fail) }
  }

  private func recorded() throws -> [RunEvent] {
    let opened = try store.open(format.format)
    do throws(StoreError) {
      let summary = try opened.find(id)
      // The record is proven first: a changed journal proves nothing about today's program.
      _ = try opened.record(run: summary.id)
      return try JournalReader(path: opened.journalPath(of: summary.id)).events()
    } catch {
      throw Complaint.end(error, format.format)
    }
  }

  private func check(_ header: RunHeader) throws -> CheckedRun {
    let request = RunRequest(
      procedurePath: try procedure ?? found("procedure", header.procedure.name, in: "Procedures"),
      rigPath: try rig ?? found("rig", header.rig.name, in: "Rigs"), answersPath: answers, unit: header.unit,
      chemistry: header.chemistry, cellCount: header.cellCount, model: header.model,
      date: String(header.startedAt.prefix(10)))
    if header.answers != nil, answers == nil {
      throw Complaint.end(
        "the run had an answers file, '\(header.answers?.name ?? "")'", "give it with --answers",
        code: .badInput,
        format.format)
    }
    let (checked, findings) = Preflight.check(request)
    if let checked { return checked }
    Output.findings(findings, format: format.format)
    throw CommandEnd(.badInput)
  }

  /// The file of a folder that names itself so.
  private func found(_ kind: String, _ name: String, in folder: String) throws -> String {
    for path in DocumentFolder.files(in: folder) {
      guard let document = YAMLDocument.load(path: path).value, case .table(let entries, _) = document.root,
        case .scalar(let text, _)? = entries.first(where: { $0.key == kind })?.value
      else { continue }
      if text == name { return path }
    }
    throw Complaint.end(
      "no \(kind) '\(name)' was found in \(folder)", "give the file with --\(kind)", code: .badInput,
      format.format)
  }

  private func show(_ comparison: ReplayComparison, _ header: RunHeader) {
    if format.format == .json { return Output.json(Self.json(comparison, header)) }
    Output.line(
      "Run \(header.run): \(comparison.exchanges) exchanges and \(comparison.measurements) measurements replayed"
    )
    if !comparison.isWhole { Output.line("The record breaks off; compared as far as it goes") }
    for difference in comparison.differences {
      Output.line("\(difference.kind.rawValue.padded(12)) \(difference.place)")
      Output.line("  recorded  \(difference.recorded ?? "nothing")")
      Output.line("  replayed  \(difference.replayed ?? "nothing")")
    }
    if comparison.isIdentical {
      let shift = comparison.clockShift.map { $0 == 0 ? ", at the same instants" : "" } ?? ""
      Output.line("Identical\(shift)")
    } else {
      let counts = ReplayComparison.Kind.allCases.compactMap { kind in
        comparison.count[kind].map { "\($0) \(kind.rawValue)" }
      }
      Output.line("Differences: \(counts.joined(separator: ", "))")
    }
    if comparison.clockMeasurements > 0 {
      Output.line(
        "\(comparison.clockMeasurements) durations differ by less than the clock's 10 ms and count as equal")
    }
  }

  private static func json(_ comparison: ReplayComparison, _ header: RunHeader) -> OrderedJSON {
    .object([
      ("run", .string(header.run)), ("identical", .bool(comparison.isIdentical)),
      ("whole", .bool(comparison.isWhole)),
      ("exchanges", .int(comparison.exchanges)), ("measurements", .int(comparison.measurements)),
      (
        "clock_shift_s",
        comparison.clockShift.map { .double(Double($0) / 1e9) } ?? .null
      ),
      ("clock_measurements", .int(comparison.clockMeasurements)),
      (
        "counts",
        .object(ReplayComparison.Kind.allCases.map { ($0.rawValue, .int(comparison.count[$0] ?? 0)) })
      ),
      (
        "differences",
        .array(
          comparison.differences.map {
            .object([
              ("kind", .string($0.kind.rawValue)), ("place", .string($0.place)),
              ("recorded", $0.recorded.map { .string($0) } ?? .null),
              ("replayed", $0.replayed.map { .string($0) } ?? .null),
            ])
          })
      ),
    ])
  }
}
