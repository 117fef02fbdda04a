import Capabilities
import Engine
import Model
import Ports
import Quantities

/// The value of a protection threshold or of its recovery, by a named method, with the method's uncertainty:
/// PRC-OVP-02, PRC-UVP-02, PRC-COC-01, PRC-DOC-01, PRC-TMP-03.
public enum ThresholdSearch: StepKind {
  public static let id = "threshold-search"
  public static let summary =
    "Looks for a threshold (cell voltage, loop current, temperature) by bracket, prediction with bracket, ramp, "
    + "staircase or bisection. Times the reaction to a step first, names the cause, and proves that the path opened "
    + "because the unit protected and not because it restarted."
  public static let parameters =
    [
      FieldDeclaration("quantity", .choice(ThresholdQuantity.all.map(\.name)), doc: "what is looked for"),
      FieldDeclaration("sensors", .list(of: .text), default: "together", doc: SensorChoice.doc),
    ] + shared
  /// What every step that searches thresholds takes.
  static let shared = [
    FieldDeclaration(
      "method", .choice(ThresholdMethod.allCases.map(\.rawValue)), default: "staircase", doc: "how"),
    FieldDeclaration("cells", .list(of: .text), default: "first, last, rotating", doc: CellChoice.doc),
    FieldDeclaration(
      "resolution", .text, required: false,
      doc: "step of staircase and bisection; 2 mV, 1 % of a current or 0.5 °C when left out"),
    FieldDeclaration(
      "rate", .text, required: false,
      doc: "speed of a ramp; 5 mV/s, 1 % of a current per second or 0.2 °C/s when left out"),
    FieldDeclaration(
      "ramp-interval", .quantity(.time, range: 0.02...2), default: "100 ms",
      doc: "between two levels of a ramp"),
    FieldDeclaration(
      "reach", .number(range: 0...10), default: "0",
      doc: "how far beyond the limit's window the search goes on either side, in widths of the window"),
    FieldDeclaration(
      "reaction", .quantity(.time, range: 0.01...600), required: false,
      doc:
        "longest detection delay seen on released units; 1 s for cells, 2 s for temperatures, the stored delay of "
        + "a current when left out"),
    FieldDeclaration(
      "sampling", .quantity(.time, range: 0.01...10), default: "500 ms",
      doc: "longest sampling period of the unit"),
    FieldDeclaration(
      "frames", .integer(range: 1...50), default: "3", doc: "telemetry frames for a prediction"),
    FieldDeclaration(
      "trip-limit", .quantity(.time, range: 1...600), default: "12 s",
      doc: "longest wait for a provoked event"),
    FieldDeclaration(
      "recovery-limit", .quantity(.time, range: 1...600), default: "12 s",
      doc: "longest wait for the path at rest"),
  ]
  public static let measurements = [
    MeasurementDeclaration("threshold-voltage", .voltage, optional: true, "of a cell, by the reference"),
    MeasurementDeclaration("threshold-current", .current, optional: true, "in the loop, by its shunt"),
    MeasurementDeclaration("threshold-temperature", .temperature, optional: true, "by simulated resistance"),
    MeasurementDeclaration("holds", nil, optional: true, "bracket: nothing at the near edge of the window"),
    MeasurementDeclaration("trips", nil, "the event came within what was searched"),
    MeasurementDeclaration("delay", .time, optional: true, "step from inside to outside until the event"),
    MeasurementDeclaration("cause", nil, optional: true, "the unit names the stimulated cell or sensor"),
    MeasurementDeclaration("keeps-running", nil, "the unit did not restart meanwhile"),
  ]
  public static let roles: [RoleName] = [
    .cells, .cellReference, .thermistors, .loopSource, .loopContactor, .loopCurrent,
  ]
  public static let uncertainties = [
    UncertaintyNeed(.cellReference, "voltage", .voltage), UncertaintyNeed(.cells, "voltage", .voltage),
    UncertaintyNeed(.loopCurrent, "current", .current),
    UncertaintyNeed(.thermistors, "temperature", .temperature),
  ]
  public static let sample = """
    - step: threshold-search
      id: overcharge-threshold
      title: Overcharge threshold
      critical: yes
      quantity: overcharge
      method: staircase
      cells: [all]
      resolution: 2 mV
      measure:
        threshold-voltage: ovp-trip
        trips: overcharge-any-cell
        delay: overcharge-delay
        cause: alarm-cell
        keeps-running: keeps-running
    """

