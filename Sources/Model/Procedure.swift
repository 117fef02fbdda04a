import Quantities

/// A place in a file people write: 1-based line and column.
public struct SourcePlace: Hashable, Sendable, Codable, Comparable {
  public var file: String
  public var line: Int
  public var column: Int
  public init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }
  public static func < (a: Self, b: Self) -> Bool {
    (a.file, a.line, a.column) < (b.file, b.line, b.column)
  }
}

/// Something wrong in a file, with a way out.
public struct Finding: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
  public var place: SourcePlace
  public var message: String
  public var suggestion: String
  public init(place: SourcePlace, message: String, suggestion: String = "") {
    self.place = place
    self.message = message
    self.suggestion = suggestion
  }
  /// `file:line:column: message (suggestion)`
  public var description: String {
    let tail = suggestion.isEmpty ? "" : " (\(suggestion))"
    return "\(place.file):\(place.line):\(place.column): \(message)\(tail)"
  }
  public static func < (a: Self, b: Self) -> Bool {
    (a.place, a.message) < (b.place, b.message)
  }
}

/// A value of a document with the place it stands, before a step kind gives it meaning.
public indirect enum DocumentValue: Hashable, Sendable, Codable {
  /// As written, without quotes.
  case scalar(String, SourcePlace)
  case list([DocumentValue], SourcePlace)
  /// In the order written.
  case table([DocumentEntry], SourcePlace)

  public var place: SourcePlace {
    switch self {
    case .scalar(_, let place), .list(_, let place), .table(_, let place): place
    }
  }
}

/// One `key: value` of a document table.
public struct DocumentEntry: Hashable, Sendable, Codable {
  public var key: String
  public var keyPlace: SourcePlace
  public var value: DocumentValue
  public init(key: String, keyPlace: SourcePlace, value: DocumentValue) {
    self.key = key
    self.keyPlace = keyPlace
    self.value = value
  }
}

/// What a procedure says of one measurement of a step: judged against a limit, or information.
public enum MeasurementUse: Hashable, Sendable, Codable {
  case limit(String, SourcePlace)
  case information
}

/// What happens after a step with a failed measurement.
public enum FailAction: String, Hashable, Sendable, Codable, CaseIterable {
  /// Safe state at once; nothing more is measured (the path fails to open, a short).
  case stop
  /// Finish the phase, then end.
  case endPhase = "end-phase"
  case goOn = "go-on"
}

/// One step as written: kind, id, parameters, uses of its measurements.
public struct ProcedureStep: Hashable, Sendable, Codable {
  public var kind: String
  public var kindPlace: SourcePlace
  public var id: String
  public var title: String
  public var onFail: FailAction
  /// `critical` selects the stricter decision rule.
  public var critical: Bool
  /// Everything that is not common to all steps.
  public var parameters: [DocumentEntry]
  public var measure: [MeasureEntry]
  public var place: SourcePlace

  public struct MeasureEntry: Hashable, Sendable, Codable {
    public var name: String
    public var use: MeasurementUse
    public var place: SourcePlace
    public init(name: String, use: MeasurementUse, place: SourcePlace) {
      self.name = name
      self.use = use
      self.place = place
    }
  }

  public init(
    kind: String, kindPlace: SourcePlace, id: String, title: String, onFail: FailAction, critical: Bool,
    parameters: [DocumentEntry], measure: [MeasureEntry], place: SourcePlace
  ) {
    self.kind = kind
    self.kindPlace = kindPlace
    self.id = id
    self.title = title
    self.onFail = onFail
    self.critical = critical
    self.parameters = parameters
    self.measure = measure
    self.place = place
  }
}

/// A group of steps.
public struct ProcedurePhase: Hashable, Sendable, Codable {
  public var name: String
  public var title: String
  public var steps: [ProcedureStep]
  public init(name: String, title: String, steps: [ProcedureStep]) {
    self.name = name
    self.title = title
    self.steps = steps
  }
}

/// A procedure: what is done to a unit and which limits hold.
public struct Procedure: Hashable, Sendable, Codable {
  public var name: String
  public var title: String
  public var revision: String
  public var workflow: Workflow
  /// Path of the specification file, relative to the procedure file.
  public var specification: String
  public var chemistry: Chemistry
  public var cellCount: Int
  public var criticalRule: DecisionRule
  public var otherRule: DecisionRule
  /// How long the whole procedure is expected to take on the unit, seconds.
  public var expectedDuration: TimeSpan
  public var phases: [ProcedurePhase]
  /// Runs after the last phase and after every failure and abort as long as the unit answers.
  public var closing: ProcedurePhase?

  public init(
    name: String, title: String, revision: String, workflow: Workflow, specification: String,
    chemistry: Chemistry,
    cellCount: Int, criticalRule: DecisionRule, otherRule: DecisionRule, expectedDuration: TimeSpan,
    phases: [ProcedurePhase], closing: ProcedurePhase?
  ) {
    self.name = name
    self.title = title
    self.revision = revision
    self.workflow = workflow
    self.specification = specification
    self.chemistry = chemistry
    self.cellCount = cellCount
    self.criticalRule = criticalRule
    self.otherRule = otherRule
    self.expectedDuration = expectedDuration
    self.phases = phases
    self.closing = closing
  }

  public var allPhases: [ProcedurePhase] { phases + (closing.map { [$0] } ?? []) }
}
