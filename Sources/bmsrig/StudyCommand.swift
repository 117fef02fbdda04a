import ArgumentParser
import Foundation
import Model
import Reports
import Rigging
import Store
import Studies

/// `bmsrig study`: what many runs say about procedures.
struct Study: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find out whether procedures catch planted defects and spare good units.",
    discussion: "A study runs in the simulated world only. Exit codes: 0 clean, 1 not clean, 2 bad input.",
    subcommands: [StudyDefects.self, StudyPopulation.self, StudyFaults.self, StudyPage.self])
}

/// Options that all studies share.
struct StudyOptions: ParsableArguments {
  @Option(help: "Rig file with sim:// addresses.")
  var rig: String
  @Option(help: "First seed.")
  var seed: UInt64 = 1
  @Option(help: "Runs at a time (default: one per processor). Changes no result.")
  var jobs: Int?
  @Option(help: "Write each result as one line of JSON here while the study lasts.")
  var results: String?
  @Flag(help: "Go on with the file given by --results.")
  var resume = false
  @OptionGroup var output: StudyOutputOptions

  func validate() throws {
    if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs takes 1 to 256, not \(jobs)") }
    if resume, results == nil { throw ValidationError("--resume needs --results FILE") }
  }

  func request(_ procedures: [String]) -> StudyRequest {
    StudyRequest(
      procedures: procedures, rig: rig, seed: seed,
      jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount, date: WallClock.today,
      program: Program.name,
      results: results, resumes: resume)
  }
}

/// Where and how the report is written.
struct StudyOutputOptions: ParsableArguments {
  enum Format: String, ExpressibleByArgument, CaseIterable { case table, json, html }

  @Option(
    help: "How to write the report: table, json or html (default: by the ending of --output, else table).")
  var format: Format?
  @Option(help: "File of the report (default: standard output).")
  var output: String?

  private var chosen: Format {
    if let format { return format }
    guard let output else { return .table }
    return output.hasSuffix(".html") ? .html : output.hasSuffix(".json") ? .json : .table
  }

  /// Writes the report and ends with its exit code.
  func end(_ report: StudyReport) throws -> Never {
    let bytes: [UInt8] =
      switch chosen {
      case .table: Array(StudyTable.text(report).utf8)
      case .json: StudyJSON.render(report)
      case .html: StudyHTML.render(report)
      }
    if let output {
      if let problem = ReportFile.problem(writing: bytes, to: output) {
        Output.error(problem)
        throw CommandEnd(.badInput)
      }
      Output.write(StudyTable.summary(report))
      Output.line("Report  \(output)")
    } else {
      Output.write(String(decoding: bytes, as: UTF8.self))
    }
    throw CommandEnd(report.isClean ? .pass : .fail)
  }
}

struct StudyDefects: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "defects", abstract: "Run units with planted defects and see which procedure finds which.")

  @Option(help: "Procedure file; may be given several times.")
  var procedure: [String]
  @Option(help: "Folder of unit files; the folders in it are the groups.")
  var catalogue = "Rigs/Units"
  @Option(
    name: .customLong("repeat"), help: "Runs of each defect with each procedure, each with its own seed.")
  var repeats = 1
  @OptionGroup var options: StudyOptions

  func validate() throws {
    if !(1...1000).contains(repeats) { throw ValidationError("--repeat takes 1 to 1000, not \(repeats)") }
    if procedure.isEmpty { throw ValidationError("--procedure is missing") }
  }

  func run() throws {
    let (study, findings) = DefectStudy.check(
      options.request(procedure), catalogue: catalogue, repeats: repeats)
    guard let study else { throw StudyEnd.refused(findings) }
    let progress = ProgressLine()
    try options.output.end(
      try StudyEnd.complaining {
        let report = try study.run { progress.show($0) }
        progress.end()
        return report
      })
  }
}

