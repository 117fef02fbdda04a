import Ports

/// What a bad wire or a sick instrument does to one exchange.
public enum ExchangeFault: String, Hashable, Sendable {
  /// The command never arrives.
  case lostCommand
  /// The command is obeyed, its reply never arrives.
  case droppedReply
  /// `amount` seconds later.
  case lateReply
  case duplicatedReply
  /// One bit flipped.
  case garbledReply
  /// Byte by byte, up to `amount` seconds between two of them; harmless on a stream.
  case splitReply
  /// Only the first half.
  case partialReply
  /// Readings are those that the same question got last.
  case frozenReading
  /// Readings grow by the part `amount` in every second.
  case driftingReading
}

/// A twin behind wires that can be spoiled, and with a supply that can fail, at any moment of a run.
///
/// Modelled: what `ExchangeFault` lists, exchange by exchange. Not modelled: faults inside a command (a flipped bit in
/// what is sent), which a checksum below or the instrument's own parser would refuse.
public final class FaultyTwin: InstrumentTwin {
  private struct Active {
    let fault: ExchangeFault
    let from: WorldInstant
    let until: WorldInstant
    let amount: Double
    /// What whoever began it calls it.
    let number: Int
    /// Exchanges that it still spoils.
    var left: Int
  }

  private let twin: any InstrumentTwin
  /// Sees every command that is sent to the instrument, also one that is lost on its way.
  public var heard: ((_ command: String) -> Void)?
  /// Puts another reply to a command in the place of the right one.
  public var rewrite: ((_ command: String, _ reply: [UInt8]) -> [UInt8])?
  /// Numbers of the faults that have spoiled an exchange so far.
  public private(set) var spoiledBy: Set<Int> = []
  /// Exchanges that a driver cannot take for good ones.
  public private(set) var failed = 0
  /// Seconds by which a reply is late for every driver: the longest deadline of a plain exchange.
  private static let patience = 3.0
  private var active: [Active] = []
  private var random: SeededRandom
  /// The last reply to each question about a reading, by scan and question.
  private var lastReadings: [String: [UInt8]] = [:]
  private var lastScan = ""

  public init(_ twin: any InstrumentTwin, random: SeededRandom) {
    self.twin = twin
    self.random = random
  }

  /// Spoils exchanges from `now` on.
  /// - Parameters:
  ///   - exchanges: How many at most.
  ///   - number: Under which `spoiledBy` counts it.
  public func begin(
    _ fault: ExchangeFault, at now: WorldInstant, until: WorldInstant, amount: Double, exchanges: Int,
    number: Int
  ) {
    active.append(
      Active(fault: fault, from: now, until: until, amount: amount, number: number, left: exchanges))
  }

  public func clear(at now: WorldInstant) { twin.clear(at: now) }
  public var nextEvent: WorldInstant? { twin.nextEvent }
  public func advance(to now: WorldInstant) { twin.advance(to: now) }
  public func powerCycle(at now: WorldInstant) { twin.powerCycle(at: now) }
  public func inhibit(_ isPulled: Bool, at now: WorldInstant) { twin.inhibit(isPulled, at: now) }

  public func receive(_ bytes: [UInt8], at now: WorldInstant) -> [TwinReply] {
    active.removeAll { now >= $0.until || $0.left <= 0 }
    let command = String(decoding: bytes, as: UTF8.self)
    heard?(command)
    if take(.lostCommand) != nil { return [] }
    var replies = twin.receive(bytes, at: now)
    if Self.has(bytes, Self.scans) { lastScan = command }
    guard !replies.isEmpty else { return [] }
    if bytes.contains(UInt8(ascii: "?")), Self.has(bytes, Self.readings) {
      replies = replies.map { reading($0, of: lastScan + command, at: now) }
    }
    if let rewrite {
      replies = replies.map { TwinReply(bytes: rewrite(command, $0.bytes), delay: $0.delay) }
    }
    return replies.flatMap { spoil($0) }
  }

  /// The fault of this kind that is in force, counted as used once.
  private func take(_ fault: ExchangeFault) -> Active? {
    guard let index = active.firstIndex(where: { $0.fault == fault && $0.left > 0 }) else { return nil }
    active[index].left -= 1
    spoiledBy.insert(active[index].number)
    switch fault {
    case .lostCommand, .droppedReply, .duplicatedReply, .garbledReply, .partialReply: failed += 1
    case .lateReply: failed += active[index].amount > Self.patience ? 1 : 0
    case .splitReply, .frozenReading, .driftingReading: break
    }
    return active[index]
  }

