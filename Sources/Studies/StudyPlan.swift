import Model
import Rigging

/// Documents of a study, each combination checked once.
struct StudyPlan: Sendable {
  /// One way to run a procedure.
  struct Combination: Hashable, Sendable {
    var procedure: Int
    var chemistry: Chemistry?
    var cellCount: Int?
  }

  let request: StudyRequest
  private(set) var checked: [Combination: CheckedRun] = [:]
  /// Why a procedure that is right as it stands cannot be run with the cells that some unit needs.
  private(set) var refusals: [Combination: String] = [:]
  private(set) var findings: [Finding] = []

  init(_ request: StudyRequest) { self.request = request }

  /// Checks procedure and rig together, unless that was done before.
  /// - Returns: nil when there are findings.
  mutating func check(_ combination: Combination) -> CheckedRun? {
    if let run = checked[combination] { return run }
    let (run, found) = Preflight.check(
      RunRequest(
        procedurePath: request.procedures[combination.procedure], rigPath: request.rig,
        chemistry: combination.chemistry, cellCount: combination.cellCount, date: request.date))
    add(found)
    guard let run else { return nil }
    guard run.rig.rig.isSimulated else {
      add([
        Finding(
          place: SourcePlace(file: request.rig, line: 1, column: 1),
          message: "rig '\(run.rig.rig.name)' has a real socket; a study puts hundreds of units into it",
          suggestion: "name a rig with sim:// addresses")
      ])
      return nil
    }
    checked[combination] = run
    return run
  }

  /// Checks a procedure with the cells that a unit needs. A procedure that passes as it stands and not so is no mistake
  /// of anybody: the pair is left out of the study, with the reason.
  /// - Returns: nil when it cannot be run so, or not at all.
  mutating func check(_ combination: Combination, needing conditions: UnitConditionsOfUse) -> CheckedRun? {
    guard refusals[combination] == nil, check(.init(procedure: combination.procedure)) != nil else {
      return nil
    }
    if let run = checked[combination] { return run }
    var trial = StudyPlan(request)
    if let run = trial.check(combination) {
      checked[combination] = run
      return run
    }
    guard let first = trial.findings.first else { preconditionFailure("refused without a finding") }
    let more = trial.findings.count - 1
    refusals[combination] =
      "cannot be run with \(conditions.words): \(first.message)"
      + (more == 0 ? "" : " (and \(more) more)")
    return nil
  }

  mutating func add(_ found: [Finding]) {
    for finding in found where !findings.contains(finding) { findings.append(finding) }
  }

  /// Procedures of the report; `checked` must hold each with its own chemistry and string count.
  func procedures() -> [StudyProcedure] {
    request.procedures.enumerated().compactMap { index, path in
      checked[Combination(procedure: index)].map { run in
        StudyProcedure(
          document: run.procedure.reference, path: path, title: run.plan.title, workflow: run.plan.workflow,
          specification: run.specification.reference, model: run.specification.specification.model)
      }
    }
  }

  /// The rig of the report.
  var rig: DocumentReference {
    checked[Combination(procedure: 0)]?.rig.reference
      ?? DocumentReference(name: "", revision: "", contentHash: "")
  }

  /// The command that repeats one run of the study with everything on disk.
  func replay(_ combination: Combination, unit: String, unitFile: String? = nil, seed: UInt64) -> String {
    var words = [
      "bmsrig run", request.procedures[combination.procedure], "--rig", request.rig, "--unit", unit,
    ]
    if let unitFile { words += ["--unit-file", unitFile] }
    if let chemistry = combination.chemistry { words += ["--chemistry", chemistry.rawValue] }
    if let cells = combination.cellCount { words += ["--cells", "\(cells)"] }
    return (words + ["--seed", "\(seed)"]).joined(separator: " ")
  }
}
