import Capabilities
import Ports
import Quantities

/// Keysight DAQ970A with 20-channel multiplexers in its three slots, used as a scanning direct-voltage meter
/// and four-wire ohmmeter.
///
/// A scan is trusted only when every value carries the number of the channel it was asked for: the instrument scans
/// in ascending order whatever the list says, and on a raw socket a late reply looks like the next one.
///
/// - Source: instrument model notes, section 5.2; instrument protocol notes, sections 4 and 13.
final class DAQ970A: Voltmeter, Ohmmeter {
  let name: String
  private let serial: String
  let session: SCPISession
  let settings: DAQ970ASettings

  /// Channels whose function, range and integration time this driver has set since opening.
  private var configured: [Int: DAQ970AFunction] = [:]
  /// The list that the instrument confirmed, ascending.
  private var scanList: [Int] = []

  init(_ context: DriverContext) throws(InstrumentError) {
    name = context.name
    serial = context.serial
    do { settings = try DAQ970ASettings(context.options) } catch {
      throw InstrumentError(.refused, instrument: context.name, message: error.description)
    }
    session = SCPISession(instrument: context.name, link: try context.scpiLink(), world: context.world)
  }

  func open() async throws(InstrumentError) -> Identity {
    forget()
    let identity = try await session.identify(Self.plate, serial: serial)
    try await session.write("*CLS")
    _ = try await session.drainErrors()
    return identity
  }

  /// Stops a running scan. The instrument has no outputs; answering proves the link, nothing more.
  func makeSafe() async -> SafetyReport {
    forget()
    do {
      try await session.writeSafe("ABOR")
      if session.state != .ready { try await session.resynchronise() }
      _ = try await session.drainErrors()
      return SafetyReport(confirmed: true, message: "scan stopped; the instrument has no outputs")
    } catch {
      return SafetyReport(confirmed: false, message: error.description)
    }
  }

  func confirmStanding() async throws(InstrumentError) { try await session.requireNoRestart() }

  func close() async { session.close() }

  /// - Throws: `.outOfRange` for a channel that does not exist or is listed twice, before a byte is sent;
  ///   `.notConfirmed` when the scan list does not read back; `.malformedReply` when a value does not carry the
  ///   expected channel.
  func measureVoltages(channels: [Int]) async throws(InstrumentError) -> [Reading] {
    try await measure(channels, .voltage)
  }

  /// Four-wire: the source leads are on the channel, the sense leads on the one ten above it.
  /// - Throws: As `measureVoltages`; `.outOfRange` also for a channel that has none ten above it.
  func measureResistances(channels: [Int]) async throws(InstrumentError) -> [Reading] {
    for channel in channels where !DAQ970AChannels.hasPair(channel) {
      throw InstrumentError(
        .outOfRange, instrument: name, channel: channel,
        message: "the channel has no partner for sense leads",
        advice: "four-wire channels are 01 to 10 of a slot; their sense leads are on 11 to 20")
    }
    return try await measure(channels, .resistance)
  }

  private func measure(_ channels: [Int], _ function: DAQ970AFunction) async throws(InstrumentError)
    -> [Reading]
  {
    let ascending = channels.sorted()
    try check(ascending)
    do {
      if ascending == scanList, ascending.allSatisfy({ configured[$0] == function }) {
        try await confirmSize()
      } else {
        try await configure(ascending, function)
      }
      let values = try await scan(ascending)
      let at = session.world.now
      return channels.map { channel in
        Reading(value: values[ascending.firstIndex(of: channel)!], at: at)
      }
    } catch {
      // What the instrument holds is unknown now; the next scan sets it up from the beginning.
      forget()
      throw error
    }
  }

  private func forget() {
    configured = [:]
    scanList = []
  }