  // MARK: readings

  private static let scans = ["ROUT:SCAN", "CONF"].map { Array($0.utf8) }
  private static let readings = ["MEAS", "READ?", "FETC?", "DATA?"].map { Array($0.utf8) }

  /// Whether one of the words stands in a command; the text's own search takes a tenth of a whole run.
  private static func has(_ command: [UInt8], _ words: [[UInt8]]) -> Bool {
    words.contains { word in
      command.indices.contains { command[$0] == word[0] && command[$0...].starts(with: word) }
    }
  }

  private func reading(_ reply: TwinReply, of question: String, at now: WorldInstant) -> TwinReply {
    var reply = reply
    if let old = lastReadings[question], take(.frozenReading) != nil {
      reply.bytes = old
    } else {
      lastReadings[question] = reply.bytes
    }
    if let drift = take(.driftingReading) {
      reply.bytes = Self.scaled(reply.bytes, by: 1 + drift.amount * (now - drift.from).seconds)
    }
    return reply
  }

  /// Every field with a decimal point multiplied; the others (channel numbers, counts) and blocks stay.
  static func scaled(_ bytes: [UInt8], by factor: Double) -> [UInt8] {
    guard bytes.first != UInt8(ascii: "#") else { return bytes }
    let text = String(decoding: bytes, as: UTF8.self)
    let fields = text.split(separator: ",", omittingEmptySubsequences: false).map { field -> String in
      guard let point = field.firstIndex(of: ".") else { return String(field) }
      let end = field[point...].dropFirst().firstIndex { !$0.isNumber } ?? field.endIndex
      guard let mantissa = Double(field[..<end]) else { return String(field) }
      return decimal(mantissa * factor, decimals: field.distance(from: point, to: end) - 1)
        + String(field[end...])
    }
    return Array(fields.joined(separator: ",").utf8)
  }

  private static func decimal(_ value: Double, decimals: Int) -> String {
    let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
    let digits = Int((value.magnitude * scale).rounded())
    let whole = digits / Int(scale)
    let part = String(digits % Int(scale))
    let padding = String(repeating: "0", count: max(0, decimals - part.count))
    return (value < 0 ? "-" : "") + "\(whole)." + padding + part
  }

  // MARK: the wire

  private func spoil(_ reply: TwinReply) -> [TwinReply] {
    if take(.droppedReply) != nil { return [] }
    var reply = reply
    if let late = take(.lateReply) { reply.delay = reply.delay + .seconds(late.amount) }
    if take(.garbledReply) != nil {
      let bit = Int(random.next() % UInt64(reply.bytes.count * 8))
      reply.bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    }
    if take(.partialReply) != nil { reply.bytes = Array(reply.bytes.prefix(max(1, reply.bytes.count / 2))) }
    if take(.duplicatedReply) != nil { return [reply, reply] }
    guard let split = take(.splitReply) else { return [reply] }
    var delay = reply.delay
    return reply.bytes.map { byte in
      delay = delay + Interval(nanoseconds: Int64(random.uniform(1, max(2, split.amount * 1e9))))
      return TwinReply(bytes: [byte], delay: delay)
    }
  }
}

/// Puts every twin behind spoilable wires before it hands it on.
public final class FaultyHost: TwinHost {
  private let host: any TwinHost
  public private(set) var twins: [String: FaultyTwin] = [:]
  public private(set) var peripherals: [String: [any PeripheralModel]] = [:]

  public init(_ host: any TwinHost) { self.host = host }

  public var circuit: Circuit { host.circuit }
  public var random: SeededRandom { host.random }
  public func schedule(at instant: WorldInstant, _ action: @escaping () -> Void) {
    host.schedule(at: instant, action)
  }

  public func host(_ link: HostedLink, named name: String) {
    switch link {
    case .stream(let twin): host.host(.stream(faulty(twin, name)), named: name)
    case .messages(let twin): host.host(.messages(faulty(twin, name)), named: name)
    case .radio(let models):
      peripherals[name] = models
      host.host(link, named: name)
    case .lines, .bus: host.host(link, named: name)
    }
  }

  private func faulty(_ twin: any InstrumentTwin, _ name: String) -> FaultyTwin {
    let wrapped = FaultyTwin(twin, random: random.fork("wires of \(name)"))
    twins[name] = wrapped
    return wrapped
  }
}
