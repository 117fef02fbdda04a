import Ports

/// A value as a register takes it and as the settings give it back.
public enum RegisterValue: Hashable, Sendable, CustomStringConvertible, ExpressibleByFloatLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByStringLiteral
{
  case float(Double)
  case integer(Int)
  case text(String)

  public init(floatLiteral value: Double) { self = .float(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(stringLiteral value: String) { self = .text(value) }

  /// Nil for text.
  public var number: Double? {
    switch self {
    case .float(let value): value
    case .integer(let value): Double(value)
    case .text: nil
    }
  }

  /// True when both mean the same once they went through the single precision numbers of the wire.
  public func agrees(with other: RegisterValue) -> Bool {
    if let a = number, let b = other.number { return Float(a) == Float(b) }
    return self == other
  }

  public var description: String {
    switch self {
    case .float(let value): "\(Float(value))"
    case .integer(let value): "\(value)"
    case .text(let value): "'\(value)'"
    }
  }
}

/// A register that commands 05 and 06 write, and where the settings show its value.
///
/// Calibration and factory registers are listed so that they can be named and refused: the rig never writes them.
///
/// - Source: BLE protocol notes sections 6.1 and 6.2. Only 05/02, 05/03, 05/0D and 05/16 were captured, on a
///   first-generation unit; all of command 06 is taken from community code and unproven on hardware.
public struct SettingsRegister: Hashable, Sendable, CustomStringConvertible {
  public enum ValueType: String, Hashable, Sendable { case float, integer, text }

  public enum Access: String, Hashable, Sendable {
    case setting
    /// Changes what the unit measures.
    case calibration
    /// Belongs to the maker.
    case factory
  }

  /// Where a settings frame shows the value.
  public struct Slot: Hashable, Sendable {
    public enum Encoding: Hashable, Sendable { case u8, u16, u32, f32 }
    public let offset: Int
    public let encoding: Encoding
    /// False where position and meaning are not settled; a proof by such a slot is as weak as the slot.
    public let settled: Bool

    static func u8(_ offset: Int) -> Slot { Slot(offset: offset, encoding: .u8, settled: true) }
    static func u16(_ offset: Int) -> Slot { Slot(offset: offset, encoding: .u16, settled: true) }
    static func u32(_ offset: Int) -> Slot { Slot(offset: offset, encoding: .u32, settled: true) }
    static func f32(_ offset: Int) -> Slot { Slot(offset: offset, encoding: .f32, settled: true) }
    var doubtful: Slot { Slot(offset: offset, encoding: encoding, settled: false) }
  }

  public let command: Command
  public let number: UInt8
  /// As in decoded settings, e.g. `cell_overvoltage_protection_v`; unique in the catalogue.
  public let name: String
  public let type: ValueType
  /// E.g. `V`, `A`, `s`; empty for counts, codes and text.
  public let unit: String
  /// What the rig may send, in `unit`: as wide as any known client goes, so that refusal by the unit can be tried.
  public let range: ClosedRange<Double>?
  /// What the EK-B24S8E300A manual allows its user; nil where it prints nothing.
  public let manualRange: ClosedRange<Double>?
  public let access: Access
  /// Nil where the first generation does not show the value.
  public let v1: Slot?
  /// Nil where the second generation does not show the value.
  public let v2: Slot?

  init(
    _ command: Command, _ number: UInt8, _ name: String, _ type: ValueType, _ unit: String = "",
    _ range: ClosedRange<Double>? = nil, manual: ClosedRange<Double>? = nil, access: Access = .setting,
    v1: Slot? = nil, v2: Slot? = nil
  ) {
    self.command = command
    self.number = number
    self.name = name
    self.type = type
    self.unit = unit
    self.range = range
    manualRange = manual
    self.access = access
    self.v1 = v1
    self.v2 = v2
  }

  /// E.g. `cell_overvoltage_protection_v (06/01)`.
  public var description: String {
    "\(name) (\(HexText.packed([command.rawValue]))/\(HexText.packed([number])))"
  }

  public func slot(in version: ProtocolVersion) -> Slot? { version == .v1 ? v1 : v2 }

  /// The ten payload bytes of a write.
  /// - Throws: `RegisterError` for closed registers and values of the wrong type or out of range.
  ///
  /// - Parameter probing: The range is not looked at, so that the unit's own refusal can be tried.
  func payload(for value: RegisterValue, probing: Bool = false) throws(RegisterError) -> [UInt8] {
    func refused(_ code: RegisterError.Code, _ message: String) -> RegisterError {
      RegisterError(code: code, register: self, message: message)
    }
    guard access == .setting else {
      throw refused(.closed, "it is a \(access.rawValue) register, which the rig never writes")
    }
    var payload = [UInt8](repeating: 0, count: 10)
    if case .text(let text) = value {
      let bytes = Array(text.utf8)
      guard type == .text else { throw refused(.wrongType, "it takes a number, not \(value)") }
      guard (1...10).contains(bytes.count), bytes.allSatisfy({ (0x20...0x7E).contains($0) }) else {
        throw refused(.outOfRange, "it takes 1 to 10 printable ASCII characters, not \(value)")
      }
      payload.replaceSubrange(0..<bytes.count, with: bytes)
      return payload
    }
    guard type != .text, let number = value.number else {
      throw refused(.wrongType, "it takes text, not \(value)")
    }
    guard probing ? number.isFinite : range?.contains(number) ?? false else {
      throw refused(
        .outOfRange, "\(value) is outside \(rangeText)\(unit.isEmpty ? "" : " " + unit)")
    }
    guard type == .float || number == number.rounded() else {
      throw refused(.wrongType, "it takes a whole number, not \(value)")
    }
    guard type == .float || (0...Double(UInt32.max)).contains(number) else {
      throw refused(.outOfRange, "\(value) does not fit its four bytes")
    }
    let word = type == .float ? Float(number).bitPattern : UInt32(number)
    for index in 0..<4 { payload[index] = UInt8(truncatingIfNeeded: word >> (8 * UInt32(index))) }
    return payload
  }

  private var rangeText: String {
    range.map { "\(RegisterValue.float($0.lowerBound))…\(RegisterValue.float($0.upperBound))" } ?? "any range"
  }

  /// The value that a write request carries for this register.
  public func value(in request: Request) -> RegisterValue {
    switch type {
    case .float: .float(Double(request.floatValue))
    case .integer: .integer(request.integerValue)
    case .text: .text(request.textValue)
    }
  }

  public static func find(command: UInt8, number: UInt8) -> SettingsRegister? {
    all.first { $0.command.rawValue == command && $0.number == number }
  }

  public static func named(_ name: String) -> SettingsRegister? { all.first { $0.name == name } }
}

/// A write that was refused before a byte of it was built.
public struct RegisterError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: String, Sendable { case closed, wrongType, outOfRange }
  public let code: Code
  public let register: SettingsRegister
  public let message: String
  public var description: String { "register \(register) is not written: \(message)" }
}

extension Settings {
  /// What the settings show for a register; nil when this generation does not show it.
  public func value(of register: SettingsRegister) -> RegisterValue? {
    guard let slot = register.slot(in: version) else { return nil }
    switch slot.encoding {
    case .u8: return .integer(image.integer(at: slot.offset, size: 1))
    case .u16: return .integer(image.integer(at: slot.offset, size: 2))
    case .u32: return .integer(image.integer(at: slot.offset, size: 4))
    case .f32: return .float(Double(image.float(at: slot.offset)))
    }
  }

  /// Takes a written value over as a unit would.
  /// - Returns: False when this generation has no place for it or the value does not fit the place.
  public mutating func set(_ register: SettingsRegister, to value: RegisterValue) -> Bool {
    guard let slot = register.slot(in: version), let number = value.number, number.isFinite else {
      return false
    }
    let size =
      switch slot.encoding {
      case .u8: 1
      case .u16: 2
      case .u32, .f32: 4
      }
    if slot.encoding == .f32 {
      image.setFloat(Float(number), at: slot.offset)
      return true
    }
    let whole = number.rounded()
    guard whole >= 0, whole < Double(1 << (8 * size)) else { return false }
    image.setInteger(Int(whole), at: slot.offset, size: size)
    return true
  }
}
