import Quantities

/// What the rig file says about a PSB supply.
struct PSBSettings: Hashable {
  static let voltage = DriverOption(
    name: "nominal-voltage",
    meaning: "nominal voltage on the type plate; compared with what the supply tells",
    kind: .quantity(.voltage, 10...2000), defaultText: "60 V")
  static let current = DriverOption(
    name: "nominal-current",
    meaning: "nominal current on the type plate; compared with what the supply tells",
    kind: .quantity(.current, 1...1000), defaultText: "120 A")
  static let unit = DriverOption(
    name: "unit", meaning: "Modbus unit number; the maker's single devices take 0",
    kind: .integer(0...247), defaultText: "0")
  static var options: [DriverOption] { [voltage, current, unit, ModbusOptions.framing] }

  let nominalVolts: Double
  let nominalAmperes: Double
  let unitNumber: UInt8

  init(_ given: [String: String]) throws(OptionError) {
    nominalVolts = try Self.voltage.quantity(in: given)
    nominalAmperes = try Self.current.quantity(in: given)
    unitNumber = UInt8(try Self.unit.integer(in: given))
  }

  /// The registers' number for the nominal value; set points reach 102 % (53477).
  static let fullScale = 52_428.0
  static let setMax = 1.02

  static func raw(_ value: Double, nominal: Double) -> UInt16 {
    UInt16((value / nominal * fullScale).rounded())
  }
  static func value(_ raw: UInt16, nominal: Double) -> Double { Double(raw) / fullScale * nominal }
}

/// Register map of the PSB 9000 and 10000.
///
/// - Source: instrument model notes, section 2.1 (addresses in working drivers); nominal values at 121 and 123 as in
///   the maker's register lists, unproven here, which is why the driver compares them with the rig file.
enum PSBMap {
  /// Text of 20 registers each.
  static let type = 1
  static let serial = 151
  static let textLength = 20
  /// Single precision numbers, high word first.
  static let nominalVoltage = 121
  static let nominalCurrent = 123
  /// Coils.
  static let remote = 402
  static let output = 405
  /// Scaled set points and actual values.
  static let setVoltage = 500
  static let setCurrent = 501
  static let actualVoltage = 507
}
