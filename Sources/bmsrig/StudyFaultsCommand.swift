import ArgumentParser
import Foundation
import Glibc
import Model
import Reports
import Rigging
import Studies

/// `bmsrig study faults`: whole procedures with faults drawn from seeds.
struct StudyFaults: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "faults",
    abstract: "Break things at random while whole procedures run, and see that nothing bad comes of it.",
    discussion: """
      From each seed one to three faults are drawn: of wires, instruments, relays, links, the disk, the people, the \
      unit. The plant is watched for what must never happen: a good unit failed for the rig, a bad one passed, \
      anything live after a confirmed safe state, a contactor opened under load, an output switched on twice.
      """)

  @Option(help: "Procedure file.")
  var procedure: String
  @Option(help: "Rig file with sim:// addresses.")
  var rig: String
  @Option(help: "Seeds, e.g. 17 or 1-10000 or 3,17,40-60.")
  var seeds = "1-100"
  @Option(
    parsing: .upToNextOption, help: "What is in the socket: good, unit files, folders of unit files; in turn."
  )
  var units: [String] = ["good"]
  @Option(help: "Runs at a time (default: one per processor). Changes no result.")
  var jobs: Int?
  @Flag(help: "Show each seed: its faults, what the run made of them, what is wrong with that.")
  var show = false
  @Option(help: "With --show: write the journal, with all traffic, to this file.")
  var journal: String?
  @Option(help: "File of the report, JSON.")
  var output: String?

  /// More seeds than a machine gets through.
  private static let seedsMax = 10_000_000

  func validate() throws {
    if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs takes 1 to 256, not \(jobs)") }
    if try list().isEmpty { throw ValidationError("--seeds names none") }
    if journal != nil, try !show || list().count != 1 {
      throw ValidationError("--journal goes with --show and one seed")
    }
    if show, output != nil {
      throw ValidationError("--output does not go with --show: leave out one of them")
    }
  }

  private func list() throws -> [UInt64] {
    var list: [UInt64] = []
    for part in seeds.split(separator: ",") {
      let ends = part.split(separator: "-").map { UInt64($0.trimmingCharacters(in: .whitespaces)) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last,
        last - first < UInt64(Self.seedsMax)
      else { throw ValidationError("--seeds takes e.g. 17 or 1-10000 or 3,17,40-60, not '\(seeds)'") }
      list += first...last
    }
    return list
  }

  func run() throws {
    let request = StudyRequest(
      procedures: [procedure], rig: rig, seed: 1,
      jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount, date: WallClock.today, program: Program.name
    )
    let seeds = try list()
    let (study, findings) = FaultStudy.check(request, seeds: seeds, words: self.seeds, units: units)
    guard let study else { throw StudyEnd.refused(findings) }
    if show {
      if let journal, let problem = Self.problem(creating: journal) {
        Output.error(problem)
        throw CommandEnd(.badInput)
      }
      throw showAll(study, seeds)
    }
    let progress = ProgressLine()
    let report = study.run { progress.show($0) }
    progress.end()
    if let output {
      if let problem = ReportFile.problem(writing: StudyJSON.render(report), to: output) {
        Output.error(problem)
        throw CommandEnd(.badInput)
      }
    }
    Output.write(FaultTable.text(report))
    if let output { Output.line("Report  \(output)") }
    throw CommandEnd(report.isClean ? .pass : .fail)
  }

  /// Whether a journal can be begun there, before minutes go into a run that has nowhere to write.
  private static func problem(creating path: String) -> String? {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      let code = errno
      let advice =
        code == EEXIST
        ? "a journal is never overwritten: name another file or remove this one"
        : "name a file in a folder that exists and can be written"
      return "--journal \(path): \(String(cString: strerror(code))); \(advice)"
    }
    close(descriptor)
    unlink(path)
    return nil
  }

  private func showAll(_ study: FaultStudy, _ seeds: [UInt64]) -> CommandEnd {
    var isClean = true
    for seed in seeds {
      let found = study.perform(seed, journal: journal)
      let run = found.run
      Output.line("seed \(seed), unit \(found.unit)")
      for (fault, struck) in zip(run.faults, run.struck) {
        Output.line("  fault  \(fault)\(struck ? "" : " (met nothing)")")
      }
      for step in run.record.steps where !step.notes.isEmpty {
        for note in step.notes { Output.line("  note   \(step.id): \(note)") }
      }
      for measurement in run.record.measurements where measurement.outcome == .fail {
        Output.line(
          "  failed \(measurement.step)/\(measurement.name) \(measurement.channel): \(measurement.note)")
      }
      for error in run.record.errors {
        Output.line("  error  \(error.at) s \(error.step): \(error.instrument): \(error.message)")
      }
      for entry in run.record.safeState?.entries ?? [] where !entry.confirmed {
        Output.line("  unsafe \(entry.action): \(entry.message)")
      }
      Output.line("  \(run.conclusion.verdict.rawValue): \(run.conclusion.reason)")
      for violation in found.violations { Output.line("  ! \(violation)") }
      isClean = isClean && found.violations.isEmpty
    }
    return CommandEnd(isClean ? .pass : .fail)
  }
}
