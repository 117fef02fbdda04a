import Model
import Rigging

/// An undisturbed run of a unit: what a run with faults is compared with.
struct FaultBaseline: Sendable {
  /// Where an undisturbed measurement may lie, in base units.
  struct Span: Sendable {
    var low: Double
    var high: Double
    var uncertainty: Double
    /// Part of the limit's window that never matters.
    var slack: Double
  }

  var verdict: Verdict
  var reason: String
  var timeline: FaultDraw.Timeline
  var spans: [String: Span] = [:]

  /// Runs of one unit with this much else drawn anew, so that what is chance is known.
  static let worlds: [UInt64] = [101, 102, 103, 104, 105]

  init(runs: [FaultyRun]) {
    verdict = runs.map(\.conclusion.verdict).first { $0 != .pass } ?? .pass
    reason = runs.first { $0.conclusion.verdict != .pass }?.conclusion.reason ?? ""
    let first = runs[0].record
    timeline = FaultDraw.Timeline(beginnings: first.steps.map(\.startedAt), end: first.elapsedSeconds)
    for run in runs { Self.each(run.record) { add($0, $1, $2) } }
  }

  private mutating func add(_ key: String, _ value: Double, _ measurement: Measurement) {
    let uncertainty = measurement.uncertainty ?? 0
    var span = spans[key] ?? Span(low: value, high: value, uncertainty: uncertainty, slack: 0)
    span.low = min(span.low, value)
    span.high = max(span.high, value)
    span.uncertainty = max(span.uncertainty, uncertainty)
    if let limit = measurement.limit { span.slack = Self.slackPart * Self.width(limit) }
    spans[key] = span
  }

  private static let slackPart = 0.5

  private static func width(_ limit: ResolvedLimit) -> Double {
    if let low = limit.low, let high = limit.high { return high - low }
    return (limit.low ?? limit.high ?? 0).magnitude
  }

  /// Every number that was judged by a window, with a name that is the same in every run.
  private static func each(_ record: RunRecord, _ body: (String, Double, Measurement) -> Void) {
    var counts: [String: Int] = [:]
    for measurement in record.measurements {
      guard case .number(let value) = measurement.observation, let limit = measurement.limit,
        limit.expected == nil, !limit.recorded
      else { continue }
      let name = "\(measurement.step)/\(measurement.name) \(measurement.channel)"
      counts[name, default: 0] += 1
      body("\(name) no. \(counts[name]!)", value, measurement)
    }
  }

  /// Numbers of a passed run that undisturbed ones never come near, in words.
  func strangers(in record: RunRecord) -> [String] {
    var found: [String] = []
    Self.each(record) { key, value, measurement in
      guard let span = spans[key] else { return }
      let uncertainty = measurement.uncertainty ?? 0
      let room = span.uncertainty + uncertainty + 2 * (span.high - span.low) + span.slack
      guard value < span.low - room || value > span.high + room else { return }
      found.append("\(key) is \(value), undisturbed \(span.low) to \(span.high), U \(uncertainty)")
    }
    return found
  }
}

/// One seed's run with what is to be said of it.
public struct FaultCase: Sendable {
  public var seed: UInt64
  public var unit: String
  public var run: FaultyRun
  public var violations: [String]

  init(seed: UInt64, unit: String, run: FaultyRun, baseline: FaultBaseline) {
    self.seed = seed
    self.unit = unit
    self.run = run
    violations = run.violations
    let struck = zip(run.faults, run.struck).filter { $1 }.map { $0.0 }
    let verdict = run.conclusion.verdict
    if verdict == .fail, baseline.verdict == .pass, !struck.contains(where: \.kind.isUnits) {
      violations.append("a good unit failed for the rig: \(run.conclusion.reason)")
    }
    guard verdict == .pass else { return }
    if baseline.verdict != .pass { violations.append("a unit passed that must not: \(baseline.reason)") }
    if run.unitCrashed { violations.append("a unit passed although its firmware had crashed") }
    guard !struck.contains(where: \.kind.isUnits) else { return }
    for words in baseline.strangers(in: run.record).prefix(5) {
      violations.append("passed with a wrong value: \(words)")
    }
  }

  /// The run broke off: nothing of it can be trusted.
  init(seed: UInt64, unit: String, brokenOff run: FaultyRun) {
    self.seed = seed
    self.unit = unit
    self.run = run
    violations = run.violations
  }

  /// A good unit has a failed measurement in a run that another verdict ended.
  var failsWithin: Bool {
    run.conclusion.verdict != .fail && run.record.measurements.contains { $0.outcome == .fail }
  }
}
