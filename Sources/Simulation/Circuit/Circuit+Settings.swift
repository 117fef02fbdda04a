import Ports

/// What instruments set (each takes effect at `now`) and the faults of the rig.
extension Circuit {
  /// Emulator output of cell k: volts, source and sink limit in amperes (magnitudes), output state.
  public func driveCell(_ k: Int, volts: Double, sourceLimit: Double, sinkLimit: Double, on: Bool) {
    precondition((1...24).contains(k), "cell \(k) does not exist")
    let drive = CellDrive(volts: volts, sourceLimit: abs(sourceLimit), sinkLimit: abs(sinkLimit), on: on)
    guard drive != stackInput.drives[k] else { return }
    stackInput.drives[k] = drive
    let fedCells = stackInput.drives.filter { $0.on }
    anyCellOn = !fedCells.isEmpty
    setpoints = fedCells.reduce(0) { $0 + $1.volts }
    changed()
  }

  /// Loop source: amperes (positive charges), compliance volts, output state.
  public func driveLoop(current: Double, compliance: Double, on: Bool) {
    let drive = HighCurrentLoop.Drive(current: current, compliance: abs(compliance), on: on)
    guard drive != loopDrive else { return }
    loopDrive = drive
    changed()
  }

  /// Ohms at NTC n; infinite = open, 0 = short. All are open when the circuit is made.
  public func setThermistor(_ n: Int, ohms: Double) {
    precondition((1...4).contains(n) && ohms >= 0, "NTC \(n) cannot be \(ohms) Ω")
    guard ohms != thermistors[n] else { return }
    thermistors[n] = ohms
    changed()
  }

  /// Auxiliary supply: volts, largest amperes, output state.
  public func driveAuxiliary(volts: Double, currentLimit: Double, on: Bool) {
    let drive = AuxiliaryDrive(volts: on ? max(0, volts) : 0, currentLimit: on ? abs(currentLimit) : 0)
    guard drive != auxiliaryDrive else { return }
    auxiliaryDrive = drive
    changed()
  }

  /// Volts to which the short-circuit bank is charged.
  public func setShortBank(volts: Double) { bankVolts = max(0, volts) }

  /// Line level changed. `shortTrigger` going active fires the pulse.
  public func setRelay(_ relay: Relay, active: Bool) {
    if let delay = relayDelays[relay.index] {
      pendingMoves.append(PendingMove(relay: relay, active: active, at: now + delay, orderedAt: now))
      return
    }
    changeRelay(relay, orderedAt: now) { lines[relay.index] = active }
  }

  /// A person's action: presses the emergency stop, opens the cover.
  public func setContact(_ contact: Contact, active: Bool) {
    setContactLevel(contact, active, at: now)
  }

  // MARK: faults of the rig (for scenarios)

  /// A contactor or relay that does not follow its line (welded or stuck) from now on.
  public func stick(_ relay: Relay, active: Bool) {
    changeRelay(relay, orderedAt: nil) { stuck[relay.index] = active }
  }

  /// Undoes `stick`: the relay follows its line again.
  public func unstick(_ relay: Relay) {
    changeRelay(relay, orderedAt: nil) { stuck[relay.index] = nil }
  }

  /// A relay that follows its line only after `delay`; nil: at once, as it should, moves on their way included.
  public func slow(_ relay: Relay, by delay: Interval?) {
    relayDelays[relay.index] = delay
    guard delay == nil, let last = pendingMoves.last(where: { $0.relay == relay }) else { return }
    pendingMoves.removeAll { $0.relay == relay }
    changeRelay(relay, orderedAt: last.orderedAt) { lines[relay.index] = last.active }
  }

  /// Nodes a and b (0 … 24) exchanged at the unit's connector.
  public func crossNodes(_ a: Int, _ b: Int) {
    stackInput.wiring.node.swapAt(a, b)
    changed()
  }

  /// Extra ohms in the wire of node n.
  public func setNodeResistance(_ n: Int, ohms: Double) {
    addedResistance[n] = max(0, ohms)
    wireResistance(of: n)
    changed()
  }
}
