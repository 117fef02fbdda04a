import Quantities

/// Good units with the tolerances of real parts against one procedure.
public struct PopulationFigures: Hashable, Sendable, Codable {
  /// Position among the study's procedures.
  public var procedure: Int
  public var chemistry: Chemistry
  public var cellCount: Int
  /// Of unit 0; unit i has seed `seed + i`.
  public var seed: UInt64
  public var planned: Int
  public var passed = 0
  public var failed = 0
  public var inconclusive = 0
  /// Rig errors and runs that did not end in order.
  public var errors = 0
  /// Time of all runs in the simulated world, seconds.
  public var seconds = 0.0
  public var secondsMin: Double?
  public var secondsMax: Double?
  /// Units that did not pass, in the order of their seeds; the first `keptMax`.
  public var kept: [KeptUnit] = []
  public var margins: [MarginFigures] = []
  /// Upper bound, one-sided 95 % (Clopper-Pearson), of the share of good units that fail.
  public var overkillBound = 1.0
  /// The same for good units that do not pass, for whatever reason.
  public var notPassedBound = 1.0

  /// Beyond this the population is not good, and more examples say nothing new.
  public static let keptMax = 200

  public init(procedure: Int, chemistry: Chemistry, cellCount: Int, seed: UInt64, planned: Int) {
    self.procedure = procedure
    self.chemistry = chemistry
    self.cellCount = cellCount
    self.seed = seed
    self.planned = planned
  }

  public var done: Int { passed + failed + inconclusive + errors }
  public var isClean: Bool { done == planned && passed == done }

  /// A good unit that did not pass.
  public struct KeptUnit: Hashable, Sendable, Codable {
    public var seed: UInt64
    public var unit: String
    public var verdict: Verdict
    public var reason: String
    public var requirements: [String]
    /// The command that repeats the run.
    public var replay: String

    public init(
      seed: UInt64, unit: String, verdict: Verdict, reason: String, requirements: [String], replay: String
    ) {
      self.seed = seed
      self.unit = unit
      self.verdict = verdict
      self.reason = reason
      self.requirements = requirements
      self.replay = replay
    }
  }
}

/// How far inside its limits one measurement of a step lay, over all units and channels. Distances are parts of half
/// the window, or of the limit itself where there is only one; positive inside.
public struct MarginFigures: Hashable, Sendable, Codable {
  public var step: String
  public var measurement: String
  public var limit: String
  public var requirement: String
  public var basis: LimitBasis
  public var dimension: Dimension?
  /// To the lower tolerance limit; nil when there is none.
  public var low: Spread?
  public var high: Spread?
  /// Mean guard band.
  public var guardBand: Double
  /// The value that came closest to being rejected.
  public var closest: Closest

  public init(
    step: String, measurement: String, limit: String, requirement: String, basis: LimitBasis,
    dimension: Dimension?, low: Spread?, high: Spread?, guardBand: Double, closest: Closest
  ) {
    self.step = step
    self.measurement = measurement
    self.limit = limit
    self.requirement = requirement
    self.basis = basis
    self.dimension = dimension
    self.low = low
    self.high = high
    self.guardBand = guardBand
    self.closest = closest
  }

  public struct Spread: Hashable, Sendable, Codable {
    public var count: Int
    public var mean: Double
    /// Standard deviation; 0 for one value.
    public var deviation: Double
    public init(count: Int, mean: Double, deviation: Double) {
      self.count = count
      self.mean = mean
      self.deviation = deviation
    }
    /// Distance in standard deviations over 3; nil when all values are alike.
    func capability(less guardBand: Double) -> Double? {
      deviation > mean.magnitude * 1e-9 ? (mean - guardBand) / (3 * deviation) : nil
    }
  }

  public struct Closest: Hashable, Sendable, Codable {
    public var value: Double
    public var low: Double?
    public var high: Double?
    /// Base units, like the value and its limits.
    public var guardBand: Double
    public var channel: String
    public var seed: UInt64
    /// Distance to the acceptance limit. Negative outside.
    public var share: Double
    public init(
      value: Double, low: Double?, high: Double?, guardBand: Double, channel: String, seed: UInt64,
      share: Double
    ) {
      self.value = value
      self.low = low
      self.high = high
      self.guardBand = guardBand
      self.channel = channel
      self.seed = seed
      self.share = share
    }
  }

  public var count: Int { max(low?.count ?? 0, high?.count ?? 0) }

  /// Cpk: the smaller distance to a tolerance limit over three standard deviations; nil when nothing spreads.
  public var capability: Double? { smaller(guardBand: 0) }
  /// The same to the acceptance limits: this one decides how many good units are turned away.
  public var acceptanceCapability: Double? { smaller(guardBand: guardBand) }

  private func smaller(guardBand: Double) -> Double? {
    [low, high].compactMap { $0?.capability(less: guardBand) }.min()
  }
}
