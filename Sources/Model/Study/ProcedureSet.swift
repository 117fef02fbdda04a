/// All procedures of one workflow in a study. They share the work: a unit has to get past every one of them, so a
/// defect
/// is found when one of them finds it.
public struct ProcedureSet: Hashable, Sendable {
  public let workflow: Workflow
  /// Columns of the matrix, at least one.
  public internal(set) var columns: [Int]

  public var isSeveral: Bool { columns.count > 1 }
}

extension StudyReport {
  /// The columns of the matrix by workflow, in the order of their first procedures.
  public var procedureSets: [ProcedureSet] {
    var sets: [ProcedureSet] = []
    for (column, procedure) in matrixProcedures.enumerated() {
      let workflow = procedures[procedure].workflow
      if let place = sets.firstIndex(where: { $0.workflow == workflow }) {
        sets[place].columns.append(column)
      } else {
        sets.append(ProcedureSet(workflow: workflow, columns: [column]))
      }
    }
    return sets
  }

  /// What the procedures of a set make of a unit together: a defective one is found by the first that finds it, a good
  /// one is turned away by any that does.
  public func together(_ set: ProcedureSet, _ row: DefectMatrix.Row) -> DefectMatrix.Cell {
    let cells = set.columns.map { (cell: row.cells[$0], name: procedures[matrixProcedures[$0]].name) }
    let rank: (DefectOutcome) -> Int = { row.isGood ? -$0.severity : Self.decisive.firstIndex(of: $0) ?? 0 }
    let first = cells.min { rank($0.cell.outcome) < rank($1.cell.outcome) }
    guard var whole = first?.cell else { preconditionFailure("a set has columns") }
    let names = cells.filter { $0.cell.outcome == whole.outcome }.map(\.name)
    whole.reason = "\(names.joined(separator: ", ")): \(whole.reason)"
    whole.seen = row.breaks.filter { id in cells.contains { $0.cell.seen.contains(id) } }
    whole.missed = row.breaks.filter { id in
      !whole.seen.contains(id) && cells.contains { $0.cell.missed.contains(id) }
    }
    whole.besides = cells.flatMap(\.cell.besides).reduce(into: []) { ids, id in
      if !ids.contains(id) { ids.append(id) }
    }
    return whole
  }

  /// Names of the procedures of a set that find a defect.
  public func finders(_ set: ProcedureSet, _ row: DefectMatrix.Row) -> [String] {
    set.columns.filter { row.cells[$0].isFind }.map { procedures[matrixProcedures[$0]].name }
  }

  /// Which outcome speaks for a set that met a defective unit.
  private static let decisive: [DefectOutcome] = [
    .caught, .caughtElsewhere, .rigError, .overkill, .escaped, .notRun, .inconclusive, .unjudged, .outOfScope,
    .notApplicable, .spared,
  ]

  /// True when a cell of a row keeps the study from being clean. What one procedure of a workflow lets pass is no hole
  /// when another one of the same workflow finds it; what none was to judge is none when any procedure finds it.
  public func isHole(_ column: Int, in row: DefectMatrix.Row) -> Bool {
    switch row.cells[column].outcome {
    case .spared, .caught, .caughtElsewhere, .outOfScope, .notApplicable: return false
    case .inconclusive: return row.isGood
    case .unjudged: return !row.cells.contains(where: \.isFind)
    case .escaped:
      let workflow = procedures[matrixProcedures[column]].workflow
      return !zip(row.cells, matrixProcedures).contains { cell, procedure in
        cell.isFind && procedures[procedure].workflow == workflow
      }
    case .overkill, .rigError, .notRun: return true
    }
  }
}

extension DefectMatrix.Cell {
  /// The unit was turned away.
  fileprivate var isFind: Bool { outcome == .caught || outcome == .caughtElsewhere }
}
