/// What a master asks for. Addresses are those on the wire, counted from 0.
///
/// - Source: instrument protocol notes, section 9; Modbus application protocol 1.1b3, sections 6.1 to 6.12.
public enum ModbusRequest: Hashable, Sendable {
  case readCoils(address: Int, count: Int)
  case readDiscreteInputs(address: Int, count: Int)
  case readHoldingRegisters(address: Int, count: Int)
  case readInputRegisters(address: Int, count: Int)
  case writeCoil(address: Int, Bool)
  case writeRegister(address: Int, UInt16)
  case writeCoils(address: Int, [Bool])
  case writeRegisters(address: Int, [UInt16])

  /// Most things of one kind in one frame of 253 bytes.
  static let readBitsMax = 2000
  static let readRegistersMax = 125
  static let writeBitsMax = 1968
  static let writeRegistersMax = 123

  public var function: UInt8 {
    switch self {
    case .readCoils: 1
    case .readDiscreteInputs: 2
    case .readHoldingRegisters: 3
    case .readInputRegisters: 4
    case .writeCoil: 5
    case .writeRegister: 6
    case .writeCoils: 15
    case .writeRegisters: 16
    }
  }

  /// Changes nothing at the other end, so it may be asked again.
  public var isRead: Bool { function <= 4 }

  public var address: Int {
    switch self {
    case .readCoils(let address, _), .readDiscreteInputs(let address, _),
      .readHoldingRegisters(let address, _),
      .readInputRegisters(let address, _), .writeCoil(let address, _), .writeRegister(let address, _),
      .writeCoils(let address, _), .writeRegisters(let address, _):
      address
    }
  }

  public var count: Int {
    switch self {
    case .readCoils(_, let count), .readDiscreteInputs(_, let count), .readHoldingRegisters(_, let count),
      .readInputRegisters(_, let count):
      count
    case .writeCoil, .writeRegister: 1
    case .writeCoils(_, let values): values.count
    case .writeRegisters(_, let values): values.count
    }
  }

  /// Why the protocol has no such request; nil when it does.
  public var problem: String? {
    let most =
      switch self {
      case .readCoils, .readDiscreteInputs: Self.readBitsMax
      case .readHoldingRegisters, .readInputRegisters: Self.readRegistersMax
      case .writeCoil, .writeRegister: 1
      case .writeCoils: Self.writeBitsMax
      case .writeRegisters: Self.writeRegistersMax
      }
    guard (1...most).contains(count) else { return "\(count) at once; 1 to \(most) are possible" }
    guard address >= 0, address + count <= 65_536 else {
      return "addresses \(address) … \(address + count - 1); 0 … 65535 exist"
    }
    return nil
  }

  /// Function code and data.
  /// - Precondition: there is no `problem`.
  public var bytes: [UInt8] {
    precondition(problem == nil, "\(self): \(problem ?? "")")
    let head = [function] + ModbusWords.bytes(UInt16(address))
    switch self {
    case .readCoils, .readDiscreteInputs, .readHoldingRegisters, .readInputRegisters:
      return head + ModbusWords.bytes(UInt16(count))
    case .writeCoil(_, let on): return head + [on ? 0xFF : 0, 0]
    case .writeRegister(_, let value): return head + ModbusWords.bytes(value)
    case .writeCoils(_, let values):
      let packed = ModbusWords.packed(values)
      return head + ModbusWords.bytes(UInt16(count)) + [UInt8(packed.count)] + packed
    case .writeRegisters(_, let values):
      return head + ModbusWords.bytes(UInt16(count)) + [UInt8(2 * values.count)]
        + values.flatMap(ModbusWords.bytes)
    }
  }

  /// Reads function code and data; nil when they are no request that this protocol has.
  public init?(bytes: [UInt8]) {
    guard bytes.count >= 5 else { return nil }
    let address = Int(ModbusWords.word(bytes, 1))
    let second = ModbusWords.word(bytes, 3)
    let found: ModbusRequest
    switch bytes[0] {
    case 1: found = .readCoils(address: address, count: Int(second))
    case 2: found = .readDiscreteInputs(address: address, count: Int(second))
    case 3: found = .readHoldingRegisters(address: address, count: Int(second))
    case 4: found = .readInputRegisters(address: address, count: Int(second))
    case 5:
      guard second == 0 || second == 0xFF00 else { return nil }
      found = .writeCoil(address: address, second != 0)
    case 6: found = .writeRegister(address: address, second)
    case 15, 16:
      guard bytes.count >= 6, bytes.count == 6 + Int(bytes[5]) else { return nil }
      let data = Array(bytes[6...])
      if bytes[0] == 15 {
        guard data.count == (Int(second) + 7) / 8 else { return nil }
        found = .writeCoils(address: address, ModbusWords.unpacked(data, count: Int(second)))
      } else {
        guard data.count == 2 * Int(second) else { return nil }
        found = .writeRegisters(address: address, ModbusWords.words(data))
      }
    default: return nil
    }
    guard found.problem == nil, found.function >= 15 || bytes.count == 5 else { return nil }
    self = found
  }
}

extension ModbusRequest: CustomStringConvertible {
  public var description: String {
    let span = count == 1 ? "\(address)" : "\(address) … \(address + count - 1)"
    switch self {
    case .readCoils: return "read coils \(span)"
    case .readDiscreteInputs: return "read discrete inputs \(span)"
    case .readHoldingRegisters: return "read holding registers \(span)"
    case .readInputRegisters: return "read input registers \(span)"
    case .writeCoil, .writeCoils: return "write coils \(span)"
    case .writeRegister, .writeRegisters: return "write registers \(span)"
    }
  }
}
