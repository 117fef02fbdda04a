import Model

/// Compares what a run said with what is known of the unit. Pure.
struct DefectJudgement {
  /// Requirements that the unit breaks; none for a good one.
  let breaks: [String]
  let scope: ProcedureScope
  /// Why the workflow cannot be expected to catch it; nil when it must.
  var unseen: String?

  /// - Parameter runs: Repetitions with the command that repeats each; empty when the study was stopped before.
  func cell(_ runs: [(result: StudyResult, replay: String)]) -> DefectMatrix.Cell {
    var worst: DefectMatrix.Cell?
    var times = 0
    for run in runs {
      let cell = cell(run.result, replay: run.replay)
      if cell.outcome == worst?.outcome {
        times += 1
      } else if cell.outcome.severity > worst?.outcome.severity ?? -1 {
        worst = cell
        times = 1
      }
    }
    worst?.times = times
    return worst ?? DefectMatrix.Cell(outcome: .notRun, times: 0, reason: "the study was stopped", replay: "")
  }

  private func cell(_ result: StudyResult, replay: String) -> DefectMatrix.Cell {
    let (outcome, reason) = excused(outcome(result))
    return DefectMatrix.Cell(
      outcome: outcome, reason: reason, seen: breaks.filter { scope.failed($0, in: result) },
      missed: breaks.filter { scope.judged.contains($0) && !scope.failed($0, in: result) },
      besides: result.failed.filter { !breaks.contains($0) }, replay: replay)
  }

  /// A declared reason turns what is not caught into *out of scope*; what is caught stays caught.
  private func excused(_ found: (DefectOutcome, String)) -> (DefectOutcome, String) {
    guard let unseen, !breaks.isEmpty else { return found }
    switch found.0 {
    case .escaped, .unjudged, .inconclusive, .rigError, .caughtElsewhere:
      return (.outOfScope, "\(unseen) (this run: \(found.1))")
    case .caught, .outOfScope, .notApplicable, .overkill, .spared, .notRun: return found
    }
  }

  private func outcome(_ result: StudyResult) -> (DefectOutcome, String) {
    if let error = result.rigErrors.first { return (.rigError, error) }
    guard result.safeStateConfirmed else { return (.rigError, "the safe state was not confirmed") }
    switch result.verdict {
    case .error, .aborted: return (.rigError, result.reason)
    case .inconclusive: return (.inconclusive, result.reason)
    case .fail:
      if breaks.isEmpty { return (.overkill, result.reason) }
      return (breaks.contains { scope.failed($0, in: result) } ? .caught : .caughtElsewhere, result.reason)
    case .pass:
      if breaks.isEmpty { return (.spared, result.reason) }
      switch scope.reach(breaks) {
      case .judged: return (.escaped, "passed: \(result.reason)")
      case .unjudged(let why): return (.unjudged, why)
      case .outOfScope(let why): return (.outOfScope, why)
      }
    }
  }
}
