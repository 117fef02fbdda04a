import Model

/// The first ten seconds: verdict, unit, why, and whether the rig is safe.
struct BannerSection {
  let reading: RecordReading
  private var record: RunRecord { reading.record }
  private var header: RunHeader { record.header }

  var markup: Markup {
    let verdict = record.verdict?.rawValue ?? "unfinished"
    return element("header", class: "banner \(verdict)") {
      if !record.safeStateConfirmed { alarm }
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
        if record.safeStateConfirmed { safeState }
      }
      facts
    }
  }

  /// Whom the verdict is about; the words the whole product uses.
  private var about: String {
    switch record.verdict {
    case .pass: "the unit conforms"
    case .fail: "the unit does not conform"
    case .inconclusive: whyUndecided
    case .error: "a fault of the rig, not of the unit"
    case .aborted: "stopped by a person, an interlock or a crash"
    case nil: "no end was recorded"
    }
  }

  private var whyUndecided: String {
    if doubtful.contains(where: { $0.outcome == .inconclusive }) { return "too close to a limit to decide" }
    return doubtful.isEmpty
      ? "the run could not prove it: a start condition or a safeguard did not hold"
      : "not everything was measured"
  }

  private var reasons: Markup {
    let culprits =
      record.verdict == .fail || record.verdict == .error || record.verdict == .aborted
      ? reading.measurements(.fail) : record.verdict == .inconclusive ? doubtful : []
    let shown = culprits.prefix(3)
    return fragment {
      if let source = header.judgedFrom {
        element("p", class: "sentence") {
          "Judged, not measured: the measurements are those of run \(source.run)."
        }
      }
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
    let steps = Words.count(record.safeState?.entries.count ?? 0, "step", "steps")
    return element("p", class: "safe yes") {
      Marks.sign("pass", title: "confirmed")
      element("b") { "Safe state confirmed" }
      " · \(steps) read back"
    }
  }

  /// Above any verdict, a good one included: it concerns whoever stands at the rig, not the unit.
  private var alarm: Markup {
    let open = record.safeState?.entries.filter { !$0.confirmed } ?? []
    return element("div", ["class": "alarm", "role": "alert"]) {
      element("div", class: "alarm-word") { "Safe state NOT confirmed: treat the rig as live" }
      if open.isEmpty {
        element("p") {
          record.safeState == nil
            ? "No safe-state sequence was recorded."
            : "Each step of the safe-state sequence was confirmed, but the run broke off before its end."
        }
      } else {
        element("p") {
          "Not confirmed: "
          element("b") { open.map { "\($0.action) (\($0.message))" }.joined(separator: "; ") }
        }
      }
      if let source = header.judgedFrom {
        element("p") { "That was so at the end of run \(source.run), whose measurements are judged here." }
      }
      element("p") { SafeStateWords.remedy(rig: header.rig.name) }
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
