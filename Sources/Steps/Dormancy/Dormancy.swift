import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Dormancy after an over-discharge and the way out of it: PRC-UVP-04.
public enum Dormancy: StepKind {
  public static let id = "dormancy"
  public static let summary =
    "Over-discharges one cell without a charger until the unit goes dormant, measures its current, raises the cell to "
    + "just below recovery (must stay off), then above it and charges (must come back)."
  public static let parameters = [
    FieldDeclaration(
      "cells", .list(of: .text), default: "rotating", doc: CellChoice.doc + "; the first is used"),
    FieldDeclaration(
      "below", .quantity(.voltage, range: 0.02...0.5), default: "50 mV",
      doc: "how far under the protection voltage the cell is held"),
    FieldDeclaration(
      "limit", .quantity(.time, range: 10...7200), default: "620 s", doc: "longest wait for dormancy"),
    FieldDeclaration(
      "dormant-below", .quantity(.current, range: 0.001...0.02), default: "5 mA",
      doc: "supply current under which the unit counts as dormant"),
    FieldDeclaration(
      "margin", .quantity(.voltage, range: 0.005...0.1), default: "20 mV",
      doc: "how far below the recovery voltage the unit must stay off"),
    FieldDeclaration(
      "hold", .quantity(.time, range: 5...600), default: "60 s", doc: "how long it must stay off there"),
    FieldDeclaration(
      "charge", .quantity(.current, range: 0.5...10), default: "1 A", doc: "charging current that wakes it"),
    FieldDeclaration(
      "wake-limit", .quantity(.time, range: 2...120), default: "20 s", doc: "longest wait for it to come back"
    ),
  ]
  public static let measurements = [
    MeasurementDeclaration("dormancy-time", .time, "over-discharge to dormancy"),
    MeasurementDeclaration("dormant-current", .current, "mean supply current while dormant"),
    MeasurementDeclaration("stays-off", nil, "no discharge below the recovery voltage"),
    MeasurementDeclaration("wake-time", .time, "charging above recovery to a closed discharge path"),
    MeasurementDeclaration("discharges", nil, "discharging current flows again after the wake"),
  ]
  public static let roles: [RoleName] = [
    .cells, .supplyCurrent, .loopSource, .loopContactor, .loopCurrent, .pathDrop, .wakeSwitch,
  ]
  public static let uncertainties = [UncertaintyNeed(.supplyCurrent, "current", .current)]
  public static let sample = """
    - step: dormancy
      id: dormancy
      title: Dormancy and wake
      measure:
        dormancy-time: dormancy-time
        dormant-current: quiescent-dormant
        stays-off: dormancy-stays-off
        wake-time: dormancy-wake-time
        discharges: dormancy-wakes
    """
  /// Volts along the path with the discharge switch open are at least a diode's; with it closed far less.
  static let closedDrop = 0.1

  public static func limitsUsed(_ context: CheckContext) -> [String] {
    ["uvp-trip", "uvp-recover"] + Stimulus.limitsOfRest
  }

  public static func findings(_ context: CheckContext) -> [Finding] {
    CellChoice.findings(context, key: "cells")
  }

  public static func demands(_ context: CheckContext) -> [Demand] {
    guard let trip = context.limits.nominal("uvp-trip") else { return [] }
    return [
      Demand(
        role: .cells, quantity: AnyQuantity(trip - context.values.quantity("below"), .voltage),
        purpose: "over-discharge", place: context.values.place("below"))
    ]
  }

  public static func run(_ context: StepContext) async throws {
    let (bench, values) = (context.bench, context.values)
    let cell = CellChoice.cells(
      values.texts("cells"), count: context.cellCount, serial: context.header.unit)![0]
    let recovery = context.limits.nominal("uvp-recover")!
    // A phone that stays connected could keep the unit awake.
    await context.unit.disconnect()
    context.memory.unitMayBeAsleep = true
    let begin = context.world.now
    try await bench.setCells([(cell, context.limits.nominal("uvp-trip")! - values.quantity("below"))])
    if try await awaitDormancy(context, since: begin) {
      try await dormantCurrent(context)
      try await bench.setCells([(cell, recovery - values.quantity("margin"))])
      try await staysOff(context)
      try await bench.setCells([(cell, recovery + 0.05)])
      try await wake(context)
    }
    try await bench.setAllCells(context.restVoltage)
    // The steps that follow need the unit awake and connected, whatever woke it.
    try await context.regainUnit()
    context.memory.unitMayBeAsleep = false
  }

