import Model

/// The conformance matrix for a terminal of 100 columns.
public struct CoverageTable: Sendable {
  let matrix: CoverageMatrix
  static let width = 100

  public init(_ matrix: CoverageMatrix) { self.matrix = matrix }

  /// Lines without their newlines.
  public var lines: [String] {
    var lines = ["\(matrix.model), \(matrix.document): \(matrix.rows.count) requirements", ""]
    lines += matrix.workflows.count == 1 ? details : overview
    lines += [""] + reasons + [""] + gaps + figures
    return lines.map(VisibleText.of)
  }

  // MARK: All workflows: how many steps

  private var overview: [String] {
    let head = matrix.workflows.map { TerminalText.padded($0.rawValue, to: 8) }.joined()
    var lines = [TerminalText.padded("", to: 14) + head + "n: steps, +n: not asked, r: reason, GAP"]
    for row in matrix.rows {
      let cells = row.cells.map { TerminalText.padded(Self.mark($0), to: 8) }.joined()
      let open = row.isAskedNowhere ? (row.isUnexplained ? "GAP: " : "asked nowhere: ") : ""
      let line = TerminalText.padded(row.requirement.id, to: 14) + cells + open + row.requirement.title
      lines.append(TerminalText.cut(line, to: Self.width))
    }
    return lines
  }

  static func mark(_ cell: CoverageMatrix.Cell) -> String {
    let steps = Set(cell.evidence.map { [$0.procedure, $0.step] }).count
    switch cell.state {
    case .verified: return steps == 0 ? "all" : "\(steps)"
    case .reason: return "r"
    case .gap: return "GAP"
    case .extra: return steps == 0 ? "+all" : "+\(steps)"
    case .notAsked: return "-"
    }
  }

  // MARK: One workflow: which steps

  private var details: [String] {
    var lines: [String] = []
    for row in matrix.rows {
      guard let cell = row.cells.first, cell.state != .notAsked else { continue }
      let form = cell.form.isEmpty ? "" : " (\(cell.form))"
      let name = TerminalText.padded(row.requirement.id, to: 14) + row.requirement.title + form
      let note = cell.state == .extra ? "  [not asked]" : cell.state == .gap ? "  GAP" : ""
      lines.append(TerminalText.cut(name, to: Self.width - note.count) + note)
      let steps = CoverageWords.steps(cell).map { step in
        let chemistries = step.chemistries.map(\.rawValue).joined(separator: " ")
        return "\(step.procedure)/\(step.step): \(step.measurements.joined(separator: ", "))"
          + (step.isRecord ? " (recorded)" : "") + (chemistries.isEmpty ? "" : " (\(chemistries))")
      }
      lines += steps.flatMap { Self.indented($0) }
      if !cell.follows.isEmpty { lines += Self.indented("all of \(cell.follows.joined(separator: " "))") }
      if cell.state == .reason { lines += Self.indented("not verified: \(cell.reason)") }
    }
    return lines
  }

  private static func indented(_ text: String) -> [String] {
    TerminalText.wrapped(text, to: width - 16).enumerated().map { index, line in
      String(repeating: " ", count: index == 0 ? 14 : 16) + line
    }
  }

  // MARK: What is open

  private var reasons: [String] {
    let reasons = CoverageWords.reasons(matrix)
    guard matrix.workflows.count > 1, !reasons.isEmpty else { return [] }
    return ["Not verified, for a reason"]
      + reasons.flatMap { reason in
        Self.labelled("\(reason.requirement.id)", "\(reason.place): \(reason.text)")
      }
  }

  private var gaps: [String] {
    let gaps = matrix.gaps
    guard !gaps.isEmpty else { return [] }
    var lines = ["Gaps: asked for, and neither verified nor explained"]
    for workflow in matrix.workflows {
      let open = gaps.filter { $0.workflow == workflow }
      if !open.isEmpty {
        lines += Self.labelled(
          "\(workflow.rawValue) (\(open.count))", open.map(\.requirement.id).joined(separator: " "))
      }
    }
    let nowhere = gaps.filter { $0.workflow == nil }
    if !nowhere.isEmpty {
      lines += Self.labelled("nowhere", nowhere.map(\.requirement.id).joined(separator: " "))
    }
    return lines + [""]
  }

  private static func labelled(_ label: String, _ text: String) -> [String] {
    TerminalText.wrapped(text, to: width - 16).enumerated().map { index, line in
      TerminalText.padded(index == 0 ? "  \(label)" : "", to: 16) + line
    }
  }

  private var figures: [String] {
    matrix.workflows.map { workflow in
      func count(_ state: CoverageMatrix.State) -> Int { matrix.count(state, in: workflow) }
      let asked = count(.verified) + count(.reason) + count(.gap)
      return TerminalText.padded("\(workflow.rawValue)", to: 6)
        + "\(asked) asked: \(count(.verified)) verified, \(count(.reason)) with a reason, \(count(.gap)) gaps"
        + (count(.extra) > 0 ? "; \(count(.extra)) verified beyond that" : "")
    }
  }
}
