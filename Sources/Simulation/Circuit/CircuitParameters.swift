/// Facts of the fixture that the circuit needs. SI units.
public struct CircuitParameters: Hashable, Sendable {
  /// Ohms of one sense lead from emulator to the unit's connector.
  public var cellLeadResistance = 0.01
  /// Ohms of the high-current loop without the unit.
  public var loopResistance = 0.002
  /// Volts per ampere of the loop shunt and of the supply shunt.
  public var loopShuntScale = 0.0001
  public var supplyShuntScale = 1.0
  /// Short-circuit loop without the unit: ohms and henries; one-shot limit of the trigger in seconds.
  public var shortLoopResistance = 0.02
  public var shortLoopInductance = 1e-6
  public var shortOneShot = 0.002
  /// Volts per ampere of the short-circuit transducer.
  public var pulseScale = 0.001
  /// Volts at which the clamp limits the path when it opens under current.
  public var clampVoltage = 150.0
  /// Farads across B and across P, ohms of the discharge resistors and of the permanent bleed.
  public var terminalCapacitance = 0.001
  public var dischargeResistance = 100.0
  public var bleedResistance = 10_000.0
  /// Lower one of the two nodes whose wires the crossing relay exchanges.
  public var crossedNode = 8
  /// Node whose wire the line resistors lie in, and their ohms.
  public var resistorNode = 12
  public var lineResistors = [0.1, 0.2, 0.5, 1, 2]
  /// Ohms in series with the leakage test source.
  public var leakageShunt = 1000.0
  /// Ohms at the unit's NTC inputs while the simulators are at the ohmmeter: 25 °C.
  public var thermistorStandIn = 10_000.0
  /// Degrees Celsius around the unit.
  public var ambient = 25.0
  public init() {}
}
