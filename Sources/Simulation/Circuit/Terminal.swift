/// A point of the simulated circuit to which one instrument channel is wired.
public enum Terminal: Hashable, Sendable {
  /// Emulator output for cell 1 (most negative) … 24.
  case cell(Int)
  /// Voltmeter across cell 1 … 24 at the unit's connector.
  case cellSense(Int)
  /// Voltmeter B+ to B−, P+ to P−, and along the power path from B to P.
  case packVoltage, portVoltage, pathDrop
  /// Voltmeter on the loop shunt and on the supply shunt.
  case loopShunt, supplyShunt
  case loopSource
  /// NTC 1 … 4.
  case thermistor(Int)
  /// Ohmmeter on the simulator of NTC 1 … 4.
  case thermistorReference(Int)
  case shortBank
  /// Supply at the unit's auxiliary input, or across its open path while the leakage relay is active.
  case auxiliarySupply
  /// Voltmeter on the shunt in series with the leakage test source.
  case leakageShunt
  /// Digitiser on the short-circuit current transducer.
  case shortCurrent
  case relay(Relay)
  case indicator(Indicator)
  case contact(Contact)
}

/// Things an output line switches. All are open (inactive) when the circuit is made.
public enum Relay: Hashable, Sendable {
  case emulatorContactor, loopContactor, dischargeResistors, wakeSwitch, shortTrigger
  /// Opens the wire of node B0 … B24 while active.
  case nodeOpen(Int)
  /// Exchanges two neighbouring sense wires while active.
  case nodeCrossing
  /// Puts resistor 0 … 4 in series with one sense wire while active.
  case lineResistor(Int)
  /// Connects the auxiliary supply across the power path while active.
  case leakage
  /// Changes the NTC simulators over to the ohmmeter, the unit's inputs to fixed resistors.
  case thermistorCheck
  /// Lamps and sounder in front of the sensors.
  case indicatorTest
}

/// Things of the unit that light or sound.
public enum Indicator: String, Hashable, Sendable, CaseIterable { case blue, red, yellow, green, buzzer }

/// Contacts of the rig that an input line reads; active means stop pressed, cover closed, contactor closed.
public enum Contact: Hashable, Sendable {
  case emergencyStop, cover, emulatorContactorMirror, loopContactorMirror, wakeSwitchMirror, dischargeMirror
}
