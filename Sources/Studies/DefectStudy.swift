import Documents
import Model
import Rigging

/// Units with known defects against procedures: is each defect found, and at its own requirement?
public struct DefectStudy: Sendable {
  /// One unit file of the catalogue.
  struct Defect: Sendable {
    let path: String
    /// Folder below the catalogue; empty at its top.
    let group: String
    let file: UnitFile
  }

  let plan: StudyPlan
  let catalogue: String
  let repeats: Int
  let defects: [Defect]

  /// - Parameters:
  ///   - catalogue: Folder of unit files; the folders in it are the groups.
  ///   - repeats: Runs of each defect with each procedure, with seeds following one another.
  public static func check(
    _ request: StudyRequest, catalogue: String, repeats: Int = 1
  ) -> (study: DefectStudy?, findings: [Finding]) {
    var plan = StudyPlan(request)
    let (defects, found) = load(catalogue)
    plan.add(found)
    for procedure in request.procedures.indices {
      _ = plan.check(.init(procedure: procedure))
      for defect in defects { check(defect, procedure, &plan) }
    }
    guard plan.findings.isEmpty else { return (nil, plan.findings) }
    return (DefectStudy(plan: plan, catalogue: catalogue, repeats: repeats, defects: defects), [])
  }

  private static func load(_ catalogue: String) -> (defects: [Defect], findings: [Finding]) {
    let place = SourcePlace(file: catalogue, line: 1, column: 1)
    guard let names = DocumentTree.yamlFiles(in: catalogue), !names.isEmpty else {
      return (
        [],
        [Finding(place: place, message: "no unit files are here", suggestion: "name a folder of unit files")]
      )
    }
    var defects: [Defect] = []
    var findings: [Finding] = []
    for name in names {
      let path = catalogue.hasSuffix("/") ? catalogue + name : "\(catalogue)/\(name)"
      let reading = UnitFile.load(path: path)
      findings += reading.findings
      guard let file = reading.value else { continue }
      let group = name.split(separator: "/").dropLast().joined(separator: "/")
      defects.append(Defect(path: path, group: group, file: file))
    }
    return (defects, findings)
  }

  private static func check(_ defect: Defect, _ procedure: Int, _ plan: inout StudyPlan) {
    guard let own = plan.check(.init(procedure: procedure)) else { return }
    let place = SourcePlace(file: defect.path, line: 1, column: 1)
    for id in defect.file.breaks where own.specification.specification.requirement(id) == nil {
      let known = own.specification.specification.requirements.map(\.id)
      plan.add([
        Finding(
          place: place, message: "'breaks' names \(id), which the specification does not have",
          suggestion: NearestName.suggestion(for: id, in: known))
      ])
    }
    guard var checked = plan.check(combination(defect, procedure), needing: defect.file.conditions) else {
      return
    }
    checked.unitFile = defect.file
    do throws(RigBuildError) {
      _ = try SimulatedSocket.unit(for: checked, seed: plan.request.seed)
    } catch { plan.add([Finding(place: place, message: error.message)]) }
  }

  static func combination(_ defect: Defect, _ procedure: Int) -> StudyPlan.Combination {
    let conditions = defect.file.conditions
    return .init(procedure: procedure, chemistry: conditions.chemistry, cellCount: conditions.cellCount)
  }

  /// One run of the study.
  private struct Case {
    let defect: Int
    let combination: StudyPlan.Combination
    let seed: UInt64
  }

  private var caseCount: Int { defects.count * plan.request.procedures.count * repeats }

  /// Cases by number: all repetitions of a defect with a procedure follow one another.
  private func caseNumber(_ number: Int) -> Case {
    let procedures = plan.request.procedures.count
    let defect = number / repeats / procedures
    return Case(
      defect: defect, combination: Self.combination(defects[defect], number / repeats % procedures),
      seed: plan.request.seed &+ UInt64(number % repeats))
  }

  /// False where the procedure cannot be run with the cells that the defect needs.
  private func isRun(_ number: Int) -> Bool { plan.checked[caseNumber(number).combination] != nil }

