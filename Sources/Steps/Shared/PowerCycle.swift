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
  static let roles: [RoleName] = [
    .cells, .emulatorContactor, .wakeSwitch, .thermistors, .dischargeResistors, .packVoltage,
  ]
  /// Volts below which nothing of the unit runs, and the longest wait for it.
  static let deadSupply = 5.0
  static let drainLimit = 10.0

  static func run(_ context: StepContext) async throws {
    let bench = context.bench
    await context.unit.disconnect()
    try await bench.setLine(.emulatorContactor, active: false)
    try await bench.waitForMirror(.emulatorContactorMirror, active: false, of: .emulatorContactor)
    try await drain(context)
    try await context.sleep(context.values.quantity("off-time"))
    try await bench.setLine(.dischargeResistors, active: false)
    try await bench.setLine(.emulatorContactor, active: true)
    try await bench.waitForMirror(.emulatorContactorMirror, active: true, of: .emulatorContactor)
    _ = try await Activation.press(context, hold: context.values.quantity("press"))
    _ = try await context.unit.discover(deadline: context.deadline(10))
    try await context.unit.connect(deadline: context.deadline(10))
  }

  /// The unit's own capacitors feed it for seconds: only a measured dead supply is a power cycle.
  private static func drain(_ context: StepContext) async throws {
    try await context.bench.setLine(.dischargeResistors, active: true)
    let deadline = context.deadline(drainLimit)
    while true {
      let volts = try await context.bench.volts(.packVoltage).value
      if volts < deadSupply { return }
      guard context.world.now < deadline else {
        throw RigFault(
          instrument: context.bench.instrumentNames(.dischargeResistors).joined(),
          message:
            "the supply still reads \(Voltage(volts)) \(TimeSpan(drainLimit)) after it was cut: the unit is not off"
        )
      }
      try await context.sleep(0.05)
    }
  }
}
