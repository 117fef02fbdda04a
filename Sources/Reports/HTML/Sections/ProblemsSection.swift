import Model

/// What is wrong with the unit, and, in a box of its own, what is wrong with the rig.
struct ProblemsSection {
  let reading: RecordReading

  var markup: Markup {
    fragment {
      origin
      brokenOff
      failures
      errors
      undecided
    }
  }

  private var origin: Markup {
    guard let source = reading.record.header.judgedFrom else { return .empty }
    return section("Judged, not measured", id: "judged", class: style("maybe", 1)) {
      element("p", class: "lead") {
        "The measurements are those of run \(source.run), made by \(source.procedure.name) revision "
          + "\(source.procedure.revision), and were judged anew on \(source.judgedAt.prefix(10)). "
          + "Nothing was measured for this record; what that run does not hold is not "
          + "measured here."
      }
    }
  }

  private var brokenOff: Markup {
    guard let recovery = reading.record.recovery else { return .empty }
    return section("The record breaks off", id: "recovered", class: style("error", 2)) {
      element("p", class: "lead") {
        "The program ended before the run did, or could not write any more. Everything it reported is here. "
          + (recovery.cutBytes == 0
            ? "" : "\(recovery.cutBytes) bytes of a line that was being written were cut off. ")
          + "Whether the rig was safe is not known from this record."
      }
      if let proof = recovery.guardProof {
        element("h3") { "What the guard process left" }
        element("pre") { proof }
      }
    }
  }

  /// Short boxes are not cut by a page break.
  private func style(_ kind: String, _ rows: Int) -> String {
    "problem \(kind)" + (rows <= 8 ? " brief" : "")
  }

  private var failures: Markup {
    let failures = reading.measurements(.fail)
    guard !failures.isEmpty else { return .empty }
    return section(
      "Failures of the unit (\(failures.count))", id: "failures", class: style("fail", failures.count)
    ) {
      MeasurementTable(measurements: failures, showsStep: true).markup
    }
  }

  private var undecided: Markup {
    let open = reading.undecided
    guard !open.isEmpty else { return .empty }
    return section("Not decided (\(open.count))", id: "undecided", class: style("maybe", open.count)) {
      element("p", class: "lead") {
        "Inconclusive values lie so close to a limit that the uncertainty decides. What was not measured cannot pass."
      }
      MeasurementTable(measurements: open, showsStep: true).markup
    }
  }

  private var errors: Markup {
    let errors = reading.record.errors
    guard !errors.isEmpty else { return .empty }
    return section("Errors of the rig (\(errors.count))", id: "errors", class: style("error", errors.count)) {
      element("p", class: "lead") {
        "These are faults of our equipment. They say nothing about the unit, and nothing measured after the first "
          + "of them should be relied on until the rig was checked."
      }
      table(["Time", "Step", "Instrument", "What happened"], class: "plain") {
        for error in errors {
          element("tr") {
            element("td", class: "number") { Words.duration(error.at) }
            element("td") { error.step }
            element("td") { element("b") { error.instrument } }
            element("td") { error.message }
          }
        }
      }
    }
  }
}

/// Cells side by side and curves over time.
struct CurvesSection {
  let reading: RecordReading

  var markup: Markup {
    let cells = CellChart.all(in: reading.record)
    let traces = reading.record.traces
    return fragment {
      if !cells.isEmpty {
        section("Cells", id: "cells") {
          element("p", class: "lead") {
            "Dots are measured values with their expanded uncertainty; a cross is a failure. The green band is the "
              + "tolerance, hatched parts are the guard band."
          }
          for chart in cells { chart.markup(cellCount: reading.record.header.cellCount) }
        }
      }
      if !traces.isEmpty {
        section("Curves", id: "curves") {
          for trace in traces {
            if BundleChart.suits(trace) {
              BundleChart(trace: trace).markup
            } else {
              TraceChart(trace: trace).markup
            }
          }
        }
      }
    }
  }
}
