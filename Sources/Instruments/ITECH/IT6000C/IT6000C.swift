import Capabilities
import Ports
import Quantities

/// ITECH IT6000C regenerative supply as the source of the high-current loop, in current priority.
///
/// Sources: hardware-tested open driver and IT-M3900 manual extract (instrument model notes, section 2.2).
/// - Positive current is sourced, negative is sunk. The supply makes positive voltages only: it sinks when the
///   loop holds a voltage against it, or when contactors of the rig reverse it.
/// - After `FUNC` the set points of one priority hold what the limits of the other held, so every set point and
///   limit is written and read back after it.
/// - The communication watchdog is armed whenever the output is on: a step that holds a current has to speak to
///   the source more often than `watchdog`, or the output goes off and stays off until cleared.
/// - The inhibit input's mode is set at the front panel; it must be the latching one.
public final class IT6000C: LoopSource {
  public let name: String
  public let rating: Rating
  public let currentMax: Current
  public let complianceMax: Voltage
  public let session: SCPISession

  let world: any World
  let serial: String
  let slewAmperesPerMillisecond: Double
  let watchdogSeconds: Double
  /// Trip levels that were programmed for the rig, volts and amperes.
  var programmedFences: (volts: Double, amperes: Double)?
  /// What `program` asked for last; the output is ramped to zero before it opens and restored afterwards.
  private var currentSetpoint = 0.0
  /// What the output was switched to last.
  private(set) var outputWanted = false
  /// Compliance that was read back since nothing else could have changed it; nil: must be sent again.
  private var provenCompliance: Double?

  /// - Throws: `.refused` for an option that cannot be read or exceeds the rating.
  public init(_ context: DriverContext) throws(InstrumentError) {
    let settings: Settings
    do { settings = try Settings(context.options) } catch {
      throw InstrumentError(.refused, instrument: context.name, message: error.description)
    }
    name = context.name
    serial = context.serial
    world = context.world
    rating = settings.rating
    currentMax = .amperes(settings.currentMax)
    complianceMax = .volts(settings.complianceMax)
    slewAmperesPerMillisecond = settings.slew
    watchdogSeconds = settings.watchdog
    session = SCPISession(
      instrument: context.name, link: try context.scpiLink(), world: context.world,
      // The tested driver waits 20 ms after every exchange and up to 1.5 s for a reply.
      dialect: SCPIDialect(gap: .milliseconds(20), queryDeadline: .seconds(1.5)))
  }

  /// From zero to the largest current at the programmed slew rate.
  public var settlingTime: Interval { .milliseconds(currentMax.base / slewAmperesPerMillisecond) }

  public var silenceLimit: Interval? { .seconds(watchdogSeconds) }

  // MARK: Instrument

  public func open() async throws(InstrumentError) -> Identity {
    let identity = try await session.identify(Self.plate(rating), serial: serial)
    try await session.write("*CLS")
    _ = try await session.drainErrors()
    guard try await !session.queryFlag("OUTP?") else {
      throw InstrumentError(
        .notConfirmed, instrument: name, message: "the output is on although nothing switched it on",
        advice: "make the rig safe, then start again")
    }
    try await session.writeChecked("SYST:REM")
    try await clearTrips()
    try await enterCurrentPriority()
    try await protect(
      overvoltage: min(complianceMax.base * 1.1, rating.volts * 1.02),
      overcurrent: min(currentMax.base * 1.1, rating.amperes * 1.02))
    return identity
  }

  public func makeSafe() async -> SafetyReport {
    currentSetpoint = 0
    outputWanted = false
    provenCompliance = nil
    do {
      // Each is sent whatever becomes of the other, in this order and with the gap between them; what counts is the
      // read-back.
      for command in ["CURR 0", "OUTP OFF"] { try? await session.writeSafe(command) }
      if session.state != .ready { try await session.resynchronise() }
      if try await session.queryFlag("OUTP?") {
        try await session.writeSafe("OUTP OFF")
        guard try await !session.queryFlag("OUTP?") else {
          return SafetyReport(confirmed: false, message: "the output reads back on")
        }
      }
      return SafetyReport(confirmed: true, message: "output off")
    } catch {
      return SafetyReport(confirmed: false, message: "the switch-off is not confirmed: \(error)")
    }
  }

