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
  /// Runs that are looked through for a passed self-test.
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

  /// The newest run on this rig in which something tripped, or whose safe state was not confirmed, unless a person
  /// acknowledged it.
  public static func open(_ store: RunStore, rig: String) throws(StoreError) -> (run: String, why: String)? {
    guard let last = try store.runs(onRig: rig, limit: 1).first else { return nil }
    // Of a run that still goes on, or broke off, others speak.
    guard last.state == .finished, let why = trouble(store, last.id) else { return nil }
    guard try !store.acknowledgements().contains(where: { $0.rig == rig && $0.run == last.id }) else {
      return nil
    }
    return (last.id, why)
  }

  private static func trouble(_ store: RunStore, _ run: String) -> String? {
    let record: RunRecord
    do throws(StoreError) { record = try store.record(run: run).record } catch {
      return "its record cannot be read (\(error))"
    }
    if let trip = record.trips.first { return "\(trip.instrument): \(trip.words)" }
    guard let safe = record.safeState, !safe.confirmed else { return nil }
    let what = safe.entries.first { !$0.confirmed }.map { "\($0.action): \($0.message)" } ?? ""
    return "its safe state was not confirmed (\(what))"
  }

  private func acknowledgement() throws(StoreError) -> StartCondition {
    if let open = try Self.open(store, rig: rig.name) {
      return StartCondition(
        name: Self.trip, isMet: false,
        words:
          "run \(open.run) tripped on this rig and nobody has acknowledged it: \(open.why). Find the cause, then "
          + "'bmsrig rig acknowledge \(rig.name) --person NAME'")
    }
    let last = try store.acknowledgements().last { $0.rig == rig.name }
    let newest = try store.runs(onRig: rig.name, limit: 1).first?.id
    guard let last, last.run == newest else {
      return StartCondition(name: Self.trip, isMet: true, words: "the last run on this rig tripped nothing")
    }
    let note = last.note.isEmpty ? "" : " (\(last.note))"
    return StartCondition(
      name: Self.trip, isMet: true,
      words: "the trip of run \(last.run) was acknowledged by \(last.person)\(note) at \(last.at)")
  }

  private func selfTest(_ every: TimeSpan) throws(StoreError) -> StartCondition {
    // The first phase of a procedure: nothing of the unit is judged before it has passed.
    if plan.phases.first?.steps.contains(where: { $0.kind == RigSelfTest.id }) == true {
      return StartCondition(name: Self.selfTest, isMet: true, words: "the procedure begins with one")
    }
    for run in try store.runs(onRig: rig.name, limit: Self.runsMax) {
      guard let age = age(run.startedAt), age <= every.base else { continue }
      // A record that cannot be read proves nothing.
      guard run.state == .finished, let record = try? store.record(run: run.id).record, passedSelfTest(record)
      else { continue }
      return StartCondition(
        name: Self.selfTest, isMet: true, words: "passed in run \(run.id), begun \(run.startedAt)")
    }
    return StartCondition(
      name: Self.selfTest, isMet: false,
      words: "no rig self-test has passed on this rig within \(every). Run a procedure that begins with step "
        + "'rig-self-test'")
  }

  private func passedSelfTest(_ record: RunRecord) -> Bool {
    record.steps.contains { step in
      step.kind == RigSelfTest.id && !step.measurements.isEmpty
        && step.measurements.allSatisfy { ![.fail, .inconclusive, .notMeasured].contains($0.outcome) }
        && !record.errors.contains { $0.step == step.id }
    }
  }

  private func goldenUnit(_ golden: StartRules.GoldenUnit) throws(StoreError) -> StartCondition {
    if unit == golden.serial {
      return StartCondition(name: Self.golden, isMet: true, words: "this is a run of the golden unit itself")
    }
    let runs = try store.runs(onRig: rig.name, ofUnit: golden.serial, limit: Self.runsMax)
    let passed = runs.first { run in
      run.verdict == .pass && (age(run.startedAt).map { $0 <= golden.every.base } ?? false)
    }
    guard let passed else {
      let last = runs.first { $0.verdict == .pass }.map { "; the last one began \($0.startedAt)" } ?? ""
      return StartCondition(
        name: Self.golden, isMet: false,
        words:
          "golden unit \(golden.serial) has not passed on this rig within \(golden.every)\(last). Run it with "
          + "--unit \(golden.serial)")
    }
    return StartCondition(
      name: Self.golden, isMet: true,
      words: "\(golden.serial) passed in run \(passed.id), begun \(passed.startedAt)")
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
