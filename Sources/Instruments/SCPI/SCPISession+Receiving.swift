import Capabilities
import Ports

/// Putting replies together from whatever pieces the link delivers.
extension SCPISession {
  /// One line without its terminator. A message link ends the reply by the message's end as well.
  func receiveLine(after command: String, until end: WorldInstant) async throws(InstrumentError) -> String {
    while true {
      if let feed = buffer.firstIndex(of: 0x0A) {
        let line = Array(buffer[..<feed])
        buffer.removeSubrange(...feed)
        guard line.count <= dialect.replyLengthMax else { throw overlong(command, line) }
        return try text(line, after: command)
      }
      guard buffer.count <= dialect.replyLengthMax else {
        throw overlong(command, take(buffer.count))
      }
      try await receiveMore(after: command, until: end)
      if case .messages = link, !buffer.contains(0x0A) { return try text(take(buffer.count), after: command) }
    }
  }

  /// Payload of a definite-length block; consumes the line feed that follows it.
  func receiveBlock(after command: String, lengthMax: Int, until end: WorldInstant)
    async throws(InstrumentError) -> [UInt8]
  {
    try await need(2, after: command, until: end)
    let digits = Int(buffer[1]) - 0x30
    guard buffer[0] == UInt8(ascii: "#"), (1...9).contains(digits) else {
      throw malformed("the reply to '\(command)' is not a definite-length block", bytes: take(buffer.count))
    }
    try await need(2 + digits, after: command, until: end)
    var length = 0
    for byte in buffer[2..<(2 + digits)] {
      guard (0x30...0x39).contains(byte) else {
        throw malformed("the block length of '\(command)' is not a number", bytes: take(buffer.count))
      }
      length = length * 10 + Int(byte - 0x30)
    }
    guard length <= lengthMax else {
      throw malformed(
        "the block of '\(command)' has \(length) bytes, at most \(lengthMax) expected", bytes: [])
    }
    try await need(2 + digits + length, after: command, until: end)
    let payload = Array(take(2 + digits + length)[(2 + digits)...])
    if case .messages = link, buffer.isEmpty { return payload }
    let rest = try await receiveLine(after: command, until: end)
    guard rest.isEmpty else {
      throw malformed("bytes follow the block of '\(command)'", bytes: Array(rest.utf8))
    }
    return payload
  }

  /// Drops everything until the link was silent for `dialect.quiet`; bounded in time and bytes.
  func drain() async throws(InstrumentError) {
    buffer = []
    if case .messages(let port) = link {
      do { try await port.clear(deadline: world.now + dialect.writeDeadline) } catch {
        throw linkError(error, command: "clear the link")
      }
      return
    }
    let end = world.now + dialect.quiet * Self.drainQuietMax
    while world.now < end {
      do { _ = try await link.receive(deadline: world.now + dialect.quiet) } catch {
        if error.code == .deadline { return }
        throw linkError(error, command: "drain the link")
      }
    }
    throw desynchronise("the link never fell silent", code: .desynchronised)
  }

  /// Quiet periods that one drain may last.
  static let drainQuietMax = 10.0

  private func need(_ count: Int, after command: String, until end: WorldInstant)
    async throws(InstrumentError)
  {
    while buffer.count < count { try await receiveMore(after: command, until: end) }
  }

  private func receiveMore(after command: String, until end: WorldInstant) async throws(InstrumentError) {
    do { buffer += try await link.receive(deadline: end) } catch {
      let seen = take(buffer.count)
      let cause = linkError(error, command: command)
      guard !seen.isEmpty else { throw cause }
      throw InstrumentError(
        .link, instrument: instrument,
        message: cause.message + "; only \(Self.shown(seen)) of the reply had arrived", advice: cause.advice)
    }
  }

  private func overlong(_ command: String, _ bytes: [UInt8]) -> InstrumentError {
    malformed("the reply to '\(command)' is longer than \(dialect.replyLengthMax) bytes", bytes: bytes)
  }

  private func take(_ count: Int) -> [UInt8] {
    let head = Array(buffer[..<count])
    buffer.removeFirst(count)
    return head
  }

  private func text(_ bytes: [UInt8], after command: String) throws(InstrumentError) -> String {
    var line = bytes[...]
    while let last = line.last, last == 0x0D || last == 0x20 { line.removeLast() }
    while line.first == 0x20 { line.removeFirst() }
    guard line.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 }) else {
      throw malformed("the reply to '\(command)' is not text", bytes: bytes)
    }
    return String(decoding: line, as: UTF8.self)
  }
}
