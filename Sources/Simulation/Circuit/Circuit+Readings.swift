import Ports

/// What instruments read.
extension Circuit {
  /// True volts at emulator output k and amperes it sources (negative: sinks).
  public func cellOutputVoltage(_ k: Int) -> Double { stack.outputVoltage[k] }
  public func cellOutputCurrent(_ k: Int) -> Double { stack.outputCurrent[k] }

  /// True volts between the terminals a voltmeter channel is wired to; 0 for terminals that carry no voltage.
  public func voltage(at terminal: Terminal) -> Double {
    switch terminal {
    case .cell(let k): stack.outputVoltage[k]
    case .cellSense(let k): stack.senseVoltage[k]
    case .packVoltage: packVolts
    case .portVoltage: portVolts
    case .pathDrop: packVolts - portVolts
    case .loopShunt: loop.current * parameters.loopShuntScale
    case .supplyShunt: supplyDraw * parameters.supplyShuntScale
    case .loopSource: loop.sourceVoltage
    case .shortBank: bankVolts
    case .shortCurrent: (pulse.map { $0.current((now - $0.start).seconds) } ?? 0) * parameters.pulseScale
    case .auxiliarySupply: auxiliaryOutput.volts
    case .leakageShunt: isActive(.leakage) ? auxiliaryOutput.amperes * parameters.leakageShunt : 0
    case .thermistor, .thermistorReference, .relay, .indicator, .contact: 0
    }
  }

  /// Ohms between the terminals an ohmmeter channel is wired to; infinite where nothing is connected.
  public func resistance(at terminal: Terminal) -> Double {
    guard case .thermistorReference(let n) = terminal, isActive(.thermistorCheck) else { return .infinity }
    return thermistors[n]
  }

  /// Amperes in the loop, positive = charging; volts at the source's terminals.
  public var loopCurrent: Double { loop.current }
  public var loopSourceVoltage: Double { loop.sourceVoltage }
  /// True when the source cannot force its current.
  public var loopAtCompliance: Bool { loop.atCompliance }
  public func thermistorOhms(_ n: Int) -> Double { thermistors[n] }
  /// The true state of the relay, which differs from its line while it is stuck.
  public func isActive(_ relay: Relay) -> Bool { stuck[relay.index] ?? lines[relay.index] }
  public func isActive(_ contact: Contact) -> Bool { contacts[contact.index] }
  public func isOn(_ indicator: Indicator) -> Bool { indicatorHistory[indicator.index].last?.level ?? false }
  /// All changes of an indicator or contact since the circuit was made, oldest first.
  public func edges(of indicator: Indicator) -> [(level: Bool, at: WorldInstant)] {
    indicatorHistory[indicator.index]
  }
  public func edges(of contact: Contact) -> [(level: Bool, at: WorldInstant)] {
    contactHistory[contact.index]
  }
  /// The last short-circuit pulse: when it began and amperes at `seconds` after its begin. A trigger against a
  /// blocked path or an empty bank counts as a pulse of 0 A.
  public var shortPulse: (start: WorldInstant, current: (Double) -> Double)? {
    pulse.map { pulse in (pulse.start, { pulse.current($0) }) }
  }

  /// Volts and amperes of the auxiliary supply: it feeds the unit's input or, through the leakage relay and the
  /// shunt, drives against the power path in the discharge direction. The path's voltage is not disturbed by it.
  public var auxiliaryOutput: (volts: Double, amperes: Double) {
    let drive = auxiliaryDrive
    guard drive.volts > 0, drive.currentLimit > 0 else { return (0, 0) }
    var amperes = isActive(.leakage) ? 0 : board?.auxiliaryCurrent ?? 0
    if isActive(.leakage), let path {
      if let diode = path.diode(charging: false) {
        amperes = max(0, drive.volts - diode) / parameters.leakageShunt
      } else if path.offLeakage > 0 {
        amperes = drive.volts / (parameters.leakageShunt + 100 / path.offLeakage)
      }
    }
    let limited = min(amperes, drive.currentLimit)
    return (amperes > limited ? drive.volts * limited / amperes : drive.volts, limited)
  }

  // MARK: power terminals

  /// Volts from B+ to B−.
  var packVolts: Double { fed ? stack.total : packCharge.volts(at: now) }

  /// True while the path can carry current from B to P.
  var portTied: Bool { path?.diode(charging: false) != nil }

  /// Volts from P+ to P−: forced by the loop source, else held at B through a conducting path, else what is left on
  /// the terminals.
  var portVolts: Double {
    if loop.forced { return packVolts - loop.pathDrop }
    if let diode = path?.diode(charging: false) { return max(0, packVolts - diode) }
    return portCharge.volts(at: now)
  }
}

extension Circuit: BoardSurroundings {
  public func senseVoltage(cell k: Int) -> Double { stack.senseVoltage[k] }

  public func leadResistance(cell k: Int) -> Double {
    stackInput.wiring.open[k] || stackInput.wiring.open[k - 1]
      ? .infinity : stackInput.wiring.resistance[k] + stackInput.wiring.resistance[k - 1]
  }

  public var supplyVoltage: Double {
    if stackInput.wiring.open[24] { return 0 }
    return fed ? stack.pinSupply : packCharge.volts(at: now)
  }

  public var auxiliaryVoltage: Double { isActive(.leakage) ? 0 : auxiliaryDrive.volts }
  public func isConnected(node: Int) -> Bool { !stackInput.wiring.open[node] }
  public func thermistorResistance(_ n: Int) -> Double {
    isActive(.thermistorCheck) ? parameters.thermistorStandIn : thermistors[n]
  }
  public var wakeSwitchClosed: Bool { isActive(.wakeSwitch) }
}
