import Capabilities
import Model
import Ports
import Quantities

/// What the instruments of the scripted bench act on: a loop, 16 cells, contactors, interlocks. It keeps a log of
/// everything that was asked of it.
final class ScriptedPlant {
  let world: TestWorld
  /// Everything asked, oldest first, e.g. `source off`, `line 1 low`.
  var log: [String] = []
  /// Instruments whose every request fails.
  var dead: Set<String> = []
  /// Requests that fail, by the word in the log.
  var failing: Set<String> = []
  /// Requests that are obeyed and not answered.
  var unanswered: Set<String> = []
  /// Contactor lines that stay closed.
  var welded: Set<Int> = []
  /// Amperes that the loop contactor broke when it opened last.
  var brokenAmperes = 0.0

  var loopSetpoint = 0.0
  var sourceOn = false
  /// A source that keeps driving although told off.
  var sourceStuckOn = false
  /// Amperes that the source's own read-back adds.
  var sourceOffset = 0.0
  var cellSetpoints = Array(repeating: 0.0, count: 16)
  var cellsOn = false
  var cellsStuckOn = false
  var bankVolts = 0.0
  var lines: [Int: Bool] = [:]
  var edges: [LineEdge] = []
  var ohms: [Int: Double] = [:]
  /// What the ohmmeter answers instead of the truth, by channel.
  var ohmmeterSays: [Int: Double] = [:]
  /// After so much silence the source switches itself off.
  var silenceLimit: Interval?
  /// What an instrument's trip level of 1 V reads back, by instrument; 1 V where nothing is said.
  var fenceSays: [String: Double] = [:]
  /// Instruments whose watchdog reads back armed.
  var armedWatchdogs: Set<String> = []
  /// What the meter answers instead of the truth.
  var meterSays: Double?

  static let emulatorContactor = 0
  static let loopContactor = 1
  static let discharge = 2
  static let trigger = 4
  static let thermistorCheck = 5
  static let emergencyStop = 10
  static let cover = 11
  static let emulatorMirror = 12
  static let loopMirror = 13

  init(_ world: TestWorld) {
    self.world = world
    // The emergency stop is a closed circuit: high while it is not pressed.
    lines[Self.emergencyStop] = true
    lines[Self.cover] = true
  }

  func ask(_ instrument: String, _ what: String) throws(InstrumentError) {
    log.append("\(instrument) \(what)")
    guard !dead.contains(instrument), !failing.contains("\(instrument) \(what)") else {
      throw InstrumentError(.link, instrument: instrument, message: "scripted failure of '\(what)'")
    }
  }

  /// What comes back once a request was obeyed.
  func answer(_ instrument: String, _ what: String) throws(InstrumentError) {
    guard unanswered.contains("\(instrument) \(what)") else { return }
    throw InstrumentError(.link, instrument: instrument, message: "no answer to '\(what)'")
  }

  /// Somebody moves a contact.
  func move(_ line: Int, to level: Bool) {
    lines[line] = level
    edges.append(LineEdge(line: line, level: level, at: world.now))
  }

  func isClosed(_ contactor: Int) -> Bool { welded.contains(contactor) || lines[contactor] == true }
  func level(_ line: Int) -> Bool {
    switch line {
    case Self.emulatorMirror: isClosed(Self.emulatorContactor)
    case Self.loopMirror: isClosed(Self.loopContactor)
    default: lines[line] ?? false
    }
  }
  var isDriving: Bool { sourceOn || sourceStuckOn }
  var loopCurrent: Double { isDriving && isClosed(Self.loopContactor) ? loopSetpoint : 0 }
  var emulatorVolts: [Double] { cellSetpoints.map { cellsOn || cellsStuckOn ? $0 : 0 } }
  var terminalVolts: Double { isClosed(Self.emulatorContactor) ? emulatorVolts.reduce(0, +) : 0 }

  func commands(of instrument: String) -> [String] { log.filter { $0.hasPrefix(instrument + " ") } }
}

class ScriptedInstrument: Instrument {
  let name: String
  let plant: ScriptedPlant
  init(_ name: String, _ plant: ScriptedPlant) {
    self.name = name
    self.plant = plant
  }
  func open() async throws(InstrumentError) -> Identity {
    try plant.ask(name, "open")
    return Identity(maker: "Test", model: name, serial: "1", firmware: "")
  }
  func makeSafe() async -> SafetyReport {
    do { try plant.ask(name, "safe") } catch { return SafetyReport(confirmed: false, message: error.message) }
    return switchOff()
  }
  func switchOff() -> SafetyReport { SafetyReport(confirmed: true, message: "off") }
  func close() async { plant.log.append("\(name) close") }
  func reading(_ value: Double) -> Reading { Reading(value: value, at: plant.world.now) }
}

