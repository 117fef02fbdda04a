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
  @Option(help: "Answers file: what a person found and wrote down, for runs that nobody attends.")
  var answers: String?
  @Option(help: "Cell chemistry instead of the procedure's: NCM, LFP or LTO.")
  var chemistry: String?
  @Option(help: "Cells in series instead of the procedure's: 16 to 24.")
  var cells: Int?
  @Option(help: ModelOption.help)
  var model: String?
  @Option(help: "Seed of everything that is drawn by chance.")
  var seed: UInt64 = 1
  @Option(help: "Where to write the HTML report (default: reports/RUN.html in the store).")
  var report: String?
  @Option(help: "Begin although self-test or golden unit are out of date, and why. Such a run cannot pass.")
  var overrideStart: String?
  @Flag(help: "Print every event as one line of JSON instead of progress.")
  var json = false
  @Flag(
    help: "Run without the process that makes the rig safe when this one cannot; such a run never passes.")
  var withoutGuard = false
  @OptionGroup var store: StoreOption
  @OptionGroup var format: FormatOption

  func validate() throws {
    if let chemistry, Chemistry(rawValue: chemistry.uppercased()) == nil {
      throw ValidationError("'\(chemistry)' is no chemistry; write NCM, LFP or LTO")
    }
    if let cells, !(16...24).contains(cells) { throw ValidationError("--cells takes 16 to 24, not \(cells)") }
    if let overrideStart, overrideStart.allSatisfy(\.isWhitespace) {
      throw ValidationError("--override-start needs a reason; it stands in the record")
    }
    if unit.isEmpty || unit.count > Self.unitLengthMax {
      throw ValidationError("--unit needs a serial number of 1 to \(Self.unitLengthMax) characters")
    }
    if VisibleText.of(unit) != unit {
      throw ValidationError(
        "--unit holds a character that cannot be seen: '\(VisibleText.of(unit))'; scan the label again")
    }
  }

  /// Longer texts are no serial number but a slip of the scanner.
  static let unitLengthMax = 64

  func run() throws {
    let request = RunRequest(
      procedurePath: procedure, rigPath: rig, unitFilePath: unitFile, answersPath: answers, unit: unit,
      chemistry: chemistry.flatMap { Chemistry(rawValue: $0.uppercased()) }, cellCount: cells,
      model: model?.uppercased(), date: WallClock.today)
    let (checked, findings) = Preflight.check(request)
    guard let checked else {
      Output.findings(findings, format: format.format)
      throw CommandEnd(.badInput)
    }
    if let answers, !checked.unanswered.isEmpty {
      Output.error(
        "\(answers): no answer for \(unit) to \(checked.unanswered.joined(separator: ", ")); what nobody answers "
          + "at the terminal stays not measured")
    }
    let store = try store.open(format.format)
    let progress = ProgressSink(mode: mode(checked))
    defer { progress.finish() }
    let outcome = try execute(checked, progress, in: store)
    let report = writeReport(outcome, checked: checked, store: store)
    // Everything is off and written by now: whoever stopped reading may be waited for.
    progress.finish()
    conclude(outcome, report)
    throw CommandEnd(Self.code(outcome.conclusion))
  }

  private func execute(
    _ checked: CheckedRun, _ progress: ProgressSink, in store: RunStore
  ) throws -> RunExecution.Outcome {
    let execution = RunExecution(
      checked: checked, unit: unit, seed: seed, program: Program.name, observer: progress,
      withGuard: !withoutGuard)
    execution.overrideReason = overrideStart
    do {
      return try execution.run(in: store, worlds: WorldChoice.self)
    } catch let refused as StartRefused {
      throw Self.end(refused, format.format)
    } catch let error as StoreError {
      throw Complaint.end(error, format.format)
    } catch let error as RigBuildError {
      throw Complaint.end("\(error)", "nothing was opened", code: .badInput, format.format)
    } catch let lost as RunExecution.NothingKept {
      if !lost.conclusion.safeStateConfirmed {
        Output.error(SafeStateWords.alarm)
        self.store.keep(
          MadeSafe(
            rig: checked.rig.rig.name, by: "a run of which nothing could be kept", confirmed: false,
            words: lost.conclusion.reason, at: WallClock.now))
      }
      throw Complaint.end(
        "\(lost)", "nothing of this run was kept; repeat it when the store can be written",
        code: Self.code(lost.conclusion), format.format)
    } catch let error as PortError {
      // Only what comes before the rig is touched arrives here: the world itself could not be had.
      throw Complaint.end("\(error)", "nothing was opened", code: .rigError, format.format)
    } catch {
      Output.error(SafeStateWords.alarm)
      throw Complaint.end(
        "the run broke off: \(error)", "treat the rig as live, then close the run with 'bmsrig store close'",
        code: .safeStateNotConfirmed, format.format)
    }
  }

  /// All that stands against a start, each with what to do; nothing was opened.
  private static func end(_ refused: StartRefused, _ format: Format) -> CommandEnd {
    switch format {
    case .text:
      for condition in refused.unmet {
        Output.error("START REFUSED  \(refused.rig)  \(condition.name): \(condition.words)")
      }
    case .json:
      let list = refused.unmet.map {
        OrderedJSON.object([("name", .string($0.name)), ("words", .string($0.words))])
      }
      Output.json(
        .object([
          ("refused", .array(list)), ("rig", .string(refused.rig)),
          ("exit_code", .int(Int(ExitCode.rigError.rawValue))),
        ]))
    }
    return CommandEnd(.rigError)
  }

  private func mode(_ checked: CheckedRun) -> ProgressSink.Mode {
    if json { return .json }
    if format.format == .json { return .silent }
    // Lines that are painted over and questions do not go together on one screen.
    if checked.asksAtTerminal { return .plain }
    return Output.isTerminal ? .live : .plain
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

  /// Where the report stands, or why it could not be written.
  private enum Written {
    case at(String)
    case problem(String)
  }

  /// A report that cannot be written never changes the verdict: the run is in the store and can be reported again.
  private func writeReport(_ outcome: RunExecution.Outcome, checked: CheckedRun, store: RunStore) -> Written {
    let path = report ?? "\(store.path)/reports/\(outcome.record.header.run).html"
    let context = ReportContext(
      checked.specification.specification, journal: outcome.journalName, head: outcome.journalHead)
    let bytes = HTMLReport().render(record: outcome.record, context: context)
    return ReportFile.problem(writing: bytes, to: path).map { .problem($0) } ?? .at(path)
  }

  /// What was not confirmed and what to do, on standard error: scripts read the other, people see this.
  private static func shout(_ record: RunRecord) {
    Output.error(SafeStateWords.alarm)
    for entry in record.safeState?.entries ?? [] where !entry.confirmed {
      Output.error("NOT SAFE  \(entry.action): \(VisibleText.of(entry.message))")
    }
    Output.error(SafeStateWords.remedy(rig: record.header.rig.name))
  }

  private func conclude(_ outcome: RunExecution.Outcome, _ report: Written) {
    let isSafe = outcome.conclusion.safeStateConfirmed
    if !isSafe { Self.shout(outcome.record) }
    if outcome.record.verdict == nil {
      Output.error(
        "THE RECORD OF THIS RUN IS INCOMPLETE: \(outcome.conclusion.reason)\nIt holds everything that was reported "
          + "before. The next start of bmsrig closes it as aborted; the verdict below stands nowhere else.")
    } else if let problem = outcome.indexProblem {
      Output.error("\(problem)\nThe journal is whole; 'bmsrig store rebuild' enters the run into the index.")
    }
    if case .problem(let text) = report {
      Output.error(
        "\(text)\nThe run is stored; 'bmsrig report \(outcome.record.header.run) --output FILE' writes the report."
      )
    }
    guard !json else { return }
    if format.format == .json { return Output.json(summary(outcome, report)) }
    let conclusion = outcome.conclusion
    // Whoever keeps standard output alone must find it there.
    if !isSafe, !Output.isTerminal { Output.line(SafeStateWords.alarm) }
    Output.line("Run     \(outcome.record.header.run)")
    let headline = Headline.of(outcome.record, unrecorded: conclusion.reason)
    Output.line("Verdict \(conclusion.verdict.rawValue.uppercased())  \(headline)")
    switch report {
    case .at(let path): Output.line("Report  \(path)")
    case .problem: Output.line("Report  not written")
    }
  }

  private func summary(_ outcome: RunExecution.Outcome, _ report: Written) -> OrderedJSON {
    let conclusion = outcome.conclusion
    let header = outcome.record.header
    var members: [(key: String, value: OrderedJSON)] = [
      ("run", .string(header.run)), ("unit", .string(header.unit)),
      ("verdict", .string(conclusion.verdict.rawValue)),
      ("reason", .string(conclusion.reason)), ("safe_state_confirmed", .bool(conclusion.safeStateConfirmed)),
      ("exit_code", .int(Int(Self.code(conclusion).rawValue))),
    ]
    switch report {
    case .at(let path): members.append(("report", .string(path)))
    case .problem(let text): members += [("report", .null), ("report_problem", .string(text))]
    }
    return .object(members)
  }
}
