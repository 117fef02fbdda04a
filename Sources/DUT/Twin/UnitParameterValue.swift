import Quantities

/// A value for a parameter of a simulated unit, as a unit file gives it.
public enum UnitParameterValue: Hashable, Sendable {
  case quantity(AnyQuantity)
  case number(Double)
  case integer(Int)
  case flag(Bool)
  /// One of the words that the parameter knows, or free text.
  case text(String)
}

/// What a parameter takes.
public enum UnitParameterKind: Hashable, Sendable {
  /// A number with unit; the range is in the base unit of the dimension.
  case quantity(Dimension, ClosedRange<Double>)
  /// A plain number.
  case number(ClosedRange<Double>)
  case integer(ClosedRange<Int>)
  case flag
  case choice([String])
  /// Printable ASCII of so many characters.
  case text(ClosedRange<Int>)

  /// Reads a value as people write it: `3.62 V`, `0.5`, `12`, `true`, `stuck-on`.
  /// - Throws: `UnitParameterError` without a path.
  public func value(parsing text: String) throws(UnitParameterError) -> UnitParameterValue {
    switch self {
    case .quantity(let dimension, _):
      do {
        return .quantity(try AnyQuantity(parsing: text, as: dimension))
      } catch {
        throw UnitParameterError(path: "", message: error.message, suggestion: error.suggestion)
      }
    case .number:
      guard let number = Double(text), number.isFinite else { throw wrong("'\(text)'") }
      return .number(number)
    case .integer:
      guard let number = Int(text) else { throw wrong("'\(text)'") }
      return .integer(number)
    case .flag:
      guard let flag = Bool(text) else { throw wrong("'\(text)'") }
      return .flag(flag)
    case .choice, .text: return .text(text)
    }
  }

  /// Checks type and range. A whole number is also a number.
  /// - Throws: `UnitParameterError` without a path.
  func check(_ value: UnitParameterValue) throws(UnitParameterError) -> UnitParameterValue {
    switch (self, value) {
    case (.quantity(let dimension, let range), .quantity(let quantity)):
      guard quantity.dimension == dimension else { throw wrong("'\(quantity)'") }
      guard range.contains(quantity.base) else { throw wrong("'\(quantity)'") }
      return .number(quantity.base)
    case (.number(let range), .number(let number)):
      guard range.contains(number) else { throw wrong("'\(number)'") }
      return value
    case (.number(let range), .integer(let number)):
      guard range.contains(Double(number)) else { throw wrong("'\(number)'") }
      return .number(Double(number))
    case (.integer(let range), .integer(let number)):
      guard range.contains(number) else { throw wrong("'\(number)'") }
      return value
    case (.flag, .flag): return value
    case (.choice(let words), .text(let text)):
      guard words.contains(text) else { throw wrong("'\(text)'") }
      return value
    case (.text(let length), .text(let text)):
      guard length.contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
        throw wrong("'\(text)'")
      }
      return value
    case (.quantity, _), (.number, _), (.integer, _), (.flag, _), (.choice, _), (.text, _):
      throw wrong("a value of another type")
    }
  }

  private func wrong(_ seen: String) -> UnitParameterError {
    UnitParameterError(path: "", message: "\(seen) is not allowed here", suggestion: "write \(expectation)")
  }

  /// What may be written, in words.
  public var expectation: String {
    switch self {
    case .quantity(let dimension, let range):
      let low = AnyQuantity(range.lowerBound, dimension)
      let high = AnyQuantity(range.upperBound, dimension)
      return "a \(dimension.name) from \(low) to \(high)"
    case .number(let range):
      let low = DecimalText.shortest(range.lowerBound, significant: 6)
      return "a number from \(low) to \(DecimalText.shortest(range.upperBound, significant: 6))"
    case .integer(let range): return "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .flag: return "true or false"
    case .choice(let words): return "one of \(words.joined(separator: ", "))"
    case .text(let length):
      return length.lowerBound == length.upperBound
        ? "\(length.upperBound) characters" : "\(length.lowerBound) to \(length.upperBound) characters"
    }
  }
}

/// A parameter that does not exist or a value that it does not take.
public struct UnitParameterError: Error, Hashable, Sendable, CustomStringConvertible {
  public let path: String
  public let message: String
  public let suggestion: String

  public init(path: String, message: String, suggestion: String) {
    self.path = path
    self.message = message
    self.suggestion = suggestion
  }

  public var description: String { "\(path.isEmpty ? "" : path + ": ")\(message); \(suggestion)" }
}
