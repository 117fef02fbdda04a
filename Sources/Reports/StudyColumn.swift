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
    var found: [(reason: String, rows: [DefectMatrix.Row])] = []
    for row in report.matrix?.rows ?? [] {
      let outcome = cell(row).outcome
      // The reason of a single procedure: the name of the set says the rest.
      guard outcome == .outOfScope || outcome == .unjudged,
        let reason = set.columns.map({ row.cells[$0] }).first(where: { $0.outcome == outcome })?.reason
      else { continue }
      if let place = found.firstIndex(where: { $0.reason == reason }) {
        found[place].rows.append(row)
      } else {
        found.append((reason, [row]))
      }
    }
    return found
  }
}
