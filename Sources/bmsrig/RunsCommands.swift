import ArgumentParser
import Documents
import Engine
import Foundation
import Model
import Quantities
import Reports
import Store

/// `bmsrig runs`: what the store holds, newest first.
struct Runs: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "List runs, newest first.")
  @Option(help: "How many at most.")
  var limit = 50

  func validate() throws {
    if limit < 1 { throw ValidationError("--limit takes a number from 1") }
  }
  @OptionGroup var store: StoreOption
  @OptionGroup var format: FormatOption

  func run() throws {
    let runs: [RunSummary]
    let opened = try store.open(format.format)
    do throws(StoreError) { runs = try opened.runs(limit: limit) } catch {
      throw Complaint.end(error, format.format)
    }
    if format.format == .json {
      Output.json(.object([("runs", .array(runs.map(Self.json)))]))
      return
    }
    if runs.isEmpty { Output.line("no runs in \(store.path)") }
    for run in runs {
      let verdict = (run.verdict?.rawValue ?? run.state.rawValue).uppercased()
      Output.line(
        [run.id.padded(24), verdict.padded(13), run.procedure.padded(18), run.rig.padded(12), run.startedAt]
          .joined(separator: " ") + Self.mark(run))
    }
  }

  /// A finished run is proven safe, or somebody must hear that it was not.
  private static func mark(_ run: RunSummary) -> String {
    guard run.state == .finished else { return "" }
    return switch run.safeStateConfirmed {
    case true?: ""
    case false?: "  SAFE STATE NOT CONFIRMED"
    case nil: "  safe state unknown"
    }
  }

  static func json(_ run: RunSummary) -> OrderedJSON {
    .object([
      ("id", .string(run.id)), ("unit", .string(run.unit)),
      ("verdict", run.verdict.map { .string($0.rawValue) } ?? .null),
      ("state", .string(run.state.rawValue)), ("reason", .string(run.reason)), ("model", .string(run.model)),
      ("procedure", .string(run.procedure)), ("rig", .string(run.rig)),
      ("workflow", .string(run.workflow.rawValue)),
      ("started_at", .string(run.startedAt)), ("elapsed_s", run.elapsedSeconds.map { .double($0) } ?? .null),
      ("failures", .int(run.failures)),
      ("safe_state_confirmed", run.safeStateConfirmed.map { .bool($0) } ?? .null),
    ])
  }
}

extension String {
  func padded(_ width: Int) -> String {
    count >= width ? self : self + String(repeating: " ", count: width - count)
  }
}

/// A run by its id or the beginning of it, folded from its journal.
struct StoredRun {
  let record: RunRecord
  let head: String

  init(_ prefix: String, in store: StoreOption, _ format: Format) throws {
    let opened = try store.open(format)
    do throws(StoreError) {
      let summary = try opened.find(prefix)
      let (record, end) = try opened.record(run: summary.id)
      self.record = record
      head = end.head
    } catch {
      throw Complaint.end(error, format)
    }
  }

  var context: ReportContext {
    ReportContext(nil, journal: "journals/\(record.header.run).jsonl", head: head)
  }
}

/// `bmsrig show`: one run in words.
struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Show one run: verdict, failures, steps.")
  @Argument(help: ArgumentHelp("Run id, or its beginning.", valueName: "run"))
  var id: String
  @Flag(help: "Print every measurement.")
  var all = false
  @OptionGroup var store: StoreOption
  @OptionGroup var format: FormatOption

  func run() throws {
    let stored = try StoredRun(id, in: store, format.format)
    if format.format == .json {
      Output.write(
        String(decoding: JSONReport().render(record: stored.record, context: stored.context), as: UTF8.self))
      return
    }
    let record = stored.record
    let header = record.header
    Output.line("Run       \(header.run)")
    Output.line(
      "Unit      \(VisibleText.of(header.unit))  \(header.model)  \(header.chemistry.rawValue) \(header.cellCount)S"
    )
    Output.line(
      "Procedure \(header.procedureTitle) (\(header.procedure.name) revision \(header.procedure.revision))")
    Output.line("Rig       \(header.rigTitle) (\(header.rig.name) revision \(header.rig.revision))")
    Output.line(
      "Verdict   \((record.verdict?.rawValue ?? "unfinished").uppercased())  \(Headline.of(record))")
    Output.line("Safe      \(record.safeStateConfirmed ? "confirmed" : "NOT CONFIRMED")")
    if let source = header.judgedFrom {
      Output.line("Judged    from run \(source.run), journal \(source.journalHead)")
    }
    if let recovery = record.recovery {
      Output.line(
        "Broke off, closed afterwards"
          + (recovery.cutBytes == 0 ? "" : "; \(recovery.cutBytes) bytes of an interrupted line cut off"))
      if let proof = recovery.guardProof { Output.line("Guard     \(VisibleText.of(proof))") }
    }
    for error in record.errors {
      Output.line("Rig error \(VisibleText.of("\(error.instrument): \(error.message)"))")
    }
    let reached = record.steps.filter { step in
      all || step.measurements.isEmpty
        || step.measurements.contains { $0.observation != .missing("not reached") }
    }
    for step in reached { show(step) }
    let rest = record.steps.count - reached.count
    if rest > 0 {
      Output.line("  \(rest == 1 ? "1 step was" : "\(rest) steps were") not reached (--all lists them)")
    }
  }

  private func show(_ step: RunRecord.Step) {
    let counts = Outcome.allCases.compactMap { outcome -> String? in
      let count = step.measurements.count { $0.outcome == outcome }
      return count == 0 ? nil : "\(count) \(outcome.words)"
    }
    Output.line("  \(step.id.padded(22)) \(counts.joined(separator: ", "))")
    for measurement in step.measurements {
      switch measurement.outcome {
      case .fail, .inconclusive, .notMeasured: break
      case .pass, .information, .notApplicable: if !all { continue }
      }
      let note = measurement.note.isEmpty ? "" : "  (\(measurement.note))"
      Output.line(
        "    \(measurement.outcome.words.padded(15)) \(VisibleText.of(RunFacts.words(measurement) + note))")
    }
  }
}

