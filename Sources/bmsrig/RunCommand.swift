import ArgumentParser
import Engine
import Foundation
import Model
import Ports
import Quantities
import Reports
import Rigging
import Store

/// `bmsrig run`: one procedure on one unit.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a procedure on one unit and give a verdict.", discussion: ExitCode.help)

  @Argument(help: "Procedure file, e.g. Procedures/end-of-line.yaml.")
  var procedure: String
  @Option(help: "Rig file, e.g. Rigs/simulated.yaml.")
  var rig: String
  @Option(help: "Serial number of the unit.")
  var unit: String
  @Option(help: "Unit file: the simulated unit to put into the socket (simulated rigs only).")
  var unitFile: String?
  @Option(help: "Cell chemistry instead of the procedure's: NCM, LFP or LTO.")
  var chemistry: String?
  @Option(help: "Cells in series instead of the procedure's: 16 to 24.")
  var cells: Int?
  @Option(help: "Seed of everything that is drawn by chance.")
  var seed: UInt64 = 1
  @Option(help: "Where to write the HTML report (default: reports/RUN.html in the store).")
  var report: String?
  @Flag(help: "Print every event as one line of JSON instead of progress.")
  var json = false
  @OptionGroup var store: StoreOption
  @OptionGroup var format: FormatOption

  func validate() throws {
    if let chemistry, Chemistry(rawValue: chemistry.uppercased()) == nil {
      throw ValidationError("'\(chemistry)' is no chemistry; write NCM, LFP or LTO")
    }
    if unit.isEmpty || unit.count > 64 { throw ValidationError("--unit needs a serial number of 1 to 64 characters") }
  }

  func run() throws {
    let request = RunRequest(
      procedurePath: procedure, rigPath: rig, unitFilePath: unitFile,
      chemistry: chemistry.flatMap { Chemistry(rawValue: $0.uppercased()) }, cellCount: cells, date: Self.today)
    let (checked, findings) = Preflight.check(request)
    guard let checked else {
      Output.findings(findings, format: format.format)
      throw CommandEnd(.badInput)
    }
    let store = try store.open()
    let progress = ProgressSink(mode: mode)
    let execution = RunExecution(checked: checked, unit: unit, seed: seed, program: Program.name, observer: progress)
    let outcome: RunExecution.Outcome
    do {
      outcome = try execution.run(in: store, worlds: WorldChoice.self)
    } catch let error as StoreError {
      throw Complaint.end(error)
    } catch let error as RigBuildError {
      Output.error("\(error)")
      throw CommandEnd(.badInput)
    }
    let path = try writeReport(outcome, checked: checked, store: store)
    conclude(outcome, reportPath: path)
    throw CommandEnd(Self.code(outcome.conclusion))
  }

  private var mode: ProgressSink.Mode {
    if json { return .json }
    if format.format == .json { return .silent }
    return Output.isTerminal ? .live : .plain
  }

  static var today: String {
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = [.withFullDate]
    return formatter.string(from: Date())
  }

  static func code(_ conclusion: Runner.Conclusion) -> ExitCode {
    guard conclusion.safeStateConfirmed else { return .safeStateNotConfirmed }
    switch conclusion.verdict {
    case .pass: return .pass
    case .fail: return .fail
    case .inconclusive: return .inconclusive
    case .error: return .rigError
    case .aborted: return .aborted
    }
  }

  private func writeReport(_ outcome: RunExecution.Outcome, checked: CheckedRun, store: RunStore) throws -> String {
    let path = report ?? "\(store.path)/reports/\(outcome.record.header.run).html"
    let context = ReportContext(checked.specification.specification, journal: outcome.journalName, head: outcome.journalHead)
    try ReportFile.write(HTMLReport().render(record: outcome.record, context: context), to: path)
    return path
  }

  private func conclude(_ outcome: RunExecution.Outcome, reportPath: String) {
    let conclusion = outcome.conclusion
    let header = outcome.record.header
    if format.format == .json {
      Output.json(
        .object([
          ("run", .string(header.run)), ("unit", .string(header.unit)), ("verdict", .string(conclusion.verdict.rawValue)),
          ("reason", .string(conclusion.reason)), ("safe_state_confirmed", .bool(conclusion.safeStateConfirmed)),
          ("exit_code", .int(Int(Self.code(conclusion).rawValue))), ("report", .string(reportPath)),
        ]))
      return
    }
    guard !json else { return }
    if !conclusion.safeStateConfirmed {
      Output.line("*** SAFE STATE NOT CONFIRMED: treat the rig as live, do not touch the unit ***")
      for entry in outcome.record.safeState?.entries ?? [] where !entry.confirmed {
        Output.line("    \(entry.action): \(entry.message)")
      }
    }
    Output.line("Run     \(header.run)")
    Output.line("Verdict \(conclusion.verdict.rawValue.uppercased())  \(conclusion.reason)")
    Output.line("Report  \(reportPath)")
  }
}
