import Model

/// The first ten seconds: verdict, unit, why, and whether the rig is safe.
struct BannerSection {
  let reading: RecordReading
  private var record: RunRecord { reading.record }
  private var header: RunHeader { record.header }

  var markup: Markup {
    let verdict = record.verdict?.rawValue ?? "unfinished"
    return element("header", class: "banner \(verdict)") {
      element("div", class: "verdict") {
        Marks.sign(verdict, title: verdict, class: "seal")
        element("div") {
          element("div", class: "word") { Words.verdict(record.verdict).uppercased() }
          element("div", class: "about") { about }
        }
        element("div", class: "unit") {
          element("div", class: "serial") { header.unit }
          element("div") { "\(header.model) · \(header.chemistry.rawValue) · \(header.cellCount) cells" }
          if reading.isSimulated { element("div", class: "simulated") { "SIMULATED RIG: not a real unit" } }
        }
      }
      element("div", class: "why") {
        reasons
        settings
        safeState
      }
      facts
    }
  }

  /// Whom the verdict is about; the words the whole product uses.
  private var about: String {
    switch record.verdict {
    case .pass: "the unit conforms"
    case .fail: "the unit does not conform"
    case .inconclusive: "too close to a limit to decide"
    case .error: "a fault of the rig, not of the unit"
    case .aborted: "stopped by a person, an interlock or a crash"
    case nil: "no end was recorded"
    }
  }

  private var reasons: Markup {
    let culprits =
      record.verdict == .fail || record.verdict == .error || record.verdict == .aborted
      ? reading.measurements(.fail) : record.verdict == .inconclusive ? doubtful : []
    let shown = culprits.prefix(3)
    return fragment {
      for sentence in reading.why { element("p", class: "sentence") { sentence } }
      if record.verdict == .error || record.verdict == .aborted { errors }
      if !shown.isEmpty {
        element("ul", class: "culprits") {
          for measurement in shown { culprit(measurement) }
          if culprits.count > shown.count {
            element("li", class: "more") { "and \(culprits.count - shown.count) more, listed below" }
          }
        }
      }
    }
  }

  private var errors: Markup {
    let shown = record.errors.prefix(3)
    return fragment {
      for error in shown {
        element("p", class: "sentence") {
          element("b") { error.instrument.isEmpty ? "rig" : error.instrument }
          ": \(error.message)"
        }
      }
      if record.errors.count > shown.count {
        element("p", class: "sentence") { "and \(record.errors.count - shown.count) more, listed below" }
      }
    }
  }

  private var doubtful: [Measurement] { reading.undecided }

  private func culprit(_ measurement: Measurement) -> Markup {
    let text = MeasurementWording(measurement)
    let limit = measurement.limit
    return element("li") {
      Marks.of(measurement.outcome)
      element("b") {
        limit.map { $0.title.isEmpty ? $0.id : $0.title } ?? measurement.name
        if !measurement.channel.isEmpty { ", \(measurement.channel)" }
      }
      ": measured "
      element("b") { text.value }
      if !text.excess.isEmpty { ", \(text.excess)" }
      if !text.limit.isEmpty { element("span", class: "whole") { " (limit \(text.limit))" } }
      if let limit, !limit.requirement.isEmpty { element("span", class: "code") { " \(limit.requirement)" } }
      for conflict in text.conflicts { element("span", class: "small conflict") { conflict } }
    }
  }

  @MarkupBuilder
  private var settings: Markup {
    if let changed = reading.settingsLeftChanged, !changed.isEmpty {
      element("p", class: "left") {
        Marks.of(Outcome.fail)
        "The unit was not left as it came: \(changed.prefix(3).joined(separator: ", "))"
        if changed.count > 3 { " and \(changed.count - 3) more" }
      }
    }
  }

  private var safeState: Markup {
    let entries = record.safeState?.entries ?? []
    let confirmed = record.safeStateConfirmed
    let open = entries.filter { !$0.confirmed }
    return element("p", class: confirmed ? "safe yes" : "safe no") {
      Marks.sign(confirmed ? "pass" : "error", title: confirmed ? "confirmed" : "not confirmed")
      if confirmed {
        element("b") { "Safe state confirmed" }
        " · \(Words.count(entries.count, "step", "steps")) read back"
      } else {
        element("b") { "Safe state NOT confirmed" }
        " · check the rig before you touch it"
        if !open.isEmpty { ": " + open.map { "\($0.action) (\($0.message))" }.joined(separator: "; ") }
        if entries.isEmpty { ": no safe-state sequence was recorded" }
      }
    }
  }

  private var facts: Markup {
    let pairs: [(String, String)] = [
      ("Procedure", "\(header.procedureTitle), revision \(header.procedure.revision)"),
      ("Workflow", Words.workflow(header.workflow)),
      ("Rig", "\(header.rigTitle), revision \(header.rig.revision)"),
      ("Started", Words.date(header.startedAt)),
      ("Duration", duration),
      ("Run", header.run),
    ]
    return element("dl", class: "facts") {
      for (name, text) in pairs {
        element("div") {
          element("dt") { name }
          element("dd") { text }
        }
      }
    }
  }

  private var duration: String {
    let took = Words.duration(record.elapsedSeconds)
    guard header.expectedSeconds > 0 else { return took }
    return "\(took) (expected \(Words.duration(header.expectedSeconds)))"
  }
}
