extension AnyQuantity: CustomStringConvertible {
  public var description: String { formatted() }

  /// The value in a unit that reads well, with at most `significant` digits; trailing zeros dropped.
  /// The same value always prints the same text on every machine and locale.
  public func formatted(significant: Int = 6) -> String {
    let unit = dimension.displayUnit(for: base)
    return Self.join(DecimalText.shortest(base / unit.factor, significant: significant), unit)
  }

  /// The value in `unit` with exactly `decimals` digits after the point, for columns that must line up.
  public func formatted(in unit: UnitSymbol, decimals: Int) -> String {
    Self.join(DecimalText.fixed(base / unit.factor, decimals: decimals), unit)
  }

  static func join(_ number: String, _ unit: UnitSymbol) -> String {
    unit.symbol.isEmpty ? number : "\(number) \(unit.symbol)"
  }
}

extension Dimension {
  /// The unit in which a value of this size is read most easily.
  public func displayUnit(for base: Double) -> UnitSymbol {
    let size = base.magnitude
    func pick(_ symbol: String) -> UnitSymbol { unit(spelled: symbol)! }
    guard size > 0, size.isFinite else { return humanUnit }
    switch self {
    case .voltage: return size < 0.1 ? (size < 1e-4 ? pick("µV") : pick("mV")) : pick("V")
    case .current: return size < 0.1 ? (size < 1e-4 ? pick("µA") : pick("mA")) : pick("A")
    case .resistance:
      if size < 1e-4 { return pick("µΩ") }
      if size < 0.1 { return pick("mΩ") }
      return size < 1e3 ? pick("Ω") : size < 1e6 ? pick("kΩ") : pick("MΩ")
    case .time: return size < 1e-3 ? pick("µs") : size < 0.1 ? pick("ms") : pick("s")
    case .capacitance: return size < 1e-3 ? pick("µF") : size < 1 ? pick("mF") : pick("F")
    case .inductance: return size < 1e-6 ? pick("nH") : size < 1e-3 ? pick("µH") : pick("mH")
    case .currentRate: return size < 1e3 ? pick("A/s") : size < 1e6 ? pick("A/ms") : pick("A/µs")
    default: return humanUnit
    }
  }

  /// The unit for a value of zero or of no particular size.
  public var humanUnit: UnitSymbol {
    switch self {
    case .charge: unit(spelled: "Ah")!
    case .length: unit(spelled: "mm")!
    case .mass: unit(spelled: "g")!
    case .ratio: unit(spelled: "%")!
    default: baseUnit
    }
  }
}

/// Decimal text without locale and without the platform's printf.
public enum DecimalText {
  /// At most `significant` digits, no trailing zeros, no exponent for sizes people meet here.
  public static func shortest(_ value: Double, significant: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "not a number" : value < 0 ? "−∞" : "∞" }
    guard value != 0 else { return "0" }
    var exponent = 0
    var size = value.magnitude
    while size >= 10, exponent < 300 {
      size /= 10
      exponent += 1
    }
    while size < 1, exponent > -300 {
      size *= 10
      exponent -= 1
    }
    let decimals = max(0, min(12, significant - 1 - exponent))
    var text = fixed(value, decimals: decimals)
    if text.contains(".") {
      while text.hasSuffix("0") { text.removeLast() }
      if text.hasSuffix(".") { text.removeLast() }
    }
    return text == "-0" ? "0" : text
  }

  /// Exactly `decimals` digits after the point, rounded half away from zero.
  public static func fixed(_ value: Double, decimals: Int) -> String {
    guard value.isFinite else { return shortest(value, significant: 6) }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (value.magnitude * scale).rounded()
    guard scaled < 9e18 else { return "\(value)" }
    let whole = UInt64(scaled)
    let unit = UInt64(scale)
    let sign = value < 0 && whole != 0 ? "-" : ""
    guard decimals > 0 else { return "\(sign)\(whole)" }
    let fraction = String(whole % unit)
    return "\(sign)\(whole / unit)." + String(repeating: "0", count: decimals - fraction.count) + fraction
  }
}