extension Outcome {
  var words: String {
    switch self {
    case .pass: "pass"
    case .fail: "FAIL"
    case .inconclusive: "inconclusive"
    case .notMeasured: "not measured"
    case .notApplicable: "not applicable"
    case .information: "information"
    }
  }
}

/// `bmsrig report`: the document of a run in a format.
struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Write the report of a run.")
  @Argument(help: ArgumentHelp("Run id, or its beginning.", valueName: "run"))
  var id: String
  @Option(help: "html or json.")
  var format = "html"
  @Option(help: "File to write.")
  var output: String?
  @Option(help: "Specification file, for titles and manual sections in the report.")
  var specification: String?
  @OptionGroup var store: StoreOption

  func validate() throws {
    if ReportCatalog.format(named: format) == nil {
      let known = ReportCatalog.formats.map { $0.name }.joined(separator: ", ")
      throw ValidationError("'\(format)' is no report format; known: \(known)")
    }
  }

  func run() throws {
    let stored = try StoredRun(id, in: store, .text)
    var context = stored.context
    if let specification {
      let reading = SpecificationDocument.load(path: specification)
      guard let document = reading.value else {
        Output.findings(reading.findings, format: .text)
        throw CommandEnd(.badInput)
      }
      context = ReportContext(document.specification, journal: context.journal, head: context.journalHead)
    }
    let kind = ReportCatalog.format(named: format)!
    let bytes = kind.init().render(record: stored.record, context: context)
    guard let output else {
      Output.write(String(decoding: bytes, as: UTF8.self))
      return
    }
    if let problem = ReportFile.problem(writing: bytes, to: output) {
      throw Complaint.end(problem, "choose another path with --output", code: .badInput, .text)
    }
    Output.line(output)
  }
}

/// `bmsrig store`: care of the run store.
struct StoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store", abstract: "Care of the run store.", subcommands: [Rebuild.self, Close.self])

  struct Rebuild: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Rebuild the index from the journals.")
    @OptionGroup var store: StoreOption
    @OptionGroup var format: FormatOption

    func run() throws {
      let opened = try store.open(format.format)
      let problems: [(path: String, problem: StoreError)]
      do throws(StoreError) { problems = try opened.rebuild() } catch {
        throw Complaint.end(error, format.format)
      }
      switch format.format {
      case .json:
        let list = problems.map {
          OrderedJSON.object([("journal", .string($0.path)), ("problem", .string("\($0.problem)"))])
        }
        Output.json(.object([("problems", .array(list))]))
      case .text:
        for problem in problems { Output.error("\(problem.path): \(problem.problem)") }
        Output.line(
          "index rebuilt, \(problems.count == 1 ? "1 journal" : "\(problems.count) journals") with problems")
      }
      if !problems.isEmpty { throw CommandEnd(.badInput) }
    }
  }

  struct Close: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Close runs whose controller died, as aborted, with everything that was reported.")
    @OptionGroup var store: StoreOption
    @OptionGroup var format: FormatOption

    func run() throws {
      do throws(StoreError) {
        let opened = try RunStore(path: store.path)
        let closed = try opened.closeUnfinished()
        if format.format == .json {
          let list = closed.map { run in
            OrderedJSON.object([
              ("id", .string(run.id)), ("verdict", run.verdict.map { .string($0.rawValue) } ?? .null),
              ("problem", run.problem.map { .string("\($0)") } ?? .null),
            ])
          }
          return Output.json(.object([("closed", .array(list))]))
        }
        if closed.isEmpty { Output.line("no unfinished runs") }
        for run in closed {
          Output.line(
            "\(run.id): \(run.verdict?.rawValue ?? "not closed")\(run.problem.map { ", \($0)" } ?? "")")
        }
      } catch {
        throw Complaint.end(error, format.format)
      }
    }
  }
}