final class ScriptedEmulator: ScriptedInstrument, CellEmulator {
  let channelNumbers = 1...16
  let voltageRange = Voltage(0)...Voltage(5)
  let currentMax = Current(10)
  override func switchOff() -> SafetyReport {
    plant.cellsOn = false
    return SafetyReport(confirmed: !plant.cellsStuckOn, message: plant.cellsStuckOn ? "still on" : "off")
  }
  func setVoltages(_ setpoints: [(channel: Int, voltage: Voltage)]) async throws(InstrumentError) {
    try plant.ask(name, "volts \(setpoints.count)")
    for (channel, voltage) in setpoints { plant.cellSetpoints[channel - 1] = voltage.base }
  }
  func setCurrentLimit(_ limit: Current, channels: [Int]) async throws(InstrumentError) {
    try plant.ask(name, "limit")
  }
  func setOutputs(_ on: Bool, channels: [Int]) async throws(InstrumentError) {
    try plant.ask(name, on ? "on" : "off")
    plant.cellsOn = on
    try plant.answer(name, on ? "on" : "off")
  }
  func outputsEnabled(channels: [Int]) async throws(InstrumentError) -> [Bool] {
    channels.map { _ in plant.cellsOn }
  }
  func measureVoltages(channels: [Int]) async throws(InstrumentError) -> [Reading] {
    try plant.ask(name, "read volts")
    return channels.map { reading(plant.emulatorVolts[$0 - 1]) }
  }
  func measureCurrents(channels: [Int]) async throws(InstrumentError) -> [Reading] {
    channels.map { _ in reading(0) }
  }
}

final class ScriptedSource: ScriptedInstrument, LoopSource {
  let currentMax = Current(350)
  let complianceMax = Voltage(5)
  let settlingTime = Interval.milliseconds(1)
  var silenceLimit: Interval? { plant.silenceLimit }
  override func switchOff() -> SafetyReport {
    plant.sourceOn = false
    return SafetyReport(confirmed: !plant.sourceStuckOn, message: plant.sourceStuckOn ? "still on" : "off")
  }
  func program(current: Current, compliance: Voltage) async throws(InstrumentError) -> WorldInstant {
    try plant.ask(name, "current \(current)")
    plant.loopSetpoint = current.base
    try plant.answer(name, "current \(current)")
    return plant.world.now
  }
  func setOutput(_ on: Bool) async throws(InstrumentError) {
    try plant.ask(name, on ? "on" : "off")
    plant.sourceOn = on
  }
  func outputEnabled() async throws(InstrumentError) -> Bool {
    try plant.ask(name, "output?")
    return plant.isDriving
  }
  func measureCurrent() async throws(InstrumentError) -> Reading {
    try plant.ask(name, "current?")
    return reading(plant.loopCurrent + plant.sourceOffset)
  }
  func measureVoltage() async throws(InstrumentError) -> Reading { reading(0) }
  func isAtCompliance() async throws(InstrumentError) -> Bool { false }
}

/// Channel 1 reads the pack, 2 the port, 3 the loop shunt.
final class ScriptedMeter: ScriptedInstrument, Voltmeter {
  func measureVoltages(channels: [Int]) async throws(InstrumentError) -> [Reading] {
    try plant.ask(name, "scan \(channels.map(String.init).joined(separator: ","))")
    return channels.map { channel in
      let truth = channel == 3 ? plant.loopCurrent * ScriptedBench.shunt : plant.terminalVolts
      return reading(plant.meterSays ?? truth)
    }
  }
}

final class ScriptedThermistors: ScriptedInstrument, ThermistorSimulator {
  let channelNumbers = 1...4
  let resistanceRange = Resistance(100)...Resistance(1e6)
  func setResistance(_ resistance: Resistance, channel: Int) async throws(InstrumentError) {
    try plant.ask(name, "ntc \(channel)")
    plant.ohms[channel] = resistance.base
  }
  func setOpen(channel: Int) async throws(InstrumentError) {}
  func setShort(channel: Int) async throws(InstrumentError) {}
  func resistance(channel: Int) async throws(InstrumentError) -> Reading { reading(plant.ohms[channel] ?? 0) }
}

/// Reads the thermistor simulators while the relay brings them to it.
final class ScriptedOhmmeter: ScriptedInstrument, Ohmmeter {
  func measureResistances(channels: [Int]) async throws(InstrumentError) -> [Reading] {
    try plant.ask(name, "ohms")
    let isConnected = plant.lines[ScriptedPlant.thermistorCheck] == true
    return channels.map {
      reading(plant.ohmmeterSays[$0] ?? (isConnected ? plant.ohms[$0] ?? 9.9e37 : 9.9e37))
    }
  }
}

final class ScriptedSupply: ScriptedInstrument, Supply {
  let voltageMax = Voltage(60)
  let currentMax = Current(5)
  override func switchOff() -> SafetyReport {
    plant.bankVolts = 0
    return SafetyReport(confirmed: true, message: "off")
  }
  func program(channel: Int, voltage: Voltage, currentLimit: Current) async throws(InstrumentError) {
    try plant.ask(name, "volts \(voltage)")
    plant.bankVolts = voltage.base
  }
  func setOutput(_ on: Bool, channel: Int) async throws(InstrumentError) {
    try plant.ask(name, on ? "on" : "off")
  }
  func measureVoltage(channel: Int) async throws(InstrumentError) -> Reading { reading(plant.bankVolts) }
}

final class ScriptedLineBank: ScriptedInstrument, LineBank {
  func set(line: Int, to level: Bool) async throws(InstrumentError) {
    try plant.ask(name, "\(line) \(level ? "high" : "low")")
    if line == ScriptedPlant.loopContactor, !level { plant.brokenAmperes = plant.loopCurrent }
    plant.lines[line] = level
  }
  func read(line: Int) async throws(InstrumentError) -> Bool {
    if plant.dead.contains(name) { try plant.ask(name, "read \(line)") }
    return plant.level(line)
  }
  func edges(line: Int, since: WorldInstant) async throws(InstrumentError) -> [LineEdge] {
    plant.edges.filter { $0.line == line && $0.at >= since }
  }
}
