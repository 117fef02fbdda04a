/// The bytes of one frame with typed access by offset; every structure of the protocol is a view of one.
///
/// Keeping the bytes means that what nobody understands yet survives decode and encode unchanged.
/// Offsets count from the frame's first byte; numbers are little-endian.
public struct FrameImage: Hashable, Sendable {
  public private(set) var bytes: [UInt8]

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// A frame of zeros with a valid header and trailer.
  init(header: FrameHeader) {
    bytes = [UInt8](repeating: 0, count: header.declaredLength)
    bytes.replaceSubrange(0..<2, with: header.direction.startBytes)
    bytes[2] = header.deviceAddress
    bytes[3] = header.function
    bytes[4] = header.command
    bytes[5] = header.register
    bytes[6] = UInt8(header.declaredLength & 0xFF)
    bytes[7] = UInt8(header.declaredLength >> 8)
    seal(.sum)
  }

  /// Writes the checksum and the end byte.
  mutating func seal(_ rule: ChecksumRule) {
    bytes[bytes.count - 2] = rule.checksum(of: bytes)
    bytes[bytes.count - 1] = FrameHeader.endByte
  }

  func sealed(_ rule: ChecksumRule = .sum) -> [UInt8] {
    var copy = self
    copy.seal(rule)
    return copy.bytes
  }

  func integer(at offset: Int, size: Int) -> Int {
    var value = 0
    for index in (0..<size).reversed() { value = value << 8 | Int(bytes[offset + index]) }
    return value
  }

  mutating func setInteger(_ value: Int, at offset: Int, size: Int) {
    precondition(
      value >= 0 && value < 1 << (8 * size), "\(value) does not fit \(size) bytes at offset \(offset)")
    for index in 0..<size { bytes[offset + index] = UInt8(value >> (8 * index) & 0xFF) }
  }

  func float(at offset: Int) -> Float { Float(bitPattern: UInt32(integer(at: offset, size: 4))) }

  mutating func setFloat(_ value: Float, at offset: Int) {
    setInteger(Int(value.bitPattern), at: offset, size: 4)
  }

  /// Text up to the first NUL; a byte that is not ASCII reads as `?`.
  func text(at offset: Int, size: Int) -> String {
    let content = bytes[offset..<offset + size].prefix { $0 != 0 }
    return String(decoding: content.map { $0 < 0x80 ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
  }

  /// Pads with NUL.
  mutating func setText(_ text: String, at offset: Int, size: Int) {
    let content = Array(text.utf8)
    precondition(
      content.count <= size && content.allSatisfy { $0 < 0x80 && $0 != 0 },
      "the text at offset \(offset) is longer than \(size) ASCII characters")
    for index in 0..<size { bytes[offset + index] = index < content.count ? content[index] : 0 }
  }

  func raw(_ range: Range<Int>) -> [UInt8] { Array(bytes[range]) }

  mutating func setRaw(_ content: [UInt8], at offset: Int) {
    bytes.replaceSubrange(offset..<offset + content.count, with: content)
  }
}

extension FrameImage: CustomStringConvertible {
  /// Never the bytes: a device info frame holds the password.
  public var description: String { "frame of \(bytes.count) bytes" }
}

/// How the one checksum byte is made from all bytes before it.
///
/// - Source: BLE protocol notes section 3.2: replies and the newer app use the sum, the older app the XOR.
public enum ChecksumRule: String, Hashable, Sendable, CaseIterable {
  case sum = "sum8"
  case xor = "xor8"

  /// - Parameter frame: A whole frame; its last two bytes are left out.
  public func checksum(of frame: [UInt8]) -> UInt8 {
    let covered = frame.dropLast(2)
    switch self {
    case .sum: return covered.reduce(0, &+)
    case .xor: return covered.reduce(0, ^)
    }
  }
}

/// Which way a frame travels.
public enum FrameDirection: String, Hashable, Sendable, CaseIterable {
  case hostToDevice = "host-to-device"
  case deviceToHost = "device-to-host"

  public var startBytes: [UInt8] { self == .hostToDevice ? [0xAA, 0x55] : [0x55, 0xAA] }
}

/// The eight bytes in front of every frame.
///
/// - Source: BLE protocol notes sections 3.1 and 3.4.
public struct FrameHeader: Hashable, Sendable {
  public static let size = 8
  public static let endByte: UInt8 = 0xFF
  public static let deviceAddress: UInt8 = 0x11
  /// Header, one byte of checksum, one end byte; nothing between.
  static let requestLength = 20

  public var direction: FrameDirection
  public var deviceAddress: UInt8
  /// 1 reads, 0 writes; replies echo it.
  public var function: UInt8
  public var command: UInt8
  public var register: UInt8
  /// As written in the frame; one old app swaps the two bytes in one request.
  public var declaredLength: Int

  init(
    direction: FrameDirection, function: UInt8, command: UInt8, register: UInt8 = 0, length: Int
  ) {
    self.direction = direction
    deviceAddress = Self.deviceAddress
    self.function = function
    self.command = command
    self.register = register
    declaredLength = length
  }

  /// Nil when fewer than eight bytes stand there or the two start bytes are wrong.
  public init?(reading bytes: some Collection<UInt8>) {
    let head = Array(bytes.prefix(Self.size))
    guard head.count == Self.size,
      let direction = FrameDirection.allCases.first(where: { $0.startBytes == Array(head[0..<2]) })
    else { return nil }
    self.direction = direction
    deviceAddress = head[2]
    function = head[3]
    command = head[4]
    register = head[5]
    declaredLength = Int(head[6]) | Int(head[7]) << 8
  }

  /// Whole length of the frame this header begins; nil when no such frame is known.
  ///
  /// - Source: BLE protocol notes section 3.6 rule 7; the swapped length of one old app's request: section 3.2.
  public var frameLength: Int? {
    guard deviceAddress == Self.deviceAddress else { return nil }
    switch direction {
    case .hostToDevice: return [0x0014, 0x1400].contains(declaredLength) ? Self.requestLength : nil
    case .deviceToHost: return [20, 100, 150, 300].contains(declaredLength) ? declaredLength : nil
    }
  }
}

/// Command codes (byte 4).
///
/// - Source: BLE protocol notes section 3.3.
public enum Command: UInt8, Hashable, Sendable, CaseIterable {
  case deviceInfo = 1
  case cellInfo = 2
  case factoryDefaults = 3
  case settings = 4
  /// Balancer parameters.
  case writeLegacy = 5
  /// Protection parameters of the second generation.
  case writeProtection = 6
}
