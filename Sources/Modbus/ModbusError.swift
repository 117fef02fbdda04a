import Ports

/// An exchange that did not deliver: what was asked, of whom, what was seen and what to check.
public struct ModbusError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: Hashable, Sendable {
    /// Nothing (or too little) came in time, also not when a read was asked again.
    case noAnswer
    /// Bytes came that are not the answer: wrong checksum, unit, function, count or echo.
    case malformed
    /// The device refuses.
    case refused(ModbusException)
    /// No such request exists, or another exchange is under way. Nothing was sent.
    case notSent
    /// An earlier exchange left the line unsure; see `ModbusClient.resynchronise`. Nothing was sent.
    case desynchronised
    /// The link is gone.
    case closed
    case stopped
  }
  public let code: Code
  /// E.g. `read holding registers 6 … 7 of unit 1`.
  public let attempted: String
  public let port: String
  public let cause: String
  public let advice: String
  /// At most 64, the last ones.
  public let bytesSeen: [UInt8]

  public init(
    _ code: Code, attempted: String, port: String, cause: String, advice: String = "", bytesSeen: [UInt8] = []
  ) {
    self.code = code
    self.attempted = attempted
    self.port = port
    self.cause = cause
    self.advice = advice
    self.bytesSeen = Array(bytesSeen.suffix(64))
  }

  public var description: String {
    var text = "\(port): could not \(attempted): \(cause)"
    if !bytesSeen.isEmpty { text += "; bytes seen: \(HexText.spaced(bytesSeen))" }
    return advice.isEmpty ? text : "\(text). \(advice)"
  }
}
