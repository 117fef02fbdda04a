import Capabilities
import Ports
import Quantities

/// Siglent SDS2000X Plus and SDS2000X HD oscilloscopes as recorder of one fast pulse.
///
/// The instrument drops replies when it is polled fast, so commands keep `commandGap` apart, and every setting that
/// decides what the record means is read back.
///
/// - Source: instrument model notes, section 6 (descriptor, trigger states, spacing); command words and memory depths
///   as open drivers quote the SDS series programming guide.
final class SDS2000X: PulseRecorder {
  let name: String
  private let serial: String
  private let session: SCPISession
  private let settings: SDS2000XSettings

  private var capture = SDS2000XCapture()
  private var armedChannel = 0
  /// Seconds that the armed record is to span.
  private var duration = 0.0

  static let pollInterval = Interval.milliseconds(50)
  /// What arming may take beyond filling the pre-trigger memory.
  static let armingMargin = Interval.seconds(2)
  static let channels = 1...4

  init(_ context: DriverContext) throws(InstrumentError) {
    name = context.name
    serial = context.serial
    do { settings = try SDS2000XSettings(context.options) } catch {
      throw InstrumentError(.refused, instrument: context.name, message: error.description)
    }
    session = SCPISession(
      instrument: context.name, link: try context.scpiLink(), world: context.world,
      dialect: SCPIDialect(gap: settings.gap, errorQuery: nil))
  }

  func open() async throws(InstrumentError) -> Identity {
    capture.abandon()
    return try await session.identify(Self.plate, serial: serial)
  }

  /// Stops recording. The instrument drives nothing.
  func makeSafe() async -> SafetyReport {
    capture.abandon()
    do {
      try await session.writeSafe(":TRIG:STOP")
      if session.state != .ready { try await session.resynchronise() }
      let stopped = try await status() == .stop
      return SafetyReport(
        confirmed: stopped,
        message: stopped ? "recording stopped; the instrument has no outputs" : "still recording")
    } catch {
      return SafetyReport(confirmed: false, message: error.description)
    }
  }

  func close() async { session.close() }

  // MARK: arming

  /// - Throws: `.outOfRange` before a byte is sent; `.notConfirmed` when a setting does not read back or *armed* is
  ///   not reported in time.
  func arm(channel: Int, triggerLevel: Voltage, sampleInterval: TimeSpan, samples: Int)
    async throws(InstrumentError)
  {
    let timebase = try plan(channel, triggerLevel, sampleInterval, samples)
    capture.abandon()
    try await configure(channel, triggerLevel, timebase, sampleInterval: sampleInterval.base)
    try await session.write(":TRIG:MODE SINGLE")
    capture.configure()
    armedChannel = channel
    duration = sampleInterval.base * Double(samples)
    let deadline = session.world.now + .seconds(timebase.preTriggerTime) + Self.armingMargin
    try await poll(until: deadline, failure: "the trigger was not armed") { capture, status in
      capture.armed(status)
    }
  }

  private func plan(_ channel: Int, _ level: Voltage, _ interval: TimeSpan, _ samples: Int)
    throws(InstrumentError) -> SDS2000XTimebase
  {
    try check(channel)
    guard level.isFinite, (settings.lowest...settings.fullScale).contains(level.base) else {
      throw InstrumentError(
        .outOfRange, instrument: name, channel: channel,
        message: "trigger level \(level) is outside the screen, which ends at \(Voltage(settings.fullScale))",
        advice: "raise 'full-scale' in the rig file")
    }
    guard let timebase = SDS2000XTimebase(sampleInterval: interval.base, samples: samples) else {
      throw InstrumentError(
        .outOfRange, instrument: name, channel: channel,
        message: "\(samples) samples every \(interval) do not fit into any record",
        advice: "the converter takes 2 GSa/s at most and the memory 20 million points")
    }
    return timebase
  }

