import Quantities

/// One instrument of a rig file.
public struct RigInstrument: Hashable, Sendable, Codable {
  public struct Calibration: Hashable, Sendable, Codable {
    public var certificate: String
    /// ISO 8601 calendar dates.
    public var date: String
    public var due: String
    public init(certificate: String, date: String, due: String) {
      self.certificate = certificate
      self.date = date
      self.due = due
    }
  }

  public var name: String
  /// Id in the driver catalogue, e.g. `ngi-n83624`.
  public var driver: String
  public var address: String
  /// Serial number (or asset number where the maker's identity answer has none).
  public var serial: String
  /// nil for instruments that measure nothing (relays, lines).
  public var calibration: Calibration?
  /// Expanded uncertainty (k = 2) per quantity name, e.g. `voltage: 0.5 mV`.
  public var uncertainty: [String: AnyQuantity]
  /// Driver-specific options as written.
  public var options: [String: String]
  /// Options of the simulated counterpart as written; a real rig has none.
  public var simulated: [String: String]

  public init(
    name: String, driver: String, address: String, serial: String, calibration: Calibration?,
    uncertainty: [String: AnyQuantity] = [:], options: [String: String] = [:],
    simulated: [String: String] = [:]
  ) {
    self.name = name
    self.driver = driver
    self.address = address
    self.serial = serial
    self.calibration = calibration
    self.uncertainty = uncertainty
    self.options = options
    self.simulated = simulated
  }
}

/// One channel of one instrument, written `daq/101`.
public struct ChannelReference: Hashable, Sendable, Codable, CustomStringConvertible {
  /// Name in the rig file.
  public var instrument: String
  /// As the instrument numbers it.
  public var channel: Int

  public init(_ instrument: String, _ channel: Int) {
    self.instrument = instrument
    self.channel = channel
  }
  public var description: String { "\(instrument)/\(channel)" }
}

/// A name procedures use, bound to channels of one or several instruments. The role's name says where in the
/// circuit its members are connected (see `RoleName`).
public struct RigRole: Hashable, Sendable, Codable {
  public var name: RoleName
  /// Index 0 is the first member of the role (cell 1, NTC 1).
  public var members: [ChannelReference]
  /// For lines: the level at which the thing is on, closed, lit or pressed.
  public var activeLevel: Bool

  public init(name: RoleName, members: [ChannelReference], activeLevel: Bool = true) {
    self.name = name
    self.members = members
    self.activeLevel = activeLevel
  }

  /// Instruments behind the role, each once, in the order of the members.
  public var instruments: [String] {
    members.reduce(into: []) { names, member in
      if !names.contains(member.instrument) { names.append(member.instrument) }
    }
  }
}

/// Every role a rig can offer. The raw value is the spelling in files.
public enum RoleName: String, Hashable, Sendable, Codable, CaseIterable {
  /// Cell emulator outputs, cell 1 (most negative) first; 16…24 channels.
  case cells
  /// Independent voltmeter channels across each cell at the unit's connector.
  case cellReference = "cell-reference"
  /// Independent voltmeter across B+ and B−.
  case packVoltage = "pack-voltage"
  /// Independent voltmeter across P+ and P−.
  case portVoltage = "port-voltage"
  /// Independent voltmeter from B to P across the power path, Kelvin connected.
  case pathDrop = "path-drop"
  /// Independent current transducer or shunt in the high-current loop, read as a voltage; scale in the wiring.
  case loopCurrent = "loop-current"
  /// Ammeter channel in the B24 supply wire.
  case supplyCurrent = "supply-current"
  /// Voltmeter on the shunt in series with the leakage test source; scale in the wiring.
  case leakageCurrent = "leakage-current"
  /// High-current loop source.
  case loopSource = "loop-source"
  /// Supply at the unit's auxiliary input; through the leakage relay also the leakage test source.
  case auxiliarySupply = "auxiliary-supply"
  /// NTC resistance simulators, NTC 1 first; 4 channels.
  case thermistors
  /// Four-wire ohmmeter channels on the NTC simulators, NTC 1 first; they see them while `thermistor-check` is active.
  case thermistorReference = "thermistor-reference"
  /// Supply that charges the short-circuit bank.
  case shortBank = "short-bank"
  /// Digitiser channel that records the short-circuit current.
  case pulseRecorder = "pulse-recorder"
  /// Output lines.
  case emulatorContactor = "emulator-contactor"
  case loopContactor = "loop-contactor"
  case dischargeResistors = "discharge-resistors"
  case wakeSwitch = "wake-switch"
  case shortTrigger = "short-trigger"
  /// Relays that open one cell node wire each: B0 … B24.
  case nodeRelays = "node-relays"
  /// Relay that exchanges two neighbouring sense wires; which ones stands in the wiring.
  case nodeCrossing = "node-crossing"
  /// Relays that put a resistor each into one sense wire; values in the wiring.
  case lineResistors = "line-resistors"
  /// Relay that takes the auxiliary supply from its input to the open power path, P+ against B+.
  case leakageRelay = "leakage-relay"
  /// What the guard holds while it watches: alternates with every beat, drops out what enables the power when it stands
  /// still. Nothing else drives it.
  case permitLine = "permit-line"
  /// Changes the NTC simulators over from the unit to the ohmmeter; the unit gets fixed 10 kΩ meanwhile.
  case thermistorCheck = "thermistor-check"
  /// Lights a lamp in front of each light sensor and sounds a sounder before the microphone.
  case indicatorTest = "indicator-test"
  /// Input lines.
  case emergencyStop = "emergency-stop"
  case cover
  case emulatorContactorMirror = "emulator-contactor-mirror"
  case loopContactorMirror = "loop-contactor-mirror"
  case wakeSwitchMirror = "wake-switch-mirror"
  case dischargeMirror = "discharge-resistors-mirror"
  case blueLED = "led-blue"
  case redLED = "led-red"
  case yellowLED = "led-yellow"
  case greenLED = "led-green"
  case buzzer
  /// Instruments that a person reads and whose values are typed in.
  case caliper
  case ruler
  case scale
  case ohmmeter
  case insulationTester = "insulation-tester"
  /// Travels with the goods or hangs in the warehouse; temperature and humidity.
  case climateLogger = "climate-logger"

