import Model
import Ports
import Simulation
import Store

/// What must hold at the end of every run, whatever happened in it.
extension FaultyRun {
  /// What the run says of the safe state is what the plant shows.
  /// - Parameters:
  ///   - wasLive: At the end of the run.
  ///   - isLive: A good while later, when nobody had asked for anything.
  ///   - involved: Faults that struck until then.
  mutating func checkEnd(wasLive: [PlantWatch.Live], isLive: [PlantWatch.Live], involved: [PlannedFault]) {
    let cameBack = isLive.filter { !wasLive.contains($0) }
    if conclusion.safeStateConfirmed {
      for live in wasLive { violations.append("the safe state is confirmed, but \(live.words)") }
      for live in cameBack {
        violations.append("after the end of the run, with nobody asking: \(live.words)")
      }
      return
    }
    // What was never opened could not be asked.
    let wasOpen = !record.phases.isEmpty
    if wasOpen, !zip(faults, struck).contains(where: { $1 && $0.kind.hindersReadBack }) {
      let open = (record.safeState?.entries ?? []).filter { !$0.confirmed }
      violations.append(
        "the safe state is not confirmed, and nothing that struck hinders that: "
          + open.map { "\($0.action): \($0.message)" }.joined(separator: "; "))
    }
    let touched = Set(involved.compactMap { $0.target.split(separator: "/").first.map(String.init) })
    for live in wasLive + cameBack where live.hangsOn.isDisjoint(with: touched) {
      violations.append("the safe state is not confirmed, and \(live.words), which no fault concerns")
    }
  }

  mutating func checkTime(ended: Double, timeMax: Double) {
    if conclusion.reason == FaultyRunner.overdue || ended > timeMax + 60 {
      violations.append("the run took \(Int(ended)) s")
    }
  }

  /// Every declared measurement has an outcome, and the verdict is the one that its facts ask for.
  mutating func checkRecord(_ plan: Procedure, wasSpoiled: Bool) {
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

  /// Nobody's stop and no guard's end is passed over. In the closing phase, when everything was measured, they change
  /// no verdict.
  mutating func checkStops(_ plan: Procedure) {
    guard conclusion.verdict == .pass else { return }
    let steps = record.steps.filter { $0.phase != plan.closing?.name }
    let begin = steps.first?.startedAt ?? 0
    let end = steps.compactMap(\.endedAt).max() ?? .infinity
    for (fault, hasStruck) in zip(faults, struck) where hasStruck && fault.from < end {
      guard fault.kind.isStop || fault.kind == .guardDeath else { continue }
      // A contact that is at rest again when the rig was opened allows the start.
      let isContact = fault.kind == .coverOpened || fault.kind == .emergencyStop
      if isContact, fault.from + fault.seconds <= begin { continue }
      violations.append("passed in spite of \(fault)")
    }
  }

  /// - Parameter kept: The unit stores what it stored when it came.
  mutating func checkSettings(kept: Bool) {
    // A record that was cut short cannot say it.
    guard !kept, !zip(faults, struck).contains(where: { $0.kind.isDisks && $1 }) else { return }
    let restored = record.measurements.filter { $0.name == "restored" }
    if restored.last?.outcome == .pass {
      violations.append("the record says that the settings are restored, and they are not")
    } else if conclusion.verdict == .pass {
      violations.append("the unit passes with settings that are not its own")
    } else if restored.isEmpty {
      violations.append("the settings are not restored, and the record does not say so")
    }
  }

  /// - Parameter kept: Events that were written.
  mutating func checkJournal(_ path: String, kept: Int) {
    let folded: RunRecord?
    let end: JournalEnd
    do { (folded, end) = try JournalReader(path: path).record() } catch {
      violations.append("the journal cannot be read back: \(error)")
      return
    }
    if end.tornBytes > 0 { violations.append("the journal ends in half a line") }
    if end.count != kept { violations.append("the journal holds \(end.count) events of \(kept)") }
    // A journal without a first line folds to nothing.
    guard folded != nil || kept > 0 else { return }
    if folded != record { violations.append("the journal folds to another record") }
  }
}

extension FaultKind {
  /// Whether it may keep somebody from proving that everything is off. Nothing that concerns only the unit, its links,
  /// the disk, the people or the guard can.
  var hindersReadBack: Bool {
    switch self {
    case .lostCommand, .droppedReply, .lateReply, .duplicatedReply, .garbledReply, .splitReply, .partialReply,
      .linkClosed, .frozenReading, .driftingReading, .reboot, .brownOut, .inhibit, .stuckRelay, .weldedRelay,
      .slowRelay:
      true
    case .radioLost, .radioSilent, .radioGarbled, .busLost, .unitReboot, .telemetryFreeze, .diskFull,
      .journalWrite, .emergencyStop, .coverOpened, .operatorStop, .guardDeath:
      false
    }
  }
}