  private func configure(
    _ channel: Int, _ level: Voltage, _ timebase: SDS2000XTimebase, sampleInterval: Double
  ) async throws(InstrumentError) {
    try await session.write(":TRIG:STOP")
    // Memory and rate are shared: any other channel in use would halve both.
    for other in Self.channels {
      try await session.write(":CHAN\(other):SWIT \(other == channel ? "ON" : "OFF")")
    }
    // Left over from a person at the front panel, each of these would change what the record means.
    for setting in ["COUP DC", "INV OFF", "BWL FULL"] {
      try await session.write(":CHAN\(channel):\(setting)")
    }
    try await session.write(":ACQ:TYPE NORM")
    try await session.write(":ACQ:SEQ OFF")
    try await set(":CHAN\(channel):SCAL", settings.voltsPerDivision)
    try await set(":CHAN\(channel):OFFS", settings.offset)
    try await session.write(":ACQ:MDEP \(timebase.depthText)")
    try await set(":TIM:SCAL", timebase.scale)
    try await set(":TIM:DEL", 0)
    try await session.write(":TRIG:TYPE EDGE")
    try await session.write(":TRIG:EDGE:SOUR C\(channel)")
    try await session.write(":TRIG:EDGE:SLOP RIS")
    try await set(":TRIG:EDGE:LEV", level.base, tolerance: settings.voltsPerDivision / 20)
    let rate = try await session.queryNumber(":ACQ:SRAT?", suffix: "Sa/s")
    guard rate > 0, 1 / rate <= sampleInterval * 1.001 else {
      throw InstrumentError(
        .notConfirmed, instrument: name, channel: channel,
        message: "the instrument samples at \(rate) points per second, slower than asked",
        advice: "switch the other channels and functions off")
    }
  }

  private func set(_ header: String, _ value: Double, tolerance: Double? = nil) async throws(InstrumentError)
  {
    try await session.write("\(header) \(SiglentNumber.text(value))")
    try await session.confirm("\(header)?", equals: value, tolerance: tolerance ?? value.magnitude * 1e-3)
  }

  // MARK: fetching

  /// - Throws: `.refused` when nothing was armed on the channel; `.notConfirmed` when nothing triggered before the
  ///   deadline or the record is not the one that was asked for.
  func fetch(channel: Int, deadline: WorldInstant) async throws(InstrumentError) -> PulseRecord {
    try check(channel)
    guard capture.stage == .armed || capture.stage == .triggered, channel == armedChannel else {
      throw InstrumentError(
        .refused, instrument: name, channel: channel, message: "no record is armed on this channel",
        advice: "arm the recorder before firing")
    }
    try await poll(until: deadline, failure: "no complete record") { capture, status in
      capture.completed(status)
    }
    do {
      let record = try await transfer(channel)
      capture.transferred()
      return record
    } catch {
      capture.abandon()
      throw error
    }
  }

  private func transfer(_ channel: Int) async throws(InstrumentError) -> PulseRecord {
    let points = Int(try await session.queryNumber(":ACQ:POIN?", suffix: "pts"))
    try await session.write(":WAV:SOUR C\(channel)")
    try await session.write(":WAV:INT 1")
    var descriptor = try await self.descriptor()
    if descriptor.converterBits > 8 {
      try await session.write(":WAV:WIDT WORD")
      descriptor = try await self.descriptor()
    }
    guard descriptor.triggerDelay.magnitude <= descriptor.sampleInterval else {
      throw InstrumentError(
        .notConfirmed, instrument: name, channel: channel,
        message: "the trigger is \(descriptor.triggerDelay) s away from the middle of the record",
        advice: "somebody turned the horizontal position; arm again")
    }
    let interval = descriptor.sampleInterval
    let window = SDS2000XTimebase.window(points: points, interval: interval, duration: duration)
    guard window.count > 1 else {
      throw InstrumentError(
        .notConfirmed, instrument: name, channel: channel, message: "the record holds \(points) points")
    }
    let pieceMax = Int(try await session.queryNumber(":WAV:MAXP?"))
    guard pieceMax > 0 else { throw session.malformed("':WAV:MAXP?' answered \(pieceMax)", bytes: []) }
    var volts: [Double] = []
    volts.reserveCapacity(window.count)
    var first = window.lowerBound
    while first < window.upperBound {
      let count = min(pieceMax, window.upperBound - first)
      volts += descriptor.volts(try await piece(first: first, count: count, wide: descriptor.wide))
      first += count
    }
    return PulseRecord(times: window.map { Double($0 - points / 2) * interval }, volts: volts)
  }

