import Capabilities
import Engine
import Model
import Ports
import Quantities

/// The balancer works only with cell 1 above 2.4 V: PRC-ALM-05.
///
/// The over-discharge settings are lowered for the test and put back at its end: at 2.4 V the protection of most
/// chemistries would forbid balancing by itself (conflict C-09 of the manual).
public enum FirstCellStart: StepKind {
  public static let id = "first-cell-start"
  public static let writesSettings = true
  public static let summary =
    "Invites the unit to balance with cell 1 just below and just above the voltage from which the balancer may start."
  public static let parameters = [
    FieldDeclaration(
      "level", .quantity(.voltage, range: 2.5...3), default: "2.55 V", doc: "the other cells"),
    FieldDeclaration(
      "difference", .quantity(.voltage, range: 0.01...0.1), default: "30 mV",
      doc: "the highest cell above the others"),
    FieldDeclaration(
      "quiet", .quantity(.time, range: 3...60), default: "8 s", doc: "time in which nothing may start"),
    FieldDeclaration(
      "reaction", .quantity(.time, range: 3...60), default: "15 s", doc: "longest wait for balancing"),
  ]
  public static let measurements = [
    MeasurementDeclaration("idle-below", .current, "largest cell current with cell 1 at the lower edge"),
    MeasurementDeclaration("starts-above", nil, "balancing current flows with cell 1 at the upper edge"),
  ]
  public static let roles: [RoleName] = [.cells, .supplyCurrent]
  public static let uncertainties = [
    UncertaintyNeed(.cells, "current", .current), UncertaintyNeed(.cells, "voltage", .voltage),
  ]
  public static let sample = """
    - step: first-cell-start
      id: first-cell-start
      title: Balancer start by cell 1
      measure:
        idle-below: first-cell-idle
        starts-above: first-cell-starts
    """

  public static func limitsUsed(_ context: CheckContext) -> [String] {
    Stimulus.limitsOfRest + [Stimulus.balanceStart]
  }

  public static func demands(_ context: CheckContext) -> [Demand] {
    let level = context.values.quantity("level") + context.values.quantity("difference")
    return [
      Demand(
        role: .cells, quantity: AnyQuantity(level, .voltage), purpose: "balancing",
        place: context.values.place("level"))
    ]
  }

  /// Settings under which nothing but cell 1 decides.
  private static let settings: [(name: String, value: Double)] = [
    ("shutdown-voltage", 1.5), ("cell-undervoltage-protection", 1.8), ("cell-undervoltage-recovery", 2.0),
    ("balance-stop-voltage", 1.7), ("balance-start-voltage", 1.8), ("balance-start-difference", 0.010),
    ("balance-stop-difference", 0.005), ("balance-current", 1),
  ]

  public static func run(_ context: StepContext) async throws {
    let bench = context.bench
    guard let window = context.limits.window(Stimulus.balanceStart), let low = window.low,
      let high = window.high
    else { throw StepEnough(why: "the limit '\(Stimulus.balanceStart)' has no window") }
    let before = try await context.unit.settings(deadline: context.deadline(10))
    for (name, value) in settings { try await context.requireSetting(name, value) }
    let w = context.guardBand(context.uncertainty(.cells))
    try await feed(context, first: low + w)
    let supply = try await bench.supplyAmperes()
    try await context.requireSetting("balancing", 1)
    let idle = try await largestCurrent(
      context, supply: supply, for: context.values.quantity("quiet"), until: nil)
    context.measure(
      "idle-below", .init(reading: idle), uncertainty: context.uncertainty(.cells, "current"),
      by: bench.instrumentNames(.cells), note: "cell 1 at \(Voltage(low + w))")
    try await feed(context, first: high - w)
    let flowing = try await largestCurrent(
      context, supply: supply, for: context.values.quantity("reaction"), until: BalanceLog.floor)
    context.measure(
      "starts-above", .flag(flowing > BalanceLog.floor), by: bench.instrumentNames(.cells),
      note: "cell 1 at \(Voltage(high - w))")
    try await context.requireSetting("balancing", 0)
    try await bench.setAllCells(context.restVoltage)
    for (name, _) in settings.reversed() {
      if let value = before.value(name) { try await context.requireBack(name, value) }
    }
  }

  private static func feed(_ context: StepContext, first: Double) async throws {
    let level = context.values.quantity("level")
    let top = level + context.values.quantity("difference")
    try await context.bench.setCells(
      context.bench.fedCells.map { ($0, $0 == 1 ? first : $0 == context.cellCount ? top : level) })
  }

  /// Amperes of whichever cell beyond the supply current, watched for so long or until they exceed `threshold`.
  private static func largestCurrent(
    _ context: StepContext, supply: Double, for seconds: Double, until threshold: Double?
  ) async throws -> Double {
    let bench = context.bench
    let end = context.deadline(seconds)
    var worst = 0.0
    while context.world.now < end {
      for (index, reading) in try await bench.cellCurrents(bench.fedCells).enumerated() {
        worst = max(worst, (try bench.number(reading, role: .cells, member: index) - supply).magnitude)
      }
      if let threshold, worst > threshold { return worst }
      try await context.sleep(0.2)
    }
    return worst
  }
}
