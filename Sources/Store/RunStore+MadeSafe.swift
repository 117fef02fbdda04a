/// What came of making a rig safe outside a run.
public struct MadeSafe: Hashable, Sendable, Codable {
  public var rig: String
  /// Every step of the safe state was read back.
  public var confirmed: Bool
  /// What was not confirmed; empty otherwise.
  public var words: String
  /// ISO 8601 UTC.
  public var at: String
  public init(rig: String, confirmed: Bool, words: String, at: String) {
    self.rig = rig
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
}
