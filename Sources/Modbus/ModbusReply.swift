/// What a slave answers to a request.
public enum ModbusReply: Hashable, Sendable {
  /// To functions 1 and 2, as many as were asked for.
  case bits([Bool])
  /// To functions 3 and 4.
  case registers([UInt16])
  /// A write was done.
  case done
  case refused(ModbusException)

  /// Function code and data of the answer to `request`, as a slave sends it.
  /// - Precondition: the answer is of the request's kind.
  public func bytes(to request: ModbusRequest) -> [UInt8] {
    switch self {
    case .refused(let exception): return [request.function | 0x80, exception.rawValue]
    case .done:
      // Echoes the first five bytes: address and value, or address and count.
      return Array(request.bytes.prefix(5))
    case .bits(let bits):
      precondition(request.function <= 2 && bits.count == request.count, "not the answer to \(request)")
      let packed = ModbusWords.packed(bits)
      return [request.function, UInt8(packed.count)] + packed
    case .registers(let words):
      precondition(
        (3...4).contains(request.function) && words.count == request.count, "not the answer to \(request)")
      return [request.function, UInt8(2 * words.count)] + words.flatMap(ModbusWords.bytes)
    }
  }

  /// Reads the answer to a request and checks everything that can be checked: function, byte count, echo, length.
  ///
  /// - Throws: `ModbusReplyProblem`; then the bytes are not the answer.
  public init(bytes: [UInt8], to request: ModbusRequest) throws(ModbusReplyProblem) {
    guard let function = bytes.first else { throw ModbusReplyProblem("the answer is empty") }
    guard function & 0x7F == request.function else {
      throw ModbusReplyProblem("it answers function \(function & 0x7F), asked was \(request.function)")
    }
    guard function < 0x80 else {
      guard bytes.count == 2 else { throw ModbusReplyProblem("a refusal of \(bytes.count) bytes, it has 2") }
      self = .refused(ModbusException(rawValue: bytes[1]))
      return
    }
    switch request {
    case .writeCoil, .writeRegister, .writeCoils, .writeRegisters:
      guard bytes == Array(request.bytes.prefix(5)) else {
        throw ModbusReplyProblem("the echo of the write differs from what was written")
      }
      self = .done
    case .readCoils, .readDiscreteInputs, .readHoldingRegisters, .readInputRegisters:
      let isBits = request.function <= 2
      let expected = isBits ? (request.count + 7) / 8 : 2 * request.count
      guard bytes.count >= 2, Int(bytes[1]) == expected, bytes.count == 2 + expected else {
        throw ModbusReplyProblem("\(max(0, bytes.count - 2)) bytes of data, asked were \(expected)")
      }
      let data = Array(bytes[2...])
      self =
        isBits ? .bits(ModbusWords.unpacked(data, count: request.count)) : .registers(ModbusWords.words(data))
    }
  }
}

/// Why received bytes are not the answer that was asked for.
public struct ModbusReplyProblem: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}

/// Why a slave refuses a request.
public struct ModbusException: Hashable, Sendable, CustomStringConvertible {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let illegalFunction = ModbusException(rawValue: 1)
  public static let illegalAddress = ModbusException(rawValue: 2)
  public static let illegalValue = ModbusException(rawValue: 3)
  public static let deviceFailure = ModbusException(rawValue: 4)
  public static let acknowledged = ModbusException(rawValue: 5)
  public static let busy = ModbusException(rawValue: 6)

  public var description: String {
    switch rawValue {
    case 1: "illegal function (1)"
    case 2: "illegal address (2)"
    case 3: "illegal value (3)"
    case 4: "device failure (4)"
    case 5: "accepted, still working (5)"
    case 6: "busy (6)"
    case 8: "memory parity error (8)"
    case 10: "gateway has no path (10)"
    case 11: "gateway got no answer (11)"
    default: "exception \(rawValue)"
    }
  }

  public var advice: String {
    switch rawValue {
    case 1, 2, 3: "Compare the request with the register map of exactly this model and firmware"
    case 4: "Look at the device's front panel for an alarm"
    case 10, 11: "Check the bus behind the gateway and the unit number"
    default: "Wait, then look at the device"
    }
  }
}
