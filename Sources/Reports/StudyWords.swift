import Model
import Quantities

/// Words and figures that all forms of a study's report share.
enum StudyWords {
  static func outcome(_ outcome: DefectOutcome) -> String {
    switch outcome {
    case .spared: "passed"
    case .caught: "caught"
    case .caughtElsewhere: "elsewhere"
    case .outOfScope: "out of scope"
    case .notApplicable: "n/a"
    case .inconclusive: "undecided"
    case .unjudged: "not judged"
    case .escaped: "ESCAPED"
    case .overkill: "OVERKILL"
    case .rigError: "RIG ERROR"
    case .notRun: "not run"
    }
  }

  static func meaning(_ outcome: DefectOutcome) -> String {
    switch outcome {
    case .spared: "a good unit passed"
    case .caught: "failed at a requirement the defect breaks"
    case .caughtElsewhere: "failed, but at other requirements only"
    case .outOfScope: "passed; what it breaks does not belong to the workflow of the procedure"
    case .notApplicable: "not run: the procedure cannot be run with the cells that the unit needs"
    case .inconclusive: "neither passed nor failed"
    case .unjudged: "passed; what it breaks belongs to the workflow, but no step of the procedure judges it"
    case .escaped: "passed, although the procedure judges what it breaks"
    case .overkill: "a good unit failed"
    case .rigError: "booked on the rig instead of the unit: a mistake of ours"
    case .notRun: "the study was stopped before"
    }
  }

  /// The sign of `Marks`.
  static func sign(_ outcome: DefectOutcome) -> String {
    switch outcome {
    case .spared, .caught: "pass"
    case .caughtElsewhere, .inconclusive: "inconclusive"
    case .outOfScope, .notApplicable: "notApplicable"
    case .unjudged, .notRun: "notMeasured"
    case .escaped, .overkill: "fail"
    case .rigError: "error"
    }
  }

  /// `0.030 %` from a share of one.
  static func percent(_ share: Double) -> String {
    DecimalText.shortest(share * 100, significant: 2) + " %"
  }

  static func capability(_ value: Double?) -> String {
    value.map { $0 > 99 ? "> 99" : DecimalText.fixed($0, decimals: 2) } ?? "–"
  }

  static func value(_ figures: MarginFigures) -> String { text(figures.closest.value, figures) }

  static func limit(_ figures: MarginFigures) -> String {
    switch (figures.closest.low, figures.closest.high) {
    case (let low?, let high?): "\(text(low, figures)) … \(text(high, figures))"
    case (let low?, nil): "≥ \(text(low, figures))"
    case (nil, let high?): "≤ \(text(high, figures))"
    case (nil, nil): "none"
    }
  }

  static func guardBand(_ figures: MarginFigures) -> String {
    figures.closest.guardBand > 0 ? text(figures.closest.guardBand, figures, significant: 2) : "none"
  }

  private static func text(_ value: Double, _ figures: MarginFigures, significant: Int = 5) -> String {
    AnyQuantity(value, figures.dimension ?? .ratio).formatted(significant: significant)
  }

  /// Share of good units that failed, and its upper bound.
  static func overkill(_ figures: PopulationFigures) -> String {
    let share = figures.done > 0 ? Double(figures.failed) / Double(figures.done) : 0
    return "\(figures.failed) of \(figures.done) failed (\(percent(share))), "
      + "at most \(percent(figures.overkillBound)) with 95 % confidence"
  }

  /// Overkill, and what else became of good units.
  static func conclusion(_ figures: PopulationFigures) -> String {
    var text = overkill(figures)
    if figures.inconclusive > 0 { text += "; \(figures.inconclusive) undecided" }
    if figures.errors > 0 { text += "; \(figures.errors) rig errors" }
    return text
  }

  /// Share of good units that did not pass at the first go, whatever the reason.
  static func notPassed(_ figures: PopulationFigures) -> String {
    let bad = figures.done - figures.passed
    let share = figures.done > 0 ? Double(bad) / Double(figures.done) : 0
    return "\(bad) of \(figures.done) (\(percent(share))), "
      + "at most \(percent(figures.notPassedBound)) with 95 % confidence"
  }
}
