import Foundation
import Model
import Testing

@testable import Rigging

/// Runs that were doctored, so that what is looked for is there: every check must find it, and nothing in a clean one.
@Suite struct `What must hold for every run` {
  private let clean = ShortFaultyRun.clean.run
  private let plan = ShortFaultyRun.checked.plan

  private func doctored(
    _ faults: [PlannedFault] = [], struck: Bool = true, _ change: (inout FaultyRun) -> Void = { _ in }
  ) -> FaultyRun {
    var run = clean
    run.faults = faults
    run.struck = faults.map { _ in struck }
    change(&run)
    return run
  }

  private func found(_ run: FaultyRun, _ check: (inout FaultyRun) throws -> Void) rethrows -> [String] {
    var run = run
    run.violations = []
    try check(&run)
    return run.violations
  }

  private func restored(_ outcome: Outcome?) -> (inout FaultyRun) -> Void {
    { run in
      for step in run.record.steps.indices {
        run.record.steps[step].measurements = run.record.steps[step].measurements.compactMap { measurement in
          guard measurement.name == "restored" else { return measurement }
          var measurement = measurement
          guard let outcome else { return nil }
          measurement.outcome = outcome
          return measurement
        }
      }
    }
  }

  @Test func `is found to hold for a clean run`() throws {
    let found = try found(clean) { run in
      run.checkEnd(wasLive: [], isLive: [], involved: [])
      run.checkTime(ended: 40, timeMax: 1000)
      run.checkRecord(plan, wasSpoiled: false)
      run.checkStops(plan)
      run.checkSettings(kept: true)
      try withJournal(ShortFaultyRun.clean.journal) { path, count in
        run.checkJournal(path, kept: count)
      }
    }
    #expect(found.isEmpty, "\(found)")
  }

  // MARK: the plant

  private let contactor = PlantWatch.Live(
    words: "the loop contactor is closed", hangsOn: ["lines", "loop-contactor"])

  @Test func `finds an output left on, or one that comes back, under a confirmed safe state`() {
    let left = found(clean) { $0.checkEnd(wasLive: [contactor], isLive: [contactor], involved: []) }
    #expect(left == ["the safe state is confirmed, but the loop contactor is closed"])
    let back = found(clean) { $0.checkEnd(wasLive: [], isLive: [contactor], involved: []) }
    #expect(back == ["after the end of the run, with nobody asking: the loop contactor is closed"])
    // No fault excuses it.
    let fault = PlannedFault(kind: .weldedRelay, target: "loop-contactor", from: 5)
    let excused = found(doctored([fault])) {
      $0.checkEnd(wasLive: [contactor], isLive: [contactor], involved: [fault])
    }
    #expect(excused == left)
  }

  @Test func `finds a safe state that is not confirmed although nothing hinders that`() {
    func check(_ faults: [PlannedFault], struck: Bool = true, opened: Bool = true) -> [String] {
      let run = doctored(faults, struck: struck) {
        $0.conclusion.safeStateConfirmed = false
        $0.record.safeState?.entries[0].confirmed = false
        $0.record.safeState?.entries[0].message = "no answer"
        if !opened { $0.record.phases = [] }
      }
      return found(run) { $0.checkEnd(wasLive: [], isLive: [], involved: faults) }
    }
    let link = PlannedFault(kind: .linkClosed, target: "lines", from: 5)
    #expect(check([]).count == 1 && check([])[0].contains("disable-short: no answer"))
    #expect(check([link], struck: false).count == 1)
    #expect(check([link]).isEmpty)
    #expect(check([], opened: false).isEmpty)
    for kind in FaultKind.allCases {
      let isHarmless =
        kind.isUnits || kind.isStop || kind.isDisks || [.radioLost, .radioSilent].contains(kind)
        || [.busLost, .guardDeath].contains(kind)
      #expect(check([PlannedFault(kind: kind, from: 5)]).count == (isHarmless ? 1 : 0), "\(kind)")
    }
  }

  @Test func `finds an output left on that no fault concerns under a safe state that is not confirmed`() {
    func check(_ target: String) -> [String] {
      let kind = target.contains("-") ? FaultKind.weldedRelay : .linkClosed
      let fault = PlannedFault(kind: kind, target: target, from: 5)
      let run = doctored([fault]) { $0.conclusion.safeStateConfirmed = false }
      return found(run) { $0.checkEnd(wasLive: [], isLive: [contactor], involved: [fault]) }
    }
    #expect(check("lines").isEmpty && check("loop-contactor").isEmpty)
    let words =
      "the safe state is not confirmed, and the loop contactor is closed, which no fault concerns"
    #expect(check("reference") == [words] && check("emulator-contactor") == [words])
  }

  @Test func `finds a run that goes on and on`() {
    #expect(found(clean) { $0.checkTime(ended: 1061, timeMax: 1000) }.count == 1)
    let stopped = doctored { $0.conclusion.reason = FaultyRunner.overdue }
    #expect(found(stopped) { $0.checkTime(ended: 1000, timeMax: 1000) }.count == 1)
  }

  // MARK: the record

