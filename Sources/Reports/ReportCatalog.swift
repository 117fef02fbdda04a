import Model

/// One way to write a finished run down. Formats are pure: the same record and context give the same bytes.
public protocol ReportFormat: Sendable {
  /// What people type, e.g. `html`.
  static var name: String { get }
  static var fileExtension: String { get }
  /// One line for the help text.
  static var summary: String { get }
  init()
  func render(record: RunRecord, context: ReportContext) -> [UInt8]
}

/// Every report format there is.
public enum ReportCatalog {
  public static let formats: [any ReportFormat.Type] = [HTMLReport.self, JSONReport.self]

  /// - Returns: nil when there is no such format.
  public static func format(named name: String) -> (any ReportFormat.Type)? {
    formats.first { $0.name == name }
  }
}

/// What a report says beside the record: where the journal is, what the manual says about the requirements.
public struct ReportContext: Sendable {
  /// A place where the manual contradicts itself or is silent, and how it was decided.
  public struct Conflict: Hashable, Sendable {
    /// e.g. `C-01`.
    public var id: String
    /// Requirements it touches.
    public var requirements: [String]
    public var text: String
    public var decision: String
    public init(id: String, requirements: [String], text: String, decision: String) {
      self.id = id
      self.requirements = requirements
      self.text = text
      self.decision = decision
    }
  }

  /// Name of the journal file; empty when there is none.
  public var journal: String
  /// Hash of the journal's last line: it stands for every event of the run.
  public var journalHead: String
  /// Of the specification; titles and manual sections are taken from here.
  public var requirements: [Requirement]
  public var conflicts: [Conflict]

  public init(
    journal: String = "", journalHead: String = "", requirements: [Requirement] = [],
    conflicts: [Conflict] = []
  ) {
    self.journal = journal
    self.journalHead = journalHead
    self.requirements = requirements
    self.conflicts = conflicts
  }
}
