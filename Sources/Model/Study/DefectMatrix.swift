/// What a procedure made of a unit whose defects are known.
public enum DefectOutcome: String, Hashable, Sendable, Codable, CaseIterable {
  /// A good unit passed.
  case spared
  /// A broken requirement is among the failed ones.
  case caught
  /// The unit failed, but at other requirements only.
  case caughtElsewhere
  /// Passed, and no broken requirement belongs to the procedure's workflow, or the manual's data says why none can be
  /// verified there.
  case outOfScope
  /// Nothing was run: the procedure cannot be run with the chemistry or string count that the defect needs to show.
  case notApplicable
  case inconclusive
  /// Passed, although a broken requirement belongs to the procedure's workflow: no step judges it.
  case unjudged
  /// Passed, although the procedure judges a broken requirement.
  case escaped
  /// A good unit failed.
  case overkill
  /// A property of the unit was booked on the rig, or the run did not end in order: a mistake of ours.
  case rigError
  /// The study was stopped before.
  case notRun

  /// From harmless to serious: of several runs of one defect the most serious one counts.
  public var severity: Int { Self.order.firstIndex(of: self) ?? 0 }
  private static let order: [DefectOutcome] = [
    .notApplicable, .spared, .caught, .outOfScope, .caughtElsewhere, .notRun, .inconclusive, .unjudged,
    .escaped, .overkill,
    .rigError,
  ]
}

/// Planted defects (rows) against procedures (columns).
public struct DefectMatrix: Hashable, Sendable, Codable {
  /// Folder of the unit files, as given.
  public var catalogue: String
  /// First seed; repetitions take the following ones.
  public var seed: UInt64
  /// Runs of each defect with each procedure.
  public var repeats: Int
  public var rows: [Row]

  public init(catalogue: String, seed: UInt64, repeats: Int, rows: [Row]) {
    self.catalogue = catalogue
    self.seed = seed
    self.repeats = repeats
    self.rows = rows
  }

  public struct Row: Hashable, Sendable, Codable {
    public var unit: DocumentReference
    /// Path of the unit file.
    public var path: String
    /// Folder of the catalogue it stands in; empty at the top.
    public var group: String
    public var title: String
    public var story: String
    /// Requirements it breaks; none for a good unit.
    public var breaks: [String]
    /// e.g. `LTO, 20 cells`; empty when the procedure's hold.
    public var conditions: String
    /// One per procedure of the study, in its order.
    public var cells: [Cell]

    public init(
      unit: DocumentReference, path: String, group: String, title: String, story: String, breaks: [String],
      conditions: String, cells: [Cell]
    ) {
      self.unit = unit
      self.path = path
      self.group = group
      self.title = title
      self.story = story
      self.breaks = breaks
      self.conditions = conditions
      self.cells = cells
    }

    public var isGood: Bool { breaks.isEmpty }
  }

  public struct Cell: Hashable, Sendable, Codable {
    /// The most serious of the repetitions.
    public var outcome: DefectOutcome
    /// How many of the repetitions came out so.
    public var times: Int
    /// One sentence on why: the verdict's reason, or why the procedure cannot see it.
    public var reason: String
    /// Broken requirements that failed.
    public var seen: [String]
    /// Broken requirements that the procedure judges and that did not fail.
    public var missed: [String]
    /// Failed requirements that are not on the list of broken ones.
    public var besides: [String]
    /// Repeats the run that counts.
    public var replay: String

    public init(
      outcome: DefectOutcome, times: Int = 1, reason: String, seen: [String] = [], missed: [String] = [],
      besides: [String] = [], replay: String
    ) {
      self.outcome = outcome
      self.times = times
      self.reason = reason
      self.seen = seen
      self.missed = missed
      self.besides = besides
      self.replay = replay
    }
  }
}
