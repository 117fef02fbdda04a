/// One frame as it was on a CAN bus: classic, or FD when `isFD`.
public struct CANFrame: Hashable, Sendable {
  /// 11 bits, or 29 when `isExtended`.
  public let identifier: UInt32
  public let isExtended: Bool
  /// At most 8, of an FD frame at most 64. None in a remote frame.
  public let bytes: [UInt8]
  /// A CAN FD frame; profiles of classic CAN never mean it.
  public let isFD: Bool
  /// It asks for data and carries none.
  public let isRemote: Bool
  /// When its end was on the bus.
  public let at: WorldInstant
  public init(
    identifier: UInt32, isExtended: Bool = false, bytes: [UInt8], isFD: Bool = false, isRemote: Bool = false,
    at: WorldInstant
  ) {
    self.identifier = identifier
    self.isExtended = isExtended
    self.bytes = bytes
    self.isFD = isFD
    self.isRemote = isRemote
    self.at = at
  }
}

extension CANFrame {
  /// `356#b0140a00` as candump and its log files write it: 3 digits for a standard identifier, 8 for an extended one,
  /// `##` and a digit of flags for FD, `#R` for a remote frame. Data in lower case.
  public var text: String {
    let digits = String(identifier, radix: 16, uppercase: true)
    let name = String(repeating: "0", count: max(0, (isExtended ? 8 : 3) - digits.count)) + digits
    if isRemote { return name + "#R" }
    return name + (isFD ? "##0" : "#") + HexText.packed(bytes)
  }

  /// Reads `text`, in upper or lower case.
  /// - Returns: nil when it is no frame.
  public init?(text: some StringProtocol, at: WorldInstant) {
    let all = Array(text.utf8)
    guard let mark = all.firstIndex(of: UInt8(ascii: "#")), mark == 3 || mark == 8,
      let identifier = Self.number(all[..<mark])
    else { return nil }
    var rest = all[(mark + 1)...]
    var isFD = false
    var isRemote = false
    if rest.first == UInt8(ascii: "#") {
      // One digit of flags follows.
      guard let flags = rest.dropFirst().first, Self.digit(flags) != nil else { return nil }
      isFD = true
      rest = rest.dropFirst(2)
    } else if rest.first == UInt8(ascii: "R") || rest.first == UInt8(ascii: "r") {
      guard rest.count <= 2, rest.dropFirst().allSatisfy({ Self.digit($0) != nil }) else { return nil }
      isRemote = true
      rest = []
    }
    guard rest.count % 2 == 0, rest.count / 2 <= (isFD ? 64 : 8) else { return nil }
    var bytes: [UInt8] = []
    for start in stride(from: rest.startIndex, to: rest.endIndex, by: 2) {
      guard let byte = Self.number(rest[start..<start + 2]) else { return nil }
      bytes.append(UInt8(byte))
    }
    let isExtended = mark == 8
    guard identifier <= (isExtended ? 0x1FFF_FFFF : 0x7FF) else { return nil }
    self.init(
      identifier: identifier, isExtended: isExtended, bytes: bytes, isFD: isFD, isRemote: isRemote, at: at)
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> UInt32? {
    guard !digits.isEmpty, digits.count <= 8 else { return nil }
    var value: UInt32 = 0
    for byte in digits {
      guard let digit = digit(byte) else { return nil }
      value = value << 4 | digit
    }
    return value
  }

  private static func digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
    default: nil
    }
  }
}
