import Quantities

/// How measurements and limits read in one line, everywhere the same.
public enum MeasurementText {
  public static func value(_ m: Measurement) -> String {
    switch m.observation {
    case .number(let x): AnyQuantity(x, m.dimension ?? .ratio).formatted(significant: 5)
    case .atLeast(let x): "more than " + AnyQuantity(x, m.dimension ?? .ratio).formatted(significant: 5)
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
    if limit.recorded { return limit.nominal.map { "recorded, printed \(text($0))" } ?? "recorded" }
    switch (limit.low, limit.high) {
    case (let low?, let high?): return "\(text(low)) … \(text(high))"
    case (let low?, nil): return "≥ \(text(low))"
    case (nil, let high?): return "≤ \(text(high))"
    case (nil, nil): return "none"
    }
  }
  /// `rests on conflict C-08: report error against …`; one entry per conflict.
  public static func conflicts(_ limit: ResolvedLimit) -> [String] {
    limit.conflicts.map { "rests on conflict \($0.id): \($0.decision)" }
  }

  /// `, rests on C-08`; empty without conflicts.
  public static func conflictNames(_ limit: ResolvedLimit) -> String {
    limit.conflicts.isEmpty ? "" : ", rests on " + limit.conflicts.map(\.id).joined(separator: " and ")
  }
}
