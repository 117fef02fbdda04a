import Model
import Ports
import Simulation
import Store

/// What must hold at the end of every run, whatever happened in it.
extension FaultyRun {
  mutating func checkEnd(wasLive: [String], isLive: [String], ended: Double, timeMax: Double) {
    if conclusion.safeStateConfirmed {
      for words in wasLive { violations.append("the safe state is confirmed, but \(words)") }
      for words in isLive where !wasLive.contains(words) {
        violations.append("after the end of the run, with nobody asking: \(words)")
      }
    }
    if conclusion.reason == FaultyRunner.overdue || ended > timeMax + 60 {
      violations.append("the run took \(Int(ended)) s")
    }
  }

  /// Every declared measurement has an outcome, and the verdict is the one that its facts ask for.
  mutating func checkRecord(_ plan: Procedure, wasSpoiled: Bool, events: Int) {
    if wasSpoiled {
      if conclusion.verdict != .error {
        violations.append("the journal is cut short and the verdict is \(conclusion.verdict.rawValue)")
      }
      return
    }
    for step in plan.allPhases.flatMap(\.steps) {
      let measured = Set(record.steps.filter { $0.id == step.id }.flatMap(\.measurements).map(\.name))
      for use in step.measure where !measured.contains(use.name) {
        violations.append("\(step.id)/\(use.name) has no outcome")
      }
    }
    if record.safeState == nil { violations.append("the record says nothing of the safe state") }
    let stopped = zip(faults, struck).contains { $0.kind.isStop && $1 }
    if conclusion.verdict == .aborted, !stopped { violations.append("aborted, and nobody asked for it") }
  }

  /// - Parameter kept: The unit stores what it stored when it came.
  mutating func checkSettings(kept: Bool) {
    guard !kept, !faults.contains(where: { $0.kind.isDisks }) else { return }
    let restored = record.measurements.filter { $0.name == "restored" }
    if restored.last?.outcome == .pass {
      violations.append("the record says that the settings are restored, and they are not")
    } else if conclusion.verdict == .pass {
      violations.append("the unit passes with settings that are not its own")
    }
  }

  mutating func checkJournal(_ path: String) throws {
    let (folded, end) = try JournalReader(path: path).record()
    if end.tornBytes > 0 { violations.append("the journal ends in half a line") }
    // A journal without a first line folds to nothing.
    if let folded, folded != record { violations.append("the journal folds to another record") }
  }
}
