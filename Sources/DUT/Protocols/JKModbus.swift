import Modbus

/// Measurements of boards in the style of JK over Modbus: 115200 baud, functions 3 and 16.
///
/// A **candidate** for the 485 port of the EK-B24S8E300A, whose manual says no more than "CAN/485". Nothing here may be
/// taken for the unit's protocol before a real unit has been heard with it. Only measurements are read: in this map
/// low registers of other products calibrate and switch off, and the block at 1600h is never touched.
///
/// An address counts **bytes** from its base, so a 32-bit value takes four, high word first.
///
/// - Source: notes on CAN and RS485, section 8. The sign of the current is not stated there; positive = charging is
///   what the maker's boards tell on other links (assumed).
public enum JKModbus {
  public static let baud = 115_200
  static let base = 0x1200

  /// One value of the map.
  struct Field: Hashable, Sendable {
    let offset: Int
    /// Registers of two bytes.
    let count: Int
    var address: Int { JKModbus.base + offset }
    var request: ModbusRequest { .readHoldingRegisters(address: address, count: count) }
  }

  /// mV, unsigned.
  static let packVoltage = Field(offset: 0x90, count: 2)
  /// mA, signed.
  static let current = Field(offset: 0x98, count: 2)
  /// 0.1 °C, signed.
  static let temperature1 = Field(offset: 0x9C, count: 1)
  static let temperature2 = Field(offset: 0x9E, count: 1)
  /// High byte balancing state, low byte state of charge in %.
  static let charge = Field(offset: 0xA6, count: 1)

  /// The measurements as the wire carries them.
  public struct Picture: Hashable, Sendable {
    /// V, A (positive = charging), °C, share.
    public var packVoltage = 0.0
    public var packCurrent = 0.0
    public var temperatures = [0.0, 0.0]
    public var stateOfCharge = 0.0
    /// V, index 0 = cell 1; at most 32.
    public var cells: [Double] = []
    public init() {}

    /// The block of measurements as bytes, the first one at 1200h; what is not modelled reads 0.
    func block() -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: 0x104)
      func put(_ words: [UInt16], _ offset: Int) {
        for (index, word) in words.enumerated() {
          bytes.replaceSubrange(
            (offset + 2 * index)..<(offset + 2 * index + 2), with: ModbusWords.bytes(word))
        }
      }
      func signed(_ value: Double, _ step: Double) -> UInt16 {
        UInt16(bitPattern: Int16(max(-32_768, min(32_767, (value / step).rounded()))))
      }
      for (index, volts) in cells.prefix(32).enumerated() {
        put([UInt16(max(0, min(65_535, (volts * 1e3).rounded())))], 2 * index)
      }
      put(
        ModbusWords.registers(UInt32(max(0, min(4e9, (packVoltage * 1e3).rounded()))), .highWordFirst),
        JKModbus.packVoltage.offset)
      put(
        ModbusWords.registers(Int32(max(-2e9, min(2e9, (packCurrent * 1e3).rounded()))), .highWordFirst),
        current.offset)
      put([signed(temperatures[0], 0.1)], temperature1.offset)
      put([signed(temperatures[1], 0.1)], temperature2.offset)
      put([UInt16(max(0, min(100, (stateOfCharge * 100).rounded())))], charge.offset)
      return bytes
    }

    /// The answer of a board to a read; nil: illegal address.
    public func registers(_ address: Int, count: Int) -> [UInt16]? {
      let bytes = block()
      let start = address - JKModbus.base
      guard start >= 0, start + 2 * count <= bytes.count else { return nil }
      return (0..<count).map { UInt16(bytes[start + 2 * $0]) << 8 | UInt16(bytes[start + 2 * $0 + 1]) }
    }
  }

  public static let voltageStep = 0.001
  public static let currentStep = 0.001
}
