import Emulation
import Ports
import Simulation

@testable import Emulation
@testable import LinuxPorts

/// Answers lines of text at once, or after a while.
///
/// `*IDN?` its identity · `ECHO? text` the text · `BLOCK? n` a definite-length block of n bytes · `RAW? n` n bytes and
/// no line feed · anything else nothing.
final class LineTwin: InstrumentTwin {
  static let identity = "ACME,M-1,0007,1.0"
  var delay = Interval.microseconds(100)
  private(set) var heard: [String] = []
  private(set) var clears = 0
  private var input: [UInt8] = []

  func receive(_ bytes: [UInt8], at now: WorldInstant) -> [TwinReply] {
    var replies: [TwinReply] = []
    for byte in bytes {
      guard byte == 0x0A else {
        input.append(byte)
        continue
      }
      let line = String(decoding: input, as: UTF8.self)
      input = []
      heard.append(line)
      if let reply = Self.reply(to: line) { replies.append(TwinReply(bytes: reply, delay: delay)) }
    }
    return replies
  }

  func clear(at now: WorldInstant) {
    clears += 1
    input = []
  }

  static func reply(to line: String) -> [UInt8]? {
    let words = line.split(separator: " ", maxSplits: 1)
    switch words.first {
    case "*IDN?": return Array((identity + "\n").utf8)
    case "ECHO?": return Array((words[1] + "\n").utf8)
    case "BLOCK?": return block(Int(words[1])!)
    case "RAW?": return payload(Int(words[1])!)
    default: return nil
    }
  }

  static func payload(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
  }

  static func block(_ count: Int) -> [UInt8] {
    let digits = String(count)
    return Array("#\(digits.count)\(digits)".utf8) + payload(count) + [0x0A]
  }
}

/// The host's machines against the device's, with nothing between but request blocks and a clock.
final class Bench {
  enum Failure: Error, Hashable { case deadline, unplugged }

  let twin = LineTwin()
  let instrument: USBTMCInstrument
  let device: EmulatedUSBDevice
  var quirks = USBQuirks()
  let tags = USBTMCTags()
  let packetSize: Int
  private(set) var now = WorldInstant.start
  private var sequence: UInt32 = 0

  init(isHighSpeed: Bool = true, habits: USBTMCHabits = USBTMCHabits()) {
    instrument = USBTMCInstrument(
      twin, vendor: 0x2A8D, product: 0x0101, maker: "ACME", name: "M-1", serial: "0007",
      isHighSpeed: isHighSpeed, habits: habits)
    device = EmulatedUSBDevice(instrument)
    packetSize = isHighSpeed ? 512 : 64
  }

  var interface: USBTMCInterface {
    USBTMCInterface(
      number: 0, isUSB488: true, outgoing: 0x01, incoming: 0x82, interrupt: 0x83, packetSize: packetSize)
  }

  func send(_ text: String) throws {
    var exchange = USBTMCSending(Array(text.utf8), tags: tags)
    try run(&exchange)
  }

  func receive(lengthMax: Int = 4 << 20, within limit: Interval = .seconds(5)) throws -> [UInt8] {
    var exchange = receiving(lengthMax: lengthMax)
    try run(&exchange, within: limit)
    return exchange.message
  }

  func receiving(lengthMax: Int = 4 << 20) -> USBTMCReceiving {
    USBTMCReceiving(tags: tags, quirks: quirks, packetSize: packetSize, lengthMax: lengthMax)
  }

  func ask(_ text: String) throws -> [UInt8] {
    try send(text)
    return try receive()
  }

  func clear() throws {
    var exchange = USBTMCClearing(interface: interface)
    try run(&exchange)
  }

  func clearHalt() throws { _ = try perform(.clearHalt(.incoming), now + .seconds(1)) }

  func run(_ exchange: inout some USBTMCExchange, within limit: Interval = .seconds(5)) throws {
    let deadline = now + limit
    var event: USBTMCEvent?
    while let action = try exchange.next(event) { event = try perform(action, deadline) }
  }

  private func perform(_ action: USBTMCAction, _ deadline: WorldInstant) throws -> USBTMCEvent {
    switch action {
    case .write(let bytes):
      let reply = try submit(0x01, bytes: bytes, deadline: deadline)
      return reply == nil ? .stalled : .done
    case .read(let capacity, let limit):
      do {
        let end = limit.map { min(deadline, now + $0) } ?? deadline
        return try submit(0x82, length: capacity, deadline: end).map { .bytes($0) } ?? .stalled
      } catch Failure.deadline where limit != nil { return .silent }
    case .control(let request):
      return try submit(0, length: Int(request.length), setup: request.setup, deadline: deadline).map {
        .bytes($0)
      }
        ?? .stalled
    case .clearHalt(let pipe):
      let endpoint: UInt8 = pipe == .incoming ? 0x82 : 0x01
      _ = try submit(0, setup: [0x02, 1, 0, 0, endpoint, 0, 0, 0], deadline: deadline)
      return .done
    case .pause(let interval):
      now = now + interval
      return .done
    }
  }

  /// One request block; nil when the device stalls. Time passes until the device answers.
  private func submit(
    _ endpoint: UInt8, bytes: [UInt8] = [], length: Int = 0, setup: [UInt8] = [UInt8](repeating: 0, count: 8),
    deadline: WorldInstant
  ) throws -> [UInt8]? {
    sequence += 1
    let isIncoming = endpoint == 0 ? setup[0] & 0x80 != 0 : endpoint & 0x80 != 0
    var replies = device.handle(
      .submit(
        USBIPRequest(
          sequence: sequence, endpoint: endpoint, isIncoming: isIncoming,
          length: isIncoming ? length : bytes.count, setup: setup, bytes: bytes)), at: now)
    while true {
      for case .submitted(sequence, let status, _, let data) in replies {
        return status == 0 ? data : nil
      }
      if device.isPulled { throw Failure.unplugged }
      guard let next = device.nextEvent, next <= deadline else { break }
      now = max(now, next)
      replies = device.advance(to: now)
    }
    now = deadline
    let taken = device.handle(.unlink(sequence: sequence &+ 1_000_000, target: sequence), at: now)
    precondition(
      taken == [.unlinked(sequence: sequence &+ 1_000_000, status: -104)], "it was not pending: \(taken)")
    throw Failure.deadline
  }
}
