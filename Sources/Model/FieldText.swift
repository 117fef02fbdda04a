import Quantities

/// Turns the text of one value into what its declaration says.
enum FieldText {
  struct Problem: Error {
    let message: String
    let suggestion: String
  }

  static func parse(_ text: String, as kind: FieldKind) throws(Problem) -> FieldValue {
    switch kind {
    case .quantity(let dimension, let range): return .number(try quantity(text, dimension, range))
    case .number(let range): return .number(try number(text, range))
    case .integer(let range): return .integer(try integer(text, range))
    case .text, .limit:
      guard !text.isEmpty else {
        throw Problem(message: "nothing is written", suggestion: "expected \(kind.phrase)")
      }
      return .text(text)
    case .flag:
      switch text {
      case "yes", "true": return .flag(true)
      case "no", "false": return .flag(false)
      default: throw Problem(message: "'\(text)' is neither yes nor no", suggestion: "write yes or no")
      }
    case .choice(let names):
      guard names.contains(text) else {
        throw Problem(
          message: "'\(text)' is not known here", suggestion: NearestName.suggestion(for: text, in: names))
      }
      return .text(text)
    case .any, .list, .table, .map:
      throw Problem(message: "'\(text)' is one value", suggestion: "expected \(kind.phrase)")
    }
  }

  private static func quantity(
    _ text: String, _ dimension: Dimension, _ range: ClosedRange<Double>?
  ) throws(Problem) -> Double {
    let value: Double
    do {
      value = try AnyQuantity(parsing: text, as: dimension).base
    } catch {
      throw Problem(message: error.message, suggestion: error.suggestion)
    }
    guard let range, !range.contains(value) else { return value }
    func show(_ value: Double) -> String { AnyQuantity(value, dimension).formatted() }
    throw outside(text, show(range.lowerBound), show(range.upperBound))
  }

  private static func number(_ text: String, _ range: ClosedRange<Double>?) throws(Problem) -> Double {
    guard let value = Double(text), value.isFinite else {
      throw Problem(message: "'\(text)' is not a number", suggestion: "write a plain number, e.g. 0.5")
    }
    guard let range, !range.contains(value) else { return value }
    func show(_ value: Double) -> String { DecimalText.shortest(value, significant: 6) }
    throw outside(text, show(range.lowerBound), show(range.upperBound))
  }

  private static func integer(_ text: String, _ range: ClosedRange<Int>?) throws(Problem) -> Int {
    guard let value = Int(text) else {
      throw Problem(message: "'\(text)' is not a whole number", suggestion: "write e.g. 24")
    }
    guard let range, !range.contains(value) else { return value }
    throw outside(text, "\(range.lowerBound)", "\(range.upperBound)")
  }

  private static func outside(_ text: String, _ low: String, _ high: String) -> Problem {
    Problem(message: "'\(text)' is outside \(low) … \(high)", suggestion: "allowed: \(low) … \(high)")
  }
}