  public static func limitsUsed(_ context: CheckContext) -> [String] {
    [ThresholdQuantity.named(context.values.text("quantity")).limit] + Stimulus.limitsOfRest
  }

  public static func findings(_ context: CheckContext) -> [Finding] {
    let quantity = ThresholdQuantity.named(context.values.text("quantity"))
    var findings = sharedFindings(context, quantity)
    let sensors = context.values.texts("sensors")
    if SensorChoice.subjects(sensors, serial: "0") == nil {
      findings.append(
        Finding(
          place: context.values.place("sensors"),
          message: "'\(sensors.joined(separator: ", "))' names a temperature input the unit does not have",
          suggestion:
            "write together, or first, last, rotating, all or numbers from 1 to \(SensorChoice.count)"))
    }
    let method = context.values.text("method")
    for entry in context.step.measure {
      let wrong = entry.name.hasPrefix("threshold-") && entry.name != quantity.measurement
      if wrong || (entry.name == "holds" && method != "bracket")
        || (entry.name.hasPrefix("threshold-") && method == "bracket")
      {
        findings.append(
          Finding(
            place: entry.place,
            message: "a \(method) of '\(quantity.name)' gives no '\(entry.name)'",
            suggestion: method == "bracket"
              ? "measure 'holds' and 'trips'" : "measure '\(quantity.measurement)'"))
      }
    }
    let wanted = method == "bracket" ? "holds" : quantity.measurement
    if !context.step.measure.contains(where: { $0.name == wanted }) {
      findings.append(
        Finding(
          place: context.step.place,
          message: "step '\(context.step.id)' does not say what becomes of '\(wanted)'",
          suggestion: "add '\(wanted): LIMIT' or '\(wanted): information' under 'measure:'"))
    }
    return findings
  }

  static func sharedFindings(_ context: CheckContext, _ quantity: ThresholdQuantity) -> [Finding] {
    var findings = CellChoice.findings(context, key: "cells")
    for (key, dimension) in [("resolution", quantity.dimension), ("rate", quantity.rateDimension)] {
      guard let text = context.values.optionalText(key) else { continue }
      let found = SettingNames.findings(text, as: dimension, at: context.values.place(key))
      findings += found
      if found.isEmpty, let value = try? AnyQuantity(parsing: text, as: dimension), !(value.base > 0) {
        findings.append(
          Finding(place: context.values.place(key), message: "'\(key)' must be more than zero, not \(text)"))
      }
    }
    if context.values.text("method") == "predictive", quantity.stimulus != .cells {
      findings.append(
        Finding(
          place: context.values.place("method"),
          message: "'\(quantity.name)' cannot be predicted: the unit does not report what it compares",
          suggestion: "write staircase, bisection, ramp or bracket"))
    }
    return findings
  }

  public static func demands(_ context: CheckContext) -> [Demand] {
    let quantity = ThresholdQuantity.named(context.values.text("quantity"))
    var demands = [
      Demand(
        role: .loopSource, quantity: AnyQuantity(TripWatch.watchCurrent, .current), purpose: "path watch",
        place: context.step.place)
    ]
    guard quantity.stimulus == .cells, let trip = context.limits.nominal(quantity.protection.limit) else {
      return demands
    }
    let protection = quantity.protection
    demands.append(
      Demand(
        role: .cells,
        quantity: AnyQuantity(trip + protection.direction * protection.overdrive(trip), .voltage),
        purpose: "step beyond \(protection.name)", place: context.values.place("quantity")))
    return demands
  }

