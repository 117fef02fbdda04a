import Model
import Quantities

/// Turns an observation, its uncertainty and a limit into an outcome. Pure.
///
/// Acceptance limits lie inside the tolerance limits by w = factor × U, rejection limits outside by the same
/// (ILAC-G8:09/2019 4.2.3, JCGM 106). Between them the measurement cannot decide: *inconclusive*.
public enum Judge {
  public static func outcome(
    of observation: Observation, uncertainty: Double?, against limit: ResolvedLimit, rule: DecisionRule
  ) -> Outcome {
    if limit.recorded { return isThere(observation) ? .information : .notMeasured }
    return switch observation {
    case .missing: .notMeasured
    case .flag(let flag): exact(flag ? "true" : "false", limit)
    case .text(let text): exact(text, limit)
    case .number(let value): number(value, uncertainty: uncertainty, limit: limit, rule: rule)
    case .atLeast(let value): unended(value, uncertainty: uncertainty, limit: limit, rule: rule)
    }
  }

  /// True for a completed observation: what is asked of a value that is only recorded.
  static func isThere(_ observation: Observation) -> Bool {
    switch observation {
    case .number(let value), .atLeast(let value): value.isFinite && value.magnitude < 9.9e37
    case .text(let text): text.contains { !$0.isWhitespace }
    case .flag: true
    case .missing: false
    }
  }

  static func exact(_ text: String, _ limit: ResolvedLimit) -> Outcome {
    guard let expected = limit.expected else { return .notMeasured }
    return text == expected ? .pass : .fail
  }

  static func number(
    _ value: Double, uncertainty: Double?, limit: ResolvedLimit, rule: DecisionRule
  ) -> Outcome {
    guard value.isFinite, value.magnitude < 9.9e37 else { return .notMeasured }
    if let expected = limit.expected {
      guard let number = Double(expected) else { return .notMeasured }
      return value == number ? .pass : .fail
    }
    guard let uncertainty, uncertainty.isFinite, uncertainty >= 0, rule.guardFactor.isFinite else {
      return .notMeasured
    }
    guard limit.low != nil || limit.high != nil else { return .notMeasured }
    let guardBand = rule.guardFactor * uncertainty
    // A limit that is itself not a number compares false with everything and must not pass.
    if let low = limit.low, !low.isFinite { return .notMeasured }
    if let high = limit.high, !high.isFinite { return .notMeasured }
    let low = limit.low ?? -.infinity
    let high = limit.high ?? .infinity
    if value >= low + guardBand, value <= high - guardBand { return .pass }
    if value < low - guardBand || value > high + guardBand { return .fail }
    return .inconclusive
  }

  /// A wait without an end: too long already, or nobody knows. Where there is nothing but a least time it has passed.
  private static func unended(
    _ value: Double, uncertainty: Double?, limit: ResolvedLimit, rule: DecisionRule
  ) -> Outcome {
    let outcome = number(value, uncertainty: uncertainty, limit: limit, rule: rule)
    guard limit.expected == nil else { return .notMeasured }
    switch outcome {
    case .pass where limit.high == nil: return .pass
    case .fail where limit.high.map { value > $0 } ?? false: return .fail
    default: return .notMeasured
    }
  }

  /// The conclusion over all measurements, from most to least serious.
  public static func verdict(_ facts: RunFacts) -> (verdict: Verdict, reason: String) {
    if let reason = facts.stopReason { return (.aborted, reason) }
    if let error = facts.rigErrors.first { return (.error, error) }
    if !facts.failures.isEmpty { return (.fail, facts.failures.joined(separator: "; ")) }
    // A good unit tested behind an open fence is not proven to be good: what stopped nothing might have.
    let open = facts.undecided + facts.unmet + facts.obstacles
    if !open.isEmpty { return (.inconclusive, open.joined(separator: "; ")) }
    if facts.passes == 0 { return (.inconclusive, "nothing was judged") }
    return (.pass, "all \(facts.passes) judged measurements pass")
  }
}

/// What the verdict of a run rests on.
public struct RunFacts: Hashable, Sendable {
  public var stopReason: String?
  public var rigErrors: [String] = []
  /// In words, at most `limit` each.
  public var failures: [String] = []
  public var undecided: [String] = []
  public var passes = 0
  /// Fences that were not in force, and start conditions that were not met: with any of them no run passes.
  public var obstacles: [String] = []
  public var unmet: [String] = []
  static let limit = 8
  public init() {}

  /// Folds in what happened: while a run goes on, and where a record is judged anew.
  public mutating func take(_ body: RunEvent.Body) {
    switch body {
    case .measured(let measurement): add(measurement)
    case .rigError(_, let instrument, let message): rigErrors.append("\(instrument): \(message)")
    case .stopRequested(let reason): stopReason = reason
    case .fences(let states): obstacles = states.compactMap(\.obstacle)
    case .startConditions(let conditions):
      unmet = conditions.filter { !$0.isMet }.map { "start condition '\($0.name)': \($0.words)" }
    case .runStarted, .instrumentIdentified, .unitIdentified, .phaseStarted, .phaseEnded, .stepStarted,
      .answered, .note, .trace, .settings, .stepEnded, .safeState, .tripped, .traffic, .recovered, .runEnded:
      break
    }
  }

  public mutating func add(_ measurement: Measurement) {
    switch measurement.outcome {
    case .pass: passes += 1
    case .fail: Self.append(Self.words(measurement), to: &failures)
    case .inconclusive: Self.append(Self.words(measurement) + " cannot be decided", to: &undecided)
    case .notMeasured: Self.append(Self.words(measurement), to: &undecided)
    case .notApplicable, .information: break
    }
  }

  static func append(_ text: String, to list: inout [String]) {
    if list.count < limit { list.append(text) }
  }

  /// `SPEC-MEAS-02 cell-error cell 7: 25 mV, limit -5 mV … 5 mV`
  public static func words(_ m: Measurement) -> String {
    var text = [m.limit?.requirement ?? m.step, m.name, m.channel].filter { !$0.isEmpty }.joined(
      separator: " ")
    text += ": " + MeasurementText.value(m)
    if let limit = m.limit {
      text += ", limit " + MeasurementText.limit(limit, dimension: m.dimension)
      text += MeasurementText.conflictNames(limit)
    }
    return text
  }
}
