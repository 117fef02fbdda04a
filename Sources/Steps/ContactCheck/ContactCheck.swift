import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Contacts and shorts before any power: PRC-CON-01 and the wiring-order part of PRC-SAFE-01.
public enum ContactCheck: StepKind {
  public static let id = "contact-check"
  public static let summary =
    "Low-energy check of the unpowered unit: node to node and supply resistance at a small voltage, then the "
    + "wiring order with a distinct voltage on every cell."
  public static let parameters = [
    FieldDeclaration(
      "test-voltage", .quantity(.voltage, range: 0.05...0.5), default: "0.5 V",
      doc: "voltage across each node pair"),
    FieldDeclaration(
      "current-limit", .quantity(.current, range: 0.001...0.1), default: "10 mA", doc: "limit while testing"),
    FieldDeclaration(
      "order-base", .quantity(.voltage, range: 1.5...3), default: "1.6 V",
      doc: "wiring order: voltage below cell 1"),
    FieldDeclaration(
      "order-step", .quantity(.voltage, range: 0.02...0.1), default: "50 mV",
      doc: "wiring order: step per cell"),
    FieldDeclaration(
      "rig-agreement", .quantity(.voltage, range: 0.001...0.1), default: "8 mV",
      doc: "emulator and reference must agree this well, or the rig is at fault"),
    FieldDeclaration(
      "settle", .quantity(.time, range: 0...10), default: "1 s", doc: "wait before each reading"),
  ]
  public static let measurements = [
    MeasurementDeclaration("node-resistance", .resistance, "smallest node to node resistance (lower bound)"),
    MeasurementDeclaration("supply-resistance", .resistance, "B24 to B0 (lower bound)"),
    MeasurementDeclaration("wiring-order", .voltage, "reference reading less programmed voltage, per cell"),
  ]
  public static let roles: [RoleName] = [.cells, .cellReference, .supplyCurrent, .emulatorContactor]
  public static let uncertainties = [
    UncertaintyNeed(.cells, "current", .current), UncertaintyNeed(.cellReference, "voltage", .voltage),
    UncertaintyNeed(.supplyCurrent, "current", .current),
  ]
  public static let sample = """
    - step: contact-check
      id: contacts
      title: Contacts and shorts
      on-fail: stop
      measure:
        node-resistance: node-resistance
        supply-resistance: supply-resistance
        wiring-order: adjacent-node
    """

  public static func demands(_ context: CheckContext) -> [Demand] {
    let top =
      context.values.quantity("order-base") + context.values.quantity("order-step")
      * Double(context.cellCount)
    return [
      Demand(
        role: .cells, quantity: AnyQuantity(top, .voltage), purpose: "wiring order of the last cell",
        place: context.values.place("order-base"))
    ]
  }

  public static func run(_ context: StepContext) async throws {
    let bench = context.bench
    let volts = context.values.quantity("test-voltage")
    try await bench.setLine(.emulatorContactor, active: false)
    try await bench.waitForMirror(.emulatorContactorMirror, active: false, of: .emulatorContactor)
    try await bench.setCellCurrentLimit(Current(context.values.quantity("current-limit")))
    try await bench.setAllCells(volts)
    try await bench.setCellOutputs(true)
    try await context.sleep(context.values.quantity("settle"))
    try await nodes(context, volts)
    try await supply(context, volts)
    try await order(context)
  }

  /// Ohms between two nodes below which the emulator's reading is doubted: five times what is judged.
  private static let doubted = 500.0

  /// A channel's current through its node pair bounds the resistance from below; the read-back's uncertainty is
  /// added to the current, so the bound holds without a further guard band.
  private static func nodes(_ context: StepContext, _ volts: Double) async throws {
    var worst = try await largestCurrent(context)
    if worst.current > volts / doubted { worst = try await again(context, after: worst, volts) }
    let bound = volts / (worst.current + context.uncertainty(.cells, "current"))
    context.measure(
      "node-resistance", .init(reading: bound), uncertainty: 0, by: context.bench.instrumentNames(.cells),
      note: "lower bound, \(context.cell(worst.cell))")
  }

  private typealias CellCurrent = (cell: Int, current: Double)

  private static func largestCurrent(_ context: StepContext) async throws -> CellCurrent {
    let currents = try await context.bench.cellCurrents(context.bench.fedCells)
    var worst: CellCurrent = (0, -1)
    for (index, reading) in currents.enumerated() {
      let current = try context.bench.number(reading, role: .cells, member: index).magnitude
      if current > worst.current { worst = (index + 1, current) }
    }
    return worst
  }

