/// The world misbehaved: what was attempted, where, what was seen and what to check.
public struct PortError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: String, Sendable, Codable {
    /// Nothing (or too little) arrived before the deadline. The session is desynchronised until proven otherwise.
    case deadline
    /// The other end closed or the cable is gone.
    case closed
    case refused
    case notFound
    case permission
    case busy
    /// What arrived does not follow the protocol.
    case malformed
    case badAddress
    /// This machine or build cannot open ports of that kind.
    case unsupported
    /// The run was told to stop.
    case stopped
  }

  public let code: Code
  public let attempted: String
  public let port: String
  public let cause: String
  public let advice: String
  /// The last bytes seen, at most 64.
  public let bytesSeen: [UInt8]

  public init(
    _ code: Code, attempted: String, port: String, cause: String = "", advice: String = "",
    bytesSeen: [UInt8] = []
  ) {
    self.code = code
    self.attempted = attempted
    self.port = port
    self.cause = cause
    self.advice = advice
    self.bytesSeen = Array(bytesSeen.suffix(64))
  }

  public var description: String {
    var text = "\(port): could not \(attempted)"
    text += cause.isEmpty ? " (\(code.rawValue))" : ": \(cause)"
    if !bytesSeen.isEmpty { text += "; bytes seen: \(HexText.spaced(bytesSeen))" }
    return advice.isEmpty ? text : "\(text). \(advice)"
  }
}

/// Bytes as lower-case hex text.
public enum HexText {
  static let digits = Array("0123456789abcdef".utf8)

  public static func packed(_ bytes: some Sequence<UInt8>) -> String {
    var out: [UInt8] = []
    for byte in bytes {
      out.append(digits[Int(byte >> 4)])
      out.append(digits[Int(byte & 15)])
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// The bytes of packed hex text in lower or upper case; nil when it is none.
  public static func bytes(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 2)
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = nibble(digits[index]), let low = nibble(digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func nibble(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  public static func spaced(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { packed([$0]) }.joined(separator: " ")
  }
}
