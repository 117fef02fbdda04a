import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Whether every channel reads at both ends of the printed range: PRC-CAL-01, SPEC-MEAS-01.
///
/// Neighbours get opposite ends and then change over, so that the string's total stays in the middle: the unit keeps
/// its supply with few cells and the total stays far from the fence with many.
public enum CellRange: StepKind {
  public static let id = "cell-range"
  public static let writesSettings = true
  public static let summary =
    "Feeds every cell both ends of the printed measuring range, neighbours at opposite ends, and compares the unit's "
    + "readings with the independent reference. Shutdown and over-discharge are set lower meanwhile and written back."
  public static let parameters = [
    FieldDeclaration("settle", .quantity(.time, range: 0...30), default: "1 s", doc: "wait before reading"),
    FieldDeclaration("frames", .integer(range: 1...100), default: "2", doc: "telemetry frames to average"),
    FieldDeclaration(
      "shutdown", .quantity(.voltage, range: 0.5...1.5), default: "1.2 V",
      doc: "shutdown voltage meanwhile; below the range, or the unit switches itself off"),
    FieldDeclaration(
      "limit", .quantity(.time, range: 1...60), default: "15 s",
      doc: "longest wait for the protections to let go afterwards"),
  ]
  public static let measurements = [
    MeasurementDeclaration("low-end", .voltage, "unit's reading less reference at the lower end"),
    MeasurementDeclaration("high-end", .voltage, "unit's reading less reference at the upper end"),
    MeasurementDeclaration("as-before", nil, "all settings read as before the step"),
  ]
  public static let roles: [RoleName] = [.cells, .cellReference, .thermistors]
  public static let uncertainties = [UncertaintyNeed(.cellReference, "voltage", .voltage)]
  public static let sample = """
    - step: cell-range
      id: range
      title: Both ends of the measuring range
      measure:
        low-end: cell-range-error
        high-end: cell-range-error
        as-before: settings-restored
    """
  private static let range = "cell-range"

  public static func limitsUsed(_ context: CheckContext) -> [String] { Stimulus.limitsOfRest + [range] }

  public static func demands(_ context: CheckContext) -> [Demand] {
    guard let window = context.limits.window(range) else { return [] }
    return [window.low, window.high].compactMap { $0 }.map {
      Demand(
        role: .cells, quantity: AnyQuantity($0, .voltage), purpose: "end of the measuring range",
        place: context.values.place("settle"))
    }
  }

  public static func run(_ context: StepContext) async throws {
    guard let window = context.limits.window(range), let low = window.low, let high = window.high else {
      throw StepEnough(why: "the limit '\(range)' has no two ends")
    }
    try await context.calmUnit()
    let before = try await context.unit.settings(deadline: context.deadline(10))
    try await context.requireSetting("shutdown-voltage", context.values.quantity("shutdown"))
    try await context.requireSetting("cell-undervoltage-protection", low)
    try await feed(context, odd: low, even: high)
    try await feed(context, odd: high, even: low)
    try await context.calmUnit()
    try await context.writeBack(before)
    try await context.measureAsBefore(before)
    // What follows shall not find a path that is still cut.
    let limit = context.values.quantity("limit")
    let clear = try await context.waitForTelemetry(within: limit) {
      $0.overvoltageCells.isEmpty && $0.undervoltageCells.isEmpty && $0.chargingFault == 0
        && $0.dischargingFault == 0
    }
    if clear == nil { context.note("a protection had not let go \(TimeSpan(limit)) afterwards") }
  }

  /// One arrangement: odd cells at one end, even cells at the other.
  private static func feed(_ context: StepContext, odd: Double, even: Double) async throws {
    let bench = context.bench
    try await bench.setCells(bench.fedCells.map { ($0, $0.isMultiple(of: 2) ? even : odd) })
    try await context.sleep(context.values.quantity("settle"))
    // Read-back and reference agree, or the rig is at fault.
    let reference = try await bench.witnessedCellVolts()
    let (unit, _) = try await context.averagedTelemetry(context.values.integer("frames"))
    guard unit.count >= context.cellCount else {
      throw RigFault(instrument: "unit link", message: "telemetry carries \(unit.count) cells only")
    }
    for index in 0..<context.cellCount {
      let volts = (index + 1).isMultiple(of: 2) ? even : odd
      context.measure(
        volts == min(odd, even) ? "low-end" : "high-end", channel: context.cell(index + 1),
        .init(reading: unit[index] - reference[index]), uncertainty: context.uncertainty(.cellReference),
        by: ["unit"] + bench.instrumentNames(.cellReference),
        note: "reads \(Voltage(unit[index])) at \(Voltage(reference[index]))")
    }
  }
}
