import Capabilities
import Engine
import Model
import Ports
import Quantities

/// A recovery level on the wrong side of its protection: refused, or at least no chatter: SPEC-SET-05.
public enum SettingsConsistency: StepKind {
  public static let id = "settings-consistency"
  public static let writesSettings = true
  public static let summary =
    "Writes the recovery of a cell protection beyond the protection itself. A unit that takes it is held between both "
    + "levels while the path is watched: it may open once, and must not chatter. Writes the setting back afterwards."
  public static let parameters = [
    FieldDeclaration("protection", .choice(["overcharge", "over-discharge"]), doc: "which one"),
    FieldDeclaration("cell", .integer(range: 1...24), default: "1", doc: "cell to raise or lower"),
    FieldDeclaration(
      "beyond", .quantity(.voltage, range: 0.01...0.5), default: "60 mV",
      doc: "how far the recovery lies beyond the protection"),
    FieldDeclaration(
      "watch", .quantity(.time, range: 5...600), default: "60 s", doc: "how long the path is watched"),
    FieldDeclaration(
      "recovery-limit", .quantity(.time, range: 1...600), default: "12 s",
      doc: "longest wait for the path at rest"),
  ]
  public static let measurements = [
    MeasurementDeclaration("refused", nil, "the unit kept its recovery level"),
    MeasurementDeclaration("transitions", .count, "times the path opened or closed while it was watched"),
    MeasurementDeclaration("as-before", nil, "all settings read as before the step"),
  ]
  public static let roles: [RoleName] = [.cells, .thermistors, .loopSource, .loopContactor, .loopCurrent]
  public static let sample = """
    - step: settings-consistency
      id: wrong-side
      title: Recovery on the wrong side
      protection: overcharge
      measure:
        refused: information
        transitions: transitions-few
        as-before: settings-restored
    """

  public static func limitsUsed(_ context: CheckContext) -> [String] {
    [ThresholdQuantity.named(context.values.text("protection")).limit] + Stimulus.limitsOfRest
  }

  public static func findings(_ context: CheckContext) -> [Finding] {
    guard context.values.integer("cell") > context.cellCount else { return [] }
    return [
      Finding(place: context.values.place("cell"), message: "the unit has \(context.cellCount) cells")
    ]
  }

  public static func run(_ context: StepContext) async throws {
    let trip = ThresholdQuantity.named(context.values.text("protection"))
    let recovery = ThresholdQuantity.named("\(trip.name)-recovery")
    try await context.calmUnit()
    let before = try await context.unit.settings(deadline: context.deadline(10))
    guard let level = before.value(trip.setting), let original = before.value(recovery.setting) else {
      throw StepEnough(why: "the unit reports no setting '\(recovery.setting)'")
    }
    let beyond = context.values.quantity("beyond") * trip.direction
    let proof = try await context.writeSetting(recovery.setting, level + beyond)
    context.measure("refused", .flag(!proof.proven), by: ["unit"], note: proof.words(.voltage))
    if proof.proven {
      try await hold(context, trip, level: level + beyond / 2)
    } else {
      context.notApplicable("transitions", why: "the unit refuses such a setting")
    }
    try await context.putBack(recovery.setting, original)
    try await context.measureAsBefore(before)
  }

  private static func hold(_ context: StepContext, _ trip: ThresholdQuantity, level: Double) async throws {
    let cell = context.values.integer("cell")
    let watch = TripWatch(context, charging: trip.charging)
    try await context.bench.closeLoop()
    guard try await watch.waitForClosing(within: context.values.quantity("recovery-limit")) != nil else {
      throw StepEnough(why: "the path did not conduct before the stimulus")
    }
    try await context.bench.setCells([(cell, level)])
    let end = context.deadline(context.values.quantity("watch"))
    var closed = true
    var changes: [WorldInstant] = []
    while context.world.now < end {
      let now = try await context.bench.conducts(charging: trip.charging)
      if now != closed { changes.append(context.world.now) }
      closed = now
      try await context.sleep(0.1)
    }
    try await watch.end()
    context.measure(
      "transitions", channel: context.cell(cell), .number(Double(changes.count)), uncertainty: 0,
      by: context.bench.instrumentNames(.loopCurrent),
      note: "at \(Voltage(level)) for \(TimeSpan(context.values.quantity("watch")))")
    try await context.bench.setCells([(cell, context.restVoltage)])
    // A unit that no longer releases by itself does so once its settings are right again.
    try await context.bench.openLoop()
  }
}
