/// Hides the app password that a unit sends in clear text, in a stream of notification bytes.
///
/// Watches for the header of a device info frame and replaces the six bytes of the password field by `*`, across
/// any chunk border. Bytes lost inside a device info frame may shift the field out of the mask's sight.
///
/// - Source: BLE protocol notes sections 2.2 and 5.1.
public struct PasswordMask: Sendable {
  /// What stands for a password in every text.
  public static let text = "******"
  static let header: [UInt8] = [0x55, 0xAA, 0x11, 0x01, 0x01, 0x00, 0x64, 0x00]
  static let filler = UInt8(ascii: "*")

  /// Bytes of the frame seen so far; up to the header's size while matching.
  private var position = 0

  public init() {}

  /// The bytes with the password replaced. NUL stays, so that an empty field still looks empty.
  public mutating func masked(_ chunk: [UInt8]) -> [UInt8] {
    chunk.map { byte in
      if position < Self.header.count {
        position = byte == Self.header[position] ? position + 1 : byte == Self.header[0] ? 1 : 0
        return byte
      }
      let hide = DeviceInfo.passwordRange.contains(position) && byte != 0
      position += 1
      if position == DeviceInfo.frameLength { position = 0 }
      return hide ? Self.filler : byte
    }
  }

  /// The link broke: the next byte begins a new stream.
  public mutating func reset() { position = 0 }

  /// From where on a frame's bytes could show a password; nil when nothing in it can.
  ///
  /// In a damaged frame bytes may be missing, so everything behind the header of a device info frame counts, also
  /// of one that begins inside another frame.
  static func secretRange(in frame: ParsedFrame) -> Range<Int>? {
    let bytes = frame.bytes
    if frame.checksumOK {
      return DeviceInfo(decoding: bytes) == nil ? nil : DeviceInfo.passwordRange
    }
    for start in bytes.indices
    where bytes[start...].starts(with: header.prefix(5).prefix(bytes.count - start)) {
      // A header cut off at the end of the candidate hides nothing that is in it.
      if bytes.count - start > FrameHeader.size { return start + FrameHeader.size..<bytes.count }
    }
    return nil
  }
}
