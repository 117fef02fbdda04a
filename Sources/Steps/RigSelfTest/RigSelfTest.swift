import Capabilities
import Engine
import Model
import Ports
import Quantities

/// The rig proves itself before it judges: every quantity that decides about the unit is seen by two channels that do
/// not depend on each other, every relay and sensor is seen to work.
///
/// It runs before the unit is powered. Whatever does not agree ends the run as a rig error with the instrument named;
/// nothing of it is judged on the unit. What the rig has no second channel for is noted in the record.
public enum RigSelfTest: StepKind {
  public static let id = "rig-self-test"
  public static let summary =
    "Before the unit is powered: mirror contacts, light sensors and microphone with test lamps, NTC simulators with an "
    + "ohmmeter, reference against emulator with a different voltage on every cell, node relays, cell currents with "
    + "the discharge resistors as load. A disagreement is a rig error that names the instrument."
  public static let parameters = [
    FieldDeclaration(
      "temperatures", .list(of: .quantity(.temperature, range: -40...120)), default: "60 °C, 25 °C",
      doc: "at which the NTC simulators are read; the temperature steps check their own"),
    FieldDeclaration(
      "base", .quantity(.voltage, range: 0.2...1), default: "0.4 V", doc: "cell voltage below the pattern"),
    FieldDeclaration(
      "spacing", .quantity(.voltage, range: 0.01...0.05), default: "20 mV",
      doc: "difference between neighbours"),
    FieldDeclaration(
      "settle", .quantity(.time, range: 0...10), default: "100 ms", doc: "wait before the cells are read"),
    FieldDeclaration(
      "load-voltage", .quantity(.voltage, range: 0.2...1), default: "0.5 V",
      doc: "cell voltage while the discharge resistors are connected"),
    FieldDeclaration(
      "load-limit", .quantity(.current, range: 0.05...1), default: "300 mA",
      doc: "limit per cell meanwhile; must be above what the resistors draw"),
  ]
  public static let measurements = [
    MeasurementDeclaration(
      "cell-agreement", .voltage, optional: true, "largest difference between reference and emulator"),
    MeasurementDeclaration(
      "thermistor-agreement", .ratio, optional: true, "largest difference between simulator and ohmmeter"),
    MeasurementDeclaration(
      "load-current", .current, optional: true, "current through all cells with the discharge resistors"),
  ]
  public static let roles: [RoleName] = [.cells, .cellReference, .emulatorContactor]
  public static let uncertainties = [
    UncertaintyNeed(.cells, "voltage", .voltage), UncertaintyNeed(.cells, "current", .current),
    UncertaintyNeed(.cellReference, "voltage", .voltage),
  ]
  public static let sample = """
    - step: rig-self-test
      id: rig
      title: Self-test of the rig
    """

  public static func demands(_ context: CheckContext) -> [Demand] {
    let top =
      context.values.quantity("base") + context.values.quantity("spacing") * Double(context.cellCount)
    return [
      Demand(
        role: .cells, quantity: AnyQuantity(top, .voltage), purpose: "self-test of the last cell",
        place: context.values.place("base"))
    ]
  }

  public static func run(_ context: StepContext) async throws {
    for text in unwitnessed(context.bench) { context.note("not witnessed by a second channel: \(text)") }
    try await contactsAtRest(context.bench)
    try await context.bench.proveSensorsAtRest()
    try await wakeSwitch(context.bench)
    try await thermistors(context)
    let pattern = try await cellPattern(context)
    let load = try await cellLoad(context)
    let by = context.bench.instrumentNames(.cellReference) + context.bench.instrumentNames(.cells)
    context.measure(
      "cell-agreement", .init(reading: max(pattern, load)), uncertainty: context.uncertainty(.cellReference),
      by: by)
    try await context.bench.setCellOutputs(false)
  }

