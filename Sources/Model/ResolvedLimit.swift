/// A contradiction of the manual that had to be decided before a limit could be written.
public struct ConflictDecision: Hashable, Sendable, Codable {
  /// e.g. `C-01`.
  public var id: String
  public var decision: String

  public init(id: String, decision: String) {
    self.id = id
    self.decision = decision
  }
}

/// The limit a measurement was judged against, fully resolved: what a report prints.
public struct ResolvedLimit: Hashable, Sendable {
  public var id: String
  public var title: String
  /// The requirement a failure names.
  public var requirement: String
  /// Further requirements the measurement verifies.
  public var also: [String]
  public var basis: LimitBasis
  public var source: String
  /// Tolerance limits in base units; nil is open.
  public var low: Double?
  public var high: Double?
  /// For exact matches.
  public var expected: String?
  /// True when nothing is compared and the value only must be there.
  public var recorded: Bool
  /// Printed value beside what is only recorded, base units.
  public var nominal: Double?
  /// Conflicts of the manual that the numbers rest on.
  public var conflicts: [ConflictDecision]

  public init(
    id: String, title: String, requirement: String, also: [String] = [], basis: LimitBasis, source: String,
    low: Double? = nil, high: Double? = nil, expected: String? = nil, recorded: Bool = false,
    nominal: Double? = nil, conflicts: [ConflictDecision] = []
  ) {
    self.id = id
    self.title = title
    self.requirement = requirement
    self.also = also
    self.basis = basis
    self.source = source
    self.low = low
    self.high = high
    self.expected = expected
    self.recorded = recorded
    self.nominal = nominal
    self.conflicts = conflicts
  }
}

/// Written out: lists that are empty are left out, and journals from before they existed can be read.
extension ResolvedLimit: Codable {
  private enum Key: String, CodingKey {
    case also, basis, conflicts, expected, high, id, low, nominal, recorded, requirement, source, title
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    self.init(
      id: try values.decode(String.self, forKey: .id), title: try values.decode(String.self, forKey: .title),
      requirement: try values.decode(String.self, forKey: .requirement),
      also: try values.decodeIfPresent([String].self, forKey: .also) ?? [],
      basis: try values.decode(LimitBasis.self, forKey: .basis),
      source: try values.decode(String.self, forKey: .source),
      low: try values.decodeIfPresent(Double.self, forKey: .low),
      high: try values.decodeIfPresent(Double.self, forKey: .high),
      expected: try values.decodeIfPresent(String.self, forKey: .expected),
      recorded: try values.decodeIfPresent(Bool.self, forKey: .recorded) ?? false,
      nominal: try values.decodeIfPresent(Double.self, forKey: .nominal),
      conflicts: try values.decodeIfPresent([ConflictDecision].self, forKey: .conflicts) ?? [])
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    if !also.isEmpty { try values.encode(also, forKey: .also) }
    try values.encode(basis, forKey: .basis)
    if !conflicts.isEmpty { try values.encode(conflicts, forKey: .conflicts) }
    try values.encodeIfPresent(expected, forKey: .expected)
    try values.encodeIfPresent(high, forKey: .high)
    try values.encode(id, forKey: .id)
    try values.encodeIfPresent(low, forKey: .low)
    try values.encodeIfPresent(nominal, forKey: .nominal)
    if recorded { try values.encode(recorded, forKey: .recorded) }
    try values.encode(requirement, forKey: .requirement)
    try values.encode(source, forKey: .source)
    try values.encode(title, forKey: .title)
  }
}
