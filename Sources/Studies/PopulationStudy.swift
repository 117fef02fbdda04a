import Model
import Rigging

/// Good units, each drawn from a seed of its own within the tolerances of real parts: does a procedure spare them?
public struct PopulationStudy: Sendable {
  let plan: StudyPlan
  let combination: StudyPlan.Combination
  let checked: CheckedRun
  let units: Int

  /// After so many units the sums go into the file of results.
  static let checkpointInterval = 100

  /// - Parameter request: Its first procedure counts.
  public static func check(
    _ request: StudyRequest, units: Int, chemistry: Chemistry? = nil, cellCount: Int? = nil
  ) -> (study: PopulationStudy?, findings: [Finding]) {
    var plan = StudyPlan(request)
    let combination = StudyPlan.Combination(procedure: 0, chemistry: chemistry, cellCount: cellCount)
    // The procedure as it stands gives the report its names.
    _ = plan.check(.init(procedure: 0))
    guard let checked = plan.check(combination), plan.findings.isEmpty else { return (nil, plan.findings) }
    return (PopulationStudy(plan: plan, combination: combination, checked: checked, units: units), [])
  }

  /// Runs of one unit with everything on disk need these.
  public var checkedRun: CheckedRun { checked }

  /// The serial number's last digits choose the rotating cell, so every unit has its own.
  public static func serial(seed: UInt64) -> String { "EK24-\(seed)" }

  public func run(progress: (StudyProgress) -> Void) throws(StudyError) -> StudyReport {
    let request = plan.request
    var tally = PopulationTally(
      figures: PopulationFigures(
        procedure: 0, chemistry: checked.plan.chemistry, cellCount: checked.plan.cellCount,
        seed: request.seed, planned: units))
    var file: ResultsFile?
    if let path = request.results {
      let (opened, lines) = try ResultsFile.open(
        path, header: header, resumes: request.resumes, isAnchor: { $0.checkpoint != nil })
      file = opened
      if let last = lines.last?.checkpoint { tally = last }
    }
    let first = tally.figures.done
    progress(StudyProgress(done: first, planned: units, complaints: first - tally.figures.passed))
    do {
      _ = try Workforce<StudyRun>.perform(
        Array(first..<max(first, units)), jobs: request.jobs,
        work: { [checked] index in
          let seed = request.seed &+ UInt64(index)
          return StudyRun.perform(
            checked, unit: Self.serial(seed: seed), seed: seed, index: index, program: request.program,
            wantsMargins: true)
        },
        deliver: { run in
          let seed = request.seed &+ UInt64(run.result.index)
          let serial = Self.serial(seed: seed)
          tally.add(
            run, unit: serial, seed: seed, replay: plan.replay(combination, unit: serial, seed: seed))
          let figures = tally.figures
          try file?.append(.init(result: run.result))
          if figures.done % Self.checkpointInterval == 0 { try file?.append(.init(checkpoint: tally)) }
          progress(
            StudyProgress(
              done: figures.done, planned: units, complaints: figures.done - figures.passed))
        })
    } catch let error as StudyError { throw error } catch { preconditionFailure("\(error)") }
    // Also after a stop: the study can be gone on with from here.
    try file?.append(.init(checkpoint: tally))
    let report = tally.report
    return StudyReport(
      program: request.program, rig: plan.rig, procedures: plan.procedures(), populations: [report],
      stopped: report.done < units ? PendingStop.reason ?? "broken off" : nil)
  }

  private var header: ResultsFile.Header {
    ResultsFile.Header(
      study: "population \(checked.plan.chemistry.rawValue) \(checked.plan.cellCount)",
      program: plan.request.program, seed: plan.request.seed, planned: units,
      documents: [
        "\(plan.request.procedures[0]) \(checked.procedure.reference.contentHash)",
        "\(plan.request.rig) \(checked.rig.reference.contentHash)",
        "\(checked.specification.reference.name) \(checked.specification.reference.contentHash)",
      ])
  }
}
