import Ports

/// How the rig file wants the oscilloscope to record.
struct SDS2000XSettings: Hashable {
  static let fullScaleOption = DriverOption(
    name: "full-scale", meaning: "highest voltage that a record must show",
    kind: .quantity(.voltage, 0.01...40), defaultText: "2 V")
  static let gapOption = DriverOption(
    name: "gap", meaning: "shortest time between two commands; the instrument drops replies below 5 ms",
    kind: .quantity(.time, 0.005...1), defaultText: "20 ms")
  static var options: [DriverOption] { [fullScaleOption, gapOption] }

  let gap: Interval
  let voltsPerDivision: Double

  init(_ given: [String: String]) throws(OptionError) {
    gap = try Self.gapOption.interval(in: given)
    let wanted = try Self.fullScaleOption.quantity(in: given) / Self.divisionsAboveZero
    voltsPerDivision = Self.steps.first { $0 >= wanted * 0.999999 } ?? Self.steps.last!
  }

  /// The screen shows eight divisions; zero sits one above the lower edge.
  static let divisionsAboveZero = 7.0
  static let divisionsBelowZero = 1.0
  private static let steps: [Double] = [
    0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10,
  ]

  /// Volts added before the converter, so that the middle of the screen stands for its negative.
  var offset: Double { -voltsPerDivision * (Self.divisionsAboveZero - Self.divisionsBelowZero) / 2 }
  /// Voltages at the edges of the screen.
  var fullScale: Double { voltsPerDivision * Self.divisionsAboveZero }
  var lowest: Double { -voltsPerDivision * Self.divisionsBelowZero }

  /// Samples come at megabytes per second; a tenth of that is a fault.
  static func transferDeadline(bytes: Int) -> Interval { .seconds(2 + Double(bytes) / 100_000) }
}

/// Numbers in the exponent form that Siglent instruments print and take: `1.00E-07`.
enum SiglentNumber {
  static func text(_ value: Double) -> String {
    let keysight = KeysightNumber.text(value, decimals: 4)
    return keysight.hasPrefix("+") ? String(keysight.dropFirst()) : keysight
  }
}
