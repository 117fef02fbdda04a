import Ports

/// The one circuit behind all simulated instruments and the unit: cells, node wires, the high-current loop, the
/// short-circuit loop, thermistors, relays, indicators.
///
/// Currents are constant between events; `advance(to:)` walks from event to event. All values SI.
public final class Circuit {
  public let parameters: CircuitParameters
  public private(set) var now = WorldInstant.start

  public init(parameters: CircuitParameters) { self.parameters = parameters }

  // MARK: time

  /// Puts a unit into the socket, or empties it.
  public func insert(_ board: (any BoardModel)?) { fatalError() }
  /// The board's next own event.
  public var nextEvent: WorldInstant? { fatalError() }
  /// Runs all events up to `instant` in order.
  public func advance(to instant: WorldInstant) { fatalError() }

  // MARK: what instruments set (each takes effect at `now`)

  /// Emulator output of cell k: volts, source and sink limit in amperes (magnitudes), output state.
  public func driveCell(_ k: Int, volts: Double, sourceLimit: Double, sinkLimit: Double, on: Bool) {
    fatalError()
  }
  /// Loop source: amperes (positive charges), compliance volts, output state.
  public func driveLoop(current: Double, compliance: Double, on: Bool) { fatalError() }
  /// Ohms at NTC n; infinite = open, 0 = short.
  public func setThermistor(_ n: Int, ohms: Double) { fatalError() }
  /// Volts to which the short-circuit bank is charged.
  public func setShortBank(volts: Double) { fatalError() }
  /// Line level changed. `shortTrigger` going active fires the pulse.
  public func setRelay(_ relay: Relay, active: Bool) { fatalError() }
  /// A person's action: presses the emergency stop, opens the cover.
  public func setContact(_ contact: Contact, active: Bool) { fatalError() }

  // MARK: what instruments read

  /// True volts at emulator output k and amperes it sources (negative: sinks).
  public func cellOutputVoltage(_ k: Int) -> Double { fatalError() }
  public func cellOutputCurrent(_ k: Int) -> Double { fatalError() }
  /// True volts between the terminals a voltmeter channel is wired to; 0 for terminals that carry no voltage.
  public func voltage(at terminal: Terminal) -> Double { fatalError() }
  /// Amperes in the loop, positive = charging; volts at the source's terminals.
  public var loopCurrent: Double { fatalError() }
  public var loopSourceVoltage: Double { fatalError() }
  /// True when the source cannot force its current.
  public var loopAtCompliance: Bool { fatalError() }
  public func thermistorOhms(_ n: Int) -> Double { fatalError() }
  public func isActive(_ relay: Relay) -> Bool { fatalError() }
  public func isActive(_ contact: Contact) -> Bool { fatalError() }
  public func isOn(_ indicator: Indicator) -> Bool { fatalError() }
  /// All changes of an indicator or contact since the circuit was made, oldest first.
  public func edges(of indicator: Indicator) -> [(level: Bool, at: WorldInstant)] { fatalError() }
  public func edges(of contact: Contact) -> [(level: Bool, at: WorldInstant)] { fatalError() }
  /// The last short-circuit pulse: when it began and amperes at `seconds` after its begin.
  public var shortPulse: (start: WorldInstant, current: (Double) -> Double)? { fatalError() }

  // MARK: faults of the rig (for scenarios)

  /// A contactor or relay that does not follow its line (welded or stuck) from now on.
  public func stick(_ relay: Relay, active: Bool) { fatalError() }
  /// Nodes a and b (0 … 24) exchanged at the unit's connector.
  public func crossNodes(_ a: Int, _ b: Int) { fatalError() }
  /// Extra ohms in the wire of node n.
  public func setNodeResistance(_ n: Int, ohms: Double) { fatalError() }
}
