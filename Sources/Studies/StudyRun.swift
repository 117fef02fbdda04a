import Engine
import Model
import Rigging

/// One run of a study.
struct StudyRun: Sendable {
  var result: StudyResult
  /// Numbers that were judged against a limit, in the order of the run.
  var judged: [Measurement]

  /// - Parameter wantsMargins: Keeps the judged numbers.
  /// - Returns: nil when somebody stopped the study meanwhile.
  static func perform(
    _ checked: CheckedRun, unit: String, seed: UInt64, index: Int, program: String, wantsMargins: Bool
  ) -> StudyRun? {
    guard PendingStop.reason == nil else { return nil }
    let notes = Notes()
    let execution = RunExecution(
      checked: checked, unit: unit, seed: seed, program: program, observer: NoObserver())
    var run: StudyRun
    do {
      let conclusion = try execution.runUnrecorded { requestStop in
        StudySink(notes: notes, wantsMargins: wantsMargins, requestStop: requestStop)
      }
      run = StudyRun(notes.result(index, conclusion), notes.judged)
    } catch {
      // Whatever a unit does, a run has to end in order: this is ours to mend.
      let words = "the run broke off: \(error)"
      let result = StudyResult(
        index: index, verdict: .error, reason: words, rigErrors: [words], safeStateConfirmed: false)
      run = StudyRun(result, [])
    }
    guard PendingStop.reason == nil else { return nil }
    return run
  }

  init(_ result: StudyResult, _ judged: [Measurement]) {
    self.result = result
    self.judged = judged
  }
}

/// What a study keeps of a run while it lasts.
private final class Notes {
  var failed: [String] = []
  var undecided: [String] = []
  var rigErrors: [String] = []
  var judged: [Measurement] = []
  var nanoseconds: Int64 = 0

  func result(_ index: Int, _ conclusion: Runner.Conclusion) -> StudyResult {
    StudyResult(
      index: index, verdict: conclusion.verdict, reason: conclusion.reason, failed: failed.sorted(),
      undecided: undecided.sorted(), rigErrors: rigErrors,
      safeStateConfirmed: conclusion.safeStateConfirmed, seconds: Double(nanoseconds) / 1e9)
  }

  func add(_ measurement: Measurement, wantsMargins: Bool) {
    let requirement = measurement.limit?.requirement ?? "\(measurement.step)/\(measurement.name)"
    let requirements = [requirement] + (measurement.limit?.also ?? [])
    switch measurement.outcome {
    case .fail: for id in requirements where !failed.contains(id) { failed.append(id) }
    case .inconclusive, .notMeasured:
      for id in requirements where !undecided.contains(id) { undecided.append(id) }
    case .pass, .notApplicable, .information: break
    }
    // Counts are right or wrong; they have no margin.
    guard wantsMargins, case .number = measurement.observation, let limit = measurement.limit,
      limit.expected == nil, let uncertainty = measurement.uncertainty, uncertainty > 0
    else { return }
    judged.append(measurement)
  }
}

/// Keeps what a verdict rests on, and nothing on disk.
private final class StudySink: EventSink {
  private let notes: Notes
  private let wantsMargins: Bool
  private let requestStop: (String) -> Void
  private var stopIsRequested = false

  init(notes: Notes, wantsMargins: Bool, requestStop: @escaping (String) -> Void) {
    self.notes = notes
    self.wantsMargins = wantsMargins
    self.requestStop = requestStop
  }

  func append(_ event: RunEvent) {
    notes.nanoseconds = max(notes.nanoseconds, event.nanoseconds)
    switch event.body {
    case .measured(let measurement): notes.add(measurement, wantsMargins: wantsMargins)
    case .rigError(_, let instrument, let message): notes.rigErrors.append("\(instrument): \(message)")
    default: break
    }
    if !stopIsRequested, let reason = PendingStop.reason {
      stopIsRequested = true
      requestStop(reason)
    }
  }
}
