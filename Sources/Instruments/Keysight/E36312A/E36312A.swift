import Capabilities
import Ports
import Quantities

/// Keysight E36312A triple supply: output 1 to 6 V / 5 A, outputs 2 and 3 to 25 V / 1 A each. In the series pairing
/// output 2 stands for both and reaches 50 V.
///
/// Every set point is read back; the over-voltage protection follows each set point.
///
/// - Source: instrument model notes, section 4 (channel lists, transports); ratings of Keysight
///   publication 5992-2124EN;
///   `OUTP:PAIR` and the protection commands as open drivers of the E36300 series use them. Whether the real one
///   refuses output 3 while paired is an assumption that the real instrument must confirm.
final class E36312A: Supply {
  let name: String
  private let serial: String
  let session: SCPISession
  let settings: E36312ASettings
  /// Protection in force by output, and the highest that the rig allows; volts.
  var fenceLevel: [Int: Double] = [:]
  var fenceCeiling: [Int: Double] = [:]
  private var switchedOn: Set<Int> = []

  var voltageMax: Voltage { .volts(settings.channels.map { settings.voltageMax($0) }.max()!) }
  var currentMax: Current { .amperes(settings.channels.map { settings.currentMax($0) }.max()!) }

  init(_ context: DriverContext) throws(InstrumentError) {
    name = context.name
    serial = context.serial
    do { settings = try E36312ASettings(context.options) } catch {
      throw InstrumentError(.refused, instrument: context.name, message: error.description)
    }
    session = SCPISession(instrument: context.name, link: try context.scpiLink(), world: context.world)
  }

  /// Also sets the pairing that the rig file asks for, once all outputs are proven off.
  func open() async throws(InstrumentError) -> Identity {
    let identity = try await session.identify(Self.plate, serial: serial)
    try await session.write("*CLS")
    _ = try await session.drainErrors()
    for channel in settings.channels where try await isOn(channel) {
      throw InstrumentError(
        .notConfirmed, instrument: name, channel: channel,
        message: "the output is on although nothing switched it on",
        advice: "make the rig safe first; nobody knows what it feeds")
    }
    if try await session.query("OUTP:PAIR?") != settings.pairing.reply {
      try await session.writeChecked("OUTP:PAIR \(settings.pairing.reply)")
      let found = try await session.query("OUTP:PAIR?")
      guard found == settings.pairing.reply else {
        throw InstrumentError(
          .notConfirmed, instrument: name,
          message: "the pairing reads back as \(found), \(settings.pairing.reply) was set",
          advice: "check the pairing at the front panel")
      }
    }
    return identity
  }

  /// Each output is switched off by a command of its own: an output that the pairing hides refuses, and must not
  /// take the others with it.
  func makeSafe() async -> SafetyReport {
    switchedOn = []
    do throws(InstrumentError) { try await sendOff() } catch {
      return SafetyReport(confirmed: false, message: error.description)
    }
    do {
      if session.state != .ready { try await session.resynchronise() }
      _ = try await session.drainErrors()
      for channel in settings.channels where try await isOn(channel) {
        return SafetyReport(confirmed: false, message: "output \(channel) still reads on")
      }
      return SafetyReport(confirmed: true, message: "all outputs read off")
    } catch {
      return SafetyReport(confirmed: false, message: error.description)
    }
  }

  func close() async { session.close() }

  /// - Throws: `.outOfRange` before a byte is sent; `.notConfirmed` when a set point does not read back.
  func program(channel: Int, voltage: Voltage, currentLimit: Current) async throws(InstrumentError) {
    try check(channel)
    try check(voltage.base, within: settings.voltageMax(channel), channel, "voltage \(voltage)")
    try check(
      currentLimit.base, within: settings.currentMax(channel), channel, "current limit \(currentLimit)")
    let protection = min(
      settings.protection(channel, voltage: voltage.base), fenceCeiling[channel] ?? .infinity)
    let before = try await session.queryNumber("VOLT? (@\(channel))")
    // The protection must stay above the set point on the way up and on the way down.
    if voltage.base > before { try await set("VOLT:PROT", protection, channel) }
    try await set("VOLT", voltage.base, channel)
    try await set("CURR", currentLimit.base, channel)
    if voltage.base <= before { try await set("VOLT:PROT", protection, channel) }
    fenceLevel[channel] = protection
    try await session.requireNoError(after: "VOLT \(text(voltage.base)),(@\(channel))")
  }

  func setOutput(_ on: Bool, channel: Int) async throws(InstrumentError) {
    try check(channel)
    try await session.writeChecked("OUTP \(on ? "ON" : "OFF"),(@\(channel))")
    guard try await isOn(channel) == on else {
      throw InstrumentError(
        .notConfirmed, instrument: name, channel: channel,
        message: "the output was switched \(on ? "on" : "off") but reads \(on ? "off" : "on")",
        advice: on ? "a protection may have acted; look at the front panel" : "")
    }
    if on { switchedOn.insert(channel) } else { switchedOn.remove(channel) }
  }

  func confirmStanding() async throws(InstrumentError) {
    try await session.requireNoRestart()
    for channel in settings.channels {
      let on = try await isOn(channel)
      guard on == switchedOn.contains(channel) else {
        throw InstrumentError(
          .notConfirmed, instrument: name, channel: channel,
          message: "the output was switched \(on ? "off" : "on") and reads \(on ? "on" : "off")",
          advice: "a protection may have acted; look at the front panel")
      }
    }
  }

  func measureVoltage(channel: Int) async throws(InstrumentError) -> Reading {
    try check(channel)
    let volts = try await session.queryNumber("MEAS:VOLT? (@\(channel))")
    return Reading(value: volts, at: session.world.now)
  }

  // MARK: helpers of the above

  private func isOn(_ channel: Int) async throws(InstrumentError) -> Bool {
    try await session.queryFlag("OUTP? (@\(channel))")
  }

  func set(_ header: String, _ value: Double, _ channel: Int) async throws(InstrumentError) {
    try await session.write("\(header) \(text(value)),(@\(channel))")
    try await session.confirm(
      "\(header)? (@\(channel))", equals: value, tolerance: E36312ASettings.readBackTolerance)
  }

  private func text(_ value: Double) -> String { DecimalText.shortest(value, significant: 7) }

  private func check(_ channel: Int) throws(InstrumentError) {
    guard settings.channels.contains(channel) else {
      let known = settings.channels.map(String.init).joined(separator: ", ")
      throw InstrumentError(
        .outOfRange, instrument: name, channel: channel, message: "there is no such output",
        advice: settings.pairing == .series
          ? "outputs are \(known); in series output 2 stands for 2 and 3" : "outputs are \(known)")
    }
  }

  private func check(_ value: Double, within max: Double, _ channel: Int, _ what: String)
    throws(InstrumentError)
  {
    guard value.isFinite, (0...max).contains(value) else {
      throw InstrumentError(
        .outOfRange, instrument: name, channel: channel, message: "\(what) is outside 0 to \(text(max))",
        advice: "use another output or supply")
    }
  }
}
