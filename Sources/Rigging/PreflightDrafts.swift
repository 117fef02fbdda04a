import Documents
import Engine
import Model

/// A rig file as far as it can be read, with everything wrong in it.
struct RigDraft {
  let document: RigDocument?
  let findings: [Finding]

  init(path: String, date: String) { self.init(YAMLDocument.load(path: path), date: date) }

  init(_ reading: DocumentReading<YAMLDocument>, date: String) {
    guard let file = reading.value else {
      document = nil
      findings = reading.findings
      return
    }
    let (draft, found) = RigDocument.draft(file, checks: RigCheck.checks)
    document = draft
    findings = found + (draft.map { RigCheck(document: $0, file: file).findings(on: date) } ?? [])
  }
}

/// A procedure file and its specification as far as they can be read, with everything wrong in them.
struct PlanDraft {
  let document: ProcedureDocument?
  let specification: SpecificationDocument?
  /// The procedure with chemistry and string count of the run.
  let procedure: Procedure
  /// nil when the specification cannot be read, or it is unknown what the unit is.
  let limits: LimitResolver?
  /// By step id; only steps whose parameters fit.
  let parameters: [String: FieldValues]
  let findings: [Finding]

  init(_ request: RunRequest) {
    let file = YAMLDocument.load(path: request.procedurePath)
    let (draft, found) = file.value.map { ProcedureDocument.draft($0) } ?? (nil, file.findings)
    document = draft
    guard let draft else {
      specification = nil
      limits = nil
      parameters = [:]
      procedure = .nothing
      findings = found
      return
    }
    var plan = draft.procedure
    plan.chemistry = request.chemistry ?? plan.chemistry
    plan.cellCount = request.cellCount ?? plan.cellCount
    procedure = plan
    let reading =
      draft.specificationPath.isEmpty
      ? nil : VariantChoice.specification(draft.specificationPath, model: request.model)
    specification = reading?.value
    let resolver = reading?.value.map {
      LimitResolver(specification: $0.specification, chemistry: plan.chemistry, workflow: plan.workflow)
    }
    limits = draft.knowsUnit ? resolver : nil
    var check = ProcedureCheck(procedure: plan, limits: limits, path: request.procedurePath)
    check.run()
    parameters = check.parameters
    findings = found + (reading?.findings ?? []) + check.findings
  }
}

extension Procedure {
  /// Stands for a file of which nothing could be read.
  fileprivate static let nothing = Procedure(
    name: "", title: "", revision: "", workflow: .endOfLine, specification: "", chemistry: .ncm,
    cellCount: 24,
    criticalRule: DecisionRule(name: "", guardFactor: 0), otherRule: DecisionRule(name: "", guardFactor: 0),
    expectedDuration: .zero, phases: [], closing: nil)
}
