import Capabilities
import Ports
import Quantities

/// NGI N83624: 24 isolated battery cells that source and sink. Channel n of the instrument is 1 … 24.
///
/// Sources: NGI N83624 SCPI guide V20240130; field driver notes in the instrument model notes, section 1.1.
/// - Currents are milliamperes on the wire, voltages volts.
/// - There is no error queue: the read-back of every setting is the only confirmation.
/// - `*RST` restores the factory's network address and is never sent.
/// - No communication watchdog is documented: the rig's contactor must be able to disconnect the cells.
/// - `*IDN?` carries no serial number; the rig file's serial is an asset number that nothing here can check.
/// - One current limit per channel is documented for source mode. That it bounds sinking as well is a project
///   default that the real instrument must confirm.
public final class N83624: CellEmulator {
  public let name: String
  public let channelNumbers = 1...24
  /// 0 … 6 V for both variants (type designations N83624-06-05 and -06-10).
  public let voltageRange = Voltage.volts(0)...Voltage.volts(6)
  public let currentMax: Current
  public let session: SCPISession
  /// Protection levels that were programmed last, volts and amperes.
  var programmedFences: (volts: Double, amperes: Double)?
  /// Channels whose status showed an event before the levels were programmed, and which were not switched on since.
  var tripsBefore: Set<Int> = []
  /// What was set last, by channel: volts, and whether the output is on.
  private var standingVolts: [Int: Double] = [:]
  private var standingOn: Set<Int> = []

  /// - Throws: `.refused` for an option that cannot be read.
  public init(_ context: DriverContext) throws(InstrumentError) {
    name = context.name
    do {
      currentMax = .amperes(try Self.currentMaxAmperes(context.options))
      let dialect = SCPIDialect(
        gap: try Self.gapOption.interval(in: context.options), queryDeadline: .seconds(3),
        errorQuery: nil, quiet: .seconds(1.5))
      session = SCPISession(
        instrument: context.name, link: try Self.link(context), world: context.world, dialect: dialect)
    } catch {
      throw (error as? InstrumentError)
        ?? InstrumentError(.refused, instrument: context.name, message: "\(error)")
    }
    world = context.world
  }

  let world: any World
  private var allChannels: [Int] { Array(channelNumbers) }

  private static func link(_ context: DriverContext) throws -> SCPILink { try context.scpiLink() }

  // MARK: Instrument

  public func open() async throws(InstrumentError) -> Identity {
    var identity = try await session.identify(Self.plate, serial: "")
    identity.serial = ""
    let on = try await statusWords(allChannels).enumerated().filter { $0.element & 1 != 0 }
    guard on.isEmpty else {
      throw InstrumentError(
        .notConfirmed, instrument: name, channel: on[0].offset + 1,
        message: "\(on.count) outputs are on although nothing switched them on",
        advice: "make the rig safe, then start again")
    }
    // With the outputs proven off neither setting reaches a terminal. Another mode or range would limit or
    // scale the set points without a word.
    try await settle("OUTP:MODE", to: 0, what: "source mode")
    try await settle("SOUR:RANG", to: 0, what: "the high range")
    return identity
  }

  public func makeSafe() async -> SafetyReport {
    standingOn = []
    do {
      try await sendOff()
      if session.state != .ready { try await session.resynchronise() }
      if try await channelsStillOn().isEmpty {
        return SafetyReport(confirmed: true, message: "all outputs off")
      }
      for channel in channelNumbers { try await session.writeSafe("OUTP\(channel):ONOFF 0") }
      let left = try await channelsStillOn()
      return SafetyReport(
        confirmed: left.isEmpty,
        message: left.isEmpty
          ? "all outputs off, one by one" : "outputs of channels \(Self.words(left)) are still on")
    } catch {
      return SafetyReport(confirmed: false, message: "the switch-off is not confirmed: \(error)")
    }
  }

