import Capabilities
import DUT
import Documents
import Engine
import Model
import Quantities
import Steps

/// Checks a procedure against the step kinds and the specification.
struct ProcedureCheck {
  let procedure: Procedure
  /// nil when there is no specification to look at: then kinds, parameters and names of measurements are checked.
  let limits: LimitResolver?
  let path: String
  private(set) var findings: [Finding] = []
  /// By step id; only steps whose parameters fit.
  private(set) var parameters: [String: FieldValues] = [:]

  init(procedure: Procedure, limits: LimitResolver?, path: String) {
    self.procedure = procedure
    self.limits = limits
    self.path = path
  }

  /// Ids met so far: of two steps with one id only the first has parameters.
  private var seen: Set<String> = []
  /// Step of each question met so far.
  private var asked: [String: String] = [:]

  /// What each step says, without what holds for the procedure as a whole.
  mutating func runSteps() {
    for phase in procedure.allPhases {
      for step in phase.steps { check(step) }
    }
  }

  mutating func run() {
    runSteps()
    restoring()
    if procedure.chemistry == .lto, procedure.cellCount < 20 {
      findings.append(
        Finding(
          place: SourcePlace(file: path, line: 1, column: 1),
          message: "LTO packs have 20 to 24 cells, not \(procedure.cellCount) (SPEC-PWR-02)",
          suggestion: "run with --cells 20 to 24, or with the chemistry of the pack"))
    }
    if !(16...24).contains(procedure.cellCount) {
      findings.append(
        Finding(
          place: SourcePlace(file: path, line: 1, column: 1),
          message: "the unit takes 16 to 24 cells, not \(procedure.cellCount) (SPEC-PWR-01)"))
    }
  }

  /// A file that was cut before its closing phase is still well-formed; it must not leave units with test settings.
  private mutating func restoring() {
    let writing = procedure.allPhases.flatMap(\.steps).first {
      StepCatalog.kind($0.kind)?.writesSettings == true
    }
    let restores =
      procedure.closing?.steps.contains { StepCatalog.kind($0.kind)?.restoresSettings == true } ?? false
    guard let writing, !restores else { return }
    findings.append(
      Finding(
        place: writing.place,
        message: "step '\(writing.id)' changes settings of the unit, and nothing restores them",
        suggestion: "add a closing phase with a step 'settings-restore'"))
  }

  private mutating func check(_ step: ProcedureStep) {
    let isFirst = seen.insert(step.id).inserted
    guard let kind = StepCatalog.kind(step.kind) else {
      let near = NearestName.suggestion(for: step.kind, in: StepCatalog.kinds.map { $0.id })
      findings.append(
        Finding(place: step.kindPlace, message: "unknown step kind '\(step.kind)'", suggestion: near))
      return
    }
    let (values, found) = FieldReader.read(kind.parameters, entries: step.parameters, place: step.place)
    findings += found
    // What hangs on parameters is unknown while they cannot be read.
    if found.isEmpty || !kind.measurements.isEmpty {
      measurements(step, kind, declared: found.isEmpty ? kind.measurements(for: values) : kind.measurements)
    }
    if found.isEmpty { questions(step, kind.questions(for: values)) }
    guard found.isEmpty, let limits else { return }
    let context = Self.context(step, values, limits, procedure.cellCount)
    for id in kind.limitsUsed(context) where !Self.givesNumbers(id, limits) {
      findings.append(
        Finding(
          place: step.place,
          message:
            "step '\(step.id)' needs limit '\(id)', which has no numbers for \(procedure.chemistry.rawValue) in "
            + "workflow \(procedure.workflow.rawValue)",
          suggestion: "add a case with numbers to the specification, or leave the step out"))
      return
    }
    let own = kind.findings(context)
    findings += own
    if own.isEmpty, isFirst { parameters[step.id] = values }
  }

  /// A step that uses a limit's numbers needs a case of this very workflow: another one's tolerance is not ours.
  private static func givesNumbers(_ id: String, _ limits: LimitResolver) -> Bool {
    guard let limitCase = limits.limitCase(id) else { return false }
    switch limitCase.rule {
    case .window, .tolerance: return true
    case .equals, .matchesNominal, .recorded: return limitCase.nominal != nil
    }
  }

  static func context(
    _ step: ProcedureStep, _ values: FieldValues, _ limits: LimitResolver, _ cellCount: Int
  ) -> CheckContext {
    CheckContext(
      values: values, limits: limits, cellCount: cellCount, step: step,
      settingNames: NamedSetting.all.map(\.name),
      settingDimension: { NamedSetting.named($0)?.dimension })
  }

  /// Answers files name questions by their ids alone.
  private mutating func questions(_ step: ProcedureStep, _ questions: [OperatorQuestion]) {
    for question in questions {
      if let other = asked[question.id] {
        findings.append(
          Finding(
            place: step.place, message: "question '\(question.id)' is asked in step '\(other)' already",
            suggestion: "give one of them another id"))
      }
      asked[question.id] = step.id
    }
  }

  private mutating func measurements(
    _ step: ProcedureStep, _ kind: any StepKind.Type, declared: [MeasurementDeclaration]
  ) {
    for entry in step.measure {
      guard let measurement = declared.first(where: { $0.name == entry.name }) else {
        let near = NearestName.suggestion(for: entry.name, in: declared.map(\.name))
        findings.append(
          Finding(
            place: entry.place, message: "step kind '\(step.kind)' measures no '\(entry.name)'",
            suggestion: near))
        continue
      }
      limit(entry, measurement)
    }
    for measurement in declared
    where !measurement.optional && !step.measure.contains(where: { $0.name == measurement.name }) {
      findings.append(
        Finding(
          place: step.place, message: "step '\(step.id)' does not say what becomes of '\(measurement.name)'",
          suggestion:
            "add '\(measurement.name): LIMIT' or '\(measurement.name): information' under 'measure:'"))
    }
  }

  private mutating func limit(_ entry: ProcedureStep.MeasureEntry, _ measurement: MeasurementDeclaration) {
    guard case .limit(let id, let place) = entry.use, let limits else { return }
    guard let definition = limits.definition(id) else {
      let near = NearestName.suggestion(for: id, in: limits.specification.limits.map(\.id))
      findings.append(
        Finding(place: place, message: "the specification has no limit '\(id)'", suggestion: near))
      return
    }
    guard let limitCase = limits.limitCase(id) else {
      findings.append(
        Finding(
          place: place,
          message:
            "limit '\(id)' has no case for \(procedure.chemistry.rawValue) in workflow \(procedure.workflow.rawValue)",
          suggestion: "write 'information' or add a case to the specification"))
      return
    }
    if definition.dimension != measurement.dimension {
      findings.append(
        Finding(
          place: place,
          message:
            "limit '\(id)' is \(Self.words(definition.dimension)), '\(entry.name)' is "
            + "\(Self.words(measurement.dimension))",
          suggestion: "name a limit for \(Self.words(measurement.dimension)), or write 'information'"))
    }
    if limits.specification.requirement(limitCase.requirement) == nil {
      findings.append(
        Finding(
          place: place,
          message: "limit '\(id)' names requirement \(limitCase.requirement), which does not exist"))
    }
  }

  private static func words(_ dimension: Dimension?) -> String {
    dimension.map { "a \($0.name)" } ?? "a text or yes/no"
  }
}
