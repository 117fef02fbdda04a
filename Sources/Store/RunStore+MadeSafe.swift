/// What came of making a rig safe outside a run.
public struct MadeSafe: Hashable, Sendable, Codable {
  public var rig: String
  /// What did it, e.g. `'bmsrig rig safe'`.
  public var by: String
  /// Every step of the safe state was read back.
  public var confirmed: Bool
  /// What was not confirmed; empty otherwise.
  public var words: String
  /// ISO 8601 UTC.
  public var at: String
  public init(rig: String, by: String, confirmed: Bool, words: String, at: String) {
    self.rig = rig
    self.by = by
    self.confirmed = confirmed
    self.words = words
    self.at = at
  }
}

extension RunStore {
  private static let safeStates = "safe-states.jsonl"

  /// Keeps what came of it; it is on the disk when this returns.
  public func keep(_ entry: MadeSafe) throws(StoreError) { try append(entry, to: Self.safeStates) }

  /// The last time that a rig was made safe outside a run, not before an instant.
  public func madeSafe(rig: String, since instant: String) throws(StoreError) -> MadeSafe? {
    try entries(of: Self.safeStates, as: MadeSafe.self).last { $0.rig == rig && $0.at >= instant }
  }

  /// The last time that a rig was made safe outside a run, when that could not be confirmed and nobody has taken the
  /// responsibility since; nil when nothing stands open.
  public func unconfirmed(rig: String) throws(StoreError) -> MadeSafe? {
    guard let last = try madeSafe(rig: rig, since: ""), !last.confirmed else { return nil }
    return try acknowledgements().contains { $0.rig == rig && $0.at >= last.at } ? nil : last
  }
}
