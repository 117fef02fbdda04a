import Model
import Quantities

/// The conformance matrix as one page without anything from outside: figures on top, then gaps, then every requirement
/// with the steps that verify it.
public struct CoverageHTML: Sendable {
  let matrix: CoverageMatrix

  public init(_ matrix: CoverageMatrix) { self.matrix = matrix }

  public func render() -> [UInt8] {
    let page = fragment {
      Markup.trusted("<!DOCTYPE html>\n")
      element("html", ["lang": "en"]) {
        head
        element("body") {
          Marks.definitions
          element("div", class: "page wide") {
            banner
            figures
            gaps
            section("Requirements", id: "requirements") { requirements }
            reasons
            traceability
          }
        }
      }
    }
    return Array(page.html.utf8)
  }

  private var head: Markup {
    element("head") {
      element("meta", ["charset": "utf-8"])
      element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
      element(
        "meta",
        ["http-equiv": "Content-Security-Policy", "content": "default-src 'none'; style-src 'unsafe-inline'"])
      element("title") { "Conformance matrix · \(matrix.model)" }
      element("style") {
        Markup.trusted(Stylesheet.text)
        Markup.trusted(CoverageStylesheet.text)
        Markup.trusted(Stylesheet.pageMargins(left: "Conformance matrix \(matrix.model)"))
      }
    }
  }

  private var banner: Markup {
    let open = matrix.gaps.count
    let verdict = open == 0 ? "pass" : "fail"
    return element("header", class: "banner \(verdict)") {
      element("div", class: "verdict") {
        Marks.sign(verdict, title: verdict, class: "seal")
        element("div") {
          element("div", class: "word") { open == 0 ? "COMPLETE" : "\(open) \(open == 1 ? "GAP" : "GAPS")" }
          element("div", class: "about") {
            open == 0
              ? "every requirement is verified or carries a reason"
              : "asked for, and neither verified nor explained"
          }
        }
        element("div", class: "unit") {
          element("div", class: "serial") { matrix.model }
          element("div") { matrix.document }
          element("div") { "\(matrix.rows.count) requirements" }
        }
      }
    }
  }

  private var figures: Markup {
    section("Figures", id: "figures") {
      table(
        ["Workflow", "Asked", "Verified", "With a reason", "Gaps", "Verified beyond", ""], class: "figures"
      ) {
        for workflow in matrix.workflows {
          let asked = [CoverageMatrix.State.verified, .reason, .gap].map { matrix.count($0, in: workflow) }
          element("tr") {
            element("td") {
              element("b") { workflow.rawValue }
              " \(Words.workflow(workflow))"
            }
            element("td", class: "number") { "\(asked.reduce(0, +))" }
            for count in asked.prefix(2) { element("td", class: "number") { "\(count)" } }
            element("td", class: asked[2] > 0 ? "number open" : "number") { "\(asked[2])" }
            element("td", class: "number") { "\(matrix.count(.extra, in: workflow))" }
            element("td", class: "drawing") { bar(asked) }
          }
        }
      }
    }
  }

  /// Verified, explained and open parts of what is asked.
  private func bar(_ counts: [Int]) -> Markup {
    let width = 260.0
    let all = max(Double(counts.reduce(0, +)), 1)
    var left = 0.0
    return Draw.canvas(width: width, height: 12, class: "share", label: "verified, with a reason, gaps") {
      for (count, style) in zip(counts, ["share-verified", "share-reason", "share-gap"]) where count > 0 {
        let size = Double(count) / all * width
        let start = left
        Draw.box(start, 1, size, 10, style)
        let _ = { left += size }()
      }
    }
  }

  private var gaps: Markup {
    let rows = matrix.rows.filter { row in row.isUnexplained || row.cells.contains { $0.state == .gap } }
    guard !rows.isEmpty else { return .empty }
    return section("Gaps (\(matrix.gaps.count))", id: "gaps", class: "problem fail") {
      table(["Requirement", "Title", "Open in", "When it is met"], class: "plain") {
        for row in rows {
          let places = row.cells.filter { $0.state == .gap }.map(\.workflow.rawValue)
          element("tr") {
            element("td", class: "code") { row.requirement.id }
            element("td") { row.requirement.title }
            element("td") {
              element("b") { places.isEmpty ? "asked nowhere" : places.joined(separator: " ") }
            }
            element("td") { row.requirement.pass }
          }
        }
      }
    }
  }

