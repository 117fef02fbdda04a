import ArgumentParser
import Glibc

/// The command line. The only place that chooses the world.
struct Bmsrig: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bmsrig",
    abstract: "Hardware-in-the-loop test rig controller for the Enerkey EK-B24S8E300A family.",
    discussion: ExitCode.help,
    version: Program.version,
    subcommands: [
      Run.self, RigCommand.self, Check.self, Coverage.self, Study.self, Decode.self, Can.self,
      TrafficCommand.self, Runs.self, Show.self, Verify.self, Replay.self, JudgeCommand.self,
      Report.self, Device.self,
      Instruments.self,
      StepKinds.self,
      Schema.self, StoreCommand.self,
    ])
}

/// What the program calls itself in journals and reports.
enum Program {
  static let version = "0.1.0"
  static let name = "bmsrig \(version)"
}

@main
struct Entry {
  static func main() {
    // A closed pipe is seen by the writer; it must not kill a run that has outputs on.
    signal(SIGPIPE, SIG_IGN)
    // Nor must a limit on the size of files: the write fails, and the run ends safe.
    signal(SIGXFSZ, SIG_IGN)
    do {
      var command = try Bmsrig.parseAsRoot()
      try command.run()
    } catch let end as CommandEnd {
      exit(end.code.rawValue)
    } catch {
      let code = Bmsrig.exitCode(for: error)
      let message = Bmsrig.fullMessage(for: error)
      if code.isSuccess { Output.line(message) } else { Output.error(message) }
      exit(code.isSuccess ? 0 : ExitCode.badInput.rawValue)
    }
  }
}

/// Exit codes, the same for every command.
enum ExitCode: Int32, CaseIterable {
  case pass = 0
  case fail = 1
  case badInput = 2
  case rigError = 3
  case aborted = 4
  case inconclusive = 5
  case safeStateNotConfirmed = 6

  var words: String {
    switch self {
    case .pass: "pass, or the command did what it was asked"
    case .fail: "fail: the unit does not conform"
    case .badInput: "bad input or usage; nothing was opened"
    case .rigError: "rig error, or the start was refused: says nothing about the unit"
    case .aborted: "aborted by a person or an interlock"
    case .inconclusive: "inconclusive: inside a guard band, or not measured"
    case .safeStateNotConfirmed: "SAFE STATE NOT CONFIRMED: treat the rig as live"
    }
  }

  static let help =
    "Exit codes:\n" + allCases.map { "  \($0.rawValue)  \($0.words)" }.joined(separator: "\n")
}

/// Ends the program with a code after everything was said.
struct CommandEnd: Error {
  let code: ExitCode
  init(_ code: ExitCode) { self.code = code }
}
