import Ports
import Simulation

/// The Bluetooth link of the unit: advertising, one central, requests in, notifications out.
///
/// - Source: BLE protocol notes sections 2.3 (notification sizes), 2.5 (advertising), 3.5, 3.6 and 4 (timing,
///   stream). Command 03 is not answered: its form in the second generation is unknown.
struct UnitRadio {
  /// What leaves at an instant.
  enum Reply: Equatable {
    case deviceInfo, settings, cellInfo
    case acknowledgement(Request)
  }

  /// Time between two notifications of one frame (15 of them took 20 to 25 ms).
  static let notificationGap = Interval.microseconds(1600)
  /// Seconds between settings answer and first streamed frame, and the spread of a streamed frame.
  static let streamStart = 0.05...0.5
  static let streamSpread = 0.04

  let parameters: UnitParameters
  /// Nil while the radio is off or connected.
  private(set) var advertisingSince: WorldInstant?
  private(set) var isConnected = false
  private var parser = FrameParser(accepting: [.hostToDevice])
  private var pending: [(at: WorldInstant, reply: Reply)] = []
  private var streamNext: WorldInstant?
  private var frameNumber = 0
  private var queue: [Notification] = []
  private var heldBack: [UInt8] = []
  private var lastLeft = WorldInstant.start
  private var random: SeededRandom

  init(parameters: UnitParameters) {
    self.parameters = parameters
    random = SeededRandom(seed: parameters.seed).fork("radio")
  }

  // MARK: power and link

  mutating func powerOn(at now: WorldInstant) { advertisingSince = now }

  mutating func powerOff() {
    endLink()
    advertisingSince = nil
    frameNumber = 0
  }

  mutating func connect() -> Bool {
    guard advertisingSince != nil else { return false }
    advertisingSince = nil
    isConnected = true
    return true
  }

  mutating func disconnect(at now: WorldInstant) {
    guard isConnected else { return }
    endLink()
    advertisingSince = now
  }

  private mutating func endLink() {
    isConnected = false
    parser.reset()
    pending = []
    streamNext = nil
    queue = []
    heldBack = []
  }

  func nextAdvertisement(after instant: WorldInstant, name: String) -> Advertisement? {
    guard let since = advertisingSince else { return nil }
    let interval = Interval.seconds(parameters.communication.advertisementInterval)
    var number = max(0, (instant - since).nanoseconds / interval.nanoseconds - 1)
    while true {
      // Up to 10 ms of random delay, drawn per advertisement so that it does not matter who listens.
      var draw = SeededRandom(seed: parameters.seed &+ UInt64(number) &* 0x9E6D_62D0_6F6A_9A9B)
      let at = since + interval * Double(number + 1) + .seconds(draw.uniform(0, 0.010))
      if at >= instant {
        return Advertisement(
          address: parameters.identity.radioAddress, name: name, services: ["FFE0", "FEE7"],
          signalLevelDBm: -52 + Int(draw.uniform(-3, 4).rounded(.down)), at: at)
      }
      number += 1
    }
  }

  // MARK: requests

  /// - Returns: The requests whose checksum this unit accepts.
  mutating func receive(_ bytes: [UInt8], at now: WorldInstant) -> [Request] {
    guard isConnected else { return [] }
    return parser.feed(bytes, at: now).compactMap { item in
      guard case .frame(let frame) = item, let request = Request(decoding: frame.bytes) else { return nil }
      switch parameters.communication.requestChecksum {
      case .any: return request
      case .sum: return ChecksumRule.sum.checksum(of: frame.bytes) == frame.bytes[18] ? request : nil
      case .sumOrXor: return request.checksumRule == nil ? nil : request
      }
    }
  }