  private func descriptor() async throws(InstrumentError) -> SDS2000XDescriptor {
    let bytes = try await session.queryBlock(":WAV:PRE?", lengthMax: 4096)
    try await absorbLineFeeds()
    switch SDS2000XDescriptor.read(bytes) {
    case .success(let descriptor): return descriptor
    case .failure(let fault): throw session.malformed(fault.reason, bytes: [])
    }
  }

  private func piece(first: Int, count: Int, wide: Bool) async throws(InstrumentError) -> [UInt8] {
    try await session.write(":WAV:STAR \(first)")
    try await session.write(":WAV:POIN \(count)")
    let length = count * (wide ? 2 : 1)
    let data = try await session.queryBlock(
      ":WAV:DATA?", lengthMax: length, deadline: SDS2000XSettings.transferDeadline(bytes: length))
    guard data.count == length else {
      throw session.malformed("\(length) bytes of samples were asked for, \(data.count) came", bytes: [])
    }
    try await absorbLineFeeds()
    return data
  }

  /// Blocks end in one line feed or two, depending on the firmware; the second must not look like a stray reply.
  private func absorbLineFeeds() async throws(InstrumentError) {
    try await wait(until: session.world.now + settings.gap)
    try await session.peek()
    while session.buffer.first == 0x0A { session.buffer.removeFirst() }
  }

  // MARK: polling

  private func status() async throws(InstrumentError) -> SDS2000XCapture.Status {
    let reply = try await session.query(":TRIG:STAT?")
    guard let status = SDS2000XCapture.Status(reply: reply) else {
      throw session.malformed("'\(reply)' is no trigger state", bytes: [])
    }
    return status
  }

  private func poll(
    until deadline: WorldInstant, failure: String,
    decide: (inout SDS2000XCapture, SDS2000XCapture.Status) -> SDS2000XCapture.Verdict
  ) async throws(InstrumentError) {
    while true {
      let status: SDS2000XCapture.Status
      do { status = try await self.status() } catch {
        capture.abandon()
        throw error
      }
      switch decide(&capture, status) {
      case .reached: return
      case .fault(let why):
        capture.abandon()
        throw InstrumentError(
          .notConfirmed, instrument: name, channel: armedChannel, message: "\(failure): \(why)",
          advice: "check trigger level and wiring of the transducer")
      case .wait: break
      }
      guard session.world.now + Self.pollInterval <= deadline else {
        capture.abandon()
        throw InstrumentError(
          .notConfirmed, instrument: name, channel: armedChannel,
          message: "\(failure) in time; the trigger reads '\(status.rawValue)'",
          advice: "check trigger level and wiring of the transducer")
      }
      try await wait(until: session.world.now + Self.pollInterval)
    }
  }

  private func wait(until instant: WorldInstant) async throws(InstrumentError) {
    do { try await session.world.sleep(until: instant) } catch {
      throw InstrumentError(.link, instrument: name, message: "the wait was cut short: \(error)")
    }
  }

  private func check(_ channel: Int) throws(InstrumentError) {
    guard Self.channels.contains(channel) else {
      throw InstrumentError(
        .outOfRange, instrument: name, channel: channel, message: "there is no such channel",
        advice: "channels are 1 to 4")
    }
  }
}
