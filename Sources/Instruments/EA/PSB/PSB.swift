import Capabilities
import Modbus
import Ports
import Quantities

/// EA Elektro-Automatik PSB 9000 or 10000 as a plain supply over Modbus, TCP (port 502) or serial: output 1.
///
/// Set points are numbers scaled to the nominal values, so these are read from the supply and compared with the rig
/// file before anything is set. Every set point, the remote lock and the output are read back.
///
/// Not used: the sink side, power and resistance modes, protections (their Modbus addresses are not in our sources;
/// set them at the front panel), the communication watchdog (SCPI only). The supply may take a falling load's energy
/// back into the mains by itself.
///
/// - Source: instrument model notes, section 2.1; see `PSBMap`.
final class PSB: Supply {
  let name: String
  private let serial: String
  let session: ModbusSession
  private let settings: PSBSettings
  /// What was set last, by register; empty before the first.
  private var standing: [Int: UInt16] = [:]
  /// What the output was switched to last.
  private var outputWanted = false

  var voltageMax: Voltage { .volts(settings.nominalVolts) }
  var currentMax: Current { .amperes(settings.nominalAmperes) }

  init(_ context: DriverContext) throws(InstrumentError) {
    name = context.name
    serial = context.serial
    do { settings = try PSBSettings(context.options) } catch {
      throw InstrumentError(.refused, instrument: context.name, message: error.description)
    }
    var timing = ModbusClient.Timing()
    // 150 ms for a reply, 50 ms of rest between transactions in a field driver.
    timing.answerWithin = .milliseconds(500)
    timing.latest = .seconds(2)
    session = try ModbusSession(context, unit: settings.unitNumber, timing: timing)
  }

  /// Also takes the remote lock, once the output is proven off.
  func open() async throws(InstrumentError) -> Identity {
    if session.client.state != .ready { try await resynchronise() }
    let identity = try await identity()
    guard identity.model.hasPrefix("PSB") else {
      throw InstrumentError(
        .wrongModel, instrument: name, message: "found '\(identity.model)', expected a PSB",
        advice: "check the address in the rig file and what is plugged in where")
    }
    guard identity.serial == serial else {
      throw InstrumentError(
        .wrongSerial, instrument: name,
        message: "found serial number \(identity.serial), the rig file says \(serial)",
        advice: "if the instrument was exchanged on purpose, update serial and calibration in the rig file")
    }
    try await compareNominal(PSBMap.nominalVoltage, settings.nominalVolts, PSBSettings.voltage.name)
    try await compareNominal(PSBMap.nominalCurrent, settings.nominalAmperes, PSBSettings.current.name)
    if try await isOn(PSBMap.output) {
      throw InstrumentError(
        .notConfirmed, instrument: name, channel: 1,
        message: "the output is on although nothing switched it on",
        advice: "make the rig safe first; nobody knows what it feeds")
    }
    try await switchCoil(PSBMap.remote, on: true, "remote control")
    return identity
  }

  /// On a line that is not trusted it switches off without waiting for an answer, then proves it.
  func makeSafe() async -> SafetyReport {
    outputWanted = false
    let off = SafetyReport(confirmed: true, message: "the output reads off")
    if session.client.state == .ready, case .success = await switchedOff() { return off }
    do throws(InstrumentError) {
      try await session.ask { (client, unit) async throws(ModbusError) in
        try await client.sendSafe(unit: unit, .writeCoil(address: PSBMap.output, false))
      }
      try await resynchronise()
      if try await isOn(PSBMap.output) { try await switchCoil(PSBMap.output, on: false, "the output") }
      return off
    } catch {
      return SafetyReport(confirmed: false, message: error.description)
    }
  }

  private func switchedOff() async -> Result<Void, InstrumentError> {
    do throws(InstrumentError) {
      try await switchCoil(PSBMap.output, on: false, "the output")
      return .success(())
    } catch { return .failure(error) }
  }

  func close() async { session.close() }

  /// - Throws: `.outOfRange` before a byte is sent; `.notConfirmed` when a set point does not read back.
  func program(channel: Int, voltage: Voltage, currentLimit: Current) async throws(InstrumentError) {
    try check(channel)
    try check(voltage.base, max: settings.nominalVolts, "voltage \(voltage)")
    try check(currentLimit.base, max: settings.nominalAmperes, "current limit \(currentLimit)")
    // The limit first, so that a higher voltage never meets an older, higher limit.
    try await set(
      PSBMap.setCurrent, PSBSettings.raw(currentLimit.base, nominal: settings.nominalAmperes), "current limit"
    )
    try await set(PSBMap.setVoltage, PSBSettings.raw(voltage.base, nominal: settings.nominalVolts), "voltage")
  }

  func setOutput(_ on: Bool, channel: Int) async throws(InstrumentError) {
    try check(channel)
    try await switchCoil(PSBMap.output, on: on, "the output")
    outputWanted = on
  }

