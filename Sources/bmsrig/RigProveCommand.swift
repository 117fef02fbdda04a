import ArgumentParser
import LinuxPorts
import Model
import Ports
import Quantities
import Rigging

/// `bmsrig rig prove`.
struct RigProveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prove",
    abstract: "Arm the instruments' watchdogs, say nothing, and show that each switches off by itself.",
    discussion:
      "Outputs are switched on at 0 A and 0 V, with the contactors open. It takes as long as the longest delay in the "
      + "rig file (option 'watchdog'). Exit code 3 when one did not act.\n\n" + ExitCode.help)

  @Argument(help: "Rig file, e.g. Rigs/eol-line.yaml.")
  var rig: String
  @OptionGroup var format: FormatOption

  func run() throws {
    let file = try RigCommand.load(rig, format.format)
    let results: [WatchdogProver.Result]
    do {
      results = try WorldChoice.run(rig: file.rig) { world in
        let working = try WorkingRig(
          rig: file.rig, world: world, cellCount: 24, restVoltage: 0, recordsTraffic: false, record: { _ in })
        return try await WatchdogProver(rig: working).run()
      }
    } catch let stop as WorldStopped {
      throw Complaint.end("\(stop)", "prove again", code: .aborted, format.format)
    } catch {
      throw Complaint.end("\(error)", "nothing was energised", code: .rigError, format.format)
    }
    let isGood = results.allSatisfy(\.isGood)
    switch format.format {
    case .text: for result in results { Output.line("\(result.name)  \(Self.words(result))") }
    case .json:
      Output.json(
        .object([
          ("rig", .string(file.rig.name)), ("ok", .bool(isGood)),
          (
            "results",
            .array(
              results.map { result in
                .object([
                  ("name", .string(result.name)),
                  ("watchdog", .bool(result.proof != nil || !result.problem.isEmpty)),
                  ("ok", .bool(result.isGood)), ("words", .string(Self.words(result))),
                ])
              })
          ),
        ]))
    }
    if !isGood { throw CommandEnd(.rigError) }
  }

  private static func words(_ result: WatchdogProver.Result) -> String {
    guard result.problem.isEmpty else { return "not proven: \(result.problem)" }
    guard let proof = result.proof else { return "no watchdog that its driver knows" }
    let silence =
      "armed with \(TimeSpan(proof.delay.seconds)), \(TimeSpan(proof.silence.seconds)) without a word"
    return proof.tripped ? "tripped: \(silence) (\(proof.words))" : "DID NOT TRIP: \(silence), \(proof.words)"
  }
}
