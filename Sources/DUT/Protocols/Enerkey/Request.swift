/// What the host sends: 20 bytes, read commands and register writes.
///
/// Writes can only be built for registers that are open to the rig; see `SettingsRegister`.
///
/// - Source: BLE protocol notes sections 3.1 and 3.2.
public struct Request: Hashable, Sendable {
  public static let frameLength = 20
  static let payloadRange = 8..<18

  private var image: FrameImage

  /// Reads device info, cell info, factory defaults or settings.
  public static func read(_ command: Command, checksum: ChecksumRule = .sum) -> Request {
    precondition(
      command != .writeLegacy && command != .writeProtection, "\(command) is a write; use write(_:value:)")
    return Request(function: 1, command: command, register: 0, payload: [], checksum: checksum)
  }

  /// Writes a setting. Nothing is built when the register is closed or the value does not fit.
  /// - Throws: `RegisterError` that names the register, the value and what is allowed.
  public static func write(
    _ register: SettingsRegister, value: RegisterValue, checksum: ChecksumRule = .sum
  ) throws(RegisterError) -> Request {
    let payload = try register.payload(for: value)
    return Request(
      function: 0, command: register.command, register: register.number, payload: payload, checksum: checksum)
  }

  private init(
    function: UInt8, command: Command, register: UInt8, payload: [UInt8], checksum: ChecksumRule
  ) {
    image = FrameImage(
      header: FrameHeader(
        direction: .hostToDevice, function: function, command: command.rawValue, register: register,
        length: Self.frameLength))
    image.setRaw(payload, at: Self.payloadRange.lowerBound)
    image.seal(checksum)
  }

  /// Nil when the bytes are no request. The checksum may be wrong: see `checksumRule`.
  public init?(decoding bytes: [UInt8]) {
    guard bytes.count == Self.frameLength, let header = FrameHeader(reading: bytes),
      header.direction == .hostToDevice, header.frameLength == Self.frameLength
    else { return nil }
    image = FrameImage(bytes: bytes)
  }

  /// The bytes to send, or exactly those received.
  public var bytes: [UInt8] { image.bytes }
  /// 1 reads, 0 writes.
  public var function: UInt8 { bytes[3] }
  public var command: UInt8 { bytes[4] }
  public var register: UInt8 { bytes[5] }
  public var payload: [UInt8] { image.raw(Self.payloadRange) }
  /// The payload's first four bytes.
  public var integerValue: Int { image.integer(at: 8, size: 4) }
  /// The payload's first four bytes as a single precision number.
  public var floatValue: Float { image.float(at: 8) }
  public var textValue: String { image.text(at: 8, size: 10) }

  /// Which rule the checksum follows; nil when none fits or the end byte is missing.
  public var checksumRule: ChecksumRule? {
    guard bytes[19] == FrameHeader.endByte else { return nil }
    return ChecksumRule.allCases.first { $0.checksum(of: bytes) == bytes[18] }
  }
}