  /// It keeps no mark of a restart. After one it is under local control with its output off, so the remote lock tells,
  /// too; a protection that acted shows in the output.
  func confirmStanding() async throws(InstrumentError) {
    guard try await isOn(PSBMap.remote) else {
      throw InstrumentError(
        .notConfirmed, instrument: name,
        message: "it is not under remote control any more: it started anew, or somebody took it over",
        advice: "check its supply and the front panel")
    }
    let isOn = try await isOn(PSBMap.output)
    guard isOn == outputWanted else {
      throw InstrumentError(
        .notConfirmed, instrument: name, channel: 1,
        message: "the output was switched \(outputWanted ? "on" : "off") and reads \(isOn ? "on" : "off")",
        advice: "a protection may have acted; look at the front panel")
    }
    for (address, raw) in standing.sorted(by: { $0.key < $1.key }) {
      try await confirm(address, raw, address == PSBMap.setVoltage ? "voltage" : "current limit")
    }
  }

  func measureVoltage(channel: Int) async throws(InstrumentError) -> Reading {
    try check(channel)
    let words = try await session.ask { (client, unit) async throws(ModbusError) in
      try await client.holdingRegisters(unit: unit, PSBMap.actualVoltage, count: 1)
    }
    return Reading(
      value: PSBSettings.value(words[0], nominal: settings.nominalVolts), at: session.world.now)
  }

  // MARK: exchanges

  private func identity() async throws(InstrumentError) -> Identity {
    let model = try await text(PSBMap.type)
    let serial = try await text(PSBMap.serial)
    return Identity(maker: "EA Elektro-Automatik", model: model, serial: serial, firmware: "")
  }

  private func text(_ address: Int) async throws(InstrumentError) -> String {
    try await session.ask { (client, unit) async throws(ModbusError) in
      try await client.text(unit: unit, address, count: PSBMap.textLength)
    }
  }

  /// Question and answer belong together again when the supply tells its own serial number.
  private func resynchronise() async throws(InstrumentError) {
    let serial = serial
    try await session.ask { (client, unit) async throws(ModbusError) in
      try await client.resynchronise { () async throws(ModbusError) in
        let found = try await client.text(unit: unit, PSBMap.serial, count: PSBMap.textLength)
        return found == serial
      }
    }
  }

  private func compareNominal(_ address: Int, _ expected: Double, _ option: String)
    async throws(InstrumentError)
  {
    let told = try await session.ask { (client, unit) async throws(ModbusError) in
      try await client.float(unit: unit, address, .highWordFirst)
    }
    guard told.isFinite, (Double(told) - expected).magnitude <= 1e-3 * expected else {
      throw InstrumentError(
        .wrongModel, instrument: name,
        message: "the supply tells \(told) where the rig file's '\(option)' says "
          + DecimalText.shortest(expected, significant: 6),
        advice: "write the type plate's value into the rig file; all set points are scaled by it")
    }
  }

  private func isOn(_ coil: Int) async throws(InstrumentError) -> Bool {
    let bits = try await session.ask { (client, unit) async throws(ModbusError) in
      try await client.coils(unit: unit, coil, count: 1)
    }
    return bits[0]
  }

  private func switchCoil(_ coil: Int, on: Bool, _ what: String) async throws(InstrumentError) {
    try await session.ask { (client, unit) async throws(ModbusError) in
      try await client.write(unit: unit, coil: coil, on)
    }
    guard try await isOn(coil) == on else {
      throw InstrumentError(
        .notConfirmed, instrument: name, channel: 1,
        message: "\(what) was switched \(on ? "on" : "off") but reads \(on ? "off" : "on")",
        advice: "look at the front panel: an alarm, or local control, keeps it")
    }
  }

  private func set(_ address: Int, _ raw: UInt16, _ what: String) async throws(InstrumentError) {
    try await session.ask { (client, unit) async throws(ModbusError) in
      try await client.write(unit: unit, register: address, raw)
    }
    try await confirm(address, raw, what)
    standing[address] = raw
  }

  private func confirm(_ address: Int, _ raw: UInt16, _ what: String) async throws(InstrumentError) {
    let found = try await session.ask { (client, unit) async throws(ModbusError) in
      try await client.holdingRegisters(unit: unit, address, count: 1)
    }
    guard found[0] == raw else {
      throw InstrumentError(
        .notConfirmed, instrument: name, channel: 1,
        message:
          "the \(what) reads back as \(found[0]), \(raw) was set (\(Int(PSBSettings.fullScale)) is nominal)",
        advice: "check the set point limits at the front panel")
    }
  }

  private func check(_ channel: Int) throws(InstrumentError) {
    guard channel == 1 else {
      throw InstrumentError(
        .outOfRange, instrument: name, channel: channel, message: "there is no such output",
        advice: "the supply has output 1 only")
    }
  }

  private func check(_ value: Double, max: Double, _ what: String) throws(InstrumentError) {
    guard value.isFinite, (0...max).contains(value) else {
      throw InstrumentError(
        .outOfRange, instrument: name, channel: 1,
        message: "\(what) is outside 0 to \(DecimalText.shortest(max, significant: 6))",
        advice: "use another supply")
    }
  }
}
