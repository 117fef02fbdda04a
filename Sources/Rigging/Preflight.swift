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
  /// Answers that were written down before the run.
  public var answersPath: String?
  /// Serial number of the unit; empty when only documents are checked.
  public var unit: String
  public var chemistry: Chemistry?
  public var cellCount: Int?
  /// Model text of a sister variant; nil for the one the procedure's specification describes.
  public var model: String?
  /// ISO 8601 date at which calibrations must be valid.
  public var date: String

  public init(
    procedurePath: String, rigPath: String, unitFilePath: String? = nil, answersPath: String? = nil,
    unit: String = "", chemistry: Chemistry? = nil, cellCount: Int? = nil, model: String? = nil, date: String
  ) {
    self.procedurePath = procedurePath
    self.rigPath = rigPath
    self.unitFilePath = unitFilePath
    self.answersPath = answersPath
    self.unit = unit
    self.chemistry = chemistry
    self.cellCount = cellCount
    self.model = model
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
  public var unitSerial = ""
  public var answers: AnswersForUnit?
  /// Questions to which the answers file has no answer for this unit; empty without such a file.
  public var unanswered: [String] = []
  /// True when somebody at the terminal may be asked while the run goes on.
  public var asksAtTerminal = false
  public var limits: LimitResolver
  public var parameters: [String: FieldValues]
}

/// Checks everything that can be checked before a port is opened. All findings of all files at once: what cannot be
/// read in one of them hides as little as possible of the others.
public enum Preflight {
  public static func check(_ request: RunRequest) -> (run: CheckedRun?, findings: [Finding]) {
    let rig = RigDraft(path: request.rigPath, date: request.date)
    let plan = PlanDraft(request)
    let unitFile = request.unitFilePath.map { UnitFile.load(path: $0) }
    var findings = rig.findings + plan.findings + (unitFile?.findings ?? [])
    if let document = rig.document, let limits = plan.limits {
      findings +=
        FitCheck(
          procedure: plan.procedure, limits: limits, parameters: plan.parameters, rig: document.rig,
          rigPath: request.rigPath
        ).findings()
    }
    if let path = request.unitFilePath, let document = rig.document, !document.rig.isSimulated {
      findings.append(
        Finding(
          place: SourcePlace(file: path, line: 1, column: 1),
          message: "a unit file describes a simulated unit, but rig '\(document.rig.name)' has a real socket",
          suggestion: "leave out --unit-file, or use a rig with sim:// addresses"))
    }
    let answers = request.answersPath.map { AnswersDocument.load(path: $0) }
    let check = answers?.value.map {
      AnswersCheck(
        document: $0, unit: request.unit, questions: plan.procedure.questions(plan.parameters))
    }
    findings += answers?.findings ?? []
    // Of a step that cannot be read the questions are unknown.
    if plan.findings.isEmpty { findings += check?.findings ?? [] }
    findings = unique(findings)
    guard findings.isEmpty, let document = rig.document, let procedure = plan.document,
      let specification = plan.specification, let limits = plan.limits
    else { return (nil, findings) }
    var run = CheckedRun(
      procedure: procedure, plan: plan.procedure, rig: document, specification: specification,
      unitFile: unitFile?.value, limits: limits, parameters: plan.parameters)
    run.unitSerial = request.unit
    run.answers = check.map { AnswersForUnit(document: $0.document, unit: request.unit) }
    run.unanswered = check?.missing ?? []
    let asks = check.map { !$0.missing.isEmpty } ?? !plan.procedure.questions(plan.parameters).isEmpty
    run.asksAtTerminal =
      asks && (check != nil || document.rig.operatorAddress?.hasPrefix("terminal:") == true)
    findings = unitFindings(run, path: request.unitFilePath)
    return (findings.isEmpty ? run : nil, findings)
  }

  /// Values of a unit file that are right one by one and do not go together.
  private static func unitFindings(_ run: CheckedRun, path: String?) -> [Finding] {
    guard let path else { return [] }
    let conflicts = run.unitFile.map { $0.conflicts(with: run) } ?? []
    guard conflicts.isEmpty else { return conflicts }
    do throws(RigBuildError) {
      _ = try SimulatedSocket.unit(for: run, seed: 1)
      return []
    } catch {
      return [Finding(place: SourcePlace(file: path, line: 1, column: 1), message: error.message)]
    }
  }

  /// Checks single files by what they are: the first key tells.
  ///
  /// - Parameter model: Checks procedures for a sister variant instead of the one their specification describes.
  public static func check(file path: String, rigPath: String?, model: String? = nil, date: String) -> (
    kind: String, findings: [Finding]
  ) {
    let reading = YAMLDocument.load(path: path)
    guard let document = reading.value else { return ("file", reading.findings) }
    let keys: [String] =
      if case .table(let entries, _) = document.root { entries.map(\.key) } else { [] }
    if keys.contains("rig") {
      return ("rig", unique(RigDraft(reading, date: date).findings))
    }
    if keys.contains("procedure") {
      guard let rigPath else {
        return (
          "procedure",
          unique(PlanDraft(RunRequest(procedurePath: path, rigPath: "", model: model, date: date)).findings)
        )
      }
      let request = RunRequest(procedurePath: path, rigPath: rigPath, model: model, date: date)
      return ("procedure", check(request).findings)
    }
    if keys.contains("phase") { return ("phase", unique(PhaseCheck.findings(document))) }
    if keys.contains("specification") {
      return ("specification", SpecificationDocument.load(path: path).findings)
    }
    if keys.contains("unit") { return ("unit file", UnitFile.read(document).findings) }
    if keys.contains("answers") { return ("answers file", AnswersDocument.read(document).findings) }
    return (
      "file",
      [
        Finding(
          place: document.root.place,
          message: "this is no rig, procedure, phase, specification, unit or answers file",
          suggestion: "begin with 'rig:', 'procedure:', 'phase:', 'specification:', 'unit:' or 'answers:'")
      ]
    )
  }

  static func unique(_ findings: [Finding]) -> [Finding] {
    findings.sorted().reduce(into: []) { list, finding in
      if list.last != finding { list.append(finding) }
    }
  }
}

extension Rig {
  /// True when the whole rig, the unit's link included, stands in the simulated world.
  public var isSimulated: Bool {
    unitLink.address.hasPrefix("sim://") && unitBus?.address.hasPrefix("sim://") != false
      && unitSerial?.address.hasPrefix("sim://") != false
      && instruments.allSatisfy { $0.address.hasPrefix("sim://") || $0.isReadByHand }
  }
}

extension RigInstrument {
  /// A caliper is the same in both worlds: it has no port.
  var isReadByHand: Bool { address.hasPrefix("hand://") }
}
