/// A number whose dimension is known at run time only: what files and records hold.
public struct AnyQuantity: Hashable, Sendable, Codable {
  /// Value in the base unit of `dimension`.
  public var base: Double
  public var dimension: Dimension

  public init(_ base: Double, _ dimension: Dimension) {
    self.base = base
    self.dimension = dimension
  }
}

/// Why a text is not a quantity. `suggestion` says what would be.
public struct QuantityError: Error, Hashable, Sendable, CustomStringConvertible {
  public let message: String
  public let suggestion: String
  public init(message: String, suggestion: String) {
    self.message = message
    self.suggestion = suggestion
  }
  public var description: String { suggestion.isEmpty ? message : "\(message); \(suggestion)" }
}

extension AnyQuantity {
  /// Reads `3.65 V`, `-120 A`, `0.5 °C/s`, `5 %`, `24`. A bare number is a count or ratio, never a voltage.
  ///
  /// - Throws: `QuantityError` naming the expected unit when the unit is missing, unknown or of another
  ///   dimension, or when the number is not finite.
  public init(parsing text: String, as expected: Dimension) throws(QuantityError) {
    let (number, unit) = Self.split(text)
    guard let value = Double(number), value.isFinite else {
      throw QuantityError(
        message: "'\(text)' is not a quantity",
        suggestion: "write a number and a unit, e.g. \(expected.example)")
    }
    if let symbol = expected.unit(spelled: unit) {
      self.init(symbol.scaled(value), expected)
      return
    }
    if unit.isEmpty {
      throw QuantityError(
        message: "'\(text)' has no unit, expected a \(expected.name)",
        suggestion: "write e.g. \(expected.example)")
    }
    if let other = Dimension.allCases.first(where: { $0.unit(spelled: unit) != nil }) {
      throw QuantityError(
        message: "'\(text)' is a \(other.name), expected a \(expected.name)",
        suggestion: "write e.g. \(expected.example)")
    }
    let known = expected.units.map(\.symbol).joined(separator: ", ")
    throw QuantityError(
      message: "unknown unit '\(unit)' in '\(text)'", suggestion: "units of \(expected.name): \(known)")
  }

  /// Reads a quantity of any dimension; a bare number is a `ratio`.
  public init(parsing text: String) throws(QuantityError) {
    let (number, unit) = Self.split(text)
    guard let value = Double(number), value.isFinite else {
      throw QuantityError(
        message: "'\(text)' is not a quantity", suggestion: "write a number and a unit, e.g. 3.65 V")
    }
    if unit.isEmpty {
      self.init(value, .ratio)
      return
    }
    for dimension in Dimension.allCases {
      if let symbol = dimension.unit(spelled: unit) {
        self.init(symbol.scaled(value), dimension)
        return
      }
    }
    throw QuantityError(
      message: "unknown unit '\(unit)' in '\(text)'", suggestion: "e.g. 3.65 V, 5 mV, 120 A, 2 s")
  }

  static func split(_ text: String) -> (number: String, unit: String) {
    let trimmed = text.trimmed.replacingMinus
    let end =
      trimmed.firstIndex { !($0.isASCII && ($0.isNumber || "+-.eE".contains($0))) } ?? trimmed.endIndex
    var number = String(trimmed[..<end])
    var rest = String(trimmed[end...])
    // `5e` in `5 eV`-like spellings belongs to the unit, not to the exponent.
    while let last = number.last, "eE+-".contains(last) {
      rest = String(last) + rest
      number.removeLast()
    }
    return (number, rest.trimmed)
  }
}

extension UnitSymbol {
  /// Divides by a power of ten instead of multiplying by its inverse, so that `5 mV` is the double nearest 0.005.
  func scaled(_ value: Double) -> Double {
    let inverse = 1 / factor
    return factor < 1 && inverse == inverse.rounded() ? value / inverse : value * factor
  }
}

extension Dimension {
  public func unit(spelled text: String) -> UnitSymbol? {
    units.first { $0.symbol == text || $0.aliases.contains(text) }
  }

  /// The word a message uses.
  public var name: String {
    switch self {
    case .voltageRate: "voltage rate"
    case .currentRate: "current rate"
    case .temperatureRate: "temperature rate"
    case .signalLevel: "signal level"
    default: rawValue
    }
  }

  public var example: String {
    switch self {
    case .voltage: "'3.65 V' or '5 mV'"
    case .current: "'120 A' or '100 mA'"
    case .resistance: "'10 kΩ' or '0.5 mΩ'"
    case .time: "'2 s' or '50 ms'"
    case .temperature: "'25 °C'"
    case .power: "'30 W'"
    case .energy: "'1.3 J'"
    case .charge: "'2 Ah'"
    case .voltageRate: "'1 V/s'"
    case .currentRate: "'10 A/ms'"
    case .temperatureRate: "'0.5 °C/s'"
    case .length: "'237 mm'"
    case .mass: "'1500 g'"
    case .frequency: "'2 Hz'"
    case .capacitance: "'10 mF'"
    case .inductance: "'1 µH'"
    case .humidity: "'80 %RH'"
    case .signalLevel: "'-75 dBm'"
    case .ratio: "'5 %' or '0.05'"
    case .count: "'24'"
    }
  }
}

extension String {
  var trimmed: String {
    var s = Substring(self)
    while let c = s.first, c.isWhitespace { s.removeFirst() }
    while let c = s.last, c.isWhitespace { s.removeLast() }
    return String(s)
  }
  /// The typographic minus people paste from documents is a minus.
  var replacingMinus: String { String(map { $0 == "−" ? "-" : $0 }) }
}