  /// The current of a short goes with the outputs and comes back with them; a reading that stands still does not.
  /// - Throws: `RigFault` when the emulator's reading does otherwise: then nothing is known of the unit.
  private static func again(
    _ context: StepContext, after first: CellCurrent, _ volts: Double
  ) async throws -> CellCurrent {
    let bench = context.bench
    let emulator = bench.instrumentNames(.cells).joined(separator: ", ")
    try await bench.setCellOutputs(false)
    try await context.sleep(context.values.quantity("settle"))
    let off = try await largestCurrent(context)
    guard off.current <= volts / doubted else {
      throw RigFault(
        instrument: emulator,
        message: "it reads \(Current(off.current)) in \(context.cell(off.cell)) while its outputs are off")
    }
    try await bench.setCellOutputs(true)
    try await context.sleep(context.values.quantity("settle"))
    let second = try await largestCurrent(context)
    guard (first.current - second.current).magnitude <= max(first.current, second.current) / 2 else {
      throw RigFault(
        instrument: emulator,
        message: "it reads \(Current(first.current)) in \(context.cell(first.cell)), and then "
          + "\(Current(second.current)) in \(context.cell(second.cell)) with the same voltage on the same nodes"
      )
    }
    return second
  }

  /// Amperes that a healthy meter stays below while no current can flow: a tenth of what is judged.
  private static let zeroLimit = 0.001

  private static func supply(_ context: StepContext, _ volts: Double) async throws {
    let bench = context.bench
    let zero = try await bench.supplyAmperes()
    guard zero.magnitude < zeroLimit else {
      throw RigFault(
        instrument: bench.instrumentNames(.supplyCurrent).joined(separator: ", "),
        message: "it reads \(Current(zero)) in the supply wire while the contactor is open")
    }
    try await bench.setLine(.emulatorContactor, active: true)
    try await bench.waitForMirror(.emulatorContactorMirror, active: true, of: .emulatorContactor)
    try await context.sleep(context.values.quantity("settle"))
    let current = try await bench.supplyAmperes().magnitude
    let bound = volts * Double(context.cellCount) / (current + context.uncertainty(.supplyCurrent, "current"))
    context.measure(
      "supply-resistance", .init(reading: bound), uncertainty: 0, by: bench.instrumentNames(.supplyCurrent),
      note: "lower bound")
    try await bench.setLine(.emulatorContactor, active: false)
  }

  private static func order(_ context: StepContext) async throws {
    let bench = context.bench
    let base = context.values.quantity("order-base")
    let step = context.values.quantity("order-step")
    let targets = bench.fedCells.map { base + step * Double($0) }
    let before = try await bench.cellReferenceVolts()
    try await bench.setCells(zip(bench.fedCells, targets).map { ($0, $1) })
    try await context.sleep(context.values.quantity("settle"))
    let readings = try await bench.cellReferenceVolts()
    try checkRig(context, before, readings, targets)
    for (index, reading) in readings.enumerated() {
      context.measure(
        "wiring-order", channel: context.cell(index + 1), .init(reading: reading - targets[index]),
        uncertainty: context.uncertainty(.cellReference), by: bench.instrumentNames(.cellReference))
    }
  }

  /// A wrong order or a broken wire is off by at least one step. Less than half of it, or a reference
  /// that does not move
  /// when every cell does, are instruments that disagree.
  private static func checkRig(
    _ context: StepContext, _ before: [Double], _ readings: [Double], _ targets: [Double]
  ) throws(RigFault) {
    let bench = context.bench
    if before == readings {
      throw RigFault(
        instrument: bench.instrumentNames(.cellReference).joined(separator: ", "),
        message: "its readings stand still while the cells change")
    }
    let allowed = context.values.quantity("rig-agreement")
    let step = context.values.quantity("order-step")
    for (index, reading) in readings.enumerated() {
      let off = (reading - targets[index]).magnitude
      guard off > allowed, off < step / 2 else { continue }
      throw RigFault(
        instrument: (bench.instrumentNames(.cellReference) + bench.instrumentNames(.cells)).joined(
          separator: " or "),
        message:
          "cell \(index + 1): reference reads \(Voltage(reading)), programmed are \(Voltage(targets[index])); "
          + "they may differ by \(Voltage(allowed))")
    }
  }
}