  private func check(_ ascending: [Int]) throws(InstrumentError) {
    guard !ascending.isEmpty else {
      throw InstrumentError(.outOfRange, instrument: name, message: "a scan needs at least one channel")
    }
    var last: Int?
    for channel in ascending {
      guard DAQ970AChannels.isValid(channel) else {
        throw InstrumentError(
          .outOfRange, instrument: name, channel: channel, message: "there is no such channel",
          advice: "channels are 101 to 120, 201 to 220 and 301 to 320")
      }
      guard channel != last else {
        throw InstrumentError(
          .outOfRange, instrument: name, channel: channel, message: "the channel is listed twice",
          advice: "a scan visits each channel once")
      }
      last = channel
    }
  }

  // MARK: set-up

  /// `CONF` rewrites the scan list and switches the format fields off, so list and format follow it.
  private func configure(_ ascending: [Int], _ function: DAQ970AFunction) async throws(InstrumentError) {
    let missing = ascending.filter { configured[$0] != function }
    if !missing.isEmpty {
      try await select(function, missing)
      try await session.write(
        "SENS:\(function.header):NPLC \(settings.powerLineCyclesText),\(DAQ970AChannels.list(missing))")
    }
    let list = DAQ970AChannels.list(ascending)
    try await session.write("ROUT:SCAN \(list)")
    if !missing.isEmpty {
      try await session.write("FORM:READ:CHAN ON")
      try await session.write("TRIG:SOUR IMM")
      try await session.write("TRIG:COUN 1")
    }
    try await session.requireNoError(after: "ROUT:SCAN \(list)")
    try await confirmList(ascending)
    scanList = ascending
    for channel in missing { configured[channel] = function }
    try await confirmSize()
  }

  private func select(_ function: DAQ970AFunction, _ channels: [Int]) async throws(InstrumentError) {
    switch function {
    case .resistance:
      try await session.write("CONF:\(function.header) AUTO,\(DAQ970AChannels.list(channels))")
    case .voltage:
      for range in DAQ970ARange.allCases {
        let group = channels.filter { settings.range(of: $0) == range }
        guard !group.isEmpty else { continue }
        try await session.write(
          "CONF:\(function.header) \(range.parameter),\(DAQ970AChannels.list(group))")
      }
    }
  }

  private func confirmList(_ ascending: [Int]) async throws(InstrumentError) {
    let block = try await session.queryBlock("ROUT:SCAN?", lengthMax: 1024)
    let text = String(decoding: block, as: UTF8.self)
    guard let found = DAQ970AChannels.parse(text) else {
      throw session.malformed("'\(text)' is not a channel list", bytes: block)
    }
    guard found == ascending else {
      throw InstrumentError(
        .notConfirmed, instrument: name,
        message: "the scan list reads back as \(text), \(DAQ970AChannels.list(ascending)) was set",
        advice: "check that the multiplexer modules are in their slots")
    }
  }

  private func confirmSize() async throws(InstrumentError) {
    let size = try await session.queryInteger("ROUT:SCAN:SIZE?")
    guard size == scanList.count else {
      throw InstrumentError(
        .notConfirmed, instrument: name,
        message: "the scan list holds \(size) channels instead of \(scanList.count)",
        advice: "somebody else changed it, or the instrument restarted; measure again")
    }
  }

  // MARK: scan

  /// Values in ascending channel order.
  private func scan(_ ascending: [Int]) async throws(InstrumentError) -> [Double] {
    let reply = try await session.query("READ?", deadline: settings.scanDeadline(ascending))
    let fields = reply.split(separator: ",", omittingEmptySubsequences: false)
    guard fields.count == ascending.count * 2 else {
      throw session.malformed(
        "the scan of \(ascending.count) channels answered with \(fields.count) fields", bytes: [])
    }
    var values: [Double] = []
    for (index, channel) in ascending.enumerated() {
      guard let value = SCPIText.number(fields[2 * index]) else {
        throw session.malformed("'\(fields[2 * index])' in the scan is not a number", bytes: [])
      }
      guard SCPIText.integer(fields[2 * index + 1]) == channel else {
        throw session.malformed(
          "value \(index + 1) of the scan belongs to channel '\(fields[2 * index + 1])', not \(channel)",
          bytes: [])
      }
      values.append(value)
    }
    return values
  }
}
