import Model
import Quantities

/// The report of a study as plain text of at most 100 columns.
public enum StudyTable {
  private static let width = 100
  private static let marginsShown = 20

  public static func text(_ report: StudyReport) -> String {
    var lines = documents(report)
    if let matrix = report.matrix { lines += [""] + self.matrix(matrix, report) }
    for figures in report.populations { lines += [""] + population(figures, report) }
    return (lines + [""]).joined(separator: "\n") + summary(report)
  }

  /// A few lines with the counts and the conclusion.
  public static func summary(_ report: StudyReport) -> String {
    var lines: [String] = []
    for column in StudyColumn.all(report) {
      let counts = DefectOutcome.allCases.compactMap { outcome -> String? in
        let count = column.count(outcome)
        return count > 0 ? "\(count) \(StudyWords.outcome(outcome))" : nil
      }
      lines += listed("\(column.isPart ? "  of these" : "Defects") \(column.name):", counts)
    }
    for figures in report.populations {
      let text = "Good units \(report.procedures[figures.procedure].name): \(StudyWords.conclusion(figures))"
      lines += TerminalText.wrapped(text, to: width)
    }
    if let stopped = report.stopped { lines.append("STOPPED before the end: \(stopped)") }
    lines.append(report.isClean ? "clean" : "NOT CLEAN")
    return lines.joined(separator: "\n") + "\n"
  }

  /// Entries in lines of at most `width`; an entry is not broken.
  private static func listed(_ head: String, _ entries: [String]) -> [String] {
    var lines = [head]
    for (index, entry) in entries.enumerated() {
      let text = index + 1 < entries.count ? entry + "," : entry
      if lines[lines.count - 1].count + 1 + text.count <= width {
        lines[lines.count - 1] += " " + text
      } else {
        lines.append("  " + text)
      }
    }
    return lines
  }

  private static func documents(_ report: StudyReport) -> [String] {
    var lines = ["program    \(report.program)", "rig        \(reference(report.rig))"]
    for procedure in report.procedures {
      lines.append("procedure  \(reference(procedure.document)), \(procedure.workflow.rawValue)")
      lines.append("           limits of \(reference(procedure.specification))")
    }
    return lines
  }

  private static func reference(_ document: DocumentReference) -> String {
    let revision = document.revision.isEmpty ? "" : " revision \(document.revision)"
    return "\(document.name)\(revision), SHA-256 \(document.contentHash.prefix(16))"
  }

  // MARK: defects

  private static func matrix(_ matrix: DefectMatrix, _ report: StudyReport) -> [String] {
    let runs = matrix.repeats == 1 ? "1 run each" : "\(matrix.repeats) runs each"
    var lines = ["DEFECTS  \(matrix.rows.count) units of \(matrix.catalogue), seed \(matrix.seed), \(runs)"]
    let column = 14
    var columns = StudyColumn.all(report)
    // Where not all fit, the workflows do.
    if column * columns.count + 24 > width { columns = StudyColumn.workflows(report) }
    let nameWidth = max(24, width - column * columns.count)
    let head = columns.map {
      TerminalText.padded(TerminalText.cut($0.name, to: column - 1), to: column)
    }.joined()
    lines.append(TerminalText.padded("", to: nameWidth) + head)
    var group: String?
    for row in matrix.rows {
      if row.group != group, !row.group.isEmpty { lines.append(row.group) }
      group = row.group
      let breaks = row.isGood ? "good unit" : row.breaks.joined(separator: " ")
      let name = TerminalText.cut("  \(row.unit.name)  \(breaks)", to: nameWidth - 1)
      let cells = columns.map {
        TerminalText.padded(StudyWords.outcome($0.cell(row).outcome), to: column)
      }.joined()
      lines.append(TerminalText.padded(name, to: nameWidth) + cells)
    }
    return lines + holes(matrix, report) + scope(report) + refused(report)
  }

  private static func holes(_ matrix: DefectMatrix, _ report: StudyReport) -> [String] {
    var lines: [String] = []
    let columns = StudyColumn.all(report)
    for row in matrix.rows {
      for column in columns where column.needsLook(row) {
        let cell = column.cell(row)
        lines += wrapped(
          "  \(row.unit.name), \(column.name): \(StudyWords.outcome(cell.outcome)), \(cell.reason)")
        if !cell.replay.isEmpty { lines.append("    \(cell.replay)") }
      }
    }
    return lines.isEmpty ? [] : ["", "TO LOOK AT"] + lines
  }

  private static func scope(_ report: StudyReport) -> [String] {
    let lines = StudyColumn.workflows(report).flatMap { column in
      column.unseen().flatMap { entry in
        let units = entry.rows.map(\.unit.name).joined(separator: ", ")
        return wrapped("  \(units), \(column.name): \(entry.reason)")
      }
    }
    return lines.isEmpty ? [] : ["", "OUT OF SCOPE, AND WHY"] + lines
  }

  private static func refused(_ report: StudyReport) -> [String] {
    let lines = StudyColumn.all(report).flatMap { column in
      column.refused().flatMap { entry in
        wrapped("  \(entry.rows.map(\.unit.name).joined(separator: ", ")), \(column.name): \(entry.reason)")
      }
    }
    return lines.isEmpty ? [] : ["", "NOT APPLICABLE, AND WHY"] + lines
  }

  private static func wrapped(_ text: String) -> [String] {
    TerminalText.wrapped(text, to: width - 4).enumerated().map { $0 == 0 ? "  \($1)" : "    \($1)" }
  }

  // MARK: good units

  private static func population(_ figures: PopulationFigures, _ report: StudyReport) -> [String] {
    let name = report.procedures[figures.procedure].name
    let last = figures.seed &+ UInt64(max(figures.planned - 1, 0))
    var lines = [
      "GOOD UNITS  \(name), \(figures.chemistry.rawValue), \(figures.cellCount) cells, "
        + "seeds \(figures.seed) … \(last)",
      "  done          \(figures.done) of \(figures.planned)",
      "  passed        \(figures.passed)", "  failed        \(figures.failed)",
      "  undecided     \(figures.inconclusive)", "  rig errors    \(figures.errors)",
      "  overkill      \(StudyWords.overkill(figures))",
      "  not passed    \(StudyWords.notPassed(figures))",
    ]
    if let low = figures.secondsMin, let high = figures.secondsMax {
      let mean = figures.seconds / Double(max(figures.done, 1))
      lines.append(
        "  time of a run \(Words.duration(mean)) (\(Words.duration(low)) … \(Words.duration(high)))")
    }
    for unit in figures.kept {
      lines += wrapped("  seed \(unit.seed): \(unit.verdict.rawValue), \(unit.reason)")
      lines.append("    \(unit.replay)")
    }
    return lines + margins(figures)
  }

  private static func margins(_ figures: PopulationFigures) -> [String] {
    guard !figures.margins.isEmpty else { return [] }
    func row(_ cells: [String]) -> String {
      let widths = [43, 11, 26, 8, 8]
      return "  "
        + zip(cells, widths).map { TerminalText.padded(TerminalText.cut($0, to: $1 - 1), to: $1) }.joined()
    }
    return ["", "NARROWEST MARGINS", row(["step measurement", "margin", "closest value", "Cpk", "guarded"])]
      + figures.margins.prefix(marginsShown).map { margin in
        row([
          "\(margin.step) \(margin.measurement) \(margin.closest.channel)",
          DecimalText.fixed(margin.closest.share * 100, decimals: 1) + " %", StudyWords.value(margin),
          StudyWords.capability(margin.capability), StudyWords.capability(margin.acceptanceCapability),
        ])
      }
  }
}
