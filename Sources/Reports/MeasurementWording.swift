import Model
import Quantities

/// How a measurement, its limit and its uncertainty are written: all three in one unit, with as many digits
/// as the uncertainty supports.
struct MeasurementWording {
  let measurement: Measurement
  private let unit: UnitSymbol?

  init(_ measurement: Measurement) {
    self.measurement = measurement
    guard let dimension = measurement.dimension else {
      unit = nil
      return
    }
    var sizes = [measurement.limit?.low, measurement.limit?.high].compactMap { $0?.magnitude }
    if sizes.isEmpty, case .number(let value) = measurement.observation { sizes = [value.magnitude] }
    unit = dimension.displayUnit(for: sizes.max() ?? 0)
  }

  /// Number and unit, text, yes/no, or why there is none.
  var value: String {
    switch measurement.observation {
    case .number(let number): text(number)
    case .atLeast(let number): "more than \(text(number))"
    case .text(let words):
      words.isEmpty ? "(empty)" : LongText.value(words, expected: measurement.limit?.expected)
    case .flag(let flag): flag ? "yes" : "no"
    case .missing(let reason):
      "\(measurement.outcome == .notApplicable ? "not applicable" : "not measured"): \(reason)"
    }
  }

  /// `4.185 … 4.215 V`, `≤ 5 mV`, `= EK-B24S8E300A`; empty without limit.
  var limit: String {
    guard let limit = measurement.limit else { return "" }
    if let expected = limit.expected {
      return "= " + (expected == "true" ? "yes" : expected == "false" ? "no" : LongText.expected(expected))
    }
    if limit.recorded { return recorded(limit) }
    return window(low: limit.low, high: limit.high)
  }

  private func recorded(_ limit: ResolvedLimit) -> String {
    guard let nominal = limit.nominal, let dimension = measurement.dimension else { return "recorded" }
    return "recorded, printed \(AnyQuantity(nominal, dimension).formatted(significant: 6))"
  }

  /// `rests on conflict C-08: …`, one for each conflict of the manual behind the limit.
  var conflicts: [String] { measurement.limit.map(MeasurementText.conflicts) ?? [] }

  /// Half width of the expanded uncertainty, e.g. `0.8 mV`; empty when there is none.
  var uncertainty: String {
    guard let uncertainty = measurement.uncertainty, let dimension = measurement.dimension else { return "" }
    return AnyQuantity(uncertainty, dimension).formatted(significant: 2)
  }

  /// Limits moved by the guard band; nil when the rule moves nothing.
  var acceptance: (low: Double?, high: Double?)? {
    guard let limit = measurement.limit, limit.expected == nil, !limit.recorded, let rule = measurement.rule,
      let uncertainty = measurement.uncertainty, rule.guardFactor * uncertainty != 0
    else { return nil }
    let band = rule.guardFactor * uncertainty
    return (limit.low.map { $0 + band }, limit.high.map { $0 - band })
  }

  var acceptanceText: String { acceptance.map { window(low: $0.low, high: $0.high) } ?? "" }

  /// How far outside the limit, e.g. `12 mV too high`; empty inside and for texts.
  var excess: String {
    guard case .number(let value) = measurement.observation, let limit = measurement.limit,
      let dimension = measurement.dimension
    else { return "" }
    func words(_ distance: Double, _ direction: String) -> String {
      AnyQuantity(distance, dimension).formatted(significant: 3) + " " + direction
    }
    if let high = limit.high, value > high { return words(value - high, "too high") }
    if let low = limit.low, value < low { return words(low - value, "too low") }
    return ""
  }

  /// `cell-error · cell 7`
  var name: String {
    measurement.channel.isEmpty ? measurement.name : "\(measurement.name) · \(measurement.channel)"
  }

  private func window(low: Double?, high: Double?) -> String {
    guard let unit else { return "" }
    func number(_ value: Double) -> String { DecimalText.shortest(value / unit.factor, significant: 6) }
    let symbol = unit.symbol.isEmpty ? "" : " \(unit.symbol)"
    switch (low, high) {
    case (let low?, let high?) where low == high: return "= \(number(low))\(symbol)"
    case (let low?, let high?) where low == -high: return "±\(number(high))\(symbol)"
    case (let low?, let high?): return "\(number(low)) … \(number(high))\(symbol)"
    case (let low?, nil): return "≥ \(number(low))\(symbol)"
    case (nil, let high?): return "≤ \(number(high))\(symbol)"
    case (nil, nil): return "no bound"
    }
  }

  private func text(_ value: Double) -> String {
    guard let unit else { return DecimalText.shortest(value, significant: 6) }
    guard let uncertainty = measurement.uncertainty, uncertainty > 0 else {
      let number = DecimalText.shortest(value / unit.factor, significant: 6)
      return unit.symbol.isEmpty ? number : "\(number) \(unit.symbol)"
    }
    // Two significant digits of U decide the digits of the value.
    var decimals = 1
    var size = uncertainty / unit.factor
    while size < 1, decimals < 9 {
      size *= 10
      decimals += 1
    }
    while size >= 10, decimals > 0 {
      size /= 10
      decimals -= 1
    }
    return AnyQuantity(value, measurement.dimension!).formatted(in: unit, decimals: decimals)
  }
}

/// Words that all formats share.
enum Words {
  static func outcome(_ outcome: Outcome) -> String {
    switch outcome {
    case .pass: "pass"
    case .fail: "fail"
    case .inconclusive: "inconclusive"
    case .notMeasured: "not measured"
    case .notApplicable: "not applicable"
    case .information: "information"
    }
  }

  static func verdict(_ verdict: Verdict?) -> String { verdict?.rawValue ?? "unfinished" }

  /// Never lets a number of ours look like the vendor's.
  static func basis(_ basis: LimitBasis) -> String {
    switch basis {
    case .vendor: "vendor"
    case .project: "project default"
    }
  }

  static func workflow(_ workflow: Workflow) -> String {
    switch workflow {
    case .endOfLine: "end of line"
    case .incoming: "incoming inspection"
    case .warranty: "warranty"
    case .designValidation: "design validation"
    }
  }

  /// Ten thousand years; what is longer is no duration but a mistake.
  private static let durationMax = 3.2e11

  /// `850 ms`, `12.4 s`, `2 min 05 s`, `1 h 02 min`
  static func duration(_ seconds: Double) -> String {
    if seconds.isNaN { return "no duration" }
    if seconds > durationMax { return "more than " + duration(durationMax) }
    if seconds > 0, seconds < 1 { return DecimalText.fixed(seconds * 1000, decimals: 0) + " ms" }
    if seconds < 59.95 { return DecimalText.fixed(seconds, decimals: 1) + " s" }
    func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return "\(whole / 60) min \(padded(whole % 60)) s" }
    return "\(whole / 3600) h \(padded(whole % 3600 / 60)) min"
  }

  /// `2026-11-22T10:00:00Z` → `2026-11-22 10:00:00 UTC`; other texts stay.
  static func date(_ iso: String) -> String {
    guard iso.hasSuffix("Z"), iso.contains("T") else { return iso }
    return iso.dropLast().replacing("T", with: " ") + " UTC"
  }

  static func count(_ number: Int, _ one: String, _ many: String) -> String {
    "\(number) \(number == 1 ? one : many)"
  }
}
