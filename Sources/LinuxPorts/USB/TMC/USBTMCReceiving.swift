import Ports

/// Fetches one whole message: a request for each transfer, until the instrument says that the message ends.
///
/// Of each transfer the first packet is read alone. It says how much follows, and what follows is asked for exactly, so
/// that an instrument that forgets the empty packet after a full last one does not hold up the answer. Termination
/// characters are never asked for: 0x0A is data in a block.
struct USBTMCReceiving: USBTMCExchange {
  /// Payload asked for with one request.
  static let askedSize = 65_536
  /// How long the empty packet that should end a transfer of full packets is waited for.
  static let emptyPacketPatience = Interval.milliseconds(10)
  /// How long an instrument that is asked only once may pause within a block.
  static let blockPatience = Interval.milliseconds(500)
  /// Empty packets that may come before an answer: a late end of the transfer before, or a habit.
  static let emptyPacketsMax = 2

  private enum State: Hashable {
    case start, requested, head
    /// Payload bytes that are still to come.
    case rest(Int)
    /// All is here; an empty packet may follow.
    case ending
    /// The bytes of a block that come without header, up to this length of the message.
    case block(until: Int)
    case blockEnding
    case over
  }

  let quirks: USBQuirks
  let packetSize: Int
  /// Longest acceptable message in bytes.
  let lengthMax: Int
  private let tags: USBTMCTags
  private(set) var message: [UInt8] = []
  /// Of the request that is not answered yet.
  private(set) var openTag: UInt8?
  private var state = State.start
  private var isLast = false
  private var emptyPackets = 0

  init(tags: USBTMCTags, quirks: USBQuirks, packetSize: Int, lengthMax: Int) {
    self.tags = tags
    self.quirks = quirks
    self.packetSize = packetSize
    self.lengthMax = lengthMax
  }

  private var asked: Int { quirks.readSizeMax ?? Self.askedSize }

  mutating func next(_ event: USBTMCEvent?) throws(USBTMCFault) -> USBTMCAction? {
    if event == .stalled { throw .stalled(state == .requested ? .outgoing : .incoming) }
    switch (state, event) {
    case (.start, _): return request()
    case (.requested, _):
      state = .head
      return .read(capacity: packetSize, limit: nil)
    case (.head, .bytes(let bytes)): return try head(bytes)
    case (.rest(let missing), .bytes(let bytes)): return try rest(bytes, missing: missing)
    case (.ending, .bytes(let bytes)) where !bytes.isEmpty: throw .trailing(bytes)
    case (.ending, _): return try endTransfer(inFullPackets: true)
    case (.block(let end), .bytes(let bytes)): return try block(bytes, until: end)
    case (.block(let end), _): throw .truncated(missing: end - message.count)
    case (.blockEnding, .bytes(let bytes)):
      message += bytes.prefix { $0 == 0x0A }
      return over()
    case (.blockEnding, _): return over()
    case (.head, _), (.rest, _), (.over, _): return over()
    }
  }

  private mutating func request() -> USBTMCAction {
    let tag = tags.next()
    openTag = tag
    state = .requested
    return .write(
      USBTMCHeader(message: USBTMCHeader.Message.request, tag: tag, size: asked).bytes)
  }

  private mutating func over() -> USBTMCAction? {
    state = .over
    openTag = nil
    return nil
  }

  private mutating func head(_ bytes: [UInt8]) throws(USBTMCFault) -> USBTMCAction? {
    if bytes.isEmpty, emptyPackets < Self.emptyPacketsMax {
      emptyPackets += 1
      return .read(capacity: packetSize, limit: nil)
    }
    emptyPackets = 0
    let header = try USBTMCHeader(reply: bytes, to: openTag ?? 0, asked: asked, quirks: quirks)
    isLast = header.attributes & USBTMCHeader.endOfMessage != 0
    let payload = bytes.dropFirst(USBTMCHeader.length)
    message += payload.prefix(header.size)
    guard message.count <= lengthMax else { throw .tooLong(lengthMax) }
    let missing = header.size - payload.count
    guard missing > 0 else { return try endTransfer(inFullPackets: bytes.count == packetSize) }
    guard bytes.count == packetSize else { throw .truncated(missing: missing) }
    state = .rest(missing)
    return .read(capacity: whole(missing), limit: nil)
  }

  private mutating func rest(_ bytes: [UInt8], missing: Int) throws(USBTMCFault) -> USBTMCAction? {
    message += bytes.prefix(missing)
    guard message.count <= lengthMax else { throw .tooLong(lengthMax) }
    guard bytes.count >= missing else { throw .truncated(missing: missing - bytes.count) }
    return try endTransfer(inFullPackets: bytes.count % packetSize == 0)
  }

  private mutating func endTransfer(inFullPackets: Bool) throws(USBTMCFault) -> USBTMCAction? {
    if isLast, let length = blockLength, message.count < length {
      return askForBlock(until: length)
    }
    if inFullPackets, state != .ending {
      state = .ending
      return .read(capacity: packetSize, limit: Self.emptyPacketPatience)
    }
    openTag = nil
    return isLast ? over() : request()
  }

  // MARK: instruments that put a header before the first transfer of a block only

  /// Length of the message with the block that it begins with; nil when it is none, or the instrument keeps the rules.
  private var blockLength: Int? {
    guard quirks.isAskedOncePerBlock, message.count >= 2, message[0] == UInt8(ascii: "#") else { return nil }
    let digits = Int(message[1]) - 0x30
    guard (1...9).contains(digits), message.count >= 2 + digits else { return nil }
    var length = 0
    for byte in message[2..<(2 + digits)] {
      guard (0x30...0x39).contains(byte) else { return nil }
      length = length * 10 + Int(byte) - 0x30
    }
    return min(2 + digits + length, lengthMax + 1)
  }

  private mutating func askForBlock(until length: Int) -> USBTMCAction {
    state = .block(until: length)
    return .read(capacity: whole(min(length - message.count, asked)), limit: Self.blockPatience)
  }

  private mutating func block(_ bytes: [UInt8], until length: Int) throws(USBTMCFault) -> USBTMCAction? {
    message += bytes
    guard message.count <= lengthMax else { throw .tooLong(lengthMax) }
    if message.count < length { return askForBlock(until: length) }
    // The line feed after the block may have a packet of its own.
    guard message.count == length else {
      message.removeLast(max(0, message.count - length - 1))
      return over()
    }
    state = .blockEnding
    return .read(capacity: packetSize, limit: Self.emptyPacketPatience)
  }

  /// The next multiple of the packet size.
  private func whole(_ count: Int) -> Int { (count + packetSize - 1) / packetSize * packetSize }
}
