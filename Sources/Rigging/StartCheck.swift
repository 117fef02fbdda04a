import Model
import Quantities
import Steps
import Store

/// A run was not begun: what is not as it must be, all of it.
public struct StartRefused: Error, Sendable, CustomStringConvertible {
  public let rig: String
  public let conditions: [StartCondition]
  /// What stands against the start.
  public var unmet: [StartCondition] { conditions.filter { !$0.isMet } }
  public var description: String {
    "rig '\(rig)' must not start: " + unmet.map { "\($0.name): \($0.words)" }.joined(separator: "; ")
  }
}

/// What the store and the rig file say before anything is opened.
public struct StartCheck {
  static let trip = "acknowledgement"
  static let selfTest = "self-test"
  static let golden = "golden unit"
  /// Runs that are looked through for the last self-test and the last decision about the golden unit.
  static let runsMax = 200

  let store: RunStore
  let rig: Rig
  let plan: Procedure
  let unit: String
  /// ISO 8601 UTC.
  let now: String

  public init(store: RunStore, rig: Rig, plan: Procedure, unit: String, now: String) {
    self.store = store
    self.rig = rig
    self.plan = plan
    self.unit = unit
    self.now = now
  }

  public func conditions() throws(StoreError) -> [StartCondition] {
    var conditions = [calibration(), try acknowledgement()]
    if let every = rig.startRules.selfTestEvery { conditions.append(try selfTest(every)) }
    if let golden = rig.startRules.goldenUnit { conditions.append(try goldenUnit(golden)) }
    return conditions.compactMap(\.self)
  }

  /// Whether it may be overridden: the run then begins and cannot pass.
  static func mayOverride(_ condition: StartCondition) -> Bool { condition.name != trip }

  // MARK: each of them

  /// The documents were refused before if one had expired.
  private func calibration() -> StartCondition? {
    let dues = rig.instruments.compactMap { instrument in
      instrument.calibration.map { (due: $0.due, name: instrument.name) }
    }
    guard let first = dues.min(by: { $0 < $1 }) else { return nil }
    return StartCondition(
      name: "calibration", isMet: true,
      words: "\(dues.count) instruments in date, the first is due \(first.due) (\(first.name))")
  }

  private func acknowledgement() throws(StoreError) -> StartCondition {
    // The same for a new store: what a run finds must not hang on which runs there were.
    let clean = StartCondition(
      name: Self.trip, isMet: true, words: "no run that this store holds left anything open on this rig")
    let last = try LastRunOnRig(rig: rig.name, in: store)
    if last?.open == nil, let made = try store.unconfirmed(rig: rig.name) {
      return StartCondition(
        name: Self.trip, isMet: false,
        words: "\(made.by) at \(made.at) could not confirm that this rig is safe: \(made.words). "
          + Self.makeSafe(rig.name))
    }
    guard let last else { return try withoutRun() ?? clean }
    let run = "run \(last.run.id)"
    if let open = last.open {
      return StartCondition(
        name: Self.trip, isMet: false,
        words:
          "nobody has acknowledged how \(run) left this rig: \(open). \(Self.advice(last, rig: rig.name))")
    }
    if let entry = last.acknowledgement {
      return StartCondition(
        name: Self.trip, isMet: true, words: "how \(run) left this rig was \(Self.words(entry))")
    }
    if case .provenByGuard(let proof) = last.trace {
      return StartCondition(
        name: Self.trip, isMet: true,
        words: "\(run) broke off; its guard made the rig safe at \(proof.realtime) and read every step back "
          + "(\(last.run.id).guard.json beside its journal)")
    }
    return clean
  }

  /// What was acknowledged on a rig on which the store holds no run.
  private func withoutRun() throws(StoreError) -> StartCondition? {
    try store.acknowledgements().last { $0.rig == rig.name && $0.run.isEmpty }.map {
      StartCondition(name: Self.trip, isMet: true, words: "how this rig was left was " + Self.words($0))
    }
  }

  private static func words(_ entry: Acknowledgement) -> String {
    let note = entry.note.isEmpty ? "" : " (\(entry.note))"
    return "acknowledged by \(entry.person)\(note) at \(entry.at)"
  }

  private static func advice(_ last: LastRunOnRig, rig: String) -> String {
    if case .tripped = last.trace { return "Find the cause, then \(acknowledge(rig))" }
    return makeSafe(rig)
  }

  private static func makeSafe(_ rig: String) -> String {
    "Treat the rig as live: make it safe with 'bmsrig rig safe' and its rig file, find the cause, then "
      + acknowledge(rig)
  }

  private static func acknowledge(_ rig: String) -> String {
    "'bmsrig rig acknowledge \(rig) --person NAME'"
  }

  // MARK: self-test

  /// What the newest run says in which a self-test was to be performed, whatever became of it.
  private enum LastSelfTest {
    case none
    case passed(RunSummary)
    /// In words: which run, and what of it.
    case notPassed(String)
  }

