/// What kind of thing a number measures. Two quantities may be compared, added or checked against a limit
/// only when their dimensions agree.
public enum Dimension: String, Codable, Sendable, CaseIterable {
  case voltage, current, resistance, time, temperature, power, energy, charge
  case voltageRate, currentRate, temperatureRate
  case length, mass, frequency, capacitance, inductance, humidity, signalLevel
  /// A dimensionless fraction; people write `5 %` or `0.05`.
  case ratio
  /// A whole number of things; people write `24`.
  case count

  /// Every unit people may write for this dimension. The first is the SI unit that stored data uses.
  public var units: [UnitSymbol] { UnitSymbol.table[self]! }

  /// The unit of stored data.
  public var baseUnit: UnitSymbol { units[0] }
}

/// A way to write a quantity: symbol and factor to the base unit of its dimension.
public struct UnitSymbol: Hashable, Sendable {
  public let symbol: String
  /// Spellings that are read but never printed (`ohm`, `us`, `degC`).
  public let aliases: [String]
  /// Base units per one of this unit.
  public let factor: Double

  init(_ symbol: String, _ factor: Double, _ aliases: String...) {
    self.symbol = symbol
    self.factor = factor
    self.aliases = aliases
  }

  static let table: [Dimension: [UnitSymbol]] = [
    .voltage: [.init("V", 1), .init("mV", 1e-3), .init("µV", 1e-6, "uV", "μV"), .init("kV", 1e3)],
    .current: [.init("A", 1), .init("mA", 1e-3), .init("µA", 1e-6, "uA", "μA"), .init("kA", 1e3)],
    .resistance: [
      .init("Ω", 1, "ohm", "Ohm", "Ω"), .init("mΩ", 1e-3, "mohm", "mOhm"),
      .init("µΩ", 1e-6, "uohm", "uΩ", "μΩ"), .init("kΩ", 1e3, "kohm", "kOhm"),
      .init("MΩ", 1e6, "Mohm", "MOhm"),
    ],
    .time: [
      .init("s", 1), .init("ms", 1e-3), .init("µs", 1e-6, "us", "μs"), .init("ns", 1e-9), .init("min", 60),
      .init("h", 3600),
    ],
    .temperature: [.init("°C", 1, "degC", "℃")],
    .power: [.init("W", 1), .init("mW", 1e-3), .init("kW", 1e3)],
    .energy: [.init("J", 1), .init("Wh", 3600), .init("kJ", 1e3)],
    .charge: [.init("C", 1), .init("Ah", 3600), .init("mAh", 3.6)],
    .voltageRate: [.init("V/s", 1), .init("mV/s", 1e-3), .init("V/ms", 1e3)],
    .currentRate: [.init("A/s", 1), .init("A/ms", 1e3), .init("A/µs", 1e6, "A/us", "A/μs")],
    .temperatureRate: [.init("°C/s", 1, "degC/s", "℃/s"), .init("°C/min", 1.0 / 60, "degC/min")],
    .length: [.init("m", 1), .init("mm", 1e-3), .init("cm", 1e-2)],
    .mass: [.init("kg", 1), .init("g", 1e-3)],
    .frequency: [.init("Hz", 1), .init("kHz", 1e3), .init("MHz", 1e6)],
    .capacitance: [.init("F", 1), .init("mF", 1e-3), .init("µF", 1e-6, "uF", "μF")],
    .inductance: [.init("H", 1), .init("mH", 1e-3), .init("µH", 1e-6, "uH", "μH"), .init("nH", 1e-9)],
    .humidity: [.init("%RH", 0.01)],
    .signalLevel: [.init("dBm", 1)],
    .ratio: [.init("", 1), .init("%", 0.01), .init("ppm", 1e-6)],
    .count: [.init("", 1)],
  ]
}
