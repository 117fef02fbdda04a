import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Does the threshold follow its setting? Searched at the stored setting and at one that was shifted: SPEC-OVP-24.
public enum ThresholdFollowsSetting: StepKind {
  public static let id = "threshold-follows-setting"
  public static let writesSettings = true
  public static let summary =
    "Looks for a cell threshold at its stored setting and again with the setting shifted: slope of threshold over "
    + "setting, and distance of both. Writes the setting back afterwards."
  public static let parameters =
    [
      FieldDeclaration(
        "quantity", .choice(quantities), default: "overcharge", doc: "which threshold"),
      FieldDeclaration(
        "shift", .quantity(.voltage, range: -1...1), default: "100 mV", doc: "change of the setting"),
      FieldDeclaration(
        "span", .quantity(.voltage, range: 0.002...0.5), default: "15 mV",
        doc: "how far around the setting is searched"),
    ] + ThresholdSearch.shared
  static let quantities = ThresholdQuantity.all.filter { $0.stimulus == .cells }.map(\.name)
  public static let measurements = [
    MeasurementDeclaration("slope", .ratio, "change of the threshold over change of the setting"),
    MeasurementDeclaration("deviation", .voltage, "threshold less setting, at both settings"),
    MeasurementDeclaration("keeps-running", nil, "the unit did not restart meanwhile"),
  ]
  public static let roles = ThresholdSearch.roles
  public static let uncertainties = ThresholdSearch.uncertainties
  public static let sample = """
    - step: threshold-follows-setting
      id: overcharge-adjustable
      title: Overcharge threshold follows its setting
      quantity: overcharge
      method: bisection
      cells: [first]
      resolution: 0.5 mV
      shift: 100 mV
      measure:
        slope: threshold-slope
        deviation: threshold-deviation
        keeps-running: keeps-running
    """

  public static func limitsUsed(_ context: CheckContext) -> [String] {
    [ThresholdQuantity.named(context.values.text("quantity")).limit] + Stimulus.limitsOfRest
  }

  public static func findings(_ context: CheckContext) -> [Finding] {
    let quantity = ThresholdQuantity.named(context.values.text("quantity"))
    var findings = ThresholdSearch.sharedFindings(context, quantity)
    if context.values.text("method") == "bracket" {
      findings.append(
        Finding(
          place: context.values.place("method"), message: "a bracket gives no value, so no slope",
          suggestion: "write bisection or staircase"))
    }
    if context.values.quantity("shift").magnitude < 0.02 {
      findings.append(
        Finding(
          place: context.values.place("shift"),
          message: "a shift of less than 20 mV says nothing about a slope", suggestion: "write 100 mV"))
    }
    return findings
  }

  public static func demands(_ context: CheckContext) -> [Demand] {
    let quantity = ThresholdQuantity.named(context.values.text("quantity"))
    let protection = quantity.protection
    guard let trip = context.limits.nominal(protection.limit) else { return [] }
    let shift = context.values.quantity("shift")
    return [0, shift].map {
      Demand(
        role: .cells,
        quantity: AnyQuantity(trip + $0 + protection.direction * protection.overdrive(trip), .voltage),
        purpose: "step beyond \(protection.name)", place: context.values.place("shift"))
    }
  }

  public static func run(_ context: StepContext) async throws {
    let quantity = ThresholdQuantity.named(context.values.text("quantity"))
    let cells = CellChoice.cells(
      context.values.texts("cells"), count: context.cellCount, serial: context.header.unit)!
    let stored = try await context.unit.settings(deadline: context.deadline(10))
    guard let before = stored.value(quantity.setting) else {
      throw StepEnough(why: "the unit reports no setting '\(quantity.setting)'")
    }
    var found: [Point] = []
    do {
      try await context.searching {
        for shift in [0, context.values.quantity("shift")] {
          if shift != 0 { try await context.requireSetting(quantity.setting, before + shift) }
          let settings = try await context.unit.settings(deadline: context.deadline(10))
          for cell in cells {
            if let one = try await search(context, quantity, cell, settings) { found.append(one) }
          }
        }
      }
    } catch let enough as StepEnough {
      // The next step must not meet a shifted threshold.
      try await context.putBack(quantity.setting, before)
      throw enough
    }
    try await context.requireBack(quantity.setting, before)
    for cell in cells { judgeSlope(context, cell, found.filter { $0.cell == cell }) }
  }

  /// One threshold that was found.
  private struct Point {
    var cell: Int
    var setting: Double
    var value: Double
    var uncertainty: Double
  }

  private static func search(
    _ context: StepContext, _ quantity: ThresholdQuantity, _ cell: Int, _ settings: UnitSettings
  ) async throws -> Point? {
    let probe = try ThresholdProbe(context, quantity, .cell(cell), settings)
    let span = context.values.quantity("span")
    let run = ThresholdRun(
      probe: probe, method: ThresholdMethod(rawValue: context.values.text("method"))!,
      window: (probe.setting - span, probe.setting + span),
      resolution: ThresholdSearch.number(context, "resolution", .voltage)
        ?? quantity.resolution(probe.setting),
      rate: ThresholdSearch.number(context, "rate", .voltageRate) ?? quantity.rate(probe.setting))
    let channel = "cell \(cell) at \(Voltage(probe.setting))"
    let outcome: ThresholdRun.Outcome
    do { outcome = try await run.run(settings: settings, reach: context.values.number("reach")) } catch {
      probe.drawTrace()
      throw error
    }
    probe.drawTrace()
    context.measure("keeps-running", channel: channel, .flag(true), by: ["unit"])
    guard let (value, uncertainty) = outcome.value(boundUncertainty: probe.uncertainty(at: outcome.far))
    else {
      context.measure("deviation", channel: channel, .missing(outcome.words(quantity)), by: probe.instruments)
      return nil
    }
    context.measure(
      "deviation", channel: channel, .init(reading: value - probe.setting), uncertainty: uncertainty,
      by: probe.instruments, note: "at \(Voltage(value)): \(outcome.words(quantity))")
    guard outcome.isAtRest else { throw StepEnough(why: "the path did not come back on \(channel)") }
    // A bound is no point of a line.
    guard case .value = outcome.result.finding else { return nil }
    return Point(cell: cell, setting: probe.setting, value: value, uncertainty: uncertainty)
  }

  private static func judgeSlope(
    _ context: StepContext, _ cell: Int, _ points: [Point]
  ) {
    let channel = context.cell(cell)
    let by = context.bench.instrumentNames(.cellReference)
    guard points.count == 2, points[1].setting != points[0].setting else {
      context.measure("slope", channel: channel, .missing("one of both thresholds was not found"), by: by)
      return
    }
    let change = points[1].setting - points[0].setting
    context.measure(
      "slope", channel: channel, .init(reading: (points[1].value - points[0].value) / change),
      uncertainty: hypotenuse(points[0].uncertainty, points[1].uncertainty) / change.magnitude,
      by: by, note: "\(Voltage(points[0].value)) and \(Voltage(points[1].value))")
  }
}