  public func close() async { session.close() }

  // MARK: LoopSource

  @discardableResult
  public func program(current: Current, compliance: Voltage) async throws(InstrumentError) -> WorldInstant {
    guard current.isFinite, current.magnitude <= currentMax else {
      throw outOfRange("\(current) is outside ±\(currentMax)")
    }
    guard compliance.isFinite, compliance >= .zero, compliance <= complianceMax else {
      throw outOfRange("a compliance of \(compliance) is outside 0 V to \(complianceMax)")
    }
    if provenCompliance != compliance.base {
      provenCompliance = nil
      try await set("VOLT:LIM", compliance.base, step: rating.voltageStep)
      provenCompliance = compliance.base
    }
    let sent = try await set("CURR", current.base, step: rating.currentStep)
    try await session.requireNoError(after: "CURR")
    currentSetpoint = current.base
    return sent
  }

  public func setOutput(_ on: Bool) async throws(InstrumentError) {
    on ? try await energise() : try await deenergise()
    outputWanted = on
  }

  /// The event register keeps what came and went: a trip that was cleared, an inhibit input that was pulled for a
  /// moment.
  public func confirmStanding() async throws(InstrumentError) {
    try await session.requireNoRestart()
    let events = Self.trips(in: try await session.queryInteger("STAT:QUES?"))
    guard events.isEmpty else {
      throw InstrumentError(
        .notConfirmed, instrument: name,
        message:
          "the output was off for a time although nothing switched it: \(events.joined(separator: ", "))",
        advice: "find the cause before the next run")
    }
    let isOn = try await session.queryFlag("OUTP?")
    guard isOn == outputWanted else {
      throw InstrumentError(
        .notConfirmed, instrument: name,
        message: "the output was switched \(outputWanted ? "on" : "off") and reads \(isOn ? "on" : "off")",
        advice: "check the inhibit input and the front panel")
    }
    try await session.confirm("CURR?", equals: currentSetpoint, tolerance: rating.currentStep)
  }

  public func outputEnabled() async throws(InstrumentError) -> Bool { try await session.queryFlag("OUTP?") }

  public func measureCurrent() async throws(InstrumentError) -> Reading {
    Reading(value: try await session.queryNumber("MEAS:CURR?"), at: world.now)
  }

  public func measureVoltage() async throws(InstrumentError) -> Reading {
    Reading(value: try await session.queryNumber("MEAS:VOLT?"), at: world.now)
  }

  /// In current priority the operation bit *constant voltage* means that the compliance is exhausted.
  public func isAtCompliance() async throws(InstrumentError) -> Bool {
    try await session.queryInteger("STAT:OPER:COND?") & 256 != 0
  }

  // MARK: output

  /// From enable to settled; hardware-tested figure.
  static let enableTime = Interval.milliseconds(150)

  private func energise() async throws(InstrumentError) {
    try await requireNoTrip()
    try await set("OUTP:PROT:WDOG:DEL", watchdogSeconds, step: 1)
    try await switchFlag("OUTP:PROT:WDOG:STAT", true)
    try await session.confirm("CURR?", equals: currentSetpoint, tolerance: rating.currentStep)
    try await session.writeChecked("OUTP ON")
    try await pause(Self.enableTime)
    guard try await session.queryFlag("OUTP?") else {
      try await requireNoTrip()
      throw InstrumentError(
        .notConfirmed, instrument: name, message: "the output did not switch on",
        advice: "check the inhibit input and the front panel")
    }
  }

  /// Through zero current: switching off ignores the slew rate, and an inductive loop would kick.
  private func deenergise() async throws(InstrumentError) {
    let keep = currentSetpoint
    if keep != 0, try await session.queryFlag("OUTP?") {
      try await session.write("CURR 0")
      try await pause(settlingTime)
    }
    try await session.write("OUTP OFF")
    guard try await !session.queryFlag("OUTP?") else {
      throw InstrumentError(
        .notConfirmed, instrument: name, message: "the output did not switch off",
        advice: "open the loop contactor")
    }
    try await switchFlag("OUTP:PROT:WDOG:STAT", false)
    try await set("CURR", keep, step: rating.currentStep)
  }

  // MARK: opening

