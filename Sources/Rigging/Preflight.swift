import DUT
import Documents
import Engine
import Instruments
import Model
import Ports
import Quantities
import Steps

/// What a run was asked to do.
public struct RunRequest: Sendable {
  public var procedurePath: String
  public var rigPath: String
  public var unitFilePath: String?
  public var chemistry: Chemistry?
  public var cellCount: Int?
  /// ISO 8601 date at which calibrations must be valid.
  public var date: String

  public init(
    procedurePath: String, rigPath: String, unitFilePath: String? = nil, chemistry: Chemistry? = nil,
    cellCount: Int? = nil, date: String
  ) {
    self.procedurePath = procedurePath
    self.rigPath = rigPath
    self.unitFilePath = unitFilePath
    self.chemistry = chemistry
    self.cellCount = cellCount
    self.date = date
  }
}

/// Documents that were checked together and fit.
public struct CheckedRun: Sendable {
  public var procedure: ProcedureDocument
  /// The procedure with chemistry and string count of this run.
  public var plan: Procedure
  public var rig: RigDocument
  public var specification: SpecificationDocument
  public var unitFile: UnitFile?
  public var limits: LimitResolver
  public var parameters: [String: FieldValues]
}

/// Checks everything that can be checked before a port is opened. All findings at once.
public enum Preflight {
  public static func check(_ request: RunRequest) -> (run: CheckedRun?, findings: [Finding]) {
    let procedure = ProcedureDocument.load(path: request.procedurePath)
    let rigFile = YAMLDocument.load(path: request.rigPath)
    let rig = rig(rigFile)
    let unitFile = request.unitFilePath.map { UnitFile.load(path: $0) }
    let specification = procedure.value.map { SpecificationDocument.load(path: $0.specificationPath) }
    var findings =
      procedure.findings + rig.findings + (unitFile?.findings ?? []) + (specification?.findings ?? [])
    if let rigDocument = rig.value, let file = rigFile.value {
      findings += RigCheck(document: rigDocument, file: file).findings(on: request.date)
    }
    guard let procedure = procedure.value, let specification = specification?.value else {
      return (nil, findings.sorted())
    }
    var plan = procedure.procedure
    plan.chemistry = request.chemistry ?? plan.chemistry
    plan.cellCount = request.cellCount ?? plan.cellCount
    let limits = LimitResolver(
      specification: specification.specification, chemistry: plan.chemistry, workflow: plan.workflow)
    var check = ProcedureCheck(procedure: plan, limits: limits, path: request.procedurePath)
    check.run()
    findings += check.findings
    if let rig = rig.value {
      findings += FitCheck(procedure: plan, limits: limits, parameters: check.parameters, rig: rig.rig).findings()
    }
    findings = unique(findings)
    guard findings.isEmpty, let rig = rig.value else { return (nil, findings) }
    return (
      CheckedRun(
        procedure: procedure, plan: plan, rig: rig, specification: specification, unitFile: unitFile?.value,
        limits: limits, parameters: check.parameters), []
    )
  }

  /// Checks single files by what they are: the first key tells.
  public static func check(file path: String, rigPath: String?, date: String) -> (kind: String, findings: [Finding]) {
    let reading = YAMLDocument.load(path: path)
    guard let document = reading.value else { return ("file", reading.findings) }
    let keys: [String] =
      if case .table(let entries, _) = document.root { entries.map(\.key) } else { [] }
    if keys.contains("rig") {
      let rig = rig(reading)
      guard let value = rig.value else { return ("rig", rig.findings) }
      return ("rig", RigCheck(document: value, file: document).findings(on: date).sorted())
    }
    if keys.contains("procedure") {
      if let rigPath {
        let request = RunRequest(procedurePath: path, rigPath: rigPath, date: date)
        return ("procedure", check(request).findings)
      }
      return ("procedure", procedureFindings(path))
    }
    if keys.contains("specification") { return ("specification", SpecificationDocument.load(path: path).findings) }
    if keys.contains("unit") { return ("unit file", UnitFile.read(document).findings) }
    return (
      "file",
      [
        Finding(
          place: document.root.place, message: "this is no rig, procedure, specification or unit file",
          suggestion: "begin with 'rig:', 'procedure:', 'specification:' or 'unit:'")
      ]
    )
  }

  private static func procedureFindings(_ path: String) -> [Finding] {
    let procedure = ProcedureDocument.load(path: path)
    guard let document = procedure.value else { return procedure.findings }
    let specification = SpecificationDocument.load(path: document.specificationPath)
    guard let limits = specification.value else { return specification.findings }
    var check = ProcedureCheck(
      procedure: document.procedure,
      limits: LimitResolver(
        specification: limits.specification, chemistry: document.procedure.chemistry,
        workflow: document.procedure.workflow), path: path)
    check.run()
    return unique(check.findings)
  }

  static func rig(_ reading: DocumentReading<YAMLDocument>) -> DocumentReading<RigDocument> {
    guard let document = reading.value else { return DocumentReading(findings: reading.findings) }
    return RigDocument.read(document, checks: RigCheck.checks)
  }

  static func unique(_ findings: [Finding]) -> [Finding] {
    findings.sorted().reduce(into: []) { list, finding in
      if list.last != finding { list.append(finding) }
    }
  }
}
