import Model

/// A strip per phase with a sign per step, and how many measurements came to what.
struct OverviewSection {
  let reading: RecordReading

  var markup: Markup {
    section("Overview", id: "overview") {
      tally
      element("div", class: "strips") {
        for phase in reading.record.phases { strip(phase) }
      }
      if let sentence = reading.unreachedSentence {
        element("p", class: "unreached") {
          Marks.of(Outcome.notMeasured)
          sentence
        }
      }
    }
  }

  private var tally: Markup {
    let unreached = reading.unreached.map(\.measurements.count).reduce(0, +)
    return element("div", class: "tally") {
      for outcome in Outcome.allCases {
        let count = reading.count(outcome)
        if count > 0 || outcome == .pass || outcome == .fail {
          element("span", class: count == 0 ? "none" : "") {
            Marks.of(outcome)
            element("b") { "\(count)" }
            " \(Words.outcome(outcome))"
            if outcome == .notMeasured, unreached > 0 {
              element("span", class: "muted") {
                unreached == count ? " (not reached)" : " (\(unreached) of them not reached)"
              }
            }
          }
        }
      }
      let errors = reading.record.errors.count
      if errors > 0 {
        element("span") {
          Marks.of(StepState.error)
          element("b") { "\(errors)" }
          errors == 1 ? " rig error" : " rig errors"
        }
      }
    }
  }

  private func strip(_ phase: RunRecord.Phase) -> Markup {
    let steps = reading.steps(in: phase)
    let start = steps.first?.startedAt ?? 0
    let end = steps.last.map { $0.endedAt ?? reading.record.elapsedSeconds } ?? start
    return element("div", class: "strip") {
      element("div", class: "phase") {
        element("b") { phase.title.isEmpty ? phase.name : phase.title }
        element("span", class: "muted") { steps.isEmpty ? "not reached" : Words.duration(end - start) }
      }
      element("div", class: "dots") {
        for step in steps {
          let state = reading.state(of: step)
          element("a", ["href": "#step-\(step.id)", "class": "dot \(state.rawValue)"]) {
            Marks.sign(state.rawValue, title: "\(title(step)): \(state.word)")
            element("span") { title(step) }
          }
        }
      }
    }
  }

  private func title(_ step: RunRecord.Step) -> String { step.title.isEmpty ? step.id : step.title }
}
