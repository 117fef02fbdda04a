import Model
import Quantities

/// Planted defects against procedures.
struct DefectSections {
  let report: StudyReport
  let matrix: DefectMatrix

  private var procedures: [StudyProcedure] { report.matrixProcedures.map { report.procedures[$0] } }
  private var present: [DefectOutcome] {
    DefectOutcome.allCases.filter { outcome in
      procedures.indices.contains { matrix.count(outcome, procedure: $0) > 0 }
    }
  }

  var markup: Markup {
    fragment {
      section("Defects against procedures", id: "defects") {
        element("p", class: "lead") { lead }
        for index in procedures.indices { counts(index) }
        element("ul", class: "legend") {
          for outcome in present {
            element("li") {
              sign(outcome)
              element("b") { StudyWords.outcome(outcome) }
              ": \(StudyWords.meaning(outcome))"
            }
          }
        }
      }
      toLookAt
      section("Matrix", id: "matrix") { self.table }
      outOfScope
    }
  }

  private var lead: String {
    let good = matrix.rows.count(where: \.isGood)
    let runs =
      matrix.repeats == 1
      ? "one run each, seed \(matrix.seed)"
      : "\(matrix.repeats) runs each, seeds \(matrix.seed) … \(matrix.seed &+ UInt64(matrix.repeats - 1)); "
        + "the most serious of them counts"
    return "\(matrix.rows.count - good) defective and \(Words.count(good, "good unit", "good units")) "
      + "from \(matrix.catalogue), \(runs). "
      + "Each file says which requirements its unit breaks, before any procedure has seen it."
  }

  private func counts(_ index: Int) -> Markup {
    fragment {
      element("h3") {
        procedures[index].title
        element("span", class: "muted") {
          "revision \(procedures[index].document.revision), \(Words.workflow(procedures[index].workflow))"
        }
      }
      element("div", class: "figures") {
        for outcome in present {
          let count = matrix.count(outcome, procedure: index)
          // A colour that warns of nothing would dull the warnings.
          element("div", class: count > 0 ? "figure \(StudyWords.sign(outcome))" : "figure") {
            element("b") { "\(count)" }
            sign(outcome)
            StudyWords.outcome(outcome)
          }
        }
      }
    }
  }

  private func sign(_ outcome: DefectOutcome) -> Markup {
    Marks.sign(StudyWords.sign(outcome), title: StudyWords.outcome(outcome))
  }

  // MARK: matrix

  private var table: Markup {
    element("table", class: "matrix") {
      element("thead") {
        element("tr") {
          element("th", ["scope": "col"]) { "Unit" }
          element("th", ["scope": "col"]) { "Breaks" }
          for procedure in procedures { element("th", ["scope": "col"]) { procedure.name } }
        }
      }
      element("tbody") {
        for index in matrix.rows.indices {
          if index == 0 || matrix.rows[index - 1].group != matrix.rows[index].group {
            group(matrix.rows[index].group)
          }
          row(matrix.rows[index])
        }
      }
    }
  }

  @MarkupBuilder
  private func group(_ name: String) -> Markup {
    if !name.isEmpty {
      element("tr", class: "group") {
        element("th", ["scope": "rowgroup", "colspan": "\(procedures.count + 2)"]) { name }
      }
    }
  }

  private func row(_ row: DefectMatrix.Row) -> Markup {
    element("tr") {
      element("td", class: "subject") {
        element("span", class: "title") { row.title.isEmpty ? row.unit.name : row.title }
        if !row.conditions.isEmpty { chip(row.conditions) }
        element("span", class: "small") { row.story }
        element("span", class: "small code") { row.unit.name }
      }
      element("td", class: "breaks code") { row.isGood ? "nothing" : row.breaks.joined(separator: ", ") }
      for cell in row.cells { self.cell(cell, row) }
    }
  }

  private func cell(_ cell: DefectMatrix.Cell, _ row: DefectMatrix.Row) -> Markup {
    element("td", class: "cell \(StudyWords.sign(cell.outcome))") {
      sign(cell.outcome)
      element("b") { StudyWords.outcome(cell.outcome) }
      if matrix.repeats > 1 { " \(cell.times) of \(matrix.repeats)" }
      if !cell.missed.isEmpty, cell.outcome != .escaped {
        element("span", class: "small") { "not seen: \(cell.missed.joined(separator: ", "))" }
      }
      if !cell.besides.isEmpty {
        element("span", class: "small") {
          "\(cell.outcome == .caughtElsewhere ? "at" : "also") \(cell.besides.joined(separator: ", "))"
        }
      }
    }
  }

  // MARK: lists

  /// Cells that need an explanation, with the command that repeats the run.
  private var toLookAt: Markup {
    let entries = matrix.rows.flatMap { row in
      row.cells.indices.filter {
        matrix.isHole(row.cells[$0], in: row)
          || [.caughtElsewhere, .inconclusive].contains(row.cells[$0].outcome)
      }.map { (row: row, cell: row.cells[$0], procedure: procedures[$0]) }
    }
    guard !entries.isEmpty else { return .empty }
    return section("To look at", id: "holes") {
      Reports.table(["", "Unit", "Procedure", "What happened"], class: "plain") {
        for entry in entries {
          element("tr") {
            element("td", class: "sign") { sign(entry.cell.outcome) }
            element("td") { entry.row.title }
            element("td") { entry.procedure.name }
            element("td") {
              element("b") { StudyWords.outcome(entry.cell.outcome) }
              ": \(entry.cell.reason)"
              element("span", class: "command") { entry.cell.replay }
            }
          }
        }
      }
    }
  }

  private var outOfScope: Markup {
    let entries = matrix.rows.flatMap { row in
      row.cells.indices.filter { [.outOfScope, .unjudged].contains(row.cells[$0].outcome) }
        .map { (row: row, cell: row.cells[$0], procedure: procedures[$0]) }
    }
    guard !entries.isEmpty else { return .empty }
    return section("Not in scope, and why", id: "scope") {
      Reports.table(["Unit", "Procedure", "Reason"], class: "plain") {
        for entry in entries {
          element("tr") {
            element("td") { entry.row.title }
            element("td") { entry.procedure.name }
            element("td") { entry.cell.reason }
          }
        }
      }
    }
  }
}
