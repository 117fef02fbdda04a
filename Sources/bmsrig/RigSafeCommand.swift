import ArgumentParser
import Foundation
import Model
import Ports
import Quantities
import Reports
import Rigging
import Store

/// `bmsrig rig safe`.
struct RigSafeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "safe",
    abstract: "Switch everything of a rig off, without a run, and read back that it is.",
    discussion:
      "Opens what answers, tells OFF to everything at once and performs the safe-state sequence of the rig file with "
      + "its read-backs. Outputs that are on are what it is for; instruments that do not answer keep no other from "
      + "being switched off. Ctrl-C does not cut it short. Exit code 6 when a step is not confirmed. The result is "
      + "kept in the store: what is not confirmed lets no run begin on the rig before this command has confirmed it or "
      + "'bmsrig rig acknowledge' has said so.\n\n" + ExitCode.help)

  @Argument(help: "Rig file, e.g. Rigs/eol-line.yaml.")
  var rig: String
  @OptionGroup var store: StoreOption
  @OptionGroup var format: FormatOption

  func run() throws {
    let file = try RigCommand.load(rig, format.format)
    let outcome: SafeStateProver.Outcome
    do {
      outcome = try WorldChoice.run(rig: file.rig) { world in
        try await SafeStateProver(rig: file.rig, world: world).run()
      }
    } catch let error as RigBuildError {
      throw Complaint.end("\(error)", "nothing was opened", code: .badInput, format.format)
    } catch {
      // Not even the ports could be had: whatever is on stays on.
      Output.error(SafeStateWords.alarm)
      keep(confirmed: false, "\(error)", of: file.rig.name)
      throw Complaint.end(
        "\(error)", "switch the rig off by hand", code: .safeStateNotConfirmed, format.format)
    }
    let open = outcome.safeState.entries.filter { !$0.confirmed }.map { "\($0.action): \($0.message)" }
    keep(confirmed: outcome.safeState.confirmed, open.joined(separator: "; "), of: file.rig.name)
    show(outcome, of: file.rig.name)
    if !outcome.safeState.confirmed { throw CommandEnd(.safeStateNotConfirmed) }
  }

  private func keep(confirmed: Bool, _ words: String, of name: String) {
    store.keep(
      MadeSafe(rig: name, by: "'bmsrig rig safe'", confirmed: confirmed, words: words, at: WallClock.now))
  }

  private func show(_ outcome: SafeStateProver.Outcome, of name: String) {
    let result = outcome.safeState
    switch format.format {
    case .json:
      Output.json(
        .object([
          ("rig", .string(name)), ("ok", .bool(result.confirmed)),
          (
            "results",
            .array(
              result.entries.map {
                .object([
                  ("name", .string($0.action)), ("ok", .bool($0.confirmed)), ("words", .string($0.message)),
                ])
              })
          ),
          ("notes", .array(outcome.notes.map { .string($0) })),
        ]))
    case .text:
      outcome.notes.forEach(Output.error)
      let wide = result.entries.map(\.action.count).max() ?? 0
      for entry in result.entries {
        let state = entry.confirmed ? "confirmed    " : "NOT CONFIRMED"
        Output.line("\(entry.action.padded(wide))  \(state)  \(entry.message)")
      }
      Output.line(Self.conclusion(result, name))
    }
  }

  private static func conclusion(_ result: SafeStateResult, _ name: String) -> String {
    if result.entries.isEmpty { return "rig '\(name)' has nothing that could be switched off" }
    return result.confirmed ? "Safe state of rig '\(name)' confirmed" : SafeStateWords.alarm
  }
}
