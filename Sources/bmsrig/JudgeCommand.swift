import ArgumentParser
import Foundation
import Model
import Quantities
import Reports
import Rigging
import Store

/// `bmsrig judge`: old measurements under other limits, into a record of their own.
struct JudgeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "judge", abstract: "Judge the measurements of a run under the limits of another procedure.",
    discussion: """
      Makes a new record that names the run, its procedure and the hash of its journal; the run stays as it is. \
      Measurements count where the procedure has a step of the same id, kind and parameters. What it asks beyond them \
      is not measured and cannot pass. Errors of the rig, stops, trips, fences, start conditions and the safe state of \
      the run are taken over: what kept it from passing keeps the new record from it.
      Exit codes are those of 'bmsrig run', without 6: nothing is energised here.
      """)

  @Argument(help: ArgumentHelp("Run id, or its beginning.", valueName: "run"))
  var id: String
  @Option(help: "Procedure file; its specification is the one whose limits hold.")
  var procedure: String
  @Option(help: "Where to write the HTML report (default: reports/RUN.html in the store).")
  var report: String?
  @OptionGroup var store: StoreOption
  @OptionGroup var format: FormatOption

  func run() throws {
    let stored = try StoredRun(id, in: store, format.format)
    let judge = try makeJudge(stored)
    let opened = try store.open(format.format)
    let (record, head): (RunRecord, String)
    do throws(StoreError) { (record, head) = try write(judge, in: opened, of: stored) } catch {
      throw Complaint.end(error, format.format)
    }
    let journal = "journals/\(record.header.run).jsonl"
    let path = report ?? "\(opened.path)/reports/\(record.header.run).html"
    let bytes = HTMLReport().render(
      record: record, context: ReportContext(judge.specification.specification, journal: journal, head: head))
    let problem = ReportFile.problem(writing: bytes, to: path)
    if let problem { Output.error(problem) }
    tell(record, of: stored, report: problem == nil ? path : nil)
    throw CommandEnd(Self.code(record))
  }

  private func makeJudge(_ stored: StoredRun) throws -> RecordJudge {
    do throws(RecordJudge.Refusal) {
      let (judge, findings) = try RecordJudge.make(
        record: stored.record, head: stored.head, procedurePath: procedure, date: WallClock.now)
      if let judge { return judge }
      Output.findings(findings, format: format.format)
    } catch {
      throw Complaint.end(error.description, "", code: .badInput, format.format)
    }
    throw CommandEnd(.badInput)
  }

  private func write(
    _ judge: RecordJudge, in opened: RunStore, of stored: StoredRun
  ) throws(StoreError) -> (RunRecord, String) {
    let header = judge.header(
      run: try opened.nextRunID(unit: stored.record.header.unit), program: Program.name)
    let writer = try opened.create(run: header)
    let events = judge.events(header: header)
    for event in events { try writer.append(event) }
    try writer.close()
    guard let record = RunRecord(folding: events) else { throw .missing(path: writer.path) }
    try opened.finish(record: record, head: writer.head)
    return (record, writer.head)
  }

  private func tell(_ record: RunRecord, of stored: StoredRun, report: String?) {
    let verdict = record.verdict?.rawValue ?? ""
    let before = stored.record.verdict?.rawValue ?? ""
    if format.format == .json {
      return Output.json(
        .object([
          ("run", .string(record.header.run)), ("judged_from", .string(stored.record.header.run)),
          ("journal_head", .string(stored.head)), ("unit", .string(record.header.unit)),
          ("verdict", .string(verdict)), ("verdict_before", .string(before)),
          ("reason", .string(record.reason)),
          ("exit_code", .int(Int(Self.code(record).rawValue))),
          ("report", report.map { .string($0) } ?? .null),
        ]))
    }
    if !record.safeStateConfirmed {
      Output.error("The safe state was NOT CONFIRMED at the end of run \(stored.record.header.run).")
    }
    Output.line("Run     \(record.header.run), judged from \(stored.record.header.run)")
    Output.line("Verdict \(verdict.uppercased()) (was \(before.uppercased()))  \(Headline.of(record))")
    Output.line("Report  \(report ?? "not written")")
  }

  private static func code(_ record: RunRecord) -> ExitCode {
    switch record.verdict {
    case .pass: .pass
    case .fail: .fail
    case .inconclusive, nil: .inconclusive
    case .error: .rigError
    case .aborted: .aborted
    }
  }
}
