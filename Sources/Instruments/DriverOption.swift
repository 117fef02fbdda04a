import Ports
import Quantities

/// A value in a rig file's options that cannot be read.
public struct OptionError: Error, Hashable, Sendable, CustomStringConvertible {
  public let option: String
  public let message: String
  public init(option: String, message: String) {
    self.option = option
    self.message = message
  }
  public var description: String { "option '\(option)': \(message)" }
}

/// One key that a driver or twin reads from the rig file, with its meaning for people and its check.
public struct DriverOption: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// One of these words.
    case choice([String])
    /// A quantity of this dimension between two base values.
    case quantity(Dimension, ClosedRange<Double>)
    case integer(ClosedRange<Int>)
  }
  public let name: String
  public let meaning: String
  public let kind: Kind
  /// In force when the key is not written.
  public let defaultText: String

  public init(name: String, meaning: String, kind: Kind, defaultText: String) {
    self.name = name
    self.meaning = meaning
    self.kind = kind
    self.defaultText = defaultText
  }

  /// - Throws: `OptionError` that says what may be written.
  public func check(_ text: String) throws(OptionError) {
    switch kind {
    case .choice: _ = try choice(text)
    case .quantity: _ = try quantity(text)
    case .integer: _ = try integer(text)
    }
  }

  /// The word in force.
  public func choice(in options: [String: String]) throws(OptionError) -> String {
    try choice(options[name] ?? defaultText)
  }

  /// The value in force, in the base unit of its dimension.
  public func quantity(in options: [String: String]) throws(OptionError) -> Double {
    try quantity(options[name] ?? defaultText)
  }

  public func integer(in options: [String: String]) throws(OptionError) -> Int {
    try integer(options[name] ?? defaultText)
  }

  /// A time in force.
  public func interval(in options: [String: String]) throws(OptionError) -> Interval {
    .seconds(try quantity(in: options))
  }

  private func choice(_ text: String) throws(OptionError) -> String {
    guard case .choice(let words) = kind else { preconditionFailure("\(name) is not a choice") }
    guard words.contains(text) else {
      throw OptionError(
        option: name, message: "'\(text)' is not one of \(words.joined(separator: ", "))")
    }
    return text
  }

  private func quantity(_ text: String) throws(OptionError) -> Double {
    guard case .quantity(let dimension, let range) = kind else {
      preconditionFailure("\(name) is no quantity")
    }
    let value: Double
    do { value = try AnyQuantity(parsing: text, as: dimension).base } catch {
      throw OptionError(option: name, message: error.description)
    }
    guard range.contains(value) else {
      let low = AnyQuantity(range.lowerBound, dimension)
      let high = AnyQuantity(range.upperBound, dimension)
      throw OptionError(option: name, message: "'\(text)' is outside \(low) to \(high)")
    }
    return value
  }

  private func integer(_ text: String) throws(OptionError) -> Int {
    guard case .integer(let range) = kind else { preconditionFailure("\(name) is not a whole number") }
    guard let value = SCPIText.integer(text), range.contains(value) else {
      throw OptionError(
        option: name,
        message: "'\(text)' is not a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }
}
