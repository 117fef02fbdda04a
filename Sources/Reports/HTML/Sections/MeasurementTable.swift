import Model

/// Measurements as rows: value, place in its limits, limit and whose it is.
struct MeasurementTable {
  let measurements: [Measurement]
  /// For tables that mix steps.
  var showsStep = false

  var markup: Markup {
    table(
      ["", "Measurement", "Value ± U", "In its limits", "Limit", "Requirement", "By"], class: "measurements"
    ) {
      for (index, measurement) in measurements.enumerated() {
        row(measurement, repeats: index > 0 && isSameButChannel(measurements[index - 1], measurement))
      }
    }
  }

  /// Channels of one measurement share limit, rule and instruments; the fine print is then printed once.
  private func isSameButChannel(_ a: Measurement, _ b: Measurement) -> Bool {
    a.step == b.step && a.name == b.name && a.limit == b.limit && a.rule == b.rule
      && a.uncertainty == b.uncertainty && a.note == b.note && a.instruments == b.instruments
      && !a.channel.isEmpty
  }

  private func row(_ measurement: Measurement, repeats: Bool) -> Markup {
    let text = MeasurementWording(measurement)
    return element("tr", class: measurement.outcome.rawValue) {
      element("td", class: "sign") { Marks.of(measurement.outcome) }
      element("td", class: "name") {
        if repeats, !measurement.channel.isEmpty {
          element("span", class: "again") { measurement.channel }
        } else {
          element("b") { measurement.name }
          if !measurement.channel.isEmpty { element("span", class: "whole") { " · \(measurement.channel)" } }
        }
        if showsStep { small("step \(measurement.step)") }
        if !measurement.note.isEmpty, !repeats { small(measurement.note) }
      }
      element("td", class: "value") {
        if case .missing(let reason) = measurement.observation {
          element("b") { Words.outcome(measurement.outcome) }
          if !repeats || !showsStep { small(reason) }
        } else {
          element("b") { text.value }
        }
        if !text.uncertainty.isEmpty { element("span", class: "u") { " ± \(text.uncertainty)" } }
      }
      element("td", class: "drawing") {
        NumberLine(measurement).markup
        if !text.excess.isEmpty { small(text.excess, class: "excess") }
      }
      limit(measurement, text, repeats: repeats)
      element("td", class: "requirement") {
        if let limit = measurement.limit, !repeats || measurement.outcome == .fail {
          element("span", class: "code") { limit.requirement }
          " "
          chip(Words.basis(limit.basis), class: limit.basis.rawValue)
          if !limit.source.isEmpty, !repeats { small(limit.source) }
          if !repeats {
            if !limit.also.isEmpty { small("also \(limit.also.joined(separator: ", "))") }
            for conflict in text.conflicts { small(conflict, class: "conflict") }
          }
        }
      }
      element("td", class: "by") {
        if !repeats { measurement.instruments.joined(separator: ", ") }
        element("span", class: "u") { " at \(Words.duration(measurement.at))" }
      }
    }
  }

  private func limit(_ measurement: Measurement, _ text: MeasurementWording, repeats: Bool) -> Markup {
    element("td", class: "limit") {
      element("span", class: measurement.limit?.expected == nil ? "whole" : "") { text.limit }
      if !repeats, let rule = measurement.rule, measurement.limit?.expected == nil, measurement.limit != nil {
        if measurement.limit?.recorded == false { small(rule.name) }
        if !text.acceptanceText.isEmpty { small("accepted \(text.acceptanceText)") }
      }
    }
  }

  private func small(_ words: String, class style: String = "") -> Markup {
    element("span", class: "small \(style)") { words }
  }
}

/// Every measurement, grouped by step.
struct MeasurementsSection {
  let reading: RecordReading

  var markup: Markup {
    guard reading.unreached.count < reading.record.steps.count else { return .empty }
    return section("All measurements", id: "measurements") {
      element("p", class: "lead") {
        "“Project default” marks limits that are ours because the manual gives none; they are never the vendor's. "
          + "The value after ± is the expanded uncertainty U (k = 2)."
      }
      for step in reading.record.steps where RecordReading.isReached(step.measurements) { self.step(step) }
      if !reading.unreached.isEmpty {
        element("p", class: "unreached") { "Steps that were not reached are named in the overview." }
      }
    }
  }

  private func step(_ step: RunRecord.Step) -> Markup {
    let state = reading.state(of: step)
    let undelivered = reading.undelivered(step)
    return element("div", ["class": "step", "id": "step-\(step.id)"]) {
      element("h3") {
        Marks.of(state)
        step.title.isEmpty ? step.id : step.title
        element("span", class: "muted") {
          " \(step.id) · \(step.kind) · "
            + (step.endedAt.map { Words.duration($0 - step.startedAt) } ?? "the run ended inside this step")
        }
      }
      if !step.notes.isEmpty {
        element("ul", class: "notes") { for note in step.notes { element("li") { note } } }
      }
      if !step.measurements.isEmpty { MeasurementTable(measurements: step.measurements).markup }
      if !undelivered.isEmpty {
        element("p", class: "undelivered") {
          Marks.of(Outcome.notMeasured)
          "Declared but never measured: \(undelivered.joined(separator: ", "))"
        }
      }
    }
  }
}
