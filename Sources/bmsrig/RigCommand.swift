import ArgumentParser
import LinuxPorts
import Model
import Ports
import Quantities
import Rigging
import Simulation

/// `bmsrig rig`: what is done with a rig outside a run.
struct RigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rig",
    abstract:
      "Look after a rig: is all of it there, is it safe, does its watchdog bite; or serve a simulated one.",
    subcommands: [
      RigProbeCommand.self, RigSafeCommand.self, RigProveCommand.self, RigServeCommand.self,
      RigAcknowledgeCommand.self,
    ])

  /// The file, or the end with every finding printed.
  static func load(_ path: String, _ format: Format) throws -> RigFile {
    let (file, findings) = RigFile.load(path: path)
    guard let file else {
      Output.findings(findings, format: format)
      throw CommandEnd(.badInput)
    }
    return file
  }
}

/// `bmsrig rig probe`.
struct RigProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "Open everything a rig file names, ask who is there, compare; nothing is energised or changed.",
    discussion:
      "All instruments are probed, whatever becomes of the others. Exit code 3 when one is not as it should "
      + "be.\n\n" + ExitCode.help)

  @Argument(help: "Rig file, e.g. Rigs/eol-line.yaml.")
  var rig: String
  @OptionGroup var format: FormatOption

  func run() throws {
    let file = try RigCommand.load(rig, format.format)
    guard let today = CalendarDate(WallClock.today) else { preconditionFailure("the calendar has no today") }
    let results: [ProbeResult]
    do {
      results = try WorldChoice.run(rig: file.rig) { world in
        try await RigProbe(rig: file.rig, world: world, date: today).run()
      }
    } catch let stop as WorldStopped {
      throw Complaint.end("\(stop)", "probe again", code: .aborted, format.format)
    } catch let error as PortError {
      throw Complaint.end("\(error)", "nothing was opened", code: .rigError, format.format)
    }
    let good = results.allSatisfy { $0.state == .ok }
    switch format.format {
    case .json:
      Output.json(
        .object([
          ("rig", .string(file.rig.name)), ("date", .string(today.description)), ("ok", .bool(good)),
          ("results", .array(results.map(\.json))),
        ]))
    case .text: Self.table(results).forEach(Output.line)
    }
    if !good { throw CommandEnd(.rigError) }
  }

  private static func table(_ results: [ProbeResult]) -> [String] {
    let wide = results.map(\.name.count).max() ?? 0
    let states = results.map(\.state.words.count).max() ?? 0
    return results.map { result in
      let advice = result.advice.isEmpty ? "" : ". Next: \(result.advice)"
      return "\(result.name.padded(wide))  \(result.state.words.padded(states))  \(result.address): "
        + result.message + advice
    }
  }
}