  // MARK: The matrix

  private var requirements: Markup {
    var areas: [(name: String, rows: [CoverageMatrix.Row])] = []
    for row in matrix.rows {
      let area = CoverageWords.area(row.requirement)
      if areas.last?.name == area {
        areas[areas.count - 1].rows.append(row)
      } else {
        areas.append((area, [row]))
      }
    }
    return fragment {
      element("p", class: "lead") {
        "Each step stands with the measurements that would fail on a unit that breaks the requirement. What a "
          + "procedure only records as information does not count."
      }
      for (index, area) in areas.enumerated() {
        element("h3", ["id": "area-\(index)"]) { CoverageWords.title(area: area.name) }
        table(["Requirement"] + matrix.workflows.map(\.rawValue), class: "matrix") {
          for row in area.rows { self.row(row) }
        }
      }
    }
  }

  private func row(_ row: CoverageMatrix.Row) -> Markup {
    element("tr") {
      element("td") {
        element("span", class: "code") { row.requirement.id }
        for conflict in row.conflicts { chip(conflict) }
        element("span", class: "small") { row.requirement.title }
        if row.isUnexplained { element("span", class: "open") { "GAP: asked nowhere, no reason" } }
      }
      for cell in row.cells { self.cell(cell) }
    }
  }

  private func cell(_ cell: CoverageMatrix.Cell) -> Markup {
    element("td", class: "cell \(cell.state.rawValue)") {
      if !cell.form.isEmpty { element("span", class: "small") { cell.form } }
      switch cell.state {
      case .gap: element("b") { "GAP" }
      case .reason: element("span", class: "why-not") { cell.reason }
      case .notAsked: element("span", class: "muted") { "–" }
      case .verified, .extra:
        if cell.state == .extra { element("span", class: "small") { "not asked" } }
        if !cell.follows.isEmpty {
          element("span", class: "small") { "all of \(cell.follows.joined(separator: ", "))" }
        }
        steps(cell)
      }
    }
  }

  private func steps(_ cell: CoverageMatrix.Cell) -> Markup {
    let steps = CoverageWords.steps(cell)
    return fragment {
      for (index, step) in steps.enumerated() {
        if index == 0 || steps[index - 1].procedure != step.procedure {
          element("span", class: "procedure") { step.procedure }
        }
        element("div", class: "by") {
          element("b") { step.step }
          element("span", class: "u") {
            " " + step.measurements.joined(separator: ", ") + (step.isRecord ? " (recorded)" : "")
          }
          for chemistry in step.chemistries { chip(chemistry.rawValue) }
        }
      }
    }
  }

  // MARK: Below

  private var reasons: Markup {
    let reasons = CoverageWords.reasons(matrix)
    guard !reasons.isEmpty else { return .empty }
    return section("Not verified, for a reason (\(reasons.count))", id: "reasons") {
      table(["Requirement", "Title", "Workflow", "Why"], class: "plain") {
        for reason in reasons {
          element("tr") {
            element("td", class: "code") { reason.requirement.id }
            element("td") { reason.requirement.title }
            element("td") { reason.place }
            element("td") { reason.text }
          }
        }
      }
    }
  }

  private var traceability: Markup {
    section("Computed from", id: "traceability") {
      table(["File", "Workflow", "Revision", "SHA-256"], class: "hashes") {
        element("tr") {
          element("td") { "specification \(matrix.specification.name)" }
          element("td") { "" }
          element("td") { matrix.specification.revision }
          element("td", class: "code") { matrix.specification.contentHash }
        }
        for procedure in matrix.procedures {
          element("tr") {
            element("td") { procedure.title }
            element("td") { procedure.workflow.rawValue }
            element("td") { procedure.reference.revision }
            element("td", class: "code") { procedure.reference.contentHash }
          }
        }
      }
    }
  }
}
