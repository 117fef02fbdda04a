import Quantities

/// A text that is no answer to its question.
public struct AnswerProblem: Error, Hashable, Sendable, CustomStringConvertible {
  public let message: String
  /// What would be one.
  public let suggestion: String
  public init(message: String, suggestion: String) {
    self.message = message
    self.suggestion = suggestion
  }
  public var description: String { "\(message); \(suggestion)" }
}

extension AnswerKind {
  /// Longest text kept of one answer.
  public static let lengthMax = 500

  /// What is expected, in words with an example.
  public var expectation: String {
    switch self {
    case .yesNo: "yes or no"
    case .quantity(let dimension): "a \(dimension.name) with its unit, e.g. \(dimension.example)"
    case .count: "a whole number, e.g. 4"
    case .choice(let words): "one of: \(words.joined(separator: ", "))"
    case .text: "some words"
    case .date(let words): (["a date, e.g. 2026-03-02"] + words.map { "'\($0)'" }).joined(separator: ", or ")
    case .references: "file names or numbers, separated by commas"
    }
  }

  /// Reads an answer as people write it.
  public func read(_ written: String) throws(AnswerProblem) -> AnswerValue {
    let text = Self.trimmed(written)
    guard !text.isEmpty else { throw AnswerProblem(message: "nothing is written", suggestion: wanted) }
    guard text.count <= Self.lengthMax else {
      throw AnswerProblem(
        message: "the answer is longer than \(Self.lengthMax) characters", suggestion: "say it more shortly")
    }
    switch self {
    case .yesNo:
      switch text.lowercased() {
      case "yes", "y", "true": return .flag(true)
      case "no", "n", "false": return .flag(false)
      default: throw AnswerProblem(message: "'\(text)' is neither yes nor no", suggestion: wanted)
      }
    case .quantity(let dimension): return .number(try Self.quantity(text, dimension))
    case .count:
      guard let number = Int(text), number >= 0 else {
        throw AnswerProblem(message: "'\(text)' is not a whole number", suggestion: wanted)
      }
      return .number(Double(number))
    case .choice(let words):
      guard let word = words.first(where: { $0.lowercased() == text.lowercased() }) else {
        throw AnswerProblem(message: "'\(text)' is not among the choices", suggestion: wanted)
      }
      return .text(word)
    case .text: return .text(text)
    case .date(let words):
      if words.contains(text) { return .text(text) }
      guard CalendarDate.isValid(text) else {
        throw AnswerProblem(message: "'\(text)' is no calendar date", suggestion: wanted)
      }
      return .text(text)
    case .references:
      let parts = text.split(separator: ",").map { Self.trimmed(String($0)) }.filter { !$0.isEmpty }
      var seen: [String] = []
      for part in parts where !seen.contains(part) { seen.append(part) }
      guard !seen.isEmpty else { throw AnswerProblem(message: "nothing is named", suggestion: wanted) }
      return .references(seen)
    }
  }

  private var wanted: String { "expected \(expectation)" }

  private static func quantity(_ text: String, _ dimension: Dimension) throws(AnswerProblem) -> Double {
    do throws(QuantityError) { return try AnyQuantity(parsing: text, as: dimension).base } catch {
      throw AnswerProblem(message: error.message, suggestion: error.suggestion)
    }
  }

  private static func trimmed(_ text: String) -> String {
    var part = Substring(text)
    while part.first?.isWhitespace == true { part.removeFirst() }
    while part.last?.isWhitespace == true { part.removeLast() }
    return String(part)
  }
}
