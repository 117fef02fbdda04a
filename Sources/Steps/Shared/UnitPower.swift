import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Taking the unit off its supply and bringing it back, for steps that look at what happens in between.
extension StepContext {
  /// Volts below which nothing of the unit runs, and the longest wait for it.
  static let deadSupply = 5.0
  static let drainLimit = 10.0
  /// Amperes between cells, as the unit tells them, that no contactor is to break; seconds for which its word stands.
  static let balancingLimit = 1.0
  static let wordStands = 2.0

  /// Roles that `cutSupply` and `feedUnit` use.
  static let supplyRoles: [RoleName] = [
    .cells, .emulatorContactor, .wakeSwitch, .dischargeResistors, .packVoltage,
  ]

  /// Opens the emulator contactor and waits until the supply is measured dead: the unit's own capacitors feed it for a
  /// while. The discharge resistors stay connected.
  func cutSupply() async throws {
    try await unloadCells()
    await unit.disconnect()
    memory.unitMayBeAsleep = true
    try await bench.setLine(.emulatorContactor, active: false)
    try await bench.waitForMirror(.emulatorContactorMirror, active: false, of: .emulatorContactor)
    try await bench.setLine(.dischargeResistors, active: true)
    let end = deadline(Self.drainLimit)
    while true {
      let volts = try await bench.volts(.packVoltage).value
      if volts < Self.deadSupply { return }
      guard world.now < end else {
        throw RigFault(
          instrument: bench.instrumentNames(.dischargeResistors).joined(),
          message: "the supply still reads \(Voltage(volts)) \(TimeSpan(Self.drainLimit)) after it was cut")
      }
      try await sleep(0.05)
    }
  }

  /// A unit that is balancing, or does not say, loses its cells before the contactor opens.
  private func unloadCells() async throws {
    do throws(UnitLinkError) {
      let word = try await unit.telemetry(after: world.now - .seconds(Self.wordStands), deadline: world.now)
      if word.balancingCurrent.magnitude < Self.balancingLimit { return }
    } catch {
      if error.code == .stopped { throw error }
    }
    try await bench.setCellOutputs(false)
  }

  /// Closes the emulator contactor again. The unit still has to be woken.
  func feedUnit() async throws {
    try await bench.setLine(.dischargeResistors, active: false)
    if !bench.cellOutputsOn { try await bench.setCellOutputs(true) }
    try await bench.setLine(.emulatorContactor, active: true)
    try await bench.waitForMirror(.emulatorContactorMirror, active: true, of: .emulatorContactor)
  }

  /// Presses the wake switch and listens.
  /// - Returns: Seconds from pressing to the first advertisement; nil when none came within `limit` seconds.
  func wakeUnit(within limit: Double) async throws -> Double? {
    let pressed = try await Activation.press(self, hold: 0.5)
    do {
      let heard = try await unit.discover(deadline: pressed + .seconds(limit))
      return (heard.at - pressed).seconds
    } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
  }

  /// Brings back a unit that a step, cut short, left off its supply, asleep or disconnected; does nothing to one that
  /// is connected. The wake switch is pressed only on a unit that must be off.
  func regainUnit() async throws {
    if try await !bench.isActive(.emulatorContactor) {
      try await feedUnit()
      try await returnUnit()
      return
    }
    guard !unit.isConnected else { return }
    if memory.unitMayBeAsleep {
      do {
        _ = try await unit.discover(deadline: deadline(6))
      } catch {
        guard error.code == .notFound else { throw error }
        try await returnUnit()
        return
      }
    } else {
      _ = try await unit.discover(deadline: deadline(10))
    }
    try await unit.connect(deadline: deadline(10))
  }

  /// Wakes the unit and connects, for the steps that follow. A unit that does not come back is an error here: what it
  /// means has been measured before, or is for the power-up step to say.
  ///
  /// - Parameter hold: Seconds the wake switch is held.
  func returnUnit(hold: Double = 0.5) async throws {
    _ = try await Activation.press(self, hold: hold)
    _ = try await unit.discover(deadline: deadline(10))
    try await unit.connect(deadline: deadline(10))
    memory.unitMayBeAsleep = false
  }
}
