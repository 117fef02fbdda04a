import Model
import Quantities

/// Planted defects against procedures.
struct DefectSections {
  let report: StudyReport
  let matrix: DefectMatrix

  private let columns: [StudyColumn]
  private let present: [DefectOutcome]

  init(report: StudyReport, matrix: DefectMatrix) {
    self.report = report
    self.matrix = matrix
    let columns = StudyColumn.all(report)
    self.columns = columns
    present = DefectOutcome.allCases.filter { outcome in columns.contains { $0.count(outcome) > 0 } }
  }

  var markup: Markup {
    fragment {
      section("Defects against procedures", id: "defects") {
        element("p", class: "lead") { lead }
        for column in columns where !column.isPart { counts(column) }
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
      notApplicable
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

  private func counts(_ column: StudyColumn) -> Markup {
    fragment {
      element("h3") {
        column.title
        element("span", class: "muted") { column.about }
      }
      element("div", class: "figures") {
        for outcome in present {
          let count = column.count(outcome)
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
          for column in columns {
            element("th", ["scope": "col", "class": column.isPart ? "part" : ""]) {
              element("span") { column.name }
            }
          }
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
        element("th", ["scope": "rowgroup", "colspan": "\(columns.count + 2)"]) { name }
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
      for column in columns { column.isPart ? part(column.cell(row)) : cell(column, row) }
    }
  }

  /// One of several procedures of a workflow: the sign only, its workflow stands beside it in words.
  private func part(_ cell: DefectMatrix.Cell) -> Markup {
    element("td", class: "cell part \(StudyWords.sign(cell.outcome))") { sign(cell.outcome) }
  }

  private func cell(_ column: StudyColumn, _ row: DefectMatrix.Row) -> Markup {
    let cell = column.cell(row)
    let finders = column.single == nil ? report.finders(column.set, row) : []
    return element("td", class: "cell \(StudyWords.sign(cell.outcome))") {
      sign(cell.outcome)
      element("b") { StudyWords.outcome(cell.outcome) }
      if matrix.repeats > 1, column.single != nil, cell.times > 0 { " \(cell.times) of \(matrix.repeats)" }
      if !finders.isEmpty { element("span", class: "small") { "by \(finders.joined(separator: ", "))" } }
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
      columns.filter { $0.needsLook(row) }.map { (row: row, cell: $0.cell(row), procedure: $0.name) }
    }
    guard !entries.isEmpty else { return .empty }
    return section("To look at", id: "holes") {
      Reports.table(["", "Unit", "Procedure", "What happened"], class: "plain") {
        for entry in entries {
          element("tr") {
            element("td", class: "sign") { sign(entry.cell.outcome) }
            element("td") { entry.row.title }
            element("td") { entry.procedure }
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
    let entries = columns.filter { !$0.isPart }.flatMap { column in
      column.unseen().map { (column: column, reason: $0.reason, rows: $0.rows) }
    }
    return reasons("Not in scope, and why", id: "scope", entries)
  }

  /// Of single procedures, also where another one of the workflow stands in for it.
  private var notApplicable: Markup {
    let entries = columns.flatMap { column in
      column.refused().map { (column: column, reason: $0.reason, rows: $0.rows) }
    }
    return reasons("Not applicable, and why", id: "not-applicable", entries)
  }

  private func reasons(
    _ title: String, id: String, _ entries: [(column: StudyColumn, reason: String, rows: [DefectMatrix.Row])]
  ) -> Markup {
    guard !entries.isEmpty else { return .empty }
    return section(title, id: id) {
      Reports.table(["Procedure", "Reason", "Units"], class: "plain") {
        for entry in entries {
          element("tr") {
            element("td") { entry.column.name }
            element("td") { entry.reason }
            element("td") {
              entry.rows.map { $0.title.isEmpty ? $0.unit.name : $0.title }.joined(separator: "; ")
            }
          }
        }
      }
    }
  }
}