  public enum Kind: String, Sendable {
    case cellEmulator, voltmeter, ohmmeter, loopSource, thermistors, supply, recorder, output, input
    /// Read by a person.
    case hand
  }

  public var kind: Kind {
    switch self {
    case .cells: .cellEmulator
    case .cellReference, .packVoltage, .portVoltage, .pathDrop, .loopCurrent, .supplyCurrent,
      .leakageCurrent:
      .voltmeter
    case .loopSource, .auxiliarySupply: .loopSource
    case .thermistors: .thermistors
    case .thermistorReference: .ohmmeter
    case .shortBank: .supply
    case .pulseRecorder: .recorder
    case .emulatorContactor, .loopContactor, .dischargeResistors, .wakeSwitch, .shortTrigger, .nodeRelays,
      .nodeCrossing, .lineResistors, .leakageRelay, .thermistorCheck, .indicatorTest, .permitLine:
      .output
    case .emergencyStop, .cover, .emulatorContactorMirror, .loopContactorMirror, .wakeSwitchMirror,
      .dischargeMirror, .blueLED, .redLED,
      .yellowLED,
      .greenLED, .buzzer:
      .input
    case .caliper, .ruler, .scale, .ohmmeter, .insulationTester, .climateLogger: .hand
    }
  }

  /// How many channels the role must have.
  public var channelCount: ClosedRange<Int> {
    switch self {
    case .cells, .cellReference: 16...24
    case .thermistors, .thermistorReference: 4...4
    case .nodeRelays: 25...25
    case .lineResistors: 1...5
    default: 1...1
    }
  }
}

/// What no step may exceed, whatever a procedure says.
public struct SafetyEnvelope: Hashable, Sendable, Codable {
  public var cellVoltageMin: Voltage
  public var cellVoltageMax: Voltage
  public var packVoltageMax: Voltage
  public var loopCurrentMax: Current
  public var loopComplianceMax: Voltage
  public var shortBankVoltageMax: Voltage
  /// 0 V where the rig has no auxiliary supply.
  public var auxiliaryVoltageMax: Voltage

  public init(
    cellVoltageMin: Voltage, cellVoltageMax: Voltage, packVoltageMax: Voltage, loopCurrentMax: Current,
    loopComplianceMax: Voltage, shortBankVoltageMax: Voltage, auxiliaryVoltageMax: Voltage = .zero
  ) {
    self.auxiliaryVoltageMax = auxiliaryVoltageMax
    self.cellVoltageMin = cellVoltageMin
    self.cellVoltageMax = cellVoltageMax
    self.packVoltageMax = packVoltageMax
    self.loopCurrentMax = loopCurrentMax
    self.loopComplianceMax = loopComplianceMax
    self.shortBankVoltageMax = shortBankVoltageMax
  }
}

/// Facts of the fixture that procedures and simulation share.
public struct Wiring: Hashable, Sendable, Codable {
  /// Resistance of each cell sense lead from emulator to unit connector.
  public var cellLeadResistance: Resistance
  /// Volts at the `loop-current` channel per ampere.
  public var loopCurrentScale: Resistance
  /// Volts at the `supply-current` channel per ampere.
  public var supplyCurrentScale: Resistance
  /// Resistance of the high-current loop without the unit.
  public var loopResistance: Resistance
  /// Inductance of the short-circuit loop, henries.
  public var shortLoopInductanceHenries: Double
  /// Resistance of the short-circuit loop without the unit.
  public var shortLoopResistance: Resistance
  /// Volts at the `pulse-recorder` channel per ampere.
  public var pulseCurrentScale: Resistance
  /// Optional parts.
  public var fixture: FixtureWiring

