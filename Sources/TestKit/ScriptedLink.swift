import Instruments
import Ports
import Simulation

/// A stream or message port with a twin at its other end, whose traffic a test can watch, delay, mangle and cut.
public final class ScriptedLink: StreamPort, MessagePort {
  /// What happened to the cable.
  public enum Cut: Sendable {
    case none
    /// Half open: bytes leave, nothing ever comes.
    case silent
    /// The other end closed.
    case closed
  }

  public let address: PortAddress
  /// Every message sent, oldest first, as text without its line feed.
  public private(set) var sent: [String] = []
  /// The same as it was, for links that carry frames.
  public private(set) var sentBytes: [[UInt8]] = []
  public var cut = Cut.none
  /// Applied to each reply (with its terminator) before it is delivered.
  public var mangle: (([UInt8]) -> [UInt8])?
  /// Added to every reply's delay.
  public var extraDelay = Interval.zero
  /// Delivers one byte at a time, 13 µs apart.
  public var isSplit = false
  /// Delivers every reply twice in one piece.
  public var isDoubled = false

  private let world: ScriptedWorld
  private let keepsBorders: Bool
  private let twin: any InstrumentTwin
  private var pending: [(bytes: [UInt8], at: WorldInstant)] = []

  public init(world: ScriptedWorld, twin: any InstrumentTwin, keepsBorders: Bool) throws(PortError) {
    self.world = world
    self.twin = twin
    self.keepsBorders = keepsBorders
    address = try PortAddress(parsing: "sim://bench")
    world.twins.append(twin)
  }

  public func send(_ bytes: [UInt8], deadline: WorldInstant) async throws(PortError) {
    sent.append(String(decoding: bytes.filter { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self))
    sentBytes.append(bytes)
    if cut == .closed { throw failure(.closed, "send") }
    if cut == .silent { return }
    world.advance(to: world.now)
    for reply in twin.receive(bytes, at: world.now) { queue(reply) }
  }

  public func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8] {
    if cut == .closed { throw failure(.closed, "receive") }
    guard cut == .none, let first = pending.first, first.at <= deadline else {
      world.advance(to: deadline)
      throw failure(.deadline, "receive")
    }
    world.advance(to: first.at)
    if keepsBorders { return pending.removeFirst().bytes }
    var bytes: [UInt8] = []
    while let next = pending.first, next.at <= world.now { bytes += pending.removeFirst().bytes }
    return bytes
  }

  public func clear(deadline: WorldInstant) async throws(PortError) {
    if cut == .closed { throw failure(.closed, "clear") }
    if cut == .silent { throw failure(.deadline, "clear") }
    pending = []
    twin.clear(at: world.now)
  }

  public func close() { cut = .closed }

  private func queue(_ reply: TwinReply) {
    var bytes = mangle?(reply.bytes) ?? reply.bytes
    if isDoubled { bytes += bytes }
    let at = world.now + reply.delay + extraDelay
    if isSplit {
      for (index, byte) in bytes.enumerated() {
        insert([byte], at: at + Interval(nanoseconds: Int64(index) * 13_000))
      }
    } else if !bytes.isEmpty {
      insert(bytes, at: at)
    }
  }

  /// In order of arrival; what was sent first arrives first when the times are equal.
  private func insert(_ bytes: [UInt8], at: WorldInstant) {
    let index = pending.firstIndex { $0.at > at } ?? pending.endIndex
    pending.insert((bytes, at), at: index)
  }

  private func failure(_ code: PortError.Code, _ what: String) -> PortError {
    PortError(code, attempted: what, port: address.description, cause: "scripted")
  }
}

/// The other end of a transcript: answers exactly the exchanges it holds, in order, and remembers the first
/// command that differs.
public final class TranscriptPeer: InstrumentTwin {
  public typealias Exchange = (sent: String, reply: String?)
  private var remaining: ArraySlice<Exchange>
  private var line: [UInt8] = []
  private let wire: WireForm
  /// What went wrong first; nil while everything agreed.
  public private(set) var difference: String?

  public init(_ exchanges: [Exchange], wire: WireForm = .lines) {
    remaining = exchanges[...]
    self.wire = wire
  }

  /// Exchanges that were not asked for.
  public var unasked: [String] { remaining.map(\.sent) }

  public func receive(_ bytes: [UInt8], at now: WorldInstant) -> [TwinReply] {
    if wire == .bytes { return receive(frame: HexText.packed(bytes)) }
    var replies: [TwinReply] = []
    for byte in bytes {
      guard byte == 0x0A else {
        line.append(byte)
        continue
      }
      if line.last == 0x0D { line.removeLast() }
      let command = String(decoding: line, as: UTF8.self)
      line = []
      guard let next = remaining.popFirst(), next.sent == command else {
        difference = difference ?? "sent '\(command)' where the transcript continues otherwise"
        return replies
      }
      if let reply = next.reply {
        replies.append(TwinReply(bytes: Array((reply + "\n").utf8), delay: .milliseconds(1)))
      }
    }
    return replies
  }

  private func receive(frame: String) -> [TwinReply] {
    guard let next = remaining.popFirst(), next.sent == frame else {
      difference = difference ?? "sent '\(frame)' where the transcript continues otherwise"
      return []
    }
    return next.reply.map { [TwinReply(bytes: WireText.bytes($0, .bytes), delay: .milliseconds(1))] } ?? []
  }
}

/// Transcript text as bytes and back.
public enum WireText {
  public static func bytes(_ text: String, _ wire: WireForm) -> [UInt8] {
    guard wire == .bytes else { return Array((text + "\n").utf8) }
    let digits = text.utf8.map { $0 > 0x39 ? $0 - 0x57 : $0 - 0x30 }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  public static func text(_ bytes: [UInt8], _ wire: WireForm) -> String {
    guard wire == .lines else { return HexText.packed(bytes) }
    return String(decoding: bytes.filter { $0 != 10 && $0 != 13 }, as: UTF8.self)
  }
}
