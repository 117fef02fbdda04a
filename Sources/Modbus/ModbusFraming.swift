/// How requests and answers are wrapped on the wire.
public enum ModbusFraming: String, Hashable, Sendable, CaseIterable {
  /// Unit, function, data, checksum: serial lines, and gateways that pass serial frames on.
  case rtu
  /// A header with a transaction number, no checksum: TCP.
  case tcp
}

/// Frames of a serial line: unit number, function and data, checksum with the low byte first.
public enum RTUFrame {
  /// A frame never has more.
  public static let lengthMax = 256

  /// CRC-16 with the reflected polynomial A001h, beginning with FFFFh.
  public static func checksum(_ bytes: some Sequence<UInt8>) -> UInt16 {
    var crc: UInt16 = 0xFFFF
    for byte in bytes {
      crc ^= UInt16(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xA001 : crc >> 1 }
    }
    return crc
  }

  public static func bytes(unit: UInt8, _ body: [UInt8]) -> [UInt8] {
    let frame = [unit] + body
    let crc = checksum(frame)
    return frame + [UInt8(crc & 0xFF), UInt8(crc >> 8)]
  }

  /// True when the last two bytes are the checksum of the others.
  public static func isWhole(_ bytes: some Collection<UInt8>) -> Bool {
    guard bytes.count >= 4 else { return false }
    let crc = checksum(bytes.dropLast(2))
    return Array(bytes.suffix(2)) == [UInt8(crc & 0xFF), UInt8(crc >> 8)]
  }

  /// How many bytes an answer has, told by its first ones; nil while too few are there.
  ///
  /// A function that was not asked for has no known length: the answer then ends with what has come.
  public static func answerLength(_ bytes: [UInt8], to request: ModbusRequest) -> Int? {
    guard bytes.count >= 2 else { return nil }
    if bytes[1] & 0x80 != 0 { return 5 }
    guard bytes[1] == request.function else { return bytes.count }
    guard request.isRead else { return 8 }
    return bytes.count >= 3 ? 5 + Int(bytes[2]) : nil
  }

  /// Silence that ends a frame: 3.5 characters of 11 bits, above 19200 baud 1.75 ms. Seconds.
  public static func gap(baud: Int) -> Double { baud > 19_200 ? 0.001_75 : 3.5 * 11 / Double(max(1, baud)) }
}

/// Frames on TCP: transaction, protocol 0, length, unit, then function and data.
public enum TCPFrame {
  public static let headerLength = 7
  /// Function and data have at most 253 bytes.
  public static let lengthFieldMax = 254

  public static func bytes(transaction: UInt16, unit: UInt8, _ body: [UInt8]) -> [UInt8] {
    ModbusWords.bytes(transaction) + [0, 0] + ModbusWords.bytes(UInt16(body.count + 1)) + [unit] + body
  }

  public struct Frame: Hashable, Sendable {
    public let transaction: UInt16
    public let unit: UInt8
    /// Function and data.
    public let body: [UInt8]
  }

  /// Takes the first whole frame out of what came; nil while it is not whole.
  /// - Throws: `ModbusReplyProblem` when no frame begins there: the stream has lost its borders.
  public static func take(from buffer: inout [UInt8]) throws(ModbusReplyProblem) -> Frame? {
    if buffer.count >= 4, buffer[2] != 0 || buffer[3] != 0 {
      throw ModbusReplyProblem("protocol number \(ModbusWords.word(buffer, 2)), Modbus has 0")
    }
    guard buffer.count >= 6 else { return nil }
    let length = Int(ModbusWords.word(buffer, 4))
    guard (2...lengthFieldMax).contains(length) else {
      throw ModbusReplyProblem("a frame of \(length) bytes, possible are 2 to \(lengthFieldMax)")
    }
    guard buffer.count >= 6 + length else { return nil }
    let frame = Frame(
      transaction: ModbusWords.word(buffer, 0), unit: buffer[6], body: Array(buffer[7..<(6 + length)]))
    buffer.removeFirst(6 + length)
    return frame
  }
}
