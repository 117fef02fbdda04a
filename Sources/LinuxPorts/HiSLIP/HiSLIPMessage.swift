/// One message of the High-Speed LAN Instrument Protocol: a header of 16 bytes and a payload.
///
/// - Source: IVI-6.1 (HiSLIP 1.0) as summarised in the instrument protocol notes, section 7.
public struct HiSLIPMessage: Hashable, Sendable {
  /// Message types that instruments and controllers of version 1.0 use.
  public enum Kind: UInt8, Sendable {
    case initialize = 0
    case initializeResponse = 1
    case fatalError = 2
    case error = 3
    case asyncLock = 4
    case asyncLockResponse = 5
    case data = 6
    case dataEnd = 7
    case deviceClearComplete = 8
    case deviceClearAcknowledge = 9
    case asyncRemoteLocal = 10
    case asyncRemoteLocalResponse = 11
    case trigger = 12
    case interrupted = 13
    case asyncInterrupted = 14
    case asyncMaximumSize = 15
    case asyncMaximumSizeResponse = 16
    case asyncInitialize = 17
    case asyncInitializeResponse = 18
    case asyncDeviceClear = 19
    case asyncServiceRequest = 20
    case asyncStatusQuery = 21
    case asyncStatusResponse = 22
    case asyncDeviceClearAcknowledge = 23
    case asyncLockInfo = 24
    case asyncLockInfoResponse = 25
  }

  /// The type as sent; types of later versions have no `Kind`.
  public var type: UInt8
  public var control: UInt8
  public var parameter: UInt32
  public var payload: [UInt8]
  public var kind: Kind? { Kind(rawValue: type) }

  public init(_ kind: Kind, control: UInt8 = 0, parameter: UInt32 = 0, payload: [UInt8] = []) {
    self.init(type: kind.rawValue, control: control, parameter: parameter, payload: payload)
  }

  public init(type: UInt8, control: UInt8, parameter: UInt32, payload: [UInt8]) {
    self.type = type
    self.control = control
    self.parameter = parameter
    self.payload = payload
  }

  /// TCP port number that instruments listen on.
  public static let usualPort = 4880
  /// Sub-address of an instrument that has only one.
  public static let usualPart = "hislip0"
  /// Message number with which a session begins; each message from the controller adds 2.
  public static let firstNumber: UInt32 = 0xFFFF_FF00
  static let headerLength = 16
  private static let prologue: [UInt8] = [0x48, 0x53]

  /// Header and payload as they go over the wire.
  public var bytes: [UInt8] {
    var bytes = Self.prologue + [type, control]
    bytes.reserveCapacity(Self.headerLength + payload.count)
    for shift in stride(from: 24, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: parameter >> UInt32(shift)))
    }
    let length = UInt64(payload.count)
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: length >> UInt64(shift)))
    }
    return bytes + payload
  }

  /// A number of eight bytes, most significant first, as the maximum message size is sent.
  public static func number(_ value: UInt64) -> [UInt8] {
    stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt64($0)) }
  }

  public static func number(_ bytes: some Collection<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Cuts messages out of a stream that arrives in any pieces.
  public struct Framing: Sendable {
    private var buffer: [UInt8] = []
    /// Bytes of `buffer` that messages already returned took.
    private var taken = 0
    /// A longer payload is refused as malformed, in bytes.
    private let payloadMax: Int

    public init(payloadMax: Int = 64 << 20) { self.payloadMax = payloadMax }

    public mutating func add(_ bytes: [UInt8]) {
      if taken == buffer.count {
        buffer = bytes
        taken = 0
      } else {
        buffer += bytes
      }
    }

    /// The next whole message; nil until more bytes have come.
    public mutating func next() throws(HiSLIPFault) -> HiSLIPMessage? {
      let rest = buffer[taken...]
      let start = rest.startIndex
      guard rest.prefix(2).elementsEqual(prologue.prefix(rest.count)) else {
        throw HiSLIPFault(.poorHeader, "the header begins with \(Array(rest.prefix(2))) instead of 'HS'")
      }
      guard rest.count >= headerLength else { return nil }
      let length = number(rest[(start + 8)..<(start + 16)])
      guard length <= UInt64(payloadMax) else {
        throw HiSLIPFault(
          .poorHeader, "a message of \(length) bytes is announced, at most \(payloadMax) are taken")
      }
      let end = start + headerLength + Int(length)
      guard rest.endIndex >= end else { return nil }
      taken = end
      return HiSLIPMessage(
        type: rest[start + 2], control: rest[start + 3],
        parameter: UInt32(number(rest[(start + 4)..<(start + 8)])),
        payload: Array(rest[(start + headerLength)..<end]))
    }
  }
}

/// What one end says or finds wrong about the protocol itself.
public struct HiSLIPFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// Control codes of the message *fatal error*.
  public enum Code: UInt8, Sendable {
    case unidentified = 0
    case poorHeader = 1
    case oneChannelMissing = 2
    case poorInitialization = 3
    case tooManyClients = 4
  }
  public let code: Code
  public let words: String
  public init(_ code: Code, _ words: String) {
    self.code = code
    self.words = words
  }
  public var description: String { words }

  public var message: HiSLIPMessage {
    HiSLIPMessage(.fatalError, control: code.rawValue, payload: Array(words.utf8))
  }
}