  public init(
    cellLeadResistance: Resistance, loopCurrentScale: Resistance, supplyCurrentScale: Resistance,
    loopResistance: Resistance, shortLoopInductanceHenries: Double, shortLoopResistance: Resistance,
    pulseCurrentScale: Resistance, fixture: FixtureWiring = FixtureWiring()
  ) {
    self.fixture = fixture
    self.cellLeadResistance = cellLeadResistance
    self.loopCurrentScale = loopCurrentScale
    self.supplyCurrentScale = supplyCurrentScale
    self.loopResistance = loopResistance
    self.shortLoopInductanceHenries = shortLoopInductanceHenries
    self.shortLoopResistance = shortLoopResistance
    self.pulseCurrentScale = pulseCurrentScale
  }
}

extension RigInstrument {
  /// Expanded uncertainty (k = 2) in base units of what `role` reads at `value`.
  ///
  /// Keys are the quantity (`voltage`), optionally with a prefix for the role (`pack-voltage`, `loop-current`) and with
  /// `-relative` for the part that grows with the value. A prefixed key takes the place of the plain one.
  /// - Returns: nil when the rig file gives neither part.
  public func uncertainty(of quantity: String, for role: RoleName, at value: Double) -> Double? {
    let prefixed = role.uncertaintyPrefix.map { "\($0)-\(quantity)" }
    func parts(_ key: String) -> Double? {
      let absolute = uncertainty[key]?.base
      let relative = uncertainty[key + "-relative"].map { $0.base * value.magnitude }
      return absolute == nil && relative == nil ? nil : (absolute ?? 0) + (relative ?? 0)
    }
    return prefixed.flatMap(parts) ?? parts(quantity)
  }
}

extension RoleName {
  /// Word that tells a role's uncertainty from others of the same instrument.
  var uncertaintyPrefix: String? {
    switch self {
    case .packVoltage, .portVoltage: "pack"
    case .pathDrop: "path"
    case .loopCurrent: "loop"
    case .supplyCurrent: "supply"
    case .leakageCurrent: "leakage"
    default: nil
    }
  }
}

/// One ordered entry of the safe-state sequence.
public struct SafeStateStep: Hashable, Sendable, Codable {
  public enum Action: String, Hashable, Sendable, Codable, CaseIterable {
    /// Short-circuit trigger off, bank supply off.
    case disableShort = "disable-short"
    /// Source to 0 A, then output off.
    case loopOff = "loop-off"
    /// Auxiliary supply to 0 A, then output off.
    case auxiliaryOff = "auxiliary-off"
    /// Wait until the independent loop current reads below `limit`.
    case loopCurrentFalls = "loop-current-falls"
    case openLoopContactor = "open-loop-contactor"
    /// Every cell to `limit` volts with the rest current limit, then outputs off.
    case cellsToRest = "cells-to-rest"
    /// Thermistors to 25 °C.
    case thermistorsToAmbient = "thermistors-to-ambient"
    /// Crossing relay, line resistors and leakage relay released.
    case releaseFixture = "release-fixture"
    case openEmulatorContactor = "open-emulator-contactor"
    case connectDischarge = "connect-discharge"
    /// Wait until pack and port voltage read below `limit`.
    case terminalsDead = "terminals-dead"
  }
  public var action: Action
  /// What the read-back must reach, in the base unit the action implies.
  public var limit: AnyQuantity?
  /// How long the read-back may take.
  public var within: TimeSpan

  public init(action: Action, limit: AnyQuantity?, within: TimeSpan) {
    self.action = action
    self.limit = limit
    self.within = within
  }
}

/// A rig: instruments, roles, wiring, fences, safe state.
public struct Rig: Hashable, Sendable, Codable {
  public var name: String
  public var title: String
  public var revision: String
  public var instruments: [RigInstrument]
  public var roles: [RigRole]
  public var wiring: Wiring
  public var envelope: SafetyEnvelope
  public var safeState: [SafeStateStep]
  public var unitLink: UnitLink
  public var unitBus: UnitBusLink?
  public var unitSerial: UnitSerialLink?
  /// Longest time between two beats that the guard of a run bears.
  public var guardSilence = TimeSpan(Rig.guardSilenceDefault)
  /// Four cycles, seconds: with the time to switch off it stays below half a second.
  public static let guardSilenceDefault = 0.4
  /// Where the person at the station is asked; nil when nobody is.
  public var operatorAddress: String?
  /// Live limits in force, those that exist without being written included.
  public var watches: [WatchRule] = []
  public var startRules = StartRules()

  public init(
    name: String, title: String, revision: String, instruments: [RigInstrument], roles: [RigRole],
    wiring: Wiring,
    envelope: SafetyEnvelope, safeState: [SafeStateStep], unitLink: UnitLink,
    unitBus: UnitBusLink? = nil, unitSerial: UnitSerialLink? = nil, operatorAddress: String? = nil
  ) {
    self.name = name
    self.title = title
    self.revision = revision
    self.instruments = instruments
    self.roles = roles
    self.wiring = wiring
    self.envelope = envelope
    self.safeState = safeState
    self.unitLink = unitLink
    self.unitBus = unitBus
    self.unitSerial = unitSerial
    self.operatorAddress = operatorAddress
  }

  public func role(_ name: RoleName) -> RigRole? { roles.first { $0.name == name } }
  public func instrument(_ name: String) -> RigInstrument? { instruments.first { $0.name == name } }
}