  private static func awaitDormancy(_ context: StepContext, since begin: WorldInstant) async throws -> Bool {
    let by = context.bench.instrumentNames(.supplyCurrent)
    let end = begin + .seconds(context.values.quantity("limit"))
    var last = begin
    while true {
      let amperes = try await context.bench.supplyAmperes()
      let now = context.world.now
      if amperes < context.values.quantity("dormant-below") {
        context.measure(
          "dormancy-time", .init(reading: (now - begin).seconds), uncertainty: (now - last).seconds, by: by)
        return true
      }
      if now >= end {
        context.measure(
          "dormancy-time", .atLeast((now - begin).seconds), uncertainty: (now - last).seconds, by: by,
          note: "it was still awake, drawing \(Current(amperes))")
        return false
      }
      last = now
      try await context.sleep(1)
    }
  }

  private static func dormantCurrent(_ context: StepContext) async throws {
    let count = 10
    var sum = 0.0
    for _ in 0..<count {
      try await context.sleep(0.5)
      sum += try await context.bench.supplyAmperes()
    }
    context.measure(
      "dormant-current", .init(reading: sum / Double(count)),
      uncertainty: context.uncertainty(.supplyCurrent, "current"),
      by: context.bench.instrumentNames(.supplyCurrent), note: "\(count) readings")
  }

  /// Looks every few seconds with a discharging probe: a charging one would wake the unit.
  private static func staysOff(_ context: StepContext) async throws {
    let bench = context.bench
    try await bench.closeLoop()
    let end = context.world.now + .seconds(context.values.quantity("hold"))
    var conducting: Double?
    let begin = context.world.now
    while conducting == nil, context.world.now < end {
      if try await bench.conducts(charging: false) { conducting = (context.world.now - begin).seconds }
      try await bench.setLoop(current: 0, compliance: TripWatch.compliance)
      try await context.sleep(3)
    }
    context.measure(
      "stays-off", .flag(conducting == nil), by: bench.instrumentNames(.loopCurrent),
      note: conducting.map { "it conducted after \(TimeSpan($0))" } ?? "")
  }

  /// Charges and waits until the discharge switch carries the current instead of its diode.
  private static func wake(_ context: StepContext) async throws {
    let bench = context.bench
    let by = bench.instrumentNames(.loopCurrent) + bench.instrumentNames(.pathDrop)
    let current = context.values.quantity("charge")
    let start = try await bench.setLoop(current: current, compliance: TripWatch.compliance)
    context.memory.activations.append(start)
    var last = start
    var flowed = false
    while true {
      let readings = try await bench.readVolts([.loopCurrent, .pathDrop])
      let amperes =
        try bench.number(readings[0][0], role: .loopCurrent) / bench.rig.wiring.loopCurrentScale.base
      let drop = try bench.number(readings[1][0], role: .pathDrop).magnitude
      let now = context.world.now
      flowed = flowed || amperes > current / 2
      if amperes > current / 2, drop < closedDrop {
        try await bench.confirmLoop(amperes, of: current)
        context.measure(
          "wake-time", .init(reading: (now - start).seconds), uncertainty: (now - last).seconds, by: by)
        context.measure("discharges", .flag(try await bench.conducts(charging: false)), by: by)
        break
      }
      if now >= start + .seconds(context.values.quantity("wake-limit")) {
        try await bench.confirmLoop(amperes, of: current)
        let why = flowed ? "the discharge switch stayed open" : "no charging current flowed"
        context.measure(
          "wake-time", .init(reading: (now - start).seconds), uncertainty: (now - last).seconds, by: by,
          note: "it did not come back: \(why)")
        context.measure("discharges", .flag(false), by: by, note: why)
        break
      }
      last = now
      try await context.sleep(0.02)
    }
    try await bench.openLoop()
  }
}