  /// It has no status register that tells of a restart: outputs and set points must be what was set last.
  public func confirmStanding() async throws(InstrumentError) {
    let words = try await statusWords(allChannels)
    for channel in channelNumbers where (words[channel - 1] & 1 != 0) != standingOn.contains(channel) {
      let isOn = words[channel - 1] & 1 != 0
      throw InstrumentError(
        .notConfirmed, instrument: name, channel: channel,
        message: "the output was switched \(isOn ? "off" : "on") and reads \(isOn ? "on" : "off")",
        advice: "check its supply and the front panel")
    }
    let known = standingVolts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    if !known.isEmpty { try await confirm("SOUR:VOLT", known, tolerance: 1e-4) }
  }

  public func close() async { session.close() }

  // MARK: CellEmulator

  public func setVoltages(_ setpoints: [(channel: Int, voltage: Voltage)]) async throws(InstrumentError) {
    try require(setpoints.map(\.channel))
    for (channel, voltage) in setpoints {
      guard voltage.isFinite, voltageRange.contains(voltage) else {
        throw outOfRange("\(voltage) is outside 0 V to 6 V", channel: channel)
      }
    }
    let texts = setpoints.map { DecimalText.fixed($0.voltage.base, decimals: Self.voltageDecimals) }
    var commands: [String] = []
    var order: [String] = []
    var groups: [String: [Int]] = [:]
    for (text, setpoint) in zip(texts, setpoints) {
      if groups[text] == nil { order.append(text) }
      groups[text, default: []].append(setpoint.channel)
    }
    for text in order { commands.append("SOUR:VOLT \(text)\(Self.list(groups[text]!))") }
    for start in stride(from: 0, to: commands.count, by: Self.commandsPerMessage) {
      let chunk = commands[start..<min(start + Self.commandsPerMessage, commands.count)]
      try await session.write(chunk.joined(separator: ";:"))
    }
    try await confirm("SOUR:VOLT", setpoints.map { ($0.channel, $0.voltage.base) }, tolerance: 1e-4)
    for (channel, voltage) in setpoints { standingVolts[channel] = voltage.base }
  }

  public func setCurrentLimit(_ limit: Current, channels: [Int]) async throws(InstrumentError) {
    try require(channels)
    guard limit.isFinite, limit > .zero, limit <= currentMax else {
      throw outOfRange("a limit of \(limit) is outside 0 A to \(currentMax)", channel: channels.first)
    }
    let milliamperes = DecimalText.fixed(limit.base * 1e3, decimals: Self.currentDecimals)
    try await session.write("SOUR:OUTCURR \(milliamperes)\(Self.list(channels))")
    try await confirm("SOUR:OUTCURR", channels.map { ($0, limit.base * 1e3) }, tolerance: 0.1)
  }

  public func setOutputs(_ on: Bool, channels: [Int]) async throws(InstrumentError) {
    try require(channels)
    try await session.write("OUTP:ONOFF \(on ? 1 : 0)\(Self.list(channels))")
    var words: [Int] = []
    // The state follows the command after at most one sample period (480 ms at the slowest setting).
    for _ in 0..<Self.stateReadsMax {
      words = try await statusWords(channels)
      guard words.allSatisfy({ ($0 & 1 != 0) == on }) else { continue }
      if on { standingOn.formUnion(channels) } else { standingOn.subtract(channels) }
      if on { tripsBefore.subtract(channels) }
      return
    }
    let index = words.firstIndex { ($0 & 1 != 0) != on }!
    let why = Self.events(in: words[index])
    throw InstrumentError(
      .notConfirmed, instrument: name, channel: channels[index],
      message: "the output is still \(on ? "off" : "on")\(why.isEmpty ? "" : " (\(Self.joined(why)))")",
      advice: "check the channel's wiring and the instrument's front panel")
  }

  public func outputsEnabled(channels: [Int]) async throws(InstrumentError) -> [Bool] {
    try require(channels)
    return try await statusWords(channels).map { $0 & 1 != 0 }
  }

  public func measureVoltages(channels: [Int]) async throws(InstrumentError) -> [Reading] {
    try require(channels)
    let values = try await session.queryNumbers("MEAS:VOLT?\(Self.list(channels))", count: channels.count)
    let at = world.now
    return values.map { Reading(value: $0, at: at) }
  }