  /// What this rig cannot check, in words.
  private static func unwitnessed(_ bench: Bench) -> [String] {
    let chances: [(Bool, String)] = [
      (bench.canWitnessThermistors, "NTC simulators (roles thermistor-reference, thermistor-check)"),
      (bench.has(.indicatorTest), "light sensors and microphone (role indicator-test)"),
      (bench.has(.wakeSwitchMirror), "wake switch (role wake-switch-mirror)"),
      (bench.has(.dischargeResistors), "cell currents (role discharge-resistors)"),
      (bench.has(.emulatorContactorMirror), "emulator contactor (role emulator-contactor-mirror)"),
      (bench.has(.loopContactorMirror), "loop contactor (role loop-contactor-mirror)"),
      (bench.has(.packVoltage), "which of two voltmeters is wrong (role pack-voltage)"),
    ]
    return chances.filter { !$0.0 }.map(\.1)
  }

  /// Nothing was switched yet, so every switch must read at rest.
  private static func contactsAtRest(_ bench: Bench) async throws {
    for (role, mirror) in Bench.mirrors where bench.has(role) {
      try await bench.setLine(role, active: false)
      try await bench.waitForMirror(mirror, active: false, of: role)
    }
  }

  /// Pressed once while the unit has no supply: only the mirror contact notices.
  private static func wakeSwitch(_ bench: Bench) async throws {
    guard bench.has(.wakeSwitch), bench.has(.wakeSwitchMirror) else { return }
    try await bench.setLine(.wakeSwitch, active: true)
    try await bench.setLine(.wakeSwitch, active: false)
  }

  private static func thermistors(_ context: StepContext) async throws {
    let levels = context.values.quantities("temperatures")
    guard let worst = try await context.bench.witnessThermistors(celsius: levels) else { return }
    context.measure(
      "thermistor-agreement", .init(reading: worst), uncertainty: 0,
      by: context.bench.instrumentNames(.thermistors) + context.bench.instrumentNames(.thermistorReference))
  }

  /// A different voltage on every cell, so that exchanged wires show; then each node wire opened.
  /// - Returns: Largest difference of both voltmeters.
  private static func cellPattern(_ context: StepContext) async throws -> Double {
    let bench = context.bench
    let (base, step) = (context.values.quantity("base"), context.values.quantity("spacing"))
    try await bench.setCellCurrentLimit(Current(context.values.quantity("load-limit")))
    try await bench.setCells(bench.fedCells.map { ($0, base + step * Double($0)) })
    try await bench.setCellOutputs(true)
    try await context.sleep(context.values.quantity("settle"))
    let worst = try await bench.witnessCells() ?? 0
    try await bench.proveNodeRelays()
    return worst
  }

  /// All cells alike with the discharge resistors across them: one current through all channels, and a pack voltage as
  /// third witness.
  private static func cellLoad(_ context: StepContext) async throws -> Double {
    let bench = context.bench
    try await bench.setAllCells(context.values.quantity("load-voltage"))
    try await bench.setLine(.emulatorContactor, active: true)
    try await bench.waitForMirror(.emulatorContactorMirror, active: true, of: .emulatorContactor)
    try await context.sleep(context.values.quantity("settle"))
    let worst = try await bench.witnessCells() ?? 0
    if bench.has(.dischargeResistors) {
      try await bench.setLine(.dischargeResistors, active: true)
      try await context.sleep(context.values.quantity("settle"))
      let load = try await bench.witnessCellCurrents()
      try await bench.setLine(.dischargeResistors, active: false)
      try await context.sleep(context.values.quantity("settle"))
      try await bench.confirmUnloaded(load)
      context.measure(
        "load-current", .init(reading: load), uncertainty: context.uncertainty(.cells, "current", at: load),
        by: bench.instrumentNames(.cells))
    }
    try await bench.setLine(.emulatorContactor, active: false)
    try await bench.waitForMirror(.emulatorContactorMirror, active: false, of: .emulatorContactor)
    return worst
  }
}
