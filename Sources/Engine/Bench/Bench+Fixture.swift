import Capabilities
import Model
import Ports
import Quantities

/// Auxiliary supply, leakage test and the relays that spoil the sense wires on purpose.
extension Bench {
  /// Amperes the auxiliary supply may deliver: enough for any unit's inrush. In the leakage test the shunt holds
  /// them to a fifth of it by itself.
  static let auxiliaryCurrent = 0.5
  /// Part of the set voltage, and volts, by which its own reading may differ.
  static let auxiliaryTolerance = (relative: 0.02, absolute: 0.3)

  /// Volts at the unit's auxiliary input; 0 switches the output off. Read back by the supply itself.
  public func setAuxiliary(volts: Double) async throws {
    try checkFence(volts, Voltage(0), rig.envelope.auxiliaryVoltageMax, what: "auxiliary input")
    if volts > 0 { try await permitEnergising() }
    let (source, _) = try instrument(.auxiliarySupply, as: (any LoopSource).self)
    let current = volts > 0 ? Self.auxiliaryCurrent : 0
    try await source.program(current: Current(current), compliance: Voltage(volts))
    try await source.setOutput(volts > 0)
    guard volts > 0 else { return }
    try await world.sleep(for: .seconds(source.settlingTime.seconds + 0.02))
    let allowed = max(Self.auxiliaryTolerance.absolute, volts * Self.auxiliaryTolerance.relative)
    // A shorted path loads the test source through the shunt: only the input can be held to the voltage.
    let loaded = activeLines.contains { $0.role == .leakageRelay }
    let deadline = world.now + Self.auxiliaryRush
    while true {
      let reading = try number(try await source.measureVoltage(), role: .auxiliarySupply)
      if loaded ? reading <= volts + allowed : (reading - volts).magnitude <= allowed { return }
      guard world.now < deadline else {
        throw RigFault(
          instrument: source.name,
          message: "the auxiliary supply reads \(Voltage(reading)), it should be at \(Voltage(volts))")
      }
      try await world.sleep(for: Self.auxiliaryLook)
    }
  }

  /// Time for which a unit's rush of current may hold the supply at its limit.
  private static let auxiliaryRush = Interval.seconds(1)
  private static let auxiliaryLook = Interval.milliseconds(100)

  /// Amperes through the leakage shunt.
  public func leakageAmperes() async throws -> Double {
    guard let scale = rig.wiring.fixture.leakageCurrentScale else {
      throw RigFault(instrument: "rig", message: "its wiring gives no 'leakage-current-scale'")
    }
    return try await volts(.leakageCurrent).value / scale.base
  }

  /// Every sum that the line resistors can make, smallest first, with the relays that make it.
  public var lineResistances: [(ohms: Double, relays: [Bool])] {
    let values = rig.wiring.fixture.lineResistors.map(\.base)
    let sums = (0..<(1 << values.count)).map { mask in
      let relays = values.indices.map { mask & (1 << $0) != 0 }
      return (ohms: zip(values, relays).reduce(0) { $0 + ($1.1 ? $1.0 : 0) }, relays: relays)
    }
    return sums.sorted { $0.ohms < $1.ohms }
  }

  /// Switches the line resistors; a wire is never interrupted on the way, only more or less resistive.
  public func setLineResistors(_ relays: [Bool]) async throws {
    for (member, active) in relays.enumerated() {
      try await setLine(.lineResistors, member: member, active: active)
    }
  }
}
