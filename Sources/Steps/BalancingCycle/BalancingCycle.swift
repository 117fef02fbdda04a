import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Start, currents and phases, stop of the active balancer: PRC-BAL-01, -02, -04.
///
/// Differences are set as the unit sees them: its channel errors of a few millivolts are larger than the steps, so the
/// stimulus of each cell is corrected by the error that the accuracy step found.
public enum BalancingCycle: StepKind {
  public static let id = "balancing-cycle"
  public static let writesSettings = true
  public static let summary =
    "Below the start difference nothing may flow; above it the balancer must take from the highest cell and "
    + "give to the "
    + "lowest in alternating phases at the set current; back below, it must stop."
  public static let parameters = [
    FieldDeclaration(
      "current", .quantity(.current, range: 1...8), default: "8 A", doc: "balancing current to set"),
    FieldDeclaration(
      "start-difference", .quantity(.voltage, range: 0.001...0.5), default: "20 mV",
      doc: "start difference to set"),
    FieldDeclaration(
      "stop-difference", .quantity(.voltage, range: 0.001...0.5), default: "10 mV",
      doc: "stop difference to set"),
    FieldDeclaration(
      "margin", .quantity(.voltage, range: 0.001...0.05), default: "4 mV",
      doc: "distance from the start difference"),
    FieldDeclaration(
      "difference", .quantity(.voltage, range: 0.01...0.5), default: "50 mV",
      doc: "difference while balancing"),
    FieldDeclaration(
      "quiet", .quantity(.time, range: 1...60), default: "6 s", doc: "dwell in which nothing may flow"),
    FieldDeclaration(
      "reaction", .quantity(.time, range: 1...60), default: "15 s", doc: "longest wait for start and stop"),
    FieldDeclaration("cycles", .integer(range: 1...10), default: "2", doc: "full cycles to record"),
  ]
  public static let measurements = [
    MeasurementDeclaration("stays-off", .current, "largest cell current below the start difference"),
    MeasurementDeclaration("starts", nil, "current flows above the start difference"),
    MeasurementDeclaration("status", nil, "the unit reports balancing while current flows"),
    MeasurementDeclaration("yellow-light", nil, "yellow light while balancing"),
    MeasurementDeclaration("enable-beep", .count, optional: true, "bursts after enabling"),
    MeasurementDeclaration("source-current", .current, "mean of the flat part, out of the highest cell"),
    MeasurementDeclaration("sink-current", .current, "mean of the flat part, into the lowest cell"),
    MeasurementDeclaration(
      "telemetry-current", .current, "the unit's balancing current against the emulator"),
    MeasurementDeclaration(
      "other-cells", .current, "largest current of any other cell beyond the supply current"),
    MeasurementDeclaration("alternates", nil, "phases alternate and never overlap"),
    MeasurementDeclaration("phase-duration", .time, "each complete phase"),
    MeasurementDeclaration("transfer-time", .time, "charge of a phase over its mean current"),
    MeasurementDeclaration("stops", nil, "no more current below the stop difference"),
  ]
  public static let roles: [RoleName] = [.cells, .supplyCurrent, .yellowLED, .buzzer]
  public static let uncertainties = [UncertaintyNeed(.cells, "current", .current)]
  public static let sample = """
    - step: balancing-cycle
      id: balancing
      title: Balancing current and cycle
      measure:
        stays-off: other-cell-current
        starts: balance-starts
        status: balance-status
        yellow-light: yellow-led-balancing
        enable-beep: information
        source-current: balance-current-error
        sink-current: balance-current-error
        telemetry-current: balance-telemetry-error
        other-cells: other-cell-current
        alternates: phases-alternate
        phase-duration: phase-duration
        transfer-time: transfer-time
        stops: balance-stops
    """

  public static func limitsUsed(_ context: CheckContext) -> [String] {
    Stimulus.limitsOfRest + [Stimulus.balanceStart]
  }

  public static func demands(_ context: CheckContext) -> [Demand] {
    [
      Demand(
        role: .cells, quantity: AnyQuantity(context.values.quantity("current") * 1.05, .current),
        purpose: "balancing current", place: context.values.place("current"))
    ]
  }

  public static func findings(_ context: CheckContext) -> [Finding] {
    let values = context.values
    guard values.quantity("stop-difference") >= values.quantity("start-difference") else { return [] }
    return [
      Finding(
        place: values.place("stop-difference"),
        message: "the stop difference must be below the start difference")
    ]
  }

