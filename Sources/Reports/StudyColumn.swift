import Model

/// A column of the matrix of defects: one procedure, or all procedures of a workflow together.
struct StudyColumn {
  let report: StudyReport
  let set: ProcedureSet
  /// Column of the matrix; nil for the whole set.
  let single: Int?

  /// All procedures of a workflow stand before the single ones; where there is one only, it stands for itself.
  static func all(_ report: StudyReport) -> [StudyColumn] {
    report.procedureSets.flatMap { set in
      (set.isSeveral ? [StudyColumn(report: report, set: set, single: nil)] : [])
        + set.columns.map { StudyColumn(report: report, set: set, single: $0) }
    }
  }

  /// One column for each workflow.
  static func workflows(_ report: StudyReport) -> [StudyColumn] { all(report).filter { !$0.isPart } }

  /// A procedure that shares its workflow with others.
  var isPart: Bool { single != nil && set.isSeveral }

  private var procedure: StudyProcedure? { single.map { report.procedures[report.matrixProcedures[$0]] } }

  var name: String { procedure?.name ?? "\(set.workflow.rawValue) together" }

  var title: String {
    procedure?.title
      ?? capitalised("\(Words.workflow(set.workflow)), \(set.columns.count) procedures together")
  }

  /// Revision of the procedure, or names of the procedures.
  var about: String {
    if let procedure {
      return "revision \(procedure.document.revision), \(Words.workflow(procedure.workflow))"
    }
    return set.columns.map { report.procedures[report.matrixProcedures[$0]].name }.joined(separator: ", ")
  }

  private func capitalised(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

  func cell(_ row: DefectMatrix.Row) -> DefectMatrix.Cell {
    single.map { row.cells[$0] } ?? report.together(set, row)
  }

  func count(_ outcome: DefectOutcome) -> Int {
    report.matrix?.rows.count { cell($0).outcome == outcome } ?? 0
  }

  /// Needs an explanation: it is a hole, or the unit was neither caught here nor by the others of the workflow.
  func needsLook(_ row: DefectMatrix.Row) -> Bool {
    guard let single else { return false }
    if report.isHole(single, in: row) { return true }
    guard [.caughtElsewhere, .inconclusive].contains(row.cells[single].outcome) else { return false }
    return report.together(set, row).outcome != .caught
  }

  /// Reasons why the workflow does not look at defects, each with the units it holds for.
  func unseen() -> [(reason: String, rows: [DefectMatrix.Row])] {
    byReason { row in
      let outcome = cell(row).outcome
      guard outcome == .outOfScope || outcome == .unjudged else { return nil }
      // The reason of a single procedure: the name of the set says the rest.
      return set.columns.map { row.cells[$0] }.first { $0.outcome == outcome }?.reason
    }
  }

  /// Reasons why a procedure cannot be run with what units need, each with the units it holds for.
  func refused() -> [(reason: String, rows: [DefectMatrix.Row])] {
    guard let single else { return [] }
    return byReason { row in
      row.cells[single].outcome == .notApplicable ? row.cells[single].reason : nil
    }
  }

  private func byReason(
    _ reason: (DefectMatrix.Row) -> String?
  ) -> [(reason: String, rows: [DefectMatrix.Row])] {
    var found: [(reason: String, rows: [DefectMatrix.Row])] = []
    for row in report.matrix?.rows ?? [] {
      guard let reason = reason(row) else { continue }
      if let place = found.firstIndex(where: { $0.reason == reason }) {
        found[place].rows.append(row)
      } else {
        found.append((reason, [row]))
      }
    }
    return found
  }
}