  private func selfTest(_ every: TimeSpan) throws(StoreError) -> StartCondition {
    // The first phase of a procedure: nothing of the unit is judged before it has passed.
    if plan.phases.first?.steps.contains(where: { $0.kind == RigSelfTest.id }) == true {
      return StartCondition(name: Self.selfTest, isMet: true, words: "the procedure begins with one")
    }
    let again = "Run a procedure that begins with step 'rig-self-test'"
    switch try lastSelfTest(every) {
    case .passed(let run):
      return StartCondition(
        name: Self.selfTest, isMet: true, words: "passed in run \(run.id), begun \(run.startedAt)")
    case .notPassed(let words):
      return StartCondition(name: Self.selfTest, isMet: false, words: "\(words). \(again)")
    case .none:
      return StartCondition(
        name: Self.selfTest, isMet: false,
        words: "no rig self-test has passed on this rig within \(every). \(again)")
    }
  }

  private func lastSelfTest(_ every: TimeSpan) throws(StoreError) -> LastSelfTest {
    for run in try store.runs(onRig: rig.name, limit: Self.runsMax) where run.state != .running {
      // Behind the first that is too old there is none in date.
      if let age = age(run.startedAt), age > every.base { return .none }
      let record: RunRecord
      do throws(StoreError) { record = try store.record(run: run.id).record } catch {
        return .notPassed(
          "nobody knows whether a self-test passed in run \(run.id): its record cannot be read (\(error.message))"
        )
      }
      let steps = record.steps.filter { $0.kind == RigSelfTest.id }
      guard !steps.isEmpty else { continue }
      guard age(run.startedAt) != nil else {
        return .notPassed(
          "run \(run.id) with the last self-test began \(run.startedAt), which is not in the past")
      }
      if let why = Self.complaint(of: steps, in: record) {
        return .notPassed(
          "the last self-test, in run \(run.id), begun \(run.startedAt), did not pass: \(why)")
      }
      return .passed(run)
    }
    return .none
  }

  /// Why the self-tests of a run prove nothing; nil when all passed.
  static func complaint(of steps: [RunRecord.Step], in record: RunRecord) -> String? {
    for step in steps {
      if let error = record.errors.first(where: { $0.step == step.id }) {
        return "\(error.instrument): \(error.message)"
      }
      // What was killed or lost power ends without a word of its own.
      if step.endedAt == nil { return "it broke off" }
      if step.measurements.isEmpty { return "it did not get as far as measuring anything" }
      let bad = step.measurements.first { [.fail, .inconclusive, .notMeasured].contains($0.outcome) }
      if let bad {
        return "\(bad.name) \(bad.outcome == .notMeasured ? "was not measured" : "did not agree")"
      }
    }
    return nil
  }

  // MARK: golden unit

  /// Another workflow measures something else: only one of the same workflow says that this rig still finds what this
  /// run looks for.
  private func goldenUnit(_ golden: StartRules.GoldenUnit) throws(StoreError) -> StartCondition {
    if unit == golden.serial {
      return StartCondition(name: Self.golden, isMet: true, words: "this is a run of the golden unit itself")
    }
    let runs = try store.runs(onRig: rig.name, ofUnit: golden.serial, limit: Self.runsMax)
    let decided = runs.first { $0.workflow == plan.workflow && [.pass, .fail].contains($0.verdict) }
    let again = "Run it with --unit \(golden.serial)"
    func refused(_ words: String) -> StartCondition {
      StartCondition(name: Self.golden, isMet: false, words: "golden unit \(golden.serial) \(words)")
    }
    guard let decided else {
      return refused(
        "has not passed on this rig in workflow \(plan.workflow.rawValue), whatever it did in others. \(again)"
      )
    }
    let place = "in run \(decided.id), begun \(decided.startedAt)"
    guard decided.verdict == .pass else {
      return refused(
        "FAILED \(place): the rig or that unit is not what it was. Find out which, then run it again with --unit "
          + golden.serial)
    }
    guard let age = age(decided.startedAt) else {
      return refused(
        "passed last \(place), which is not in the past. Check the clock of this computer. \(again)")
    }
    guard age <= golden.every.base else {
      return refused("passed last \(place), which is longer ago than \(golden.every). \(again)")
    }
    return StartCondition(name: Self.golden, isMet: true, words: "\(golden.serial) passed \(place)")
  }

  // MARK: age

  /// Seconds since an instant; nil when it cannot be read or lies in the future.
  func age(_ instant: String) -> Double? {
    guard let then = Self.seconds(instant), let today = Self.seconds(now), today >= then else { return nil }
    return today - then
  }

  /// Seconds of `2026-11-22T08:00:00Z` since a day that does not matter here.
  static func seconds(_ text: String) -> Double? {
    let parts = text.split(separator: "T", omittingEmptySubsequences: false)
    guard parts.count == 2, let date = CalendarDate(String(parts[0])),
      let origin = CalendarDate(year: 2000, month: 1, day: 1), parts[1].hasSuffix("Z")
    else { return nil }
    let time = parts[1].dropLast().split(separator: ":", omittingEmptySubsequences: false).compactMap {
      Double($0)
    }
    guard time.count == 3, time.allSatisfy({ $0.isFinite && (0...60).contains($0) }) else { return nil }
    return Double(date - origin) * 86_400 + time[0] * 3600 + time[1] * 60 + time[2]
  }
}
