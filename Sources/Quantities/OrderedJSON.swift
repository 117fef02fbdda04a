/// A JSON value whose objects keep the order they were written in, so that the same value always gives the
/// same text.
///
/// Numbers without point and exponent are `int`; a number too large for `Int` becomes `double`.
public enum OrderedJSON: Sendable {
  case null
  case bool(Bool)
  case int(Int)
  /// Printed with the fewest digits that read back to the same value; not-a-number and infinities print `null`.
  case double(Double)
  case string(String)
  case array([OrderedJSON])
  case object([(key: String, value: OrderedJSON)])
}

extension OrderedJSON: Equatable {
  /// Order of keys counts; `int(1)` and `double(1)` differ.
  public static func == (a: Self, b: Self) -> Bool {
    switch (a, b) {
    case (.null, .null): true
    case (.bool(let x), .bool(let y)): x == y
    case (.int(let x), .int(let y)): x == y
    case (.double(let x), .double(let y)): x == y
    case (.string(let x), .string(let y)): x == y
    case (.array(let x), .array(let y)): x == y
    case (.object(let x), .object(let y)):
      x.count == y.count && zip(x, y).allSatisfy { $0.key == $1.key && $0.value == $1.value }
    default: false
    }
  }
}

// MARK: - Writing

extension OrderedJSON: CustomStringConvertible {
  public var description: String { serialized(pretty: false) }

  /// - Parameter pretty: Two blanks of indentation and one member per line; arrays of plain values stay on a line.
  public func serialized(pretty: Bool = false) -> String {
    var out = ""
    write(to: &out, indent: pretty ? 0 : nil)
    return out
  }

  private var isPlain: Bool {
    switch self {
    case .array, .object: false
    case .null, .bool, .int, .double, .string: true
    }
  }

  private func write(to out: inout String, indent: Int?) {
    switch self {
    case .null: out += "null"
    case .bool(let value): out += value ? "true" : "false"
    case .int(let value): out += String(value)
    case .double(let value): out += value.isFinite ? "\(value)" : "null"
    case .string(let value): Self.writeQuoted(value, to: &out)
    case .array(let items):
      let flat = indent == nil || items.allSatisfy(\.isPlain)
      let separator = indent != nil && flat ? ", " : ","
      Self.writeList(items, "[", "]", indent: flat ? nil : indent, separator: separator, to: &out) {
        item, inner, out in
        item.write(to: &out, indent: inner)
      }
    case .object(let members):
      Self.writeList(members, "{", "}", indent: indent, separator: ",", to: &out) { member, inner, out in
        Self.writeQuoted(member.key, to: &out)
        out += inner == nil ? ":" : ": "
        member.value.write(to: &out, indent: inner)
      }
    }
  }

  private static func writeList<Item>(
    _ items: [Item], _ open: String, _ close: String, indent: Int?, separator: String, to out: inout String,
    item: (Item, Int?, inout String) -> Void
  ) {
    out += open
    let inner = indent.map { $0 + 1 }
    for (index, entry) in items.enumerated() {
      if index > 0 { out += separator }
      if let inner { out += "\n" + String(repeating: "  ", count: inner) }
      item(entry, inner, &out)
    }
    if let indent, !items.isEmpty { out += "\n" + String(repeating: "  ", count: indent) }
    out += close
  }

  /// False for nearly all text, which then stands as it is. 0xE2 begins the line separators.
  private static func mayNeedEscape(_ byte: UInt8) -> Bool {
    switch byte {
    case 0..<0x20, 0x22, 0x5C, 0x7F, 0xE2: true
    default: false
    }
  }

  private static func writeQuoted(_ text: String, to out: inout String) {
    out += "\""
    defer { out += "\"" }
    guard text.utf8.contains(where: mayNeedEscape) else {
      out += text
      return
    }
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      // Line separators are legal JSON but end a line in JavaScript; DEL is invisible.
      case "\u{0}"..."\u{1F}", "\u{7F}", "\u{2028}", "\u{2029}":
        let hex = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: out.unicodeScalars.append(scalar)
      }
    }
  }
}

// MARK: - Reaching in

extension OrderedJSON {
  /// The member of that key; nil when there is none or this is no object.
  public subscript(key: String) -> OrderedJSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// The element at that place; nil when there is none or this is no array.
  public subscript(index: Int) -> OrderedJSON? {
    guard case .array(let items) = self, items.indices.contains(index) else { return nil }
    return items[index]
  }

  public var stringValue: String? { if case .string(let value) = self { value } else { nil } }
  public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var intValue: Int? { if case .int(let value) = self { value } else { nil } }
  /// Any number.
  public var doubleValue: Double? {
    switch self {
    case .double(let value): value
    case .int(let value): Double(value)
    case .null, .bool, .string, .array, .object: nil
    }
  }
  public var arrayValue: [OrderedJSON]? { if case .array(let value) = self { value } else { nil } }
  public var objectValue: [(key: String, value: OrderedJSON)]? {
    if case .object(let value) = self { value } else { nil }
  }
}

extension OrderedJSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  public init(nilLiteral: ()) { self = .null }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int) { self = .int(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: OrderedJSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, OrderedJSON)...) {
    self = .object(elements.map { (key: $0.0, value: $0.1) })
  }
}

