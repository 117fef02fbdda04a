import Model
import Quantities

/// The first ten seconds: is the study clean, of what, and the counts.
struct StudyBanner {
  let report: StudyReport

  var markup: Markup {
    element("header", class: "banner study \(report.isClean ? "pass" : "fail")") {
      element("div", class: "verdict") {
        Marks.sign(report.isClean ? "pass" : "fail", title: conclusion, class: "seal")
        element("div") {
          element("div", class: "word") { conclusion }
          element("div", class: "about") { about }
        }
        element("div", class: "unit") {
          element("div", class: "serial") { "Escapes and overkill" }
          for procedure in report.procedures.indices where isFirst(procedure) {
            element("div") { report.procedures[procedure].title }
          }
          element("div", class: "simulated") { "SIMULATED UNITS" }
        }
      }
      element("div", class: "why") {
        if let stopped = report.stopped {
          element("p", class: "sentence") { "Not all runs were made: \(stopped)." }
        }
        for sentence in sentences { element("p", class: "sentence") { sentence } }
      }
    }
  }

  /// A procedure may stand in the list twice: for its defects and for its population.
  private func isFirst(_ index: Int) -> Bool {
    report.procedures.firstIndex { $0.document == report.procedures[index].document } == index
  }

  private var conclusion: String { report.isClean ? "CLEAN" : "NOT CLEAN" }

  private var about: String {
    report.isClean
      ? "no defect in scope got through, no good unit was turned away"
      : "something below needs to be looked at"
  }

  private var sentences: [String] {
    var sentences: [String] = []
    if let matrix = report.matrix {
      let bad = matrix.rows.count { !$0.isGood }
      for column in StudyColumn.workflows(report) {
        let caught = column.count(.caught)
        let elsewhere = column.count(.caughtElsewhere)
        let escaped = column.count(.escaped)
        let out = column.count(.outOfScope) + column.count(.unjudged)
        var text =
          "\(column.title): \(caught) of \(bad) defects caught at their own requirement"
        if elsewhere > 0 { text += ", \(elsewhere) at another one" }
        text += ", \(escaped) escaped"
        if out > 0 { text += ", \(out) not in its scope" }
        let refused = column.count(.notApplicable)
        if refused > 0 { text += ", \(refused) not applicable" }
        sentences.append(text + ".")
      }
    }
    for figures in report.populations {
      sentences.append(
        "\(report.procedures[figures.procedure].title), good units: \(StudyWords.conclusion(figures)).")
    }
    return sentences
  }
}

/// What would be needed to repeat the study.
struct StudyTraceability {
  let report: StudyReport

  var markup: Markup {
    section("Traceability", id: "traceability") {
      table(["Document", "Name", "Revision", "SHA-256"], class: "plain hashes") {
        document("Rig", report.rig)
        for procedure in unique(report.procedures.map(\.document)) { document("Procedure", procedure) }
        for specification in unique(report.procedures.map(\.specification)) {
          document("Specification", specification)
        }
        if let matrix = report.matrix {
          for row in matrix.rows { document("Unit file", row.unit) }
        }
      }
      element("p", class: "muted") {
        "Program \(report.program). "
          + "Every run is a function of these files and its seed; the commands given repeat single runs."
      }
    }
  }

  private func unique(_ documents: [DocumentReference]) -> [DocumentReference] {
    documents.reduce(into: []) { list, document in if !list.contains(document) { list.append(document) } }
  }

  private func document(_ kind: String, _ reference: DocumentReference) -> Markup {
    element("tr") {
      element("td") { kind }
      element("td") { reference.name }
      element("td") { reference.revision }
      element("td", class: "code") { reference.contentHash }
    }
  }
}