  /// Prepares the answer to a request.
  mutating func answer(_ request: Request, at now: WorldInstant) {
    guard !parameters.communication.silent else { return }
    let latency = Interval.seconds(parameters.communication.replyLatency)
    let acknowledged = Interval.seconds(parameters.communication.acknowledgeLatency)
    switch (request.function, Command(rawValue: request.command)) {
    case (1, .deviceInfo): schedule(.deviceInfo, at: now + latency)
    case (1, .settings):
      schedule(.settings, at: now + latency)
      startStream(at: now + latency)
    case (1, .cellInfo):
      if streamNext == nil { streamNext = now + latency }
    case (0, .writeLegacy), (0, .writeProtection):
      schedule(.acknowledgement(request), at: now + acknowledged)
    default: break
    }
  }

  private mutating func startStream(at now: WorldInstant) {
    guard streamNext == nil else { return }
    streamNext = now + .seconds(random.uniform(Self.streamStart.lowerBound, Self.streamStart.upperBound))
  }

  private mutating func schedule(_ reply: Reply, at instant: WorldInstant) {
    let place = pending.firstIndex { $0.at > instant } ?? pending.endIndex
    pending.insert((instant, reply), at: place)
  }

  // MARK: what leaves

  /// When the next frame is composed.
  var nextFrame: WorldInstant? { earlier(pending.first?.at, streamNext) }
  var nextNotification: WorldInstant? { queue.first?.at ?? nextFrame }

  /// The next frame due by `now`; call until nil.
  mutating func takeDue(upTo now: WorldInstant) -> (reply: Reply, at: WorldInstant)? {
    if let first = pending.first, first.at <= now, first.at <= streamNext ?? .distantFuture {
      pending.removeFirst()
      return (first.reply, first.at)
    }
    guard let at = streamNext, at <= now else { return nil }
    let spread = random.uniform(-Self.streamSpread, Self.streamSpread)
    streamNext = at + .seconds(parameters.communication.streamPeriod + spread)
    return (.cellInfo, at)
  }

  /// The number for byte 8 of the next cell information frame.
  mutating func nextCounter() -> Int {
    guard !parameters.communication.staleCounter else { return 0 }
    let last = parameters.communication.counterSkipsFF ? 0xFE : 0xFF
    let gapRate = parameters.communication.counterGapRate
    if gapRate > 0, random.unit() < gapRate { frameNumber = (frameNumber + 3) % (last + 1) }
    defer { frameNumber = frameNumber >= last ? 0 : frameNumber + 1 }
    return frameNumber
  }

  /// Cuts a frame into notifications.
  mutating func send(_ frame: [UInt8], reply: Reply, at now: WorldInstant) {
    let behaviour = parameters.communication
    if behaviour.frameLossRate > 0, reply == .cellInfo, random.unit() < behaviour.frameLossRate { return }
    var bytes = frame
    if behaviour.checksumErrorRate > 0, random.unit() < behaviour.checksumErrorRate {
      bytes[bytes.count - 2] ^= 0x5A
    }
    if behaviour.injectsAT { bytes = Array("AT\r\n".utf8) + bytes }
    bytes = heldBack + bytes
    heldBack = []
    let size = behaviour.chunkSize
    if behaviour.misaligned, reply == .cellInfo {
      // Four bytes more than whole notifications were seen to wait for the next frame.
      let tail = bytes.count % size == 0 ? min(4, size) : bytes.count % size
      heldBack = Array(bytes.suffix(tail))
      bytes.removeLast(tail)
    }
    var at = max(now, lastLeft + Self.notificationGap)
    for start in stride(from: 0, to: bytes.count, by: size) {
      let chunk = Array(bytes[start..<min(start + size, bytes.count)])
      queue.append(Notification(bytes: chunk, at: at))
      lastLeft = at
      at = at + Self.notificationGap
    }
  }

  mutating func takeNotifications(upTo now: WorldInstant) -> [Notification] {
    let count = queue.firstIndex { $0.at > now } ?? queue.count
    defer { queue.removeFirst(count) }
    return Array(queue.prefix(count))
  }
}
