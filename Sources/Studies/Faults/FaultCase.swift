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
  /// Measurements that no undisturbed run is without.
  var always: Set<String> = []
  /// What must never happen and did without any fault.
  var violations: [String] = []

  /// Runs of one unit with this much else drawn anew, so that what is chance is known.
  static let worlds: [UInt64] = [101, 102, 103, 104, 105]

  init(runs: [FaultyRun]) {
    verdict = runs.map(\.conclusion.verdict).first { $0 != .pass } ?? .pass
    reason = runs.first { $0.conclusion.verdict != .pass }?.conclusion.reason ?? ""
    let first = runs[0].record
    timeline = FaultDraw.Timeline(beginnings: first.steps.map(\.startedAt), end: first.elapsedSeconds)
    always = Self.places(first)
    for run in runs {
      always.formIntersection(Self.places(run.record))
      Self.each(run.record) { add($0, $1, $2) }
      for words in run.violations where !violations.contains(words) { violations.append(words) }
    }
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

  /// Every measurement with a name that is the same in every run.
  private static func named(_ record: RunRecord) -> [(key: String, measurement: Measurement)] {
    var counts: [String: Int] = [:]
    return record.measurements.map { measurement in
      let name = "\(measurement.step)/\(measurement.name) \(measurement.channel)"
      counts[name, default: 0] += 1
      return ("\(name) no. \(counts[name]!)", measurement)
    }
  }

  /// Every number that was judged by a window.
  private static func each(_ record: RunRecord, _ body: (String, Double, Measurement) -> Void) {
    for (key, measurement) in named(record) {
      guard case .number(let value) = measurement.observation, let limit = measurement.limit,
        limit.expected == nil, !limit.recorded
      else { continue }
      body(key, value, measurement)
    }
  }

  /// What was measured where. Behind a comma stands what chance decides, like the direction of the first transfer.
  private static func places(_ record: RunRecord) -> Set<String> {
    Set(record.measurements.map { "\($0.step)/\($0.name) \($0.channel.prefix { $0 != "," })" })
  }

  /// Measurements that a passed run went without.
  func missing(in record: RunRecord) -> [String] {
    always.subtracting(Self.places(record)).sorted()
  }

  /// Numbers of a passed run that undisturbed ones never come near, in words.
  /// - Parameter isExplained: Whether the run's faults themselves are what was measured.
  func strangers(in record: RunRecord, besides isExplained: (Measurement) -> Bool) -> [String] {
    var found: [String] = []
    Self.each(record) { key, value, measurement in
      guard let span = spans[key], !isExplained(measurement) else { return }
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
  /// Its file says that it breaks nothing.
  public var isGood: Bool
  public var run: FaultyRun
  public var violations: [String]

  init(seed: UInt64, unit: String, isGood: Bool, run: FaultyRun, baseline: FaultBaseline) {
    self.init(seed: seed, unit: unit, isGood: isGood, brokenOff: run)
    violations += baseline.violations.map { "without any fault: \($0)" }
    if isGood, baseline.verdict != .pass {
      violations.append("without any fault a good unit is no pass: \(baseline.verdict): \(baseline.reason)")
    }
    let struck = zip(run.faults, run.struck).filter { $1 }.map { $0.0 }
    let verdict = run.conclusion.verdict
    // A defect that undisturbed runs do not see is no reason to fail either.
    if verdict == .fail, isGood || baseline.verdict == .pass, !struck.contains(where: \.kind.isUnits) {
      violations.append("a good unit failed for the rig: \(run.conclusion.reason)")
    }
    if verdict == .pass { checkPass(struck, baseline) }
  }

  private mutating func checkPass(_ struck: [PlannedFault], _ baseline: FaultBaseline) {
    if baseline.verdict != .pass { violations.append("a unit passed that must not: \(baseline.reason)") }
    if run.unitCrashed { violations.append("a unit passed although its firmware had crashed") }
    for words in baseline.missing(in: run.record).prefix(Self.examples) {
      violations.append("passed without \(words)")
    }
    // A unit that starts anew behind the last measurement forgets what it had counted.
    guard !struck.contains(where: { $0.kind == .unitReboot }) else { return }
    let kinds = struck.map(\.kind)
    let strangers = baseline.strangers(in: run.record) { Self.isExplained($0, by: kinds) }
    for words in strangers.prefix(Self.examples) {
      violations.append("passed with a wrong value: \(words)")
    }
  }

  /// What the radio did is counted, and what the unit tells late is timed: the limit decides how much of it may be.
  private static func isExplained(_ measurement: Measurement, by kinds: [FaultKind]) -> Bool {
    kinds.contains(where: \.isRadios) && countsOfLink.contains(measurement.name)
      || kinds.contains(.telemetryFreeze) && measurement.dimension == .time
        && measurement.instruments.contains("unit")
  }

  /// Frames that came damaged or not at all, in steps `link-watch` and `identity`.
  private static let countsOfLink: Set = ["damaged", "missing", "checksum-errors", "frame-gaps"]

  /// Values of one run that are named.
  private static let examples = 5

  /// The run broke off: nothing of it can be trusted.
  init(seed: UInt64, unit: String, isGood: Bool, brokenOff run: FaultyRun) {
    self.seed = seed
    self.unit = unit
    self.isGood = isGood
    self.run = run
    violations = run.violations
  }

  /// A good unit has a failed measurement in a run that another verdict ended.
  var failsWithin: Bool {
    isGood && run.conclusion.verdict != .fail && run.record.measurements.contains { $0.outcome == .fail }
  }
}
