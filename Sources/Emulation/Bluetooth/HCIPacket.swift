/// A packet between a Bluetooth host and its controller, with the type byte of the H4 transport in front.
///
/// - Source: Bluetooth Core 5.3, volume 4 part A section 2 (types), part E section 5.4 (formats).
public enum HCIPacket: Hashable, Sendable {
  /// Host to controller. The upper six bits of the code are its group.
  case command(code: UInt16, parameters: [UInt8])
  /// Both directions: part of an L2CAP packet on a connection.
  case data(handle: UInt16, isContinued: Bool, bytes: [UInt8])
  /// Controller to host.
  case event(code: UInt8, parameters: [UInt8])

  private enum Kind {
    static let command: UInt8 = 1
    static let data: UInt8 = 2
    static let event: UInt8 = 4
  }

  /// - Returns: nil for a packet of another kind or with a wrong length.
  public init?(parsing bytes: [UInt8]) {
    guard let kind = bytes.first else { return nil }
    switch kind {
    case Kind.command:
      guard bytes.count >= 4, bytes.count == 4 + Int(bytes[3]) else { return nil }
      self = .command(code: UInt16(bytes[1]) | UInt16(bytes[2]) << 8, parameters: Array(bytes[4...]))
    case Kind.data:
      guard bytes.count >= 5, bytes.count == 5 + Int(bytes[3]) + Int(bytes[4]) << 8 else { return nil }
      let header = UInt16(bytes[1]) | UInt16(bytes[2]) << 8
      self = .data(
        handle: header & 0x0FFF, isContinued: header >> 12 & 3 == 1, bytes: Array(bytes[5...]))
    case Kind.event:
      guard bytes.count >= 3, bytes.count == 3 + Int(bytes[2]) else { return nil }
      self = .event(code: bytes[1], parameters: Array(bytes[3...]))
    default: return nil
    }
  }

  public var bytes: [UInt8] {
    switch self {
    case .command(let code, let parameters):
      return [Kind.command] + code.littleEndian2 + [UInt8(parameters.count)] + parameters
    case .data(let handle, let isContinued, let bytes):
      // From controller to host the first part of a packet is marked 2.
      let header = handle | (isContinued ? 1 : 2) << 12
      return [Kind.data] + header.littleEndian2 + UInt16(bytes.count).littleEndian2 + bytes
    case .event(let code, let parameters):
      return [Kind.event, code, UInt8(parameters.count)] + parameters
    }
  }
}

extension UInt16 {
  /// Low byte first, as all of Bluetooth counts.
  var littleEndian2: [UInt8] { [UInt8(self & 0xFF), UInt8(self >> 8)] }

  /// - Precondition: two bytes stand at `index`.
  init(_ bytes: [UInt8], at index: Int) {
    self = UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8
  }
}

/// A Bluetooth device address as people write it, `AA:BB:CC:DD:EE:FF`, and as it goes over the wire, last byte first.
enum DeviceAddress {
  /// - Returns: nil when the text is no address.
  static func bytes(_ text: String) -> [UInt8]? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 6 else { return nil }
    let bytes = parts.compactMap { $0.count == 2 ? UInt8($0, radix: 16) : nil }
    return bytes.count == 6 ? bytes.reversed() : nil
  }
}