// MARK: - Reading

/// Why a text is not JSON.
public struct JSONTextError: Error, Hashable, Sendable, CustomStringConvertible {
  public let message: String
  /// Counts UTF-8 bytes from 0.
  public let byteOffset: Int
  public var description: String { "not JSON at byte \(byteOffset): \(message)" }
}

extension OrderedJSON {
  /// - Throws: `JSONTextError` at the first byte that does not fit; a key used twice and nesting deeper than 200
  ///   are errors too.
  public init(parsing text: String) throws(JSONTextError) {
    var reader = JSONReader(bytes: Array(text.utf8))
    self = try reader.document()
  }
}

private struct JSONReader {
  static let depthMax = 200

  let bytes: [UInt8]
  var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  func failure(_ message: String, at offset: Int? = nil) -> JSONTextError {
    JSONTextError(message: message, byteOffset: offset ?? position)
  }

  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  mutating func accept(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func document() throws(JSONTextError) -> OrderedJSON {
    let value = try value(depth: 0)
    skipBlanks()
    guard next == nil else { throw failure("text goes on after the value") }
    return value
  }

  mutating func value(depth: Int) throws(JSONTextError) -> OrderedJSON {
    guard depth <= Self.depthMax else { throw failure("nested deeper than \(Self.depthMax)") }
    skipBlanks()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case nil: throw failure("the text ends where a value should stand")
    default: return try number()
    }
  }

  mutating func word(_ text: String, _ value: OrderedJSON) throws(JSONTextError) -> OrderedJSON {
    guard bytes[position...].starts(with: text.utf8) else { throw failure("expected \(text)") }
    position += text.utf8.count
    return value
  }

  mutating func object(depth: Int) throws(JSONTextError) -> OrderedJSON {
    position += 1
    var members: [(key: String, value: OrderedJSON)] = []
    var keys: Set<String> = []
    skipBlanks()
    if accept("}") { return .object([]) }
    while true {
      skipBlanks()
      let start = position
      guard next == UInt8(ascii: "\"") else { throw failure("expected a key in quotes") }
      let key = try string()
      guard keys.insert(key).inserted else { throw failure("the key \"\(key)\" stands twice", at: start) }
      skipBlanks()
      guard accept(":") else { throw failure("expected ':' after the key") }
      members.append((key: key, value: try value(depth: depth + 1)))
      skipBlanks()
      if accept("}") { return .object(members) }
      guard accept(",") else { throw failure("expected ',' or '}'") }
    }
  }

  mutating func array(depth: Int) throws(JSONTextError) -> OrderedJSON {
    position += 1
    var items: [OrderedJSON] = []
    skipBlanks()
    if accept("]") { return .array([]) }
    while true {
      items.append(try value(depth: depth + 1))
      skipBlanks()
      if accept("]") { return .array(items) }
      guard accept(",") else { throw failure("expected ',' or ']'") }
    }
  }

  mutating func number() throws(JSONTextError) -> OrderedJSON {
    let start = position
    func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }
    var whole = true
    _ = accept("-")
    guard isDigit(next) else { throw failure("expected a value", at: start) }
    if !accept("0") { while isDigit(next) { position += 1 } }
    if accept(".") {
      whole = false
      guard isDigit(next) else { throw failure("expected a digit after the point") }
      while isDigit(next) { position += 1 }
    }
    if accept("e") || accept("E") {
      whole = false
      if !accept("+") { _ = accept("-") }
      guard isDigit(next) else { throw failure("expected a digit in the exponent") }
      while isDigit(next) { position += 1 }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if whole, let value = Int(text) { return .int(value) }
    guard let value = Double(text), value.isFinite else {
      throw failure("the number is too large", at: start)
    }
    return .double(value)
  }

  mutating func string() throws(JSONTextError) -> String {
    let start = position
    position += 1
    var out: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: out, as: UTF8.self) else {
          throw failure("the string is not UTF-8", at: start)
        }
        return text
      case UInt8(ascii: "\\"): out += try escape()
      case 0..<0x20: throw failure("a control character must be escaped", at: position - 1)
      default: out.append(byte)
      }
    }
    throw failure("the string has no end", at: start)
  }

  mutating func escape() throws(JSONTextError) -> [UInt8] {
    guard let byte = next else { throw failure("the string has no end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return try unicode()
    default: throw failure("unknown escape", at: position - 1)
    }
  }

  mutating func unicode() throws(JSONTextError) -> [UInt8] {
    let start = position - 2
    var units = [try hexUnit()]
    if (0xD800...0xDBFF).contains(units[0]) {
      guard accept("\\"), accept("u") else { throw failure("half of a surrogate pair", at: start) }
      units.append(try hexUnit())
    }
    guard let text = String(validating: units, as: UTF16.self) else {
      throw failure("half of a surrogate pair", at: start)
    }
    return Array(text.utf8)
  }

  mutating func hexUnit() throws(JSONTextError) -> UInt16 {
    guard position + 4 <= bytes.count, bytes[position..<position + 4].allSatisfy({ $0 != 0x2B }),
      let unit = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw failure("expected four hex digits") }
    position += 4
    return unit
  }
}
