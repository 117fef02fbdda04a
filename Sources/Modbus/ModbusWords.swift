/// Which half of a 32-bit number stands in the first of its two registers. Inside a register the high byte comes
/// first, always.
public enum ModbusWordOrder: String, Hashable, Sendable, CaseIterable {
  /// As the standard's examples do.
  case highWordFirst = "high-first"
  /// NGI and others (instrument protocol notes, section 9).
  case lowWordFirst = "low-first"
}

/// Registers and bits as numbers and text.
public enum ModbusWords {
  public static func bytes(_ word: UInt16) -> [UInt8] { [UInt8(word >> 8), UInt8(word & 0xFF)] }

  static func word(_ bytes: some RandomAccessCollection<UInt8>, _ offset: Int) -> UInt16 {
    let index = bytes.index(bytes.startIndex, offsetBy: offset)
    return UInt16(bytes[index]) << 8 | UInt16(bytes[bytes.index(after: index)])
  }

  /// - Precondition: an even number of bytes.
  static func words(_ bytes: [UInt8]) -> [UInt16] {
    stride(from: 0, to: bytes.count, by: 2).map { word(bytes, $0) }
  }

  /// Eight to a byte, the first in the lowest bit.
  static func packed(_ bits: [Bool]) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: (bits.count + 7) / 8)
    for (index, bit) in bits.enumerated() where bit { bytes[index / 8] |= 1 << UInt8(index % 8) }
    return bytes
  }

  static func unpacked(_ bytes: [UInt8], count: Int) -> [Bool] {
    (0..<count).map { bytes[$0 / 8] >> UInt8($0 % 8) & 1 == 1 }
  }

  // MARK: numbers over two registers

  public static func unsigned(_ words: (UInt16, UInt16), _ order: ModbusWordOrder) -> UInt32 {
    switch order {
    case .highWordFirst: UInt32(words.0) << 16 | UInt32(words.1)
    case .lowWordFirst: UInt32(words.1) << 16 | UInt32(words.0)
    }
  }

  public static func signed(_ words: (UInt16, UInt16), _ order: ModbusWordOrder) -> Int32 {
    Int32(bitPattern: unsigned(words, order))
  }

  public static func float(_ words: (UInt16, UInt16), _ order: ModbusWordOrder) -> Float {
    Float(bitPattern: unsigned(words, order))
  }

  public static func registers(_ value: UInt32, _ order: ModbusWordOrder) -> [UInt16] {
    let (high, low) = (UInt16(value >> 16), UInt16(value & 0xFFFF))
    return order == .highWordFirst ? [high, low] : [low, high]
  }

  public static func registers(_ value: Int32, _ order: ModbusWordOrder) -> [UInt16] {
    registers(UInt32(bitPattern: value), order)
  }

  public static func registers(_ value: Float, _ order: ModbusWordOrder) -> [UInt16] {
    registers(value.bitPattern, order)
  }

  // MARK: text

  /// Two characters to a register, up to the first NUL; what is no printable ASCII reads as `?`.
  public static func text(_ words: [UInt16]) -> String {
    let bytes = words.flatMap(bytes).prefix { $0 != 0 }
    return String(decoding: bytes.map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
  }

  /// Cut or filled with NUL to `count` registers.
  public static func registers(_ text: String, count: Int) -> [UInt16] {
    let bytes = Array((Array(text.utf8) + [UInt8](repeating: 0, count: 2 * count)).prefix(2 * count))
    return words(bytes)
  }
}
