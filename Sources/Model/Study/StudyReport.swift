import Quantities

/// What many runs together say about procedures: do they find planted defects, do they spare good units.
public struct StudyReport: Hashable, Sendable, Codable {
  /// Version of the program.
  public var program: String
  public var rig: DocumentReference
  public var procedures: [StudyProcedure]
  /// Planted defects against procedures; nil when the study was of good units only.
  public var matrix: DefectMatrix?
  /// Which procedures the columns of the matrix are.
  public var matrixProcedures: [Int]
  /// Good units, one entry per procedure; empty when the study was of defects only.
  public var populations: [PopulationFigures]
  /// Why runs are missing; nil when all were done.
  public var stopped: String?

  public init(
    program: String, rig: DocumentReference, procedures: [StudyProcedure], matrix: DefectMatrix? = nil,
    populations: [PopulationFigures] = [], stopped: String? = nil
  ) {
    self.program = program
    self.rig = rig
    self.procedures = procedures
    self.matrix = matrix
    matrixProcedures = matrix == nil ? [] : Array(procedures.indices)
    self.populations = populations
    self.stopped = stopped
  }

  /// No defect in scope got through, nothing was booked on the rig, and no good unit was turned away.
  public var isClean: Bool {
    stopped == nil && populations.allSatisfy(\.isClean)
      && (matrix?.rows ?? []).allSatisfy { row in !row.cells.indices.contains { isHole($0, in: row) } }
  }
}

/// One procedure of a study with the files it rests on.
public struct StudyProcedure: Hashable, Sendable, Codable {
  public var document: DocumentReference
  /// As given on the command line.
  public var path: String
  public var title: String
  public var workflow: Workflow
  public var specification: DocumentReference
  /// Of the manual.
  public var model: String

  public init(
    document: DocumentReference, path: String, title: String, workflow: Workflow,
    specification: DocumentReference, model: String
  ) {
    self.document = document
    self.path = path
    self.title = title
    self.workflow = workflow
    self.specification = specification
    self.model = model
  }

  public var name: String { document.name }
}

/// What one run of a study came to. A function of files and seed alone: no clock of the computer is in it.
public struct StudyResult: Hashable, Sendable, Codable {
  /// Position among the runs of the study, from 0.
  public var index: Int
  public var verdict: Verdict
  public var reason: String
  /// Requirements of all failed measurements, in alphabetical order.
  public var failed: [String]
  /// Requirements of all measurements that could not be decided or were not made, in alphabetical order.
  public var undecided: [String]
  /// What was booked on the rig.
  public var rigErrors: [String]
  public var safeStateConfirmed: Bool
  /// Time in the simulated world, seconds.
  public var seconds: Double

  public init(
    index: Int, verdict: Verdict, reason: String, failed: [String] = [], undecided: [String] = [],
    rigErrors: [String] = [], safeStateConfirmed: Bool = true, seconds: Double = 0
  ) {
    self.index = index
    self.verdict = verdict
    self.reason = reason
    self.failed = failed
    self.undecided = undecided
    self.rigErrors = rigErrors
    self.safeStateConfirmed = safeStateConfirmed
    self.seconds = seconds
  }
}