  public static func run(_ context: StepContext) async throws {
    let quantity = ThresholdQuantity.named(context.values.text("quantity"))
    let settings = try await context.unit.settings(deadline: context.deadline(10))
    try await context.bench.closeLoop()
    for subject in subjects(context, quantity) {
      let probe = try ThresholdProbe(context, quantity, subject, settings)
      guard
        let limit = context.limits.resolve(quantity.limit, nominal: .number(probe.setting)),
        let low = limit.low, let high = limit.high
      else { throw StepEnough(why: "limit '\(quantity.limit)' has no window here") }
      let run = ThresholdRun(
        probe: probe, method: ThresholdMethod(rawValue: context.values.text("method"))!,
        window: (low, high),
        resolution: number(context, "resolution", quantity.dimension) ?? quantity.resolution(probe.setting),
        rate: number(context, "rate", quantity.rateDimension) ?? quantity.rate(probe.setting))
      do {
        let outcome = try await run.run(settings: settings, reach: context.values.number("reach"))
        probe.drawTrace()
        record(outcome, probe, settings)
        guard outcome.isAtRest else {
          throw StepEnough(why: "the path did not come back after the search \(subject.channel)")
        }
      } catch let restart as UnitRestarted {
        probe.drawTrace()
        context.measure(
          "keeps-running", channel: subject.channel, .flag(false), by: ["unit"],
          note: "the unit restarted: \(restart.why)")
        throw StepEnough(why: "the unit restarted, which is no protection")
      }
    }
    try await context.bench.openLoop()
  }

  static func number(_ context: StepContext, _ key: String, _ dimension: Dimension) -> Double? {
    context.values.optionalText(key).flatMap { try? AnyQuantity(parsing: $0, as: dimension).base }
  }

  private static func subjects(_ context: StepContext, _ quantity: ThresholdQuantity) -> [ThresholdSubject] {
    switch quantity.stimulus {
    case .cells:
      CellChoice.cells(
        context.values.texts("cells"), count: context.cellCount, serial: context.header.unit)!.map {
          .cell($0)
        }
    case .loop: [.loop]
    case .thermistors:
      SensorChoice.subjects(context.values.texts("sensors"), serial: context.header.unit)!
    }
  }

  private static func record(
    _ outcome: ThresholdRun.Outcome, _ probe: ThresholdProbe, _ settings: UnitSettings
  ) {
    let context = probe.context
    let quantity = probe.quantity
    let channel = probe.subject.channel
    let by = probe.instruments
    let words = outcome.words(quantity)
    if case .spoiled = outcome.result.finding {
      context.measure("trips", channel: channel, .flag(false), by: by, note: words)
    } else {
      let found = outcome.result.between != nil
      context.measure("trips", channel: channel, .flag(found), by: by, note: words)
    }
    if outcome.result.method == .bracket {
      context.measure(
        "holds", channel: channel, .flag(outcome.result.finding != .beforeNear), by: by,
        note: "at \(quantity.text(outcome.near))")
    } else if let (value, uncertainty) = outcome.value(boundUncertainty: probe.uncertainty(at: outcome.far)) {
      context.measure(
        quantity.measurement, channel: channel, .init(reading: value), uncertainty: uncertainty,
        nominal: .number(probe.setting), by: by, note: words)
    } else {
      context.measure(quantity.measurement, channel: channel, .missing(words), by: by)
    }
    if let delay = outcome.delay {
      context.measure(
        "delay", channel: channel, .init(reading: delay.seconds), uncertainty: delay.uncertainty,
        nominal: settings.value(quantity.setting + "-delay").map(Nominal.number), by: by)
    } else {
      context.measure("delay", channel: channel, .missing("the step had no event to time"), by: by)
    }
    if let isRight = outcome.cause?.isRight {
      context.measure(
        "cause", channel: channel, .flag(isRight), by: ["unit"], note: outcome.cause?.words ?? "")
    } else {
      context.notApplicable(
        "cause", channel: channel, why: outcome.cause?.words ?? "the unit names no cause of a recovery")
    }
    context.measure("keeps-running", channel: channel, .flag(true), by: ["unit"])
  }
}