  /// The digits of the serial number choose the rotating cell: the same for all.
  static let serial = "EK24-000123"

  public func run(progress: (StudyProgress) -> Void) throws(StudyError) -> StudyReport {
    let request = plan.request
    var results = [StudyResult?](repeating: nil, count: caseCount)
    var file: ResultsFile?
    if let path = request.results {
      let (opened, lines) = try ResultsFile.open(
        path, header: header, resumes: request.resumes, isAnchor: { $0.result != nil })
      file = opened
      for result in lines.compactMap(\.result) where results.indices.contains(result.index) {
        results[result.index] = result
      }
    }
    let wanted = results.indices.filter { isRun($0) }
    var state = StudyProgress(done: results.count { $0 != nil }, planned: wanted.count, complaints: 0)
    progress(state)
    do {
      _ = try Workforce<StudyRun>.perform(
        wanted.filter { results[$0] == nil }, jobs: request.jobs, work: { perform($0) },
        deliver: { run in
          results[run.result.index] = run.result
          try file?.append(.init(result: run.result))
          state.done += 1
          if !run.result.rigErrors.isEmpty { state.complaints += 1 }
          progress(state)
        })
    } catch let error as StudyError { throw error } catch { preconditionFailure("\(error)") }
    let isComplete = wanted.allSatisfy { results[$0] != nil }
    return StudyReport(
      program: request.program, rig: plan.rig, procedures: plan.procedures(), matrix: matrix(results),
      stopped: isComplete ? nil : PendingStop.reason ?? "broken off")
  }

  private func perform(_ number: Int) -> StudyRun? {
    let item = caseNumber(number)
    guard var checked = plan.checked[item.combination] else { preconditionFailure("unchecked \(item)") }
    checked.unitFile = defects[item.defect].file
    return StudyRun.perform(
      checked, unit: Self.serial, seed: item.seed, index: number, program: plan.request.program,
      wantsMargins: false)
  }

  private func matrix(_ results: [StudyResult?]) -> DefectMatrix {
    let scopes = plan.checked.mapValues(ProcedureScope.init)
    let rows = defects.enumerated().map { index, defect in
      let cells = plan.request.procedures.indices.map { procedure in
        let combination = Self.combination(defect, procedure)
        guard let scope = scopes[combination] else { return notApplicable(combination) }
        let first = (index * plan.request.procedures.count + procedure) * repeats
        let runs = (first..<first + repeats).compactMap { number in
          results[number].map { result in
            let seed = plan.request.seed &+ UInt64(number % repeats)
            return (
              result: result,
              replay: plan.replay(combination, unit: Self.serial, unitFile: defect.path, seed: seed)
            )
          }
        }
        return DefectJudgement(
          breaks: defect.file.breaks, scope: scope,
          unseen: defect.file.unseen.reason(in: scope.workflow)
        ).cell(runs)
      }
      return DefectMatrix.Row(
        unit: defect.file.reference, path: defect.path, group: defect.group, title: defect.file.title,
        story: defect.file.story, breaks: defect.file.breaks, conditions: defect.file.conditions.words,
        cells: cells)
    }
    return DefectMatrix(catalogue: catalogue, seed: plan.request.seed, repeats: repeats, rows: rows)
  }

  private func notApplicable(_ combination: StudyPlan.Combination) -> DefectMatrix.Cell {
    guard let reason = plan.refusals[combination] else { preconditionFailure("unchecked \(combination)") }
    return DefectMatrix.Cell(outcome: .notApplicable, times: 0, reason: reason, replay: "")
  }

  private var header: ResultsFile.Header {
    var documents: [String] = ["\(plan.request.rig) \(plan.rig.contentHash)"]
    for procedure in plan.procedures() {
      documents += [
        "\(procedure.path) \(procedure.document.contentHash)",
        "\(procedure.specification.name) \(procedure.specification.contentHash)",
      ]
    }
    documents += defects.map { "\($0.path) \($0.file.reference.contentHash)" }
    return ResultsFile.Header(
      study: "defects x \(repeats)", program: plan.request.program, seed: plan.request.seed,
      planned: caseCount, documents: documents)
  }
}
