/// Where the measurements of a run come from that measured nothing itself.
public struct JudgedFrom: Hashable, Sendable, Codable {
  public var run: String
  /// Hash of the last line of that run's journal: what was judged, and that it has not changed since.
  public var journalHead: String
  /// The procedure the measurements were made by.
  public var procedure: DocumentReference
  /// When they were judged anew, ISO 8601 UTC.
  public var judgedAt: String
  public init(run: String, journalHead: String, procedure: DocumentReference, judgedAt: String) {
    self.judgedAt = judgedAt
    self.run = run
    self.journalHead = journalHead
    self.procedure = procedure
  }
}

/// What was found when a run that had broken off was closed.
public struct Recovery: Hashable, Sendable, Codable {
  /// Bytes of an interrupted last line that were cut off; nobody was shown that event. 0 when there were none.
  public var cutBytes: Int
  /// What the guard process wrote about making the rig safe, as it stands in its file; nil when it left nothing.
  public var guardProof: String?
  public init(cutBytes: Int, guardProof: String?) {
    self.cutBytes = cutBytes
    self.guardProof = guardProof
  }
}
