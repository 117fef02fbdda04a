/// A person has looked at a rig after it tripped or was left unproven, and takes the responsibility for the next start.
public struct Acknowledgement: Hashable, Sendable, Codable {
  public var rig: String
  /// The last run on the rig when it had to be looked at; empty when the store held none.
  public var run: String
  public var person: String
  public var note: String
  /// ISO 8601 UTC.
  public var at: String
  public init(rig: String, run: String, person: String, note: String, at: String) {
    self.rig = rig
    self.run = run
    self.person = person
    self.note = note
    self.at = at
  }
}

/// What the store knows of a rig: its last runs, and who acknowledged how they left it.
extension RunStore {
  private static let acknowledgementsFile = "acknowledgements.jsonl"

  /// Runs on a rig, the newest first. What was judged anew was not on it.
  public func runs(onRig rig: String, limit: Int) throws(StoreError) -> [RunSummary] {
    try summaries("WHERE rig = ? AND judgedFrom IS NULL ORDER BY number DESC LIMIT ?", [rig, limit])
  }

  /// Runs of one unit on a rig, the newest first.
  public func runs(onRig rig: String, ofUnit unit: String, limit: Int) throws(StoreError) -> [RunSummary] {
    try summaries(
      "WHERE rig = ? AND unit = ? AND judgedFrom IS NULL ORDER BY number DESC LIMIT ?", [rig, unit, limit])
  }

  /// Keeps an acknowledgement; it is on the disk when this returns.
  public func acknowledge(_ entry: Acknowledgement) throws(StoreError) {
    try append(entry, to: Self.acknowledgementsFile)
  }

  /// All of them, oldest first. A line that a crash tore is left out: it was never confirmed to anybody.
  public func acknowledgements() throws(StoreError) -> [Acknowledgement] {
    try entries(of: Self.acknowledgementsFile, as: Acknowledgement.self)
  }
}
