/// What runs with faults drawn by chance came to.
public struct FaultStudyReport: Hashable, Sendable, Codable {
  /// How often a kind of fault was drawn, and how the runs with it ended.
  public struct KindFigures: Hashable, Sendable, Codable {
    public var kind: FaultKind
    public var drawn = 0
    /// Met something before the run had ended: an exchange to spoil, or a target that was there.
    public var struck = 0
    /// Verdicts of the runs in which it struck.
    public var verdicts: [String: Int] = [:]
    public init(kind: FaultKind) { self.kind = kind }
  }

  /// A run in which something happened that must never happen.
  public struct Violation: Hashable, Sendable, Codable {
    public var seed: UInt64
    public var unit: String
    public var faults: [String]
    public var verdict: String
    public var reason: String
    public var words: [String]
    /// The command that repeats the run and shows it.
    public var replay: String

    public init(
      seed: UInt64, unit: String, faults: [String], verdict: String, reason: String, words: [String],
      replay: String
    ) {
      self.seed = seed
      self.unit = unit
      self.faults = faults
      self.verdict = verdict
      self.reason = reason
      self.words = words
      self.replay = replay
    }
  }

  public var program: String
  public var procedure: DocumentReference
  public var rig: DocumentReference
  /// As asked for, e.g. `1-10000`.
  public var seeds: String
  public var units: [String]
  public var planned: Int
  public var done = 0
  public var verdicts: [String: Int] = [:]
  /// Runs whose safe state was not confirmed, and that said so.
  public var notConfirmed = 0
  /// Runs of a good unit that end in another verdict and hold a failed measurement all the same.
  public var failedWithin = 0
  /// Virtual hours.
  public var hours = 0.0
  public var kinds: [KindFigures] = FaultKind.allCases.map(KindFigures.init)
  public var violated = 0
  /// The first ones.
  public var violations: [Violation] = []
  /// Seeds of the others, and the command that repeats and shows them all; nil when there are none.
  public var further: [UInt64] = []
  public var furtherReplay: String?
  /// Why the study ended early.
  public var stopped: String?

  /// More than these are named by their seeds only.
  public static let violationsMax = 200

  public init(
    program: String, procedure: DocumentReference, rig: DocumentReference, seeds: String, units: [String],
    planned: Int
  ) {
    self.program = program
    self.procedure = procedure
    self.rig = rig
    self.seeds = seeds
    self.units = units
    self.planned = planned
  }

  public var isClean: Bool { violated == 0 && stopped == nil }
}
