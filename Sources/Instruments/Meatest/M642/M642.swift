import Capabilities
import Ports
import Quantities

/// Meatest M642 programmable resistance decade: one resistance per instrument, channel 1.
///
/// - Source: instrument model notes, section 7 (`:RES`, `:OUTP`, replies end in CR LF); Meatest decade manuals, chapter
///   on remote control, for Boolean replies and the error queue.
final class M642: ThermistorSimulator {
  let name: String
  let channelNumbers = 1...1
  private let serial: String
  private let session: SCPISession
  private let settings: M642Settings
  /// What was set last: ohms while connected, infinite while open; nil before the first.
  private var standing: Double?

  var resistanceRange: ClosedRange<Resistance> { settings.range }

  init(_ context: DriverContext) throws(InstrumentError) {
    name = context.name
    serial = context.serial
    do { settings = try M642Settings(context.options) } catch {
      throw InstrumentError(.refused, instrument: context.name, message: error.description)
    }
    // CR, LF and CR LF all end a command; a line feed is what every other text dialect here sends.
    session = SCPISession(instrument: context.name, link: try context.scpiLink(), world: context.world)
  }

  /// A resistance that is connected is how the last run left it: the safe state is 25 °C, not an open sensor.
  func open() async throws(InstrumentError) -> Identity {
    let identity = try await session.identify(Self.plate, serial: serial)
    try await session.write("*CLS")
    _ = try await session.drainErrors()
    return identity
  }

  /// Open terminals: what the unit sees of a broken sensor wire, and the state in which it must not work.
  func makeSafe() async -> SafetyReport {
    standing = .infinity
    do {
      try await session.writeSafe(":OUTP OFF")
      if session.state != .ready { try await session.resynchronise() }
      _ = try await session.drainErrors()
      let connected = try await isConnected()
      return SafetyReport(
        confirmed: !connected, message: connected ? "the output still reads on" : "the terminals read open")
    } catch {
      return SafetyReport(confirmed: false, message: error.description)
    }
  }

  func close() async { session.close() }

  /// Sets the value, then connects it.
  /// - Throws: `.outOfRange` before a byte is sent; `.notConfirmed` when value or output do not read back.
  func setResistance(_ resistance: Resistance, channel: Int) async throws(InstrumentError) {
    try check(channel)
    let ohms = resistance.base
    guard ohms.isFinite, settings.range.contains(resistance) else {
      throw InstrumentError(
        .outOfRange, instrument: name, channel: channel,
        message: "\(resistance) is outside \(settings.range.lowerBound) to \(settings.range.upperBound)",
        advice: "an open input is made by opening the output")
    }
    try await session.writeChecked(":RES \(DecimalText.shortest(ohms, significant: 8))")
    try await session.confirm(
      ":RES?", equals: ohms, tolerance: max(M642Settings.step, ohms * M642Settings.stepPart))
    try await connect(true)
    standing = ohms
  }

  func setOpen(channel: Int) async throws(InstrumentError) {
    try check(channel)
    try await connect(false)
    standing = .infinity
  }

  /// The decade has no short: refused, unless the rig file accepts its lowest resistance instead.
  func setShort(channel: Int) async throws(InstrumentError) {
    try check(channel)
    guard settings.lowestStandsForShort else {
      throw InstrumentError(
        .refused, instrument: name, channel: channel, message: "the decade cannot short its terminals",
        advice:
          "write 'short: lowest' in the rig file if \(settings.range.lowerBound) will do, or use a relay")
    }
    try await setResistance(settings.range.lowerBound, channel: channel)
  }

  /// Infinite while the terminals are open.
  func resistance(channel: Int) async throws(InstrumentError) -> Reading {
    try check(channel)
    guard try await isConnected() else { return Reading(value: .infinity, at: session.world.now) }
    let ohms = try await session.queryNumber(":RES?")
    return Reading(value: ohms, at: session.world.now)
  }

  func confirmStanding() async throws(InstrumentError) {
    try await session.requireNoRestart()
    guard let standing else { return }
    let found = try await resistance(channel: 1).value
    guard standing.isFinite, found.isFinite else {
      guard found == standing else { throw moved(from: standing, to: found) }
      return
    }
    let tolerance = max(M642Settings.step, standing * M642Settings.stepPart)
    guard (found - standing).magnitude <= tolerance else { throw moved(from: standing, to: found) }
  }

  private func moved(from standing: Double, to found: Double) -> InstrumentError {
    func words(_ ohms: Double) -> String { ohms.isFinite ? "\(Resistance(ohms))" : "open" }
    return InstrumentError(
      .notConfirmed, instrument: name, channel: 1,
      message: "it reads back \(words(found)), \(words(standing)) was set",
      advice: "check its supply and the front panel")
  }

  private func isConnected() async throws(InstrumentError) -> Bool { try await session.queryFlag(":OUTP?") }

  private func connect(_ on: Bool) async throws(InstrumentError) {
    try await session.writeChecked(":OUTP \(on ? "ON" : "OFF")")
    guard try await isConnected() == on else {
      throw InstrumentError(
        .notConfirmed, instrument: name, channel: 1,
        message: "the output was switched \(on ? "on" : "off") but reads otherwise",
        advice: "look at the front panel")
    }
  }

  private func check(_ channel: Int) throws(InstrumentError) {
    guard channelNumbers.contains(channel) else {
      throw InstrumentError(
        .outOfRange, instrument: name, channel: channel, message: "the decade has channel 1 only",
        advice: "four thermistors need four decades")
    }
  }
}
