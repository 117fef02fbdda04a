import Capabilities
import Engine
import Model
import Quantities

/// The balancing switch goes on and off: SPEC-BAL-17.
public enum BalanceEnable: StepKind {
  public static let id = "balance-enable"
  public static let writesSettings = true
  public static let summary =
    "Records the balancing switch as it is, toggles it both ways with equal cells, reads it back each time, and "
    + "writes it back."
  public static let parameters: [FieldDeclaration] = []
  public static let measurements = [
    MeasurementDeclaration("as-found", .count, "1 on, 0 off"),
    MeasurementDeclaration("toggles", nil, "both positions read back as written"),
    MeasurementDeclaration("as-before", nil, "all settings read as before the step"),
  ]
  public static let roles: [RoleName] = [.cells, .thermistors]
  public static let sample = """
    - step: balance-enable
      id: balance-enable
      title: Balancing switch
      measure:
        as-found: information
        toggles: balance-switch
        as-before: settings-restored
    """

  public static func limitsUsed(_ context: CheckContext) -> [String] { Stimulus.limitsOfRest }

  public static func run(_ context: StepContext) async throws {
    try await context.calmUnit()
    let before = try await context.unit.settings(deadline: context.deadline(10))
    guard let found = before.value("balancing") else {
      throw StepEnough(why: "the unit reports no balancing switch")
    }
    context.measure("as-found", .number(found), uncertainty: 0, by: ["unit"])
    for position in [1 - found, found] {
      let proof = try await context.writeSetting("balancing", position)
      context.measure(
        "toggles", channel: position == 0 ? "off" : "on", .flag(proof.proven), by: ["unit"],
        note: proof.words(.count))
    }
    try await context.measureAsBefore(before)
  }
}