  /// A latched trip keeps the output from switching on. The output is commanded off first, because clearing
  /// returns some supplies to the state before the trip.
  func clearTrips() async throws(InstrumentError) {
    guard try await session.queryInteger("STAT:QUES:COND?") != 0 else { return }
    try await session.write("OUTP OFF")
    try await session.writeChecked("OUTP:PROT:CLE")
    try await requireNoTrip()
    guard try await !session.queryFlag("OUTP?") else {
      throw InstrumentError(
        .notConfirmed, instrument: name, message: "clearing a trip switched the output on",
        advice: "make the rig safe")
    }
  }

  private func enterCurrentPriority() async throws(InstrumentError) {
    try await session.writeChecked("FUNC CURR")
    try await session.writeChecked("FUNC:MODE FIXED")
    let function = try await session.query("FUNC?")
    guard function.uppercased().hasPrefix("CURR") else {
      throw InstrumentError(
        .notConfirmed, instrument: name, message: "the priority reads back '\(function)', CURR was set")
    }
    // Order matters: the current set point now holds whatever the current limit was.
    try await set("CURR", 0, step: rating.currentStep)
    try await set("VOLT:LIM", 0, step: rating.voltageStep)
    try await set("CURR:SLEW:POS", slewAmperesPerMillisecond, step: 0.001)
    try await set("CURR:SLEW:NEG", slewAmperesPerMillisecond, step: 0.001)
    try await session.requireNoError(after: "FUNC CURR")
    currentSetpoint = 0
    provenCompliance = nil
  }

  /// Trip levels a tenth above what the rig may ask for; project default.
  func protect(overvoltage: Double, overcurrent: Double) async throws(InstrumentError) {
    try await set("VOLT:PROT", overvoltage, step: rating.voltageStep)
    try await switchFlag("VOLT:PROT:STAT", true)
    try await set("CURR:PROT", overcurrent, step: rating.currentStep)
    try await switchFlag("CURR:PROT:STAT", true)
    try await session.requireNoError(after: "CURR:PROT:STAT")
  }

  // MARK: pieces

  /// Writes and reads back. The instrument may keep more digits than its step, so half a step is tolerated.
  /// - Returns: When the command was handed to the link.
  @discardableResult
  func set(_ header: String, _ value: Double, step: Double) async throws(InstrumentError)
    -> WorldInstant
  {
    let text = DecimalText.fixed(value, decimals: step >= 1 ? 0 : 3)
    try await session.write("\(header) \(text)")
    let sent = world.now
    try await session.confirm("\(header)?", equals: value, tolerance: step / 2 + 0.0005)
    return sent
  }

  func switchFlag(_ header: String, _ on: Bool) async throws(InstrumentError) {
    try await session.write("\(header) \(on ? "ON" : "OFF")")
    guard try await session.queryFlag("\(header)?") == on else {
      throw InstrumentError(
        .notConfirmed, instrument: name, message: "\(header) did not switch \(on ? "on" : "off")")
    }
  }

  func requireNoTrip() async throws(InstrumentError) {
    let word = try await session.queryInteger("STAT:QUES:COND?")
    let trips = Self.trips(in: word)
    guard trips.isEmpty else {
      throw InstrumentError(
        .refused, instrument: name, message: "the protection tripped: \(trips.joined(separator: ", "))",
        advice: "find the cause, then open the instrument again to clear it")
    }
  }

  /// The set bits of the questionable register in words (instrument model notes, section 2.2).
  static func trips(in word: Int) -> [String] {
    let names = [
      (1, "overvoltage"), (2, "overcurrent while sourcing"), (4, "overcurrent while sinking"),
      (8, "overpower while sourcing"), (16, "overpower while sinking"), (32, "undervoltage"),
      (64, "overtemperature"), (128, "undercurrent"), (256, "sense lines"), (512, "current sharing"),
      (1024, "reversed polarity"), (2048, "inhibit input"),
      (8192, "protection (e.g. communication watchdog)"),
    ]
    return names.filter { word & $0.0 != 0 }.map(\.1)
  }

  private func pause(_ interval: Interval) async throws(InstrumentError) {
    do { try await world.sleep(for: interval) } catch {
      throw InstrumentError(.link, instrument: name, message: "\(error)")
    }
  }

  private func outOfRange(_ message: String) -> InstrumentError {
    InstrumentError(.outOfRange, instrument: name, message: message)
  }
}
