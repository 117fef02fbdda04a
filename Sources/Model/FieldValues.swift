import Quantities

/// A value that fits its declaration.
public indirect enum FieldValue: Hashable, Sendable {
  /// Base units of the declared dimension; plain numbers too.
  case number(Double)
  case integer(Int)
  /// Texts, choices and limit ids.
  case text(String)
  case flag(Bool)
  case any(DocumentValue)
  case list([FieldValue])
  case table(FieldValues)
  case map([FieldValues.Entry])

  public var number: Double? { if case .number(let value) = self { value } else { nil } }
  public var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  public var text: String? { if case .text(let value) = self { value } else { nil } }
  public var flag: Bool? { if case .flag(let value) = self { value } else { nil } }
  public var list: [FieldValue]? { if case .list(let value) = self { value } else { nil } }
  public var table: FieldValues? { if case .table(let value) = self { value } else { nil } }
}

/// What `FieldReader` read: one value per declared key that was written or has a default.
///
/// A getter of a key that is not declared, of another kind or absent without default is a bug and stops the
/// program. Ask for values only when the reader had no findings.
public struct FieldValues: Hashable, Sendable {
  public struct Entry: Hashable, Sendable {
    public var key: String
    /// Where the value stands, or where the table begins when it is a default.
    public var place: SourcePlace
    public var value: FieldValue
    public init(key: String, place: SourcePlace, value: FieldValue) {
      self.key = key
      self.place = place
      self.value = value
    }
  }

  /// In the order declared.
  public private(set) var entries: [Entry]
  /// Where the table stands.
  public let place: SourcePlace

  public init(place: SourcePlace, entries: [Entry] = []) {
    self.place = place
    self.entries = entries
  }

  mutating func append(_ entry: Entry) { entries.append(entry) }

  public func has(_ name: String) -> Bool { entry(name) != nil }
  /// Where the value of `name` stands; the table's place when it is absent.
  public func place(_ name: String) -> SourcePlace { entry(name)?.place ?? place }
  public func value(_ name: String) -> FieldValue? { entry(name)?.value }

  /// Base units.
  public func quantity(_ name: String) -> Double { known(name, \.number) }
  public func number(_ name: String) -> Double { known(name, \.number) }
  public func integer(_ name: String) -> Int { known(name, \.integer) }
  public func text(_ name: String) -> String { known(name, \.text) }
  public func flag(_ name: String) -> Bool { known(name, \.flag) }
  public func limitID(_ name: String) -> String { known(name, \.text) }
  public func table(_ name: String) -> FieldValues { known(name, \.table) }
  /// The raw value of a field of kind `any`.
  public func document(_ name: String) -> DocumentValue {
    guard case .any(let value) = required(name) else { preconditionFailure("'\(name)' is not of kind any") }
    return value
  }

  public func optionalQuantity(_ name: String) -> Double? { optional(name, \.number) }
  public func optionalNumber(_ name: String) -> Double? { optional(name, \.number) }
  public func optionalInteger(_ name: String) -> Int? { optional(name, \.integer) }
  public func optionalText(_ name: String) -> String? { optional(name, \.text) }
  public func optionalFlag(_ name: String) -> Bool? { optional(name, \.flag) }
  public func optionalLimitID(_ name: String) -> String? { optional(name, \.text) }
  public func optionalTable(_ name: String) -> FieldValues? { optional(name, \.table) }
  public func optionalDocument(_ name: String) -> DocumentValue? { has(name) ? document(name) : nil }

  /// Lists: empty when the key is absent.
  public func quantities(_ name: String) -> [Double] { list(name, \.number) }
  public func integers(_ name: String) -> [Int] { list(name, \.integer) }
  public func texts(_ name: String) -> [String] { list(name, \.text) }
  public func tables(_ name: String) -> [FieldValues] { list(name, \.table) }

  /// Free keys in the order written; empty when the key is absent.
  public func map(_ name: String) -> [(key: String, value: FieldValue)] {
    mapEntries(name).map { ($0.key, $0.value) }
  }
  /// Like `map`, with the place of each value.
  public func mapEntries(_ name: String) -> [Entry] {
    guard let value = value(name) else { return [] }
    guard case .map(let entries) = value else { preconditionFailure("'\(name)' is not a map") }
    return entries
  }

  private func entry(_ name: String) -> Entry? { entries.first { $0.key == name } }

  private func required(_ name: String) -> FieldValue {
    guard let value = value(name) else {
      preconditionFailure("field '\(name)' is absent: declare it required or give it a default")
    }
    return value
  }

  private func known<T>(_ name: String, _ part: (FieldValue) -> T?) -> T {
    guard let value = part(required(name)) else { preconditionFailure("field '\(name)' is of another kind") }
    return value
  }

  private func optional<T>(_ name: String, _ part: (FieldValue) -> T?) -> T? {
    has(name) ? known(name, part) : nil
  }

  private func list<T>(_ name: String, _ part: (FieldValue) -> T?) -> [T] {
    guard has(name) else { return [] }
    return known(name, \.list).map { value in
      guard let item = part(value) else { preconditionFailure("entries of '\(name)' are of another kind") }
      return item
    }
  }
}