  public func measureCurrents(channels: [Int]) async throws(InstrumentError) -> [Reading] {
    try require(channels)
    // Field experience: up to 4.5 s for all 24 channels.
    let values = try await session.queryNumbers(
      "MEAS:CURR?\(Self.list(channels))", count: channels.count, deadline: .seconds(8))
    let at = world.now
    return values.map { Reading(value: $0.magnitude < 9e37 ? $0 / 1e3 : $0, at: at) }
  }

  // MARK: pieces

  /// A step of 0.1 mV and of 0.1 mA is what the driver sends; project default.
  static let voltageDecimals = 4
  static let currentDecimals = 1
  /// Commands chained with `;:` in one message. The guide states no length limit; eight stay below 256 bytes
  /// for the lists that occur. Project default.
  static let commandsPerMessage = 8
  static let stateReadsMax = 4

  /// Status words: bit 0 output on, bits 1 … 6 events, bits 16 … 18 read-back range.
  func statusWords(_ channels: [Int]) async throws(InstrumentError) -> [Int] {
    let numbers = try await session.queryNumbers("OUTP:STAT?\(Self.list(channels))", count: channels.count)
    var words: [Int] = []
    for number in numbers {
      guard let word = Int(exactly: number) else {
        throw session.malformed("\(number) is not a status word", bytes: [])
      }
      words.append(word)
    }
    return words
  }

  private func channelsStillOn() async throws(InstrumentError) -> [Int] {
    let words = try await statusWords(allChannels)
    return allChannels.filter { words[$0 - 1] & 1 != 0 }
  }

  /// Makes a setting of all channels equal to `value`, writing only when one differs.
  private func settle(_ header: String, to value: Int, what: String) async throws(InstrumentError) {
    let question = "\(header)?\(Self.list(allChannels))"
    if try await session.queryNumbers(question, count: 24).allSatisfy({ $0 == Double(value) }) { return }
    try await session.write("\(header) \(value)\(Self.list(allChannels))")
    let found = try await session.queryNumbers(question, count: 24)
    if let index = found.firstIndex(where: { $0 != Double(value) }) {
      throw InstrumentError(
        .notConfirmed, instrument: name, channel: index + 1, message: "the channel did not take \(what)")
    }
  }

  private func confirm(_ header: String, _ expected: [(channel: Int, value: Double)], tolerance: Double)
    async throws(InstrumentError)
  {
    let question = "\(header)?\(Self.list(expected.map(\.channel)))"
    let found = try await session.queryNumbers(question, count: expected.count)
    for (value, want) in zip(found, expected) where (value - want.value).magnitude > tolerance {
      throw InstrumentError(
        .notConfirmed, instrument: name, channel: want.channel,
        message: "\(header) reads back \(value), \(want.value) was set",
        advice:
          "commands may have come too fast (option 'gap') or the variant's range is smaller (option 'range')")
    }
  }

  private func require(_ channels: [Int]) throws(InstrumentError) {
    guard !channels.isEmpty else { throw outOfRange("no channel was named", channel: nil) }
    for (index, channel) in channels.enumerated() {
      guard channelNumbers.contains(channel) else {
        throw outOfRange("channels are 1 to 24", channel: channel)
      }
      guard !channels[..<index].contains(channel) else {
        throw outOfRange("the channel is named twice", channel: channel)
      }
    }
  }

  private func outOfRange(_ message: String, channel: Int?) -> InstrumentError {
    InstrumentError(.outOfRange, instrument: name, channel: channel, message: message)
  }

  /// The guide shows enumerated lists only, without a comma before them.
  static func list(_ channels: [Int]) -> String {
    "(@" + channels.map(String.init).joined(separator: ",") + ")"
  }

  /// The set event bits in words. Source: SCPI guide, status table.
  static func events(in word: Int) -> [String] {
    let names = [
      (1, "overvoltage"), (2, "overcurrent"), (3, "overpower"), (4, "overtemperature"),
      (5, "fault relay switched under voltage"), (6, "fault relay outside source mode"),
    ]
    return names.filter { word & (1 << $0.0) != 0 }.map(\.1)
  }

  private static func words(_ channels: [Int]) -> String { joined(channels.map(String.init)) }
  static func joined(_ words: [String]) -> String { words.joined(separator: ", ") }
}
