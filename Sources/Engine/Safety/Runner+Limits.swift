import Capabilities
import Model
import Ports
import Quantities

/// Start conditions, fences and live limits around the steps of a run.
extension Runner {
  /// After the rig was opened: everything that must hold before anything is switched on. All that is wrong is recorded.
  /// - Throws: the last thing that is wrong.
  func requireStart() async throws {
    let bench = opener.bench
    var faults = try await bench.interlockFaults()
    faults += try await bench.mirrorFaults()
    if let last = faults.last {
      for fault in faults.dropLast() {
        recorder.record(.rigError(step: "", instrument: fault.instrument, message: fault.message))
      }
      throw last
    }
    try await bench.programFences()
    bench.watch = LiveWatch(bench: bench, world: world)
    recorder.record(.startConditions(plan.conditions + guardCondition + liveConditions))
    recorder.record(.fences(fenceStates()))
  }

  private var guardCondition: [StartCondition] {
    if let line = guardLine {
      return [StartCondition(name: "guard", isMet: true, words: "armed: \(line.words)")]
    }
    guard opener.refusedGuard else { return [] }
    return [StartCondition(name: "guard", isMet: false, words: "refused: nobody watches this run besides")]
  }

  /// What was looked at just now, for the record.
  private var liveConditions: [StartCondition] {
    let bench = opener.bench
    var conditions: [StartCondition] = []
    for interlock in Interlock.all where bench.has(interlock.role) {
      let isOff = bench.rig.watches.contains { $0.subject == .role(interlock.role) && !$0.isOn }
      conditions.append(
        StartCondition(
          name: interlock.role.rawValue, isMet: !isOff,
          words: isOff
            ? "switched off in the rig file" : "read at rest; read anew before everything that energises"))
    }
    if bench.has(.emulatorContactorMirror) || bench.has(.loopContactorMirror) {
      conditions.append(
        StartCondition(
          name: "contactor mirrors", isMet: true, words: "read open with everything switched off"))
    }
    if let watchdogs = bench.watchdogCondition(isGuarded: guardLine != nil) { conditions.append(watchdogs) }
    return conditions
  }

  /// Fences of instruments and live limits as they stand.
  func fenceStates() -> [FenceState] {
    let bench = opener.bench
    let watched = bench.watch.map { $0.fenceStates(isOver: isOver) } ?? []
    let others = bench.rig.watches.filter { rule in !watched.contains { $0.name == rule.name } }
    return bench.fences + watched + others.map { bench.fence(of: $0) }
  }

  /// The fences as the run leaves them.
  func closeFences() async {
    guard opener.bench.watch != nil, !isOver else { return }
    isOver = true
    opener.bench.watch?.settle()
    // A run that was cut short cannot pass, and its way to the safe state is the shorter one.
    if recorder.facts.stopReason == nil, recorder.facts.rigErrors.isEmpty {
      await opener.bench.confirmFences()
    }
    recorder.record(.fences(fenceStates()))
  }

  /// A crossed live limit, and not somebody's stop, ended a step. It is recorded with its samples afterwards.
  func endedByTrip() async -> Bool {
    if opener.bench.lostGuard != nil, world.holdStops { return true }
    guard opener.bench.watch?.trip?.verdict == .error, world.stopRequested == nil || world.holdStops else {
      return false
    }
    return world.holdStops ? true : await interlockTripped() == nil
  }

  /// Puts what tripped into the record, once.
  /// - Returns: True when a live limit was crossed or an interlock tripped, and the run must end without its closing
  ///   phase.
  @discardableResult
  func noteTrip(in step: String) -> Bool {
    guard let watch = opener.bench.watch else { return opener.bench.lostGuard != nil }
    if let interlock = watch.interlockTrip {
      watch.interlockTrip = nil
      recorder.record(.tripped(interlock))
    }
    let interlock = opener.bench.trippedInterlock
    if let interlock, recorder.facts.stopReason == nil { recorder.record(.stopRequested(reason: interlock)) }
    guard let trip = watch.trip else { return interlock != nil || opener.bench.lostGuard != nil }
    guard !isTripNoted else { return true }
    isTripNoted = true
    recorder.record(.tripped(trip))
    switch trip.verdict {
    case .error where recorder.facts.rigErrors.contains("\(trip.instrument): \(trip.words)"): break
    case .error: recorder.record(.rigError(step: step, instrument: trip.instrument, message: trip.words))
    case .aborted where recorder.facts.stopReason == nil: recorder.record(.stopRequested(reason: trip.words))
    case .aborted: break
    }
    return true
  }
}

extension Bench {
  /// A live limit that is not sampled in this run.
  func fence(of rule: WatchRule) -> FenceState {
    var state = FenceState(
      name: rule.name, kind: .watch, state: rule.isOn ? .none : .off,
      instruments: rule.subject.roles.flatMap(instrumentNames), programmed: rule.bandWords,
      note: rule.isOn ? "the rig does not offer what it looks at" : "'fence: off' in the rig file")
    state.forbidsPass = true
    return state
  }
}

extension LiveWatch {
  /// Closes pauses that are still open, and times without a sample, before the record is made.
  func settle() {
    for index in entries.indices {
      entries[index].machine.end(at: activeUntil)
      entries[index].noteExcuse(nil, at: activeUntil)
      if let since = entries[index].pausedSince, let why = pauseReason(index) {
        entries[index].notePause(why, (world.now - since).seconds)
        entries[index].pausedSince = nil
      }
    }
  }

  /// - Parameter isOver: At the end: where anything was switched on, a limit that was not looked at all the time, its
  ///   declared pauses left out, protected nothing.
  func fenceStates(isOver: Bool) -> [FenceState] {
    entries.map { entry in
      let blindness = isOver && bench.wasEnergised ? blindness(entry) : nil
      return FenceState(
        name: entry.rule.name, kind: .watch, state: blindness == nil ? .armed : .lost,
        instruments: entry.rule.subject.roles.flatMap(bench.instrumentNames),
        programmed: entry.rule.bandWords, readBack: entry.farthest,
        note: isOver ? note(entry, blindness) : "", forbidsPass: blindness != nil)
    }
  }

  /// Why a limit did not protect; nil when it did.
  private func blindness(_ entry: Entry) -> String? {
    if entry.machine.hasBlindSubject { return "something that was to be looked at never gave a number" }
    let gapMax = Self.gapMax(entry.rule)
    guard entry.machine.longestLiveGap > gapMax.seconds else { return nil }
    let gap = TimeSpan(Self.rounded(entry.machine.longestLiveGap))
    return "no sample for \(gap) while something was on, \(TimeSpan(gapMax.seconds)) at most are good"
  }

  private func note(_ entry: Entry, _ blindness: String?) -> String {
    let machine = entry.machine
    var parts = (blindness.map { [$0] } ?? []) + ["\(machine.count) samples"]
    if machine.longestGap > 0 {
      parts.append("longest time without one \(TimeSpan(Self.rounded(machine.longestGap)))")
    }
    for pause in entry.pauses where pause.seconds >= 0.001 {
      parts.append("paused \(TimeSpan(Self.rounded(pause.seconds))): \(pause.why)")
    }
    return parts.joined(separator: "; ")
  }

  private static func rounded(_ seconds: Double) -> Double { (seconds * 1e3).rounded() / 1e3 }
}
