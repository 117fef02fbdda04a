import Ports

/// What a parser found in the stream, in order.
public enum ParsedItem: Hashable, Sendable {
  /// A whole frame; one with a bad checksum is reported so that it can be counted, never to be believed.
  case frame(ParsedFrame)
  /// Bytes that belong to no frame.
  case junk(Int)
}

public struct ParsedFrame: Hashable, Sendable {
  public let bytes: [UInt8]
  /// Checksum and end byte are right. Replies must carry the sum, requests may carry sum or XOR.
  public let checksumOK: Bool
  /// Arrival of the chunk that held the first byte: nothing in the frame is newer than `completedAt`.
  public let startedAt: WorldInstant
  public let completedAt: WorldInstant
  /// Place of the first byte, counted from 0 since the parser was made or reset.
  public let streamOffset: Int

  public var header: FrameHeader { FrameHeader(reading: bytes)! }
}

extension ParsedFrame: CustomStringConvertible {
  /// Never the bytes: a device info frame holds the password.
  public var description: String {
    "command \(header.command), \(bytes.count) bytes\(checksumOK ? "" : ", damaged")"
  }
}

/// Cuts a byte stream into frames, however it is chopped into notifications. Does no input or output itself.
///
/// Frames are cut by their declared length, never by an end byte, because 0xFF occurs in the content. A rejected
/// candidate is reported whole, then the search goes on one byte behind its start; its bytes up to the next
/// header are charged to it and not counted again as junk. Holds at most one frame (300 bytes) between calls.
///
/// - Source: BLE protocol notes section 3.6.
public struct FrameParser: Sendable {
  /// A frame that stops arriving for this long was cut short (3.6 rule 5, assumed).
  public static let silenceMax = Interval.seconds(1)
  /// Text that some Bluetooth modules let through between frames (3.6 rule 6).
  static let moduleText: [UInt8] = Array("AT\r\n".utf8)

  private let directions: [FrameDirection]
  private var buffer: [UInt8] = []
  /// Stream offset of `buffer[0]`.
  private var base = 0
  /// First stream offset behind the last rejected candidate.
  private var chargedUntil = 0
  private var aligned = true
  private var lastArrival = WorldInstant.start
  /// Where each chunk still in the buffer begins, oldest first.
  private var arrivals: [(offset: Int, at: WorldInstant)] = []

  /// Times that the parser lost the frame borders and had to search.
  public private(set) var resynchronisations = 0

  public init(accepting directions: [FrameDirection] = [.deviceToHost]) { self.directions = directions }

  /// The frame that has begun to arrive: its header, when complete, and the bytes so far.
  public var pending: (header: FrameHeader?, received: Int)? {
    buffer.isEmpty ? nil : (FrameHeader(reading: buffer), buffer.count)
  }

  /// When a pending frame will be given up if nothing more arrives.
  public var pendingExpires: WorldInstant? { buffer.isEmpty ? nil : lastArrival + Self.silenceMax }

  /// Takes the next bytes of the stream.
  /// - Parameter instant: When they arrived; never earlier than that of the call before.
  public mutating func feed(_ chunk: [UInt8], at instant: WorldInstant) -> [ParsedItem] {
    var items = expire(at: instant)
    guard !chunk.isEmpty else { return items }
    arrivals.append((base + buffer.count, instant))
    lastArrival = instant
    buffer += chunk
    scan(final: false, into: &items)
    return items
  }

  /// Gives up a pending frame after `silenceMax` without a byte.
  public mutating func expire(at now: WorldInstant) -> [ParsedItem] {
    guard let limit = pendingExpires, now >= limit else { return [] }
    return finish()
  }

  /// Ends the stream: whatever is pending is cut short; whole frames inside it still come out.
  public mutating func finish() -> [ParsedItem] {
    var items: [ParsedItem] = []
    scan(final: true, into: &items)
    return items
  }

  /// The link broke: forgets everything but the count of resynchronisations.
  public mutating func reset() {
    let count = resynchronisations
    self = FrameParser(accepting: directions)
    resynchronisations = count
  }

  private enum Candidate {
    case none
    case moduleText
    case incomplete
    case frame(length: Int)
  }

  private func candidate(at head: Int) -> Candidate {
    let rest = buffer[head...]
    let first = rest.first!
    if first == Self.moduleText[0] {
      let length = min(rest.count, Self.moduleText.count)
      guard rest.prefix(length).elementsEqual(Self.moduleText.prefix(length)) else { return .none }
      return length == Self.moduleText.count ? .moduleText : .incomplete
    }
    guard let direction = directions.first(where: { $0.startBytes[0] == first }) else { return .none }
    if rest.count > 1, rest[head + 1] != direction.startBytes[1] { return .none }
    if rest.count > 2, rest[head + 2] != FrameHeader.deviceAddress { return .none }
    guard let header = FrameHeader(reading: rest.prefix(FrameHeader.size)) else { return .incomplete }
    guard let length = header.frameLength else { return .none }
    return rest.count < length ? .incomplete : .frame(length: length)
  }

  private mutating func scan(final: Bool, into items: inout [ParsedItem]) {
    var head = 0
    var junk = 0
    func flushJunk(_ items: inout [ParsedItem]) {
      if junk > 0 { items.append(.junk(junk)) }
      junk = 0
    }
    search: while head < buffer.count {
      switch candidate(at: head) {
      case .moduleText: head += Self.moduleText.count
      case .incomplete where !final: break search
      case .none, .incomplete:
        if base + head >= chargedUntil {
          junk += 1
          loseAlignment()
        }
        head += 1
      case .frame(let length):
        flushJunk(&items)
        let frame = takeFrame(at: head, length: length)
        items.append(.frame(frame))
        if frame.checksumOK {
          aligned = true
          head += length
        } else {
          loseAlignment()
          chargedUntil = max(chargedUntil, base + head + length)
          head += 1
        }
      }
    }
    flushJunk(&items)
    buffer.removeFirst(head)
    base += head
    while arrivals.count > 1, arrivals[1].offset <= base { arrivals.removeFirst() }
    if buffer.isEmpty { arrivals.removeAll() }
  }

  private mutating func loseAlignment() {
    if aligned { resynchronisations += 1 }
    aligned = false
  }

  private func takeFrame(at head: Int, length: Int) -> ParsedFrame {
    let bytes = Array(buffer[head..<head + length])
    let offset = base + head
    return ParsedFrame(
      bytes: bytes, checksumOK: Self.isIntact(bytes),
      startedAt: arrivals.last { $0.offset <= offset }!.at,
      completedAt: arrivals.last { $0.offset < offset + length }!.at, streamOffset: offset)
  }

  /// Checksum and end byte of a whole frame are right.
  static func isIntact(_ bytes: [UInt8]) -> Bool {
    guard bytes.last == FrameHeader.endByte, let header = FrameHeader(reading: bytes) else { return false }
    let rules: [ChecksumRule] = header.direction == .deviceToHost ? [.sum] : ChecksumRule.allCases
    return rules.contains { $0.checksum(of: bytes) == bytes[bytes.count - 2] }
  }
}
