/// A study that cannot be made or gone on with.
public struct StudyError: Error, Hashable, Sendable, CustomStringConvertible {
  public let message: String
  /// What to do about it.
  public let advice: String
  public init(_ message: String, advice: String) {
    self.message = message
    self.advice = advice
  }
  public var description: String { "\(message); \(advice)" }
}

/// How far a study is.
public struct StudyProgress: Hashable, Sendable {
  public var done: Int
  public var planned: Int
  /// Runs so far that keep the study from being clean.
  public var complaints: Int
}

/// What every study is asked.
public struct StudyRequest: Sendable {
  /// Paths of procedures; a population takes one.
  public var procedures: [String]
  public var rig: String
  public var seed: UInt64
  /// Runs at a time.
  public var jobs: Int
  /// ISO 8601 date at which calibrations must be valid.
  public var date: String
  /// Name and version of the program.
  public var program: String
  /// File of results, nil for none.
  public var results: String?
  /// Goes on with the file of results.
  public var resumes: Bool

  public init(
    procedures: [String], rig: String, seed: UInt64, jobs: Int, date: String, program: String,
    results: String? = nil, resumes: Bool = false
  ) {
    self.procedures = procedures
    self.rig = rig
    self.seed = seed
    self.jobs = jobs
    self.date = date
    self.program = program
    self.results = results
    self.resumes = resumes
  }
}
