import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Leakage of the open power path at 100 V: PRC-FET-02.
///
/// A relay that does not close would read as a tight path, so the circuit is proven first: a few volts through the
/// closed path of the running unit must drive the current that the shunt allows.
public enum OffLeakage: StepKind {
  public static let id = "off-leakage"
  public static let summary =
    "Proves the leakage circuit through the unit's closed path, switches the unit off and measures the current that "
    + "the test voltage drives through the open path, in the discharge direction."
  public static let parameters = [
    FieldDeclaration("voltage", .quantity(.voltage, range: 10...100), default: "100 V", doc: "test voltage"),
    FieldDeclaration(
      "proof", .quantity(.voltage, range: 1...10), default: "5 V", doc: "voltage for the closed path"),
    FieldDeclaration(
      "settle", .quantity(.time, range: 0.1...30), default: "2 s", doc: "wait at the test voltage"),
  ]
  public static let measurements = [
    MeasurementDeclaration("off-leakage", .current, "through the path while the unit is off")
  ]
  public static let roles: [RoleName] =
    StepContext.supplyRoles + [.auxiliarySupply, .leakageRelay, .leakageCurrent, .loopContactor]
  public static let uncertainties = [UncertaintyNeed(.leakageCurrent, "current", .current)]
  public static let sample = """
    - step: off-leakage
      id: off-leakage
      title: Leakage of the open path
      measure:
        off-leakage: off-leakage
    """
  /// Readings to average, and the part of the expected proof current that must flow.
  static let readings = 5
  static let proofTolerance = 0.2

  public static func limitsUsed(_ context: CheckContext) -> [String] { Stimulus.limitsOfRest }

  public static func demands(_ context: CheckContext) -> [Demand] {
    [
      Demand(
        role: .auxiliarySupply, quantity: AnyQuantity(context.values.quantity("voltage"), .voltage),
        purpose: "leakage test", place: context.values.place("voltage"))
    ]
  }

  public static func run(_ context: StepContext) async throws {
    let bench = context.bench
    guard try await !bench.isActive(.loopContactor) else {
      throw RigFault(
        instrument: bench.instrumentNames(.loopContactor).joined(),
        message: "the loop contactor is closed: the test voltage must not meet the loop source")
    }
    try await prove(context)
    try await context.cutSupply()
    // The resistors across the terminals would carry the test current past the path.
    try await bench.setLine(.dischargeResistors, active: false)
    try await bench.setLine(.leakageRelay, active: true)
    try await bench.setAuxiliary(volts: context.values.quantity("voltage"))
    try await context.sleep(context.values.quantity("settle"))
    let amperes = try await mean(context)
    try await release(context)
    context.measure(
      "off-leakage", .init(reading: amperes),
      uncertainty: context.uncertainty(.leakageCurrent, "current", at: amperes),
      by: bench.instrumentNames(.leakageCurrent) + bench.instrumentNames(.auxiliarySupply),
      note: "at \(Voltage(context.values.quantity("voltage"))), \(readings) readings")
    try await context.feedUnit()
    try await context.returnUnit()
  }

  private static func prove(_ context: StepContext) async throws {
    let bench = context.bench
    let volts = context.values.quantity("proof")
    try await bench.setLine(.leakageRelay, active: true)
    try await bench.setAuxiliary(volts: volts)
    try await context.sleep(0.2)
    let amperes = try await mean(context)
    try await release(context)
    let expected = volts / (bench.rig.wiring.fixture.leakageCurrentScale?.base ?? .nan)
    guard (amperes - expected).magnitude <= expected * proofTolerance else {
      throw StepEnough(
        why:
          "the leakage circuit is not proven: \(Voltage(volts)) drove \(Current(amperes)) through the closed path, "
          + "\(Current(expected)) was expected; the path may not conduct, or the relay or shunt is at fault")
    }
  }

  private static func mean(_ context: StepContext) async throws -> Double {
    var sum = 0.0
    for _ in 0..<readings {
      sum += try await context.bench.leakageAmperes()
      try await context.sleep(0.05)
    }
    return sum / Double(readings)
  }

  /// Voltage off before the relay opens.
  private static func release(_ context: StepContext) async throws {
    try await context.bench.setAuxiliary(volts: 0)
    try await context.bench.setLine(.leakageRelay, active: false)
  }
}
