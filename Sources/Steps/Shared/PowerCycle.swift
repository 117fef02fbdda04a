import Engine
import Model
import Ports
import Quantities

/// Cuts the unit's power, waits until it is really dead, starts it again and connects.
enum PowerCycle {
  static let parameters = [
    FieldDeclaration(
      "off-time", .quantity(.time, range: 0.5...30), default: "3 s", doc: "how long power is off"),
    FieldDeclaration(
      "press", .quantity(.time, range: 0.1...3), default: "500 ms", doc: "how long the wake switch is held"),
  ]
  static let roles: [RoleName] = StepContext.supplyRoles + [.thermistors]

  static func run(_ context: StepContext) async throws {
    try await context.cutSupply()
    try await context.sleep(context.values.quantity("off-time"))
    try await context.feedUnit()
    try await context.returnUnit(hold: context.values.quantity("press"))
  }
}
