/// Puts the packets of one connection together again: L2CAP frames arrive in pieces of the host's choice.
///
/// - Source: Bluetooth Core 5.3, volume 3 part A sections 3.1 and 7.2.
struct LinkPackets {
  /// Fixed channels.
  enum Channel {
    static let attributes: UInt16 = 4
    static let signalling: UInt16 = 5
    static let security: UInt16 = 6
  }

  private var pending: [UInt8] = []

  /// - Returns: A whole frame when this piece was its last.
  mutating func add(_ bytes: [UInt8], isContinued: Bool) -> (channel: UInt16, payload: [UInt8])? {
    if !isContinued { pending = [] } else if pending.isEmpty { return nil }
    pending += bytes
    guard pending.count >= 4 else { return nil }
    let length = Int(UInt16(pending, at: 0))
    guard pending.count >= 4 + length else { return nil }
    defer { pending = [] }
    return (UInt16(pending, at: 2), Array(pending[4..<(4 + length)]))
  }

  static func frame(_ channel: UInt16, _ payload: [UInt8]) -> [UInt8] {
    UInt16(payload.count).littleEndian2 + channel.littleEndian2 + payload
  }
}