struct StudyPopulation: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "population",
    abstract: "Run good units with the tolerances of real parts and see whether the procedure spares them.")

  @Option(help: "Procedure file.")
  var procedure: String
  @Option(help: "How many units.")
  var units = 1000
  @Option(help: "Cell chemistry instead of the procedure's: NCM, LFP or LTO.")
  var chemistry: String?
  @Option(help: "Cells in series instead of the procedure's: 16 to 24.")
  var cells: Int?
  @Option(help: "Store in which the units that did not pass are run again, with journal and report.")
  var keep: String?
  @OptionGroup var options: StudyOptions

  func validate() throws {
    if !(1...10_000_000).contains(units) {
      throw ValidationError("--units takes 1 to 10000000, not \(units)")
    }
    if let chemistry, Chemistry(rawValue: chemistry.uppercased()) == nil {
      throw ValidationError("'\(chemistry)' is no chemistry; write NCM, LFP or LTO")
    }
    if let cells, !(16...24).contains(cells) { throw ValidationError("--cells takes 16 to 24, not \(cells)") }
  }

  func run() throws {
    let (study, findings) = PopulationStudy.check(
      options.request([procedure]), units: units,
      chemistry: chemistry.flatMap { Chemistry(rawValue: $0.uppercased()) }, cellCount: cells)
    guard let study else { throw StudyEnd.refused(findings) }
    let progress = ProgressLine()
    let report = try StudyEnd.complaining {
      let report = try study.run { progress.show($0) }
      progress.end()
      return report
    }
    if let keep, report.stopped == nil { try self.keep(report, study.checkedRun, in: keep) }
    try options.output.end(report)
  }

  /// More journals than a person looks at are only in the way; the seeds are all in the report.
  private static let journalsMax = 20

  private func keep(_ report: StudyReport, _ checked: CheckedRun, in path: String) throws {
    let units = report.populations.flatMap(\.kept).prefix(Self.journalsMax)
    guard !units.isEmpty else { return }
    do {
      let store = try RunStore(path: path)
      for unit in units {
        let execution = RunExecution(
          checked: checked, unit: unit.unit, seed: unit.seed, program: Program.name, observer: NoObserver())
        let outcome = try execution.run(in: store, worlds: WorldChoice.self)
        let context = ReportContext(
          checked.specification.specification, journal: outcome.journalName, head: outcome.journalHead)
        let page = "\(store.path)/reports/\(outcome.record.header.run).html"
        let problem = ReportFile.problem(
          writing: HTMLReport().render(record: outcome.record, context: context), to: page)
        if let problem { Output.error(problem) }
      }
      Output.error("kept    \(units.count) runs in \(path)")
    } catch {
      Output.error("the runs could not be kept in \(path): \(error)")
    }
  }
}

/// `bmsrig study report`: one page of several studies.
struct StudyPage: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Put the JSON reports of several studies on one page.")

  @Argument(help: "Reports written with --format json: of defects, of populations, or of both.")
  var reports: [String]
  @OptionGroup var output: StudyOutputOptions

  func run() throws {
    try output.end(
      try StudyEnd.complaining {
        var parts: [StudyReport] = []
        for path in reports {
          guard let data = FileManager.default.contents(atPath: path) else {
            throw StudyError("'\(path)' cannot be read", advice: "check the path")
          }
          guard let part = StudyJSON.report([UInt8](data)) else {
            throw StudyError(
              "'\(path)' is no report of a study", advice: "write it with 'bmsrig study … --format json'")
          }
          parts.append(part)
        }
        return try StudyReport.joined(parts)
      })
  }
}

enum StudyEnd {
  static func refused(_ findings: [Finding]) -> CommandEnd {
    Output.findings(findings, format: .text)
    return CommandEnd(.badInput)
  }

  static func complaining(_ body: () throws -> StudyReport) throws -> StudyReport {
    do { return try body() } catch let error as StudyError {
      Output.error("\(error)")
      throw CommandEnd(.badInput)
    }
  }
}

/// How far a study is, on standard error: one moving line on a terminal, a line for every tenth elsewhere.
final class ProgressLine {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let begin = Date()
  /// Runs that were done before this program began.
  private var inherited: Int?
  private var shown = -1

  init() { WorldChoice.takeSignals() }

  func show(_ progress: StudyProgress) {
    let before = inherited ?? progress.done
    inherited = before
    let step = progress.done * (isTerminal ? 1000 : 10) / max(progress.planned, 1)
    guard step != shown || progress.done == progress.planned else { return }
    shown = step
    let elapsed = Date().timeIntervalSince(begin)
    let made = progress.done - before
    var text = "\(progress.done) of \(progress.planned) runs, \(progress.complaints) to look at"
    if made > 0, elapsed > 0.5 {
      let rate = Double(made) / elapsed
      let left = Int(Double(progress.planned - progress.done) / rate)
      text += ", \(Int(rate.rounded())) a second, \(left / 60) min \(left % 60) s left"
    }
    Output.progress(isTerminal ? "\r\u{1B}[K\(text)" : text + "\n")
  }

  func end() { if isTerminal { Output.progress("\r\u{1B}[K") } }
}