  public static func run(_ context: StepContext) async throws {
    let values = context.values
    // Highest and lowest cell far apart, so that a wrong index shows.
    let high = CellChoice.rotating(context.header.unit, count: context.cellCount)
    let low = (high - 1 + context.cellCount / 2) % context.cellCount + 1
    let rest = context.balanceVoltage
    try await context.requireSetting("balance-start-difference", values.quantity("start-difference"))
    try await context.requireSetting("balance-stop-difference", values.quantity("stop-difference"))
    try await context.requireSetting("balance-stop-voltage", rest - 0.2)
    try await context.requireSetting("balance-start-voltage", rest - 0.15)
    try await context.requireSetting("balance-current", values.quantity("current"))
    let stimulus = BalanceStimulus(context: context, rest: rest, high: high, low: low)
    try await stimulus.set(difference: values.quantity("start-difference") - values.quantity("margin"))
    let enabled = context.world.now
    try await context.requireSetting("balancing", 1)
    try await quiet(context)
    try await stimulus.set(difference: values.quantity("start-difference") + values.quantity("margin"))
    let supply = try await context.bench.supplyAmperes()
    guard try await started(context, high: high, low: low, supply: supply) else {
      try await context.requireSetting("balancing", 0)
      try await context.bench.setAllCells(context.restVoltage)
      throw StepEnough(why: "balancing did not start")
    }
    try await stimulus.set(difference: values.quantity("difference"))
    let begin = context.world.now
    var log = try await BalanceLog.record(
      context, high: high, low: low, cycles: values.integer("cycles"), supply: supply, comparing: false)
    let witness = try await asked(context, about: log)
    try await log.compare(context, supply: supply)
    try await state(context, since: begin, enabled: enabled)
    log.judge(context, setting: values.quantity("current"), witness: witness)
    try await stop(context, stimulus, high: high, low: low, supply: supply)
    try await context.requireSetting("balancing", 0)
    try await context.bench.setAllCells(context.restVoltage)
  }

  /// An emulator whose readings stand still, drift or come late looks like a unit that balances wrong.
  /// - Returns: What the voltmeter at the unit's connector saw; nil when nothing is doubtful, or there is none.
  private static func asked(
    _ context: StepContext, about log: BalanceLog
  ) async throws -> TransferRecording? {
    guard context.bench.has(.cellReference),
      log.isDoubtful(context, setting: context.values.quantity("current"))
    else { return nil }
    try await context.bench.witnessCells()
    return try await TransferRecording.record(
      context, BalancePair(context), cycles: 1, limit: BalanceLog.cycleLimit)
  }

  private static func quiet(_ context: StepContext) async throws {
    let end = context.world.now + .seconds(context.values.quantity("quiet"))
    var worst = 0.0
    let supply = try await context.bench.supplyAmperes()
    while context.world.now < end {
      worst = max(worst, try await largestCurrent(context, supply: supply))
      try await context.sleep(0.5)
    }
    context.measure(
      "stays-off", .init(reading: worst), uncertainty: context.uncertainty(.cells, "current"),
      by: context.bench.instrumentNames(.cells))
  }

  /// Amperes of whichever fed cell, beyond the supply current.
  private static func largestCurrent(_ context: StepContext, supply: Double) async throws -> Double {
    var worst = 0.0
    for (index, reading) in try await context.bench.cellCurrents(context.bench.fedCells).enumerated() {
      worst = max(worst, (try context.bench.number(reading, role: .cells, member: index) - supply).magnitude)
    }
    return worst
  }

  private static func started(
    _ context: StepContext, high: Int, low: Int, supply: Double
  ) async throws -> Bool {
    let end = context.world.now + .seconds(context.values.quantity("reaction"))
    var flows = false
    while !flows, context.world.now < end {
      flows = try await BalanceLog.flow(context, high: high, low: low, supply: supply) != nil
      // A balancer that takes from the wrong cell has started all the same.
      if !flows { flows = try await largestCurrent(context, supply: supply) > BalanceLog.floor }
      if !flows { try await context.sleep(0.1) }
    }
    context.measure("starts", .flag(flows), by: context.bench.instrumentNames(.cells))
    return flows
  }

  private static func state(_ context: StepContext, since begin: WorldInstant, enabled: WorldInstant)
    async throws
  {
    let frame = try await context.freshTelemetry()
    context.measure("status", .flag(frame.isBalancing), by: ["unit"], note: frame.status)
    try await context.measureLight("yellow-light", .yellow, from: begin)
    let beeps = try await context.bench.buzzer(from: enabled, to: context.world.now).bursts.count
    context.measure(
      "enable-beep", .number(Double(beeps)), uncertainty: 0, by: context.bench.instrumentNames(.buzzer))
  }

  private static func stop(
    _ context: StepContext, _ stimulus: BalanceStimulus, high: Int, low: Int, supply: Double
  ) async throws {
    try await stimulus.set(
      difference: max(context.values.quantity("stop-difference") - context.values.quantity("margin"), 0))
    // A phase under way may end; after that nothing may flow for the quiet time.
    let end = context.world.now + .seconds(context.values.quantity("reaction"))
    var quietSince = context.world.now
    while context.world.now < end {
      if try await BalanceLog.flow(context, high: high, low: low, supply: supply) != nil {
        quietSince = context.world.now
      }
      if context.world.now - quietSince >= .seconds(context.values.quantity("quiet") * 0.7) { break }
      try await context.sleep(0.2)
    }
    let quiet = context.world.now - quietSince >= .seconds(context.values.quantity("quiet") * 0.7)
    context.measure("stops", .flag(quiet), by: context.bench.instrumentNames(.cells))
  }
}

/// Cell voltages as the unit sees them.
struct BalanceStimulus {
  let context: StepContext
  let rest: Double
  let high: Int
  let low: Int

  /// All cells at one voltage, the high one half the difference above, the low one half below, each
  /// corrected by the error
  /// that the accuracy step found for its channel (0 when it did not run).
  func set(difference: Double) async throws {
    let errors = context.memory.baseline["cell-error"] ?? []
    try await context.bench.setCells(
      context.bench.fedCells.map { cell in
        var volts = rest
        if cell == high { volts += difference / 2 }
        if cell == low { volts -= difference / 2 }
        return (cell, volts - (errors.count >= cell ? errors[cell - 1] : 0))
      })
  }
}
