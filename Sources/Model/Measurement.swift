import Quantities

/// What was observed. Everything that is not a completed observation is spelled out, so that it can never pass.
public enum Observation: Hashable, Sendable, Codable {
  /// A finite number in the base unit of the measurement's dimension.
  case number(Double)
  case text(String)
  case flag(Bool)
  /// What was waited for had not come when this much was over, in the base unit: it may be too late, never in time.
  case atLeast(Double)
  /// No completed measurement: the reason (overload, not a number, stale, missing, wrong unit …).
  case missing(String)

  /// A number when it is one: NaN, infinity and the instruments' overload and not-a-number marks
  /// (±9.9E37, 9.91E37) become `missing`.
  public init(reading value: Double) {
    if value.isNaN {
      self = .missing("not a number")
    } else if value.isInfinite {
      self = .missing(value > 0 ? "infinite" : "minus infinite")
    } else if value.magnitude >= 9.9e37 {
      self = .missing(value.magnitude > 9.905e37 ? "instrument reports not a number" : "overload")
    } else {
      self = .number(value)
    }
  }
}

/// How uncertainty moves a limit before a measurement is compared with it.
public struct DecisionRule: Hashable, Sendable, Codable {
  /// Name printed in the report, e.g. `guard band w = U`.
  public var name: String
  /// Guard band as a multiple of the expanded uncertainty U (k = 2); acceptance limits lie inside the tolerance
  /// limits by this much.
  public var guardFactor: Double

  public init(name: String, guardFactor: Double) {
    self.name = name
    self.guardFactor = guardFactor
  }
}

/// What one measurement says about the unit.
public enum Outcome: String, Hashable, Sendable, Codable, CaseIterable {
  case pass
  case fail
  /// Inside the tolerance limits but within the guard band, or outside by less than the guard band.
  case inconclusive
  /// No completed measurement. Can never pass.
  case notMeasured
  /// The unit or the order does not have what would be measured.
  case notApplicable
  /// Recorded without a limit.
  case information
}

/// One observed quantity with everything that is needed to judge it again.
public struct Measurement: Hashable, Sendable, Codable {
  /// Step that measured it, e.g. `accuracy-low`.
  public var step: String
  /// Name inside the step, e.g. `cell-error`.
  public var name: String
  /// Channel of the unit, e.g. `cell 7`; empty when there is only one.
  public var channel: String
  public var dimension: Dimension?
  public var observation: Observation
  /// Expanded uncertainty (k = 2) in base units; nil for texts and flags.
  public var uncertainty: Double?
  public var limit: ResolvedLimit?
  /// What the step knew when it measured and the limit may hang on (a setting, a reference reading, an archived text);
  /// nil when the limit's own nominal holds.
  public var nominal: Observation?
  public var rule: DecisionRule?
  public var outcome: Outcome
  /// Instruments behind it, by their name in the rig file; `unit` is the unit itself.
  public var instruments: [String]
  /// World time of the observation, seconds since the run began.
  public var at: Double
  /// A word on how it came about, when that is not obvious.
  public var note: String

  public init(
    step: String, name: String, channel: String = "", dimension: Dimension?, observation: Observation,
    uncertainty: Double? = nil, limit: ResolvedLimit? = nil, rule: DecisionRule? = nil, outcome: Outcome,
    instruments: [String] = [], at: Double = 0, note: String = ""
  ) {
    self.step = step
    self.name = name
    self.channel = channel
    self.dimension = dimension
    self.observation = observation
    self.uncertainty = uncertainty
    self.limit = limit
    self.rule = rule
    self.outcome = outcome
    self.instruments = instruments
    self.at = at
    self.note = note
  }
}

/// The conclusion of a run. *Fail* is about the unit, *error* about the rig, *aborted* about a person or an
/// interlock.
public enum Verdict: String, Hashable, Sendable, Codable, CaseIterable {
  case pass, fail, inconclusive, error, aborted
}
