import Ports

/// The slave's half of the wire: whole requests out of whatever pieces arrive. Pure; no byte sequence stops it.
///
/// Without a given framing it takes both: a serial frame is known by its checksum, anything else is read as TCP.
public struct ModbusIntake {
  /// One request and how its answer must be wrapped.
  public struct Asked: Hashable, Sendable {
    public let unit: UInt8
    /// Function and data as they came; the request is nil when the slave does not know it.
    public let body: [UInt8]
    public let request: ModbusRequest?
    /// Transaction number; nil for a serial frame.
    public let transaction: UInt16?

    /// The whole answer on the wire.
    public func wrapped(_ body: [UInt8]) -> [UInt8] {
      transaction.map { TCPFrame.bytes(transaction: $0, unit: unit, body) }
        ?? RTUFrame.bytes(unit: unit, body)
    }

    public func wrapped(_ reply: ModbusReply) -> [UInt8] {
      guard let request else { return wrapped(refusal) }
      return wrapped(reply.bytes(to: request))
    }

    /// A slave that does not know the function says so; one that knows it, that a value is wrong.
    public var refusal: [UInt8] {
      let isKnown = [1, 2, 3, 4, 5, 6, 15, 16].contains(body[0])
      return [body[0] | 0x80, (isKnown ? ModbusException.illegalValue : .illegalFunction).rawValue]
    }
  }

  /// A piece that comes later than this after the one before begins a new frame. On a line it is 3.5 characters; an
  /// operating system between the ends may tear a frame apart for longer.
  public static let pause = Interval.milliseconds(50)

  private let framing: ModbusFraming?
  private var buffer: [UInt8] = []
  private var lastPiece: WorldInstant?

  public init(framing: ModbusFraming? = nil) { self.framing = framing }

  public mutating func take(_ bytes: [UInt8], at now: WorldInstant) -> [Asked] {
    if let lastPiece, now - lastPiece > Self.pause { buffer = [] }
    lastPiece = now
    buffer += bytes
    var found: [Asked] = []
    while let next = next() { found.append(next) }
    // More than a frame without one in it is noise.
    if buffer.count > RTUFrame.lengthMax + TCPFrame.headerLength { buffer = [] }
    return found
  }

  private mutating func next() -> Asked? {
    if framing != .tcp, let asked = serial() { return asked }
    guard framing == .tcp || (framing == nil && mayBeTCP) else { return nil }
    do throws(ModbusReplyProblem) {
      guard let frame = try TCPFrame.take(from: &buffer) else { return nil }
      return Asked(
        unit: frame.unit, body: frame.body, request: ModbusRequest(bytes: frame.body),
        transaction: frame.transaction)
    } catch {
      if framing == .tcp { buffer = [] }
      return nil
    }
  }

  /// A piece of a serial frame to address 0 looks like the header of a short TCP frame, so only what can be a request
  /// this protocol has is read as one.
  private var mayBeTCP: Bool {
    buffer.count >= 8 && buffer[4] == 0 && buffer[5] >= 6 && [1, 2, 3, 4, 5, 6, 15, 16].contains(buffer[7])
  }

  private mutating func serial() -> Asked? {
    guard buffer.count >= 4 else { return nil }
    let length =
      switch buffer[1] {
      case 15, 16: buffer.count > 6 ? 9 + Int(buffer[6]) : .max
      case 1...6: 8
      // Of another function only the silence tells the end: take what is there when its checksum fits.
      default: buffer.count
      }
    guard buffer.count >= length, RTUFrame.isWhole(buffer[..<length]) else { return nil }
    let body = Array(buffer[1..<(length - 2)])
    let asked = Asked(unit: buffer[0], body: body, request: ModbusRequest(bytes: body), transaction: nil)
    buffer.removeFirst(length)
    return asked
  }
}
