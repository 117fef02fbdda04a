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

  /// Writes a number beyond the register's range, to see the unit refuse it. Closed registers stay closed.
  /// - Throws: `RegisterError` for closed registers, text, and what does not fit the register's bytes.
  static func probe(_ register: SettingsRegister, value: RegisterValue) throws(RegisterError) -> Request {
    let payload = try register.payload(for: value, probing: true)
    return Request(
      function: 0, command: register.command, register: register.number, payload: payload, checksum: .sum)
  }

  /// Writes the app password into a register of command 05 that the catalogue does not know.
  ///
  /// No source names the register: whoever asks must have seen the vendor's app use it.
  /// - Returns: nil for a catalogued register, and for anything but six printable characters.
  static func password(_ text: String, register: UInt8) -> Request? {
    let bytes = Array(text.utf8)
    guard SettingsRegister.find(command: Command.writeLegacy.rawValue, number: register) == nil,
      bytes.count == DeviceInfo.passwordRange.count, bytes.allSatisfy({ (0x20...0x7E).contains($0) })
    else { return nil }
    return Request(
      function: 0, command: .writeLegacy, register: register,
      payload: bytes + Array(repeating: 0, count: payloadRange.count - bytes.count), checksum: .sum)
  }

  /// The bytes as a journal may show them when the payload is a secret. The checksum would tell of it too.
  var maskedBytes: [UInt8] {
    var shown = bytes
    for index in shown.indices
    where Self.payloadRange.contains(index) || index == Self.payloadRange.upperBound {
      if shown[index] != 0 { shown[index] = PasswordMask.filler }
    }
    return shown
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