  @Test func `finds a declared measurement without an outcome`() {
    let run = doctored([], restored(nil))
    #expect(found(run) { $0.checkRecord(plan, wasSpoiled: false) } == ["restore/restored has no outcome"])
  }

  @Test func `finds a record without a safe state, and an end that nobody asked for`() {
    let silent = doctored { $0.record.safeState = nil }
    #expect(found(silent) { $0.checkRecord(plan, wasSpoiled: false) }.count == 1)
    let stop = PlannedFault(kind: .operatorStop, from: 5)
    let aborted: (inout FaultyRun) -> Void = { $0.conclusion.verdict = .aborted }
    #expect(found(doctored([stop], aborted)) { $0.checkRecord(plan, wasSpoiled: false) }.isEmpty)
    for run in [doctored([], aborted), doctored([stop], struck: false, aborted)] {
      #expect(
        found(run) { $0.checkRecord(plan, wasSpoiled: false) } == ["aborted, and nobody asked for it"])
    }
  }

  @Test func `finds another verdict than error under a journal that was cut short`() {
    #expect(
      found(clean) { $0.checkRecord(plan, wasSpoiled: true) }
        == ["the journal is cut short and the verdict is pass"])
    let honest = doctored { $0.conclusion.verdict = .error }
    #expect(found(honest) { $0.checkRecord(plan, wasSpoiled: true) }.isEmpty)
  }

  @Test(arguments: [FaultKind.emergencyStop, .coverOpened, .operatorStop, .guardDeath])
  func `finds a pass in spite of a stop or of the guard's end`(_ kind: FaultKind) {
    let first = clean.record.steps[0].startedAt
    func check(_ from: Double, _ seconds: Double = 0, struck: Bool = true) -> [String] {
      found(doctored([PlannedFault(kind: kind, from: from, seconds: seconds)], struck: struck)) {
        $0.checkStops(plan)
      }
    }
    #expect(check(first + 1, 1).count == 1)
    #expect(check(first + 1, 1, struck: false).isEmpty)
    #expect(check(ShortFaultyRun.stepsEnd + 0.001, 1).isEmpty)
    let isContact = kind == .emergencyStop || kind == .coverOpened
    #expect(check(first / 2, first / 4).count == (isContact ? 0 : 1))
    #expect(check(first / 2, first).count == 1)
    let failed = doctored([PlannedFault(kind: kind, from: first + 1)]) { $0.conclusion.verdict = .fail }
    #expect(found(failed) { $0.checkStops(plan) }.isEmpty)
  }

  @Test func `finds settings that are not restored where the record does not say so`() {
    func check(
      _ outcome: Outcome?, _ verdict: Verdict, _ faults: [PlannedFault] = [], struck: Bool = true
    ) -> [String] {
      let run = doctored(faults, struck: struck) {
        restored(outcome)(&$0)
        $0.conclusion.verdict = verdict
      }
      return found(run) { $0.checkSettings(kept: false) }
    }
    #expect(check(.pass, .pass) == ["the record says that the settings are restored, and they are not"])
    #expect(check(.pass, .error).count == 1)
    #expect(check(.notMeasured, .pass) == ["the unit passes with settings that are not its own"])
    #expect(check(nil, .error) == ["the settings are not restored, and the record does not say so"])
    #expect(check(.notMeasured, .error).isEmpty && check(.fail, .fail).isEmpty)
    let disk = PlannedFault(kind: .diskFull, from: 5)
    #expect(check(nil, .error, [disk]).isEmpty)
    #expect(check(nil, .error, [disk], struck: false).count == 1)
  }

  // MARK: the journal

  /// - Parameter body: Gets the path and how many whole lines there are.
  private func withJournal(_ data: Data, _ body: (String, Int) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.path + "/bmsrig-check-\(UUID().uuidString).jsonl"
    try data.write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path, data.count { $0 == 10 })
  }

  private func checkJournal(_ run: FaultyRun, _ data: Data, kept: Int? = nil) throws -> [String] {
    try found(run) { run in
      try withJournal(data) { path, count in run.checkJournal(path, kept: kept ?? count) }
    }
  }

  @Test func `finds a journal that folds to another record, is empty, cut short, torn or altered`() throws {
    let data = ShortFaultyRun.clean.journal
    let other = doctored { $0.record.steps[0].notes.append("never said") }
    #expect(try checkJournal(other, data) == ["the journal folds to another record"])
    #expect(
      try checkJournal(clean, Data(), kept: 300)
        == ["the journal holds 0 events of 300", "the journal folds to another record"])
    #expect(try checkJournal(clean, Data(), kept: 0).isEmpty)
    let torn = try checkJournal(clean, data.dropLast(5))
    #expect(torn == ["the journal ends in half a line", "the journal folds to another record"])
    var altered = data
    altered[data.count / 2] ^= 1
    let refused = try checkJournal(clean, altered)
    #expect(refused.count == 1 && refused[0].hasPrefix("the journal cannot be read back: "), "\(refused)")
    let last = try #require(data.dropLast().lastIndex(of: 10))
    #expect(try checkJournal(clean, data[...last], kept: data.count { $0 == 10 }).count == 2)
  }
}
