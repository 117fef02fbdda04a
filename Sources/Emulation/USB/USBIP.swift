/// What the kernel's virtual host controller asks of a device.
///
/// Source: the kernel's own description, Documentation/usb/usbip_protocol.rst: headers of 48 bytes, big endian.
enum USBIPCommand: Hashable, Sendable {
  case submit(USBIPRequest)
  /// Takes back the request `target`.
  case unlink(sequence: UInt32, target: UInt32)
}

/// One USB request block.
struct USBIPRequest: Hashable, Sendable {
  var sequence: UInt32
  /// Number of the endpoint with bit 7 for data to the host; 0 for the control endpoint.
  var endpoint: UInt8
  var isIncoming: Bool
  /// Most bytes of the answer, or how many came with it.
  var length: Int
  var setup: [UInt8]
  var bytes: [UInt8]
}

/// What a device answers.
enum USBIPReply: Hashable, Sendable {
  /// `count` is what was transferred; bytes only of what the device sent.
  case submitted(sequence: UInt32, status: Int32, count: Int, bytes: [UInt8])
  case unlinked(sequence: UInt32, status: Int32)

  /// Numbers of the kernel.
  enum Status {
    static let done: Int32 = 0
    /// -EPIPE: the endpoint is halted.
    static let stalled: Int32 = -32
    /// -ECONNRESET: it was taken back in time.
    static let takenBack: Int32 = -104
  }

  var packed: [UInt8] {
    switch self {
    case .submitted(let sequence, let status, let count, let bytes):
      Self.words([3, sequence, 0, 0, 0, UInt32(bitPattern: status), UInt32(count), 0, 0, 0, 0, 0]) + bytes
    case .unlinked(let sequence, let status):
      Self.words([4, sequence, 0, 0, 0, UInt32(bitPattern: status), 0, 0, 0, 0, 0, 0])
    }
  }

  private static func words(_ words: [UInt32]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(USBIPParser.headerLength)
    for word in words {
      bytes.append(UInt8(truncatingIfNeeded: word >> 24))
      bytes.append(UInt8(truncatingIfNeeded: word >> 16))
      bytes.append(UInt8(truncatingIfNeeded: word >> 8))
      bytes.append(UInt8(truncatingIfNeeded: word))
    }
    return bytes
  }
}

/// Commands from bytes in any chunking.
struct USBIPParser {
  static let headerLength = 48
  /// Longest request taken for real.
  static let lengthMax = 16 * 1024 * 1024

  struct Malformed: Error, Hashable { let cause: String }

  private var buffer: [UInt8] = []

  mutating func append(_ bytes: [UInt8]) { buffer += bytes }

  /// nil until a whole command is there.
  mutating func next() throws(Malformed) -> USBIPCommand? {
    guard buffer.count >= Self.headerLength else { return nil }
    switch word(0) {
    case 1:
      let length = Int(word(6))
      let isIncoming = word(3) == 1
      guard length <= Self.lengthMax else { throw Malformed(cause: "a request of \(length) bytes") }
      let whole = Self.headerLength + (isIncoming ? 0 : length)
      guard buffer.count >= whole else { return nil }
      let number = UInt8(truncatingIfNeeded: word(4) & 0x0F)
      let request = USBIPRequest(
        sequence: word(1), endpoint: number == 0 ? 0 : number | (isIncoming ? 0x80 : 0),
        isIncoming: isIncoming,
        length: length, setup: Array(buffer[40..<48]), bytes: Array(buffer[Self.headerLength..<whole]))
      buffer.removeFirst(whole)
      return .submit(request)
    case 2:
      let command = USBIPCommand.unlink(sequence: word(1), target: word(5))
      buffer.removeFirst(Self.headerLength)
      return command
    default: throw Malformed(cause: "command \(word(0))")
    }
  }

  private func word(_ index: Int) -> UInt32 {
    let place = 4 * index
    return UInt32(buffer[place]) << 24 | UInt32(buffer[place + 1]) << 16 | UInt32(buffer[place + 2]) << 8
      | UInt32(buffer[place + 3])
  }
}
