import Quantities

/// How measurements and limits read in one line, everywhere the same.
public enum MeasurementText {
  public static func value(_ m: Measurement) -> String {
    switch m.observation {
    case .number(let x): AnyQuantity(x, m.dimension ?? .ratio).formatted(significant: 5)
    case .text(let text): LongText.value(text, expected: m.limit?.expected)
    case .flag(let flag): flag ? "yes" : "no"
    case .missing(let why): "not measured (\(why))"
    }
  }

  public static func limit(_ limit: ResolvedLimit, dimension: Dimension?) -> String {
    if let expected = limit.expected {
      return expected == "true" ? "yes" : expected == "false" ? "no" : LongText.expected(expected)
    }
    func text(_ x: Double) -> String { AnyQuantity(x, dimension ?? .ratio).formatted(significant: 6) }
    switch (limit.low, limit.high) {
    case (let low?, let high?): return "\(text(low)) … \(text(high))"
    case (let low?, nil): return "≥ \(text(low))"
    case (nil, let high?): return "≤ \(text(high))"
    case (nil, nil): return "none"
    }
  }
}
