import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Path resistance and the unit's own current reading: PRC-FET-01, PRC-CAL-03.
public enum PowerPath: StepKind {
  public static let id = "power-path"
  public static let summary =
    "Drives loop currents through the closed power path: Kelvin resistance at the largest one, corrected to "
    + "25 °C, and the "
    + "unit's current reading at each."
  public static let parameters = [
    FieldDeclaration(
      "currents", .list(of: .quantity(.current, range: -400...400)),
      default: "-100 A, -10 A, 0 A, 10 A, 100 A",
      doc: "loop currents, positive charges"),
    FieldDeclaration(
      "compliance", .quantity(.voltage, range: 0.5...10), default: "3 V", doc: "voltage the source may use"),
    FieldDeclaration(
      "settle", .quantity(.time, range: 0.1...10), default: "700 ms",
      doc: "wait at each current: longer than the unit takes to sample and report it"),
    FieldDeclaration(
      "baseline", .choice(["none", "store", "compare"]), default: "store", doc: "resistance for later"),
  ]
  public static let measurements = [
    MeasurementDeclaration("path-resistance", .resistance, "B to P, both switches closed, at 25 °C"),
    MeasurementDeclaration("pack-current", .current, optional: true, "unit's reading against the loop shunt"),
    MeasurementDeclaration("resistance-change", .ratio, optional: true, "against the baseline"),
  ]
  public static let roles: [RoleName] = [.loopSource, .loopContactor, .loopCurrent, .pathDrop]
  public static let uncertainties = [
    UncertaintyNeed(.loopCurrent, "current", .current), UncertaintyNeed(.pathDrop, "voltage", .voltage),
  ]
  public static let sample = """
    - step: power-path
      id: path
      title: Path resistance and current
      measure:
        path-resistance: path-resistance
        pack-current: pack-current-error
      currents: [-100 A, 0 A, 100 A]
    """
  /// Copper and MOSFETs together, per kelvin (procedure catalogue 5.8, project figure).
  static let temperatureCoefficient = 0.004

  public static func demands(_ context: CheckContext) -> [Demand] {
    context.values.quantities("currents").map {
      Demand(
        role: .loopSource, quantity: AnyQuantity($0, .current), purpose: "path resistance",
        place: context.values.place("currents"))
    }
  }

  public static func run(_ context: StepContext) async throws {
    let bench = context.bench
    try await bench.closeLoop()
    var best: (current: Double, drop: Double, celsius: Double)?
    for current in context.values.quantities("currents") {
      try await bench.setLoop(current: current, compliance: context.values.quantity("compliance"))
      try await context.sleep(context.values.quantity("settle") + bench.loopSource().settlingTime.seconds)
      let frame = try await context.freshTelemetry()
      let volts = try await bench.readVolts([.loopCurrent, .pathDrop])
      let amperes = try bench.number(volts[0][0], role: .loopCurrent) / bench.rig.wiring.loopCurrentScale.base
      let drop = try bench.number(volts[1][0], role: .pathDrop)
      try await checkLoop(context, wanted: current, got: amperes, drop: drop)
      try await bench.confirmLoop(amperes, of: current)
      packCurrent(context, frame, amperes, at: current)
      if amperes.magnitude > best?.current.magnitude ?? 0 {
        best = (amperes, drop, frame.mosfetTemperature ?? 25)
      }
    }
    try await bench.openLoop()
    if let best { resistance(context, best) }
  }

  /// A source that does not deliver what the shunt should see: an open path is the unit's, anything else the rig's.
  private static func checkLoop(
    _ context: StepContext, wanted: Double, got: Double, drop: Double
  ) async throws {
    guard (wanted - got).magnitude > max(1, wanted.magnitude * 0.05) else { return }
    guard got.magnitude < 0.5 else {
      throw RigFault(
        instrument: (context.bench.instrumentNames(.loopSource) + context.bench.instrumentNames(.loopCurrent))
          .joined(separator: " or "),
        message: "the loop was set to \(Current(wanted)), the shunt reads \(Current(got))")
    }
    try await context.bench.confirmLoop(got, of: wanted)
    // What drives no current through the path has at least this resistance.
    let bound = drop.magnitude / (got.magnitude + context.uncertainty(.loopCurrent, "current", at: got))
    try await context.bench.openLoop()
    context.measure(
      "path-resistance", .init(reading: bound), uncertainty: 0,
      by: context.bench.instrumentNames(.pathDrop) + context.bench.instrumentNames(.loopCurrent),
      note: "lower bound: the path does not conduct \(Current(wanted))")
    throw StepEnough(why: "the path does not conduct")
  }

  private static func packCurrent(
    _ context: StepContext, _ frame: UnitTelemetry, _ amperes: Double, at wanted: Double
  ) {
    let channel = "at \(Current(wanted))"
    guard let reading = frame.packCurrent else {
      context.notApplicable("pack-current", channel: channel, why: "not in the unit's telemetry")
      return
    }
    context.measure(
      "pack-current", channel: channel, .init(reading: reading),
      uncertainty: context.uncertainty(.loopCurrent, "current", at: amperes),
      nominal: .number(amperes), by: ["unit"] + context.bench.instrumentNames(.loopCurrent))
  }

  private static func resistance(
    _ context: StepContext, _ best: (current: Double, drop: Double, celsius: Double)
  ) {
    // The drop is read from B to P: a charging current, counted positive, makes it negative.
    let hot = -best.drop / best.current
    let ohms = hot / (1 + temperatureCoefficient * (best.celsius - 25))
    let relative = hypotenuse(
      context.uncertainty(.pathDrop) / best.drop.magnitude,
      context.uncertainty(.loopCurrent, "current", at: best.current) / best.current.magnitude)
    let by = context.bench.instrumentNames(.pathDrop) + context.bench.instrumentNames(.loopCurrent)
    context.measure(
      "path-resistance", .init(reading: ohms), uncertainty: ohms.magnitude * relative + 5e-6, by: by,
      note: "at \(Current(best.current)), MOSFETs at \(Temperature(best.celsius))")
    switch context.values.text("baseline") {
    case "store": context.memory.baseline["path-resistance"] = [ohms]
    case "compare":
      guard let before = context.memory.baseline["path-resistance"]?.first, before != 0 else {
        context.measure("resistance-change", .missing("no baseline was stored"), by: by)
        return
      }
      context.measure(
        "resistance-change", .init(reading: (ohms - before) / before),
        uncertainty: 2 * 5e-6 / before.magnitude, by: by)
    default: break
    }
  }
}
