/// Sends one message, in pieces when it is long; the last one carries its end.
struct USBTMCSending: USBTMCExchange {
  /// Most payload bytes of one transfer.
  static let pieceMax = 65_536

  private let message: [UInt8]
  private let tags: USBTMCTags
  private var sent = 0
  /// Of the piece that is on its way.
  private(set) var openTag: UInt8?

  init(_ message: [UInt8], tags: USBTMCTags) {
    self.message = message
    self.tags = tags
  }

  mutating func next(_ event: USBTMCEvent?) throws(USBTMCFault) -> USBTMCAction? {
    if event == .stalled { throw .stalled(.outgoing) }
    guard event == nil || sent < message.count else {
      openTag = nil
      return nil
    }
    let piece = message[sent..<min(sent + Self.pieceMax, message.count)]
    sent += piece.count
    let tag = tags.next()
    openTag = tag
    let isLast = sent == message.count
    let header = USBTMCHeader(
      message: USBTMCHeader.Message.out, tag: tag, size: piece.count,
      attributes: isLast ? USBTMCHeader.endOfMessage : 0)
    return .write(header.transfer(piece))
  }
}
