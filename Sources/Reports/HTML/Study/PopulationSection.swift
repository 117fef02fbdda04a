import Model
import Quantities

/// Good units: how many were turned away, which, and how near the others came to it.
struct PopulationSection {
  let figures: PopulationFigures
  let procedure: StudyProcedure

  /// The narrowest ones tell which limits turn good units away; the rest is listed by capability.
  private static let shown = 20

  var markup: Markup {
    section("Good units: \(procedure.title)", id: "population-\(figures.procedure)") {
      element("p", class: "lead") {
        "\(figures.done) of \(figures.planned) units drawn within the tolerances of real parts, "
          + "\(figures.chemistry.rawValue), \(figures.cellCount) cells; unit i has seed \(figures.seed) + i. "
          + timing
      }
      counts
      element("p") {
        "Overkill: "
        element("b") { StudyWords.overkill(figures) }
        " (Clopper-Pearson, one-sided). Not passed at the first go, for whatever reason: "
        element("b") { StudyWords.notPassed(figures) }
        "."
      }
      kept
      margins
      capabilities
    }
  }

  private var timing: String {
    guard figures.done > 0, let low = figures.secondsMin, let high = figures.secondsMax else { return "" }
    let mean = figures.seconds / Double(figures.done)
    return
      "A run takes \(Words.duration(mean)) on the rig (\(Words.duration(low)) to \(Words.duration(high)))."
  }

  private var counts: Markup {
    element("div", class: "figures") {
      figure(figures.passed, "passed", "pass")
      figure(figures.failed, "failed", "fail")
      figure(figures.inconclusive, "undecided", "inconclusive")
      figure(figures.errors, "rig errors", "error")
    }
  }

  private func figure(_ count: Int, _ word: String, _ sign: String) -> Markup {
    // A colour that warns of nothing would dull the warnings.
    element("div", class: count > 0 ? "figure \(sign)" : "figure") {
      element("b") { "\(count)" }
      Marks.sign(sign, title: word)
      word
    }
  }

  @MarkupBuilder
  private var kept: Markup {
    if !figures.kept.isEmpty {
      element("h3") { "Units that did not pass" }
      table(["Seed", "Verdict", "Why"], class: "plain") {
        for unit in figures.kept {
          element("tr") {
            element("td", class: "number") { "\(unit.seed)" }
            element("td") {
              Marks.sign(unit.verdict.rawValue, title: unit.verdict.rawValue)
              unit.verdict.rawValue
            }
            element("td") {
              unit.reason
              element("span", class: "command") { unit.replay }
            }
          }
        }
      }
    }
  }

  // MARK: margins

  @MarkupBuilder
  private var margins: Markup {
    if !figures.margins.isEmpty {
      element("h3") {
        "Narrowest margins"
        element("span", class: "muted") { "the \(min(Self.shown, figures.margins.count)) that came closest" }
      }
      element("p", class: "lead") {
        "Margin is the distance of the worst value of all units to the limit at which it would no longer pass, the "
          + "guard band taken off, as a part of half the window (of the limit itself where there is only one). Below "
          + "0 % a good unit was not passed."
      }
      table(
        ["Step · measurement", "Requirement", "Margin", "", "Closest value", "Limit", "Guard band", "Seed"],
        class: "margins"
      ) {
        for margin in figures.margins.prefix(Self.shown) { row(margin) }
      }
    }
  }

  private func style(_ margin: MarginFigures) -> String {
    margin.closest.share < 0 ? "out" : margin.closest.share < 0.1 ? "near" : ""
  }

  private func row(_ margin: MarginFigures) -> Markup {
    element("tr", class: style(margin)) {
      element("td") {
        margin.step
        " · \(margin.measurement)"
        if !margin.closest.channel.isEmpty { element("span", class: "small") { margin.closest.channel } }
      }
      element("td", class: "code") { margin.requirement }
      element("td", class: "number") { DecimalText.fixed(margin.closest.share * 100, decimals: 1) + " %" }
      element("td") { bar(margin) }
      element("td", class: "number") { StudyWords.value(margin) }
      element("td", class: "number") { StudyWords.limit(margin) }
      element("td", class: "number") { StudyWords.guardBand(margin) }
      element("td", class: "number") { "\(margin.closest.seed)" }
    }
  }

  private func bar(_ margin: MarginFigures) -> Markup {
    let width = 220.0
    let share = min(max(margin.closest.share, -0.2), 1)
    let scale = Scale(low: -0.2, high: 1, start: 0, end: width)
    let words = "margin \(DecimalText.fixed(margin.closest.share * 100, decimals: 1)) %"
    return Draw.canvas(width: width, height: 14, class: "margin", label: words) {
      Draw.box(0, 4, width, 6, "track")
      Draw.box(
        min(scale(0), scale(share)), 2, (scale(share) - scale(0)).magnitude, 10, "bar \(style(margin))")
      Draw.line(scale(0), 0, scale(0), 14, "bound")
    }
  }

  // MARK: capability

  @MarkupBuilder
  private var capabilities: Markup {
    if !figures.margins.isEmpty {
      element("h3") {
        "Capability of every limit"
        element("span", class: "muted") { "smallest first; values that do not spread last" }
      }
      element("p", class: "lead") {
        "Cpk is the distance of the mean to the nearer limit over three standard deviations, over all units and "
          + "channels; guarded: to the acceptance limit, which decides on overkill. Below 1.33 a limit will turn good "
          + "units away in the long run, if its values are spread like a bell; the largest of many values is not."
      }
      table(
        ["Step · measurement", "Limit", "Requirement", "Basis", "Values", "Cpk", "Guarded"],
        class: "capability"
      ) {
        for margin in ordered {
          element("tr", class: (margin.acceptanceCapability ?? 99) < 1.33 ? "near" : "") {
            element("td") { "\(margin.step) · \(margin.measurement)" }
            element("td") { margin.limit }
            element("td", class: "code") { margin.requirement }
            element("td") { Words.basis(margin.basis) }
            element("td", class: "number") { "\(margin.count)" }
            element("td", class: "number") { StudyWords.capability(margin.capability) }
            element("td", class: "number") { StudyWords.capability(margin.acceptanceCapability) }
          }
        }
      }
    }
  }

  private var ordered: [MarginFigures] {
    figures.margins.enumerated().sorted { a, b in
      (a.element.acceptanceCapability ?? .infinity, a.offset)
        < (b.element.acceptanceCapability ?? .infinity, b.offset)
    }.map(\.element)
  }
}
