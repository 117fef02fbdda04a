/// The 12 bytes before every bulk transfer of a USB test and measurement instrument.
///
/// Source: USBTMC 1.0 and its USB488 subclass, as summarised in the instrument protocol notes, section 1.2.
struct USBTMCHeader: Hashable, Sendable {
  enum Message {
    /// A command, or a piece of one; a reply has the same number as the request.
    static let out: UInt8 = 1
    static let request: UInt8 = 2
    static let reply: UInt8 = 2
  }

  static let length = 12
  /// In a command: its last piece. In a reply: the answer ends here.
  static let endOfMessage: UInt8 = 1

  var message: UInt8
  var tag: UInt8
  /// Payload bytes, without header and padding; in a request the most that the reply may hold.
  var size: Int
  var attributes: UInt8 = 0

  var bytes: [UInt8] {
    let size = UInt32(clamping: size)
    return [message, tag, ~tag, 0]
      + [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: size >> $0) } + [attributes, 0, 0, 0]
  }

  /// Header, payload and the zeros that fill it up to a multiple of four.
  func transfer(_ payload: some Collection<UInt8>) -> [UInt8] {
    var all = bytes + payload
    while all.count % 4 != 0 { all.append(0) }
    return all
  }
}

extension USBTMCHeader {
  /// Reads the header of a reply.
  /// - Parameters:
  ///   - tag: Of the request.
  ///   - asked: The size that was asked for.
  /// - Throws: what is wrong with it, in the order of the fields.
  init(
    reply bytes: [UInt8], to tag: UInt8, asked: Int, quirks: USBQuirks
  ) throws(USBTMCFault) {
    guard bytes.count >= Self.length else { throw .shortHeader(bytes) }
    message = bytes[0]
    self.tag = bytes[1]
    attributes = bytes[8]
    size = (0..<4).reduce(0) { $0 | Int(bytes[4 + $1]) << (8 * $1) }
    guard message == Message.reply || quirks.toleratesMessageIDs else {
      throw .wrongMessage(message, bytes)
    }
    guard bytes[2] == ~bytes[1] else { throw .brokenTag(bytes) }
    guard self.tag == tag else { throw .wrongTag(self.tag, expected: tag, bytes) }
    guard size <= asked else { throw .oversize(size, asked: asked, bytes) }
  }
}

/// Numbers of transfers: 1 to 255 and again, never 0, never twice the same in a row. Shared by all exchanges of a port,
/// because a command towards the safe state may be sent while an answer is awaited.
final class USBTMCTags {
  private var last: UInt8 = 0
  func next() -> UInt8 {
    last = last == 255 ? 1 : last + 1
    return last
  }
}
