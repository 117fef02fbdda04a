/// How a threshold is looked for.
///
/// - Source: procedure catalogue, section 4.
public enum ThresholdMethod: String, Hashable, Sendable, CaseIterable {
  /// Two levels, one on each side: inside or outside, no value.
  case bracket
  /// Setting less the error of the unit's own reading, proven by a bracket around it.
  case predictive
  /// Levels that rise steadily; the level at the event less what passed during the unit's delay.
  case ramp
  /// Levels one step apart, each held long enough for the unit to act.
  case staircase
  /// Halving the interval, with a reset after every event.
  case bisection
}

/// What a search needs to know before it begins. Levels are in base units of whatever is searched.
public struct ThresholdPlan: Hashable, Sendable {
  /// How the unit reacts to a level beyond its threshold.
  public struct Reaction: Hashable, Sendable {
    /// Seconds from the first sample beyond the threshold to the event.
    public var delay: Double
    /// Standard uncertainty of `delay`, seconds.
    public var delayUncertainty: Double
    /// Seconds between two samples of the unit: a level is noticed up to this much late.
    public var samplingPeriod: Double
    public init(delay: Double, delayUncertainty: Double = 0, samplingPeriod: Double) {
      self.delay = delay
      self.delayUncertainty = delayUncertainty
      self.samplingPeriod = samplingPeriod
    }
  }

  public var method: ThresholdMethod
  /// Where the search begins: on the side where nothing happens.
  public var near: Double
  /// Where the event must have come; above `near` or below it.
  public var far: Double
  /// Largest step of staircase and bisection.
  public var resolution: Double
  /// Base units per second of a ramp, and seconds between two of its levels.
  public var rate: Double
  public var rampInterval: Double
  public var reaction: Reaction
  /// Expanded uncertainty (k = 2) of the levels.
  public var stimulusUncertainty: Double
  /// The threshold that the unit stores; a prediction needs it.
  public var setting: Double?

  public init(
    method: ThresholdMethod, near: Double, far: Double, resolution: Double, rate: Double = 0,
    rampInterval: Double = 0.1, reaction: Reaction, stimulusUncertainty: Double, setting: Double? = nil
  ) {
    self.method = method
    self.near = near
    self.far = far
    self.resolution = resolution
    self.rate = rate
    self.rampInterval = rampInterval
    self.reaction = reaction
    self.stimulusUncertainty = stimulusUncertainty
    self.setting = setting
  }

  /// +1 when the event comes with rising levels.
  public var direction: Double { far >= near ? 1 : -1 }
  /// Width of what is searched.
  public var width: Double { (far - near).magnitude }
  /// Seconds that a level must be held before its silence says that the threshold lies beyond it.
  public var dwell: Double { 1.5 * (reaction.delay + reaction.samplingPeriod) }

  /// Levels that decide, without those that only reset; what a procedure is planned with.
  public var dwellsMax: Int {
    switch method {
    case .bracket, .predictive: 2
    case .ramp: Int((width / (rate * rampInterval)).rounded(.up)) + 1
    case .staircase: Int((width / resolution - 1e-9).rounded(.up)) + 1
    case .bisection: halvings + 1
    }
  }

  /// Number of times the interval is halved until it is no wider than the resolution.
  public var halvings: Int {
    var left = width
    var count = 0
    while left > resolution * (1 + 1e-9), count < 60 {
      left /= 2
      count += 1
    }
    return count
  }
}

/// Uncertainties of the methods, all standard (k = 1), in base units of the level.
public enum ThresholdUncertainty {
  /// Staircase and bisection: the threshold lies anywhere between two levels.
  public static func interval(_ width: Double, stimulus: Double) -> Double {
    root(stimulus, width / 12.0.squareRoot())
  }

  /// A ramp of `rate`, in levels `rate · interval` apart, seen with a time resolution of `gap`.
  public static func ramp(
    rate: Double, interval: Double, gap: Double, reaction: ThresholdPlan.Reaction, stimulus: Double
  ) -> Double {
    let timing = rate * root(reaction.samplingPeriod / 12.0.squareRoot(), reaction.delayUncertainty)
    return root(root(stimulus, timing), rate * root(interval, gap) / 12.0.squareRoot())
  }

  /// A prediction from `frames` readings with `noise` each, in units of `quantum`.
  public static func prediction(noise: Double, frames: Int, quantum: Double, stimulus: Double) -> Double {
    root(root(stimulus, noise / Double(max(frames, 1)).squareRoot()), quantum / 12.0.squareRoot())
  }

  static func root(_ a: Double, _ b: Double) -> Double { (a * a + b * b).squareRoot() }
}

/// What a search came to.
public struct ThresholdResult: Hashable, Sendable {
  public enum Finding: Hashable, Sendable {
    /// The threshold, with its expanded uncertainty (k = 2).
    case value(Double, uncertainty: Double)
    /// A bracket: the threshold lies between both levels.
    case inside
    /// The event came at the first level already: the threshold lies before it, or the unit acts without cause.
    case beforeNear
    /// The event never came.
    case beyondFar
    /// Something else than the threshold showed itself; says what.
    case spoiled(String)
  }

  public var finding: Finding
  /// The method that gave the result: a prediction that is contradicted becomes a staircase.
  public var method: ThresholdMethod
  /// Levels between which the threshold lies, as they really were; nil when it was not found.
  public var between: ClosedRange<Double>?
  /// Levels that were held or at which the event came.
  public var dwells: Int
}
