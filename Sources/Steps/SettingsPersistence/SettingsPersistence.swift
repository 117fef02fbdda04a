import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Settings survive being without power, again and again: PRC-COM-03, SPEC-SET-02.
public enum SettingsPersistence: StepKind {
  public static let id = "settings-persistence"
  public static let writesSettings = true
  public static let summary =
    "Writes settings that differ from the factory's, then switches the unit off and on many times and compares the "
    + "whole settings frame byte for byte after each. Writes the settings back afterwards."
  public static let parameters =
    [
      FieldDeclaration("cycles", .integer(range: 1...1000), default: "1", doc: "times the power is cut"),
      FieldDeclaration(
        "settings", .map(.text), required: false,
        doc: "setting name → value that must survive; without it those that stand there"),
    ] + PowerCycle.parameters
  public static let measurements = [
    MeasurementDeclaration(
      "persists", nil, "the settings frame after the cycles, or after the first that changed it"),
    MeasurementDeclaration("cycles", .count, "cycles after which the settings were compared"),
    MeasurementDeclaration(
      "starts-counted", nil, optional: true, "the unit's power-on count rose by one with every cycle"),
    MeasurementDeclaration("as-before", nil, "all settings read as before the step"),
  ]
  public static let roles: [RoleName] = PowerCycle.roles
  public static let sample = """
    - step: settings-persistence
      id: persistence
      title: Settings over power cycles
      cycles: 2
      settings: {cell-overvoltage-recovery: 3.44 V}
      measure:
        persists: settings-persist
        cycles: information
        starts-counted: information
        as-before: settings-restored
    """

  public static func limitsUsed(_ context: CheckContext) -> [String] { Stimulus.limitsOfRest }

  public static func findings(_ context: CheckContext) -> [Finding] { SettingNames.mapFindings(context) }

  public static func run(_ context: StepContext) async throws {
    try await context.calmUnit()
    let before = try await context.unit.settings(deadline: context.deadline(10))
    for (name, text) in context.values.map("settings") {
      guard let dimension = context.unit.dimension(ofSetting: name) else { continue }
      let value = try AnyQuantity(parsing: text.text!, as: dimension).base
      try await context.requireSetting(name, value)
    }
    let held = try await context.unit.settings(deadline: context.deadline(10))
    let first = try await context.unit.description(deadline: context.deadline(10))
    let wanted = context.values.integer("cycles")
    let (done, frame) = try await cycle(context, wanted, while: held.frame)
    context.measure(
      "persists", channel: "cycle \(done) of \(wanted)", .text(HexText.packed(frame)),
      nominal: .text(HexText.packed(held.frame)), by: ["unit"])
    context.measure("cycles", .number(Double(done)), uncertainty: 0, by: ["unit"])
    let last = try await context.unit.description(deadline: context.deadline(10))
    let counted = last.powerOnCount - first.powerOnCount
    context.measure(
      "starts-counted", .flag(counted == done), by: ["unit"], note: "\(counted) starts in \(done) cycles")
    try await context.writeBack(before)
    try await context.measureAsBefore(before)
  }

  /// Power cycles, until the settings' frame is another one.
  private static func cycle(
    _ context: StepContext, _ wanted: Int, while held: [UInt8]
  ) async throws -> (done: Int, frame: [UInt8]) {
    var done = 0
    var frame = held
    while done < wanted, frame == held {
      try await PowerCycle.run(context)
      let settings = try await context.unit.settings(deadline: context.deadline(10))
      frame = settings.frame
      done += 1
    }
    return (done, frame)
  }
}
