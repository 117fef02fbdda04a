/// Writes JSON straight into bytes: what `JSONEncoder` would write with sorted keys and unescaped slashes, at a
/// fraction of its time. Keys appear in the order in which they are written; callers write them in alphabetical order.
struct JSONText {
  private(set) var bytes: [UInt8] = []
  /// Why the text is not usable: the first number that is not finite, with its key. nil when all is well.
  private(set) var problem: String?
  private var needsComma = false

  /// Starts anew behind `opening`, using the same memory again.
  mutating func restart(behind opening: [UInt8]) {
    bytes.removeAll(keepingCapacity: true)
    bytes.append(contentsOf: opening)
    problem = nil
    needsComma = false
  }

  /// Adds bytes that are no part of the value.
  mutating func close(with closing: [UInt8]) { bytes.append(contentsOf: closing) }

  /// Overwrites bytes that were written before.
  mutating func overwrite(at offset: Int, with new: [UInt8]) {
    bytes.replaceSubrange(offset..<offset + new.count, with: new)
  }

  // MARK: Structure

  /// An object without a key: the whole text, or an element of an array.
  mutating func object(_ members: (inout JSONText) -> Void) {
    separate()
    bytes.append(UInt8(ascii: "{"))
    needsComma = false
    members(&self)
    bytes.append(UInt8(ascii: "}"))
    needsComma = true
  }

  mutating func object(_ key: StaticString, _ members: (inout JSONText) -> Void) {
    name(key)
    object(members)
  }

  mutating func array<Item>(_ key: StaticString, _ items: [Item], _ element: (inout JSONText, Item) -> Void) {
    name(key)
    bytes.append(UInt8(ascii: "["))
    needsComma = false
    for item in items { element(&self, item) }
    bytes.append(UInt8(ascii: "]"))
    needsComma = true
  }

  /// An object whose keys are data, in ascending order.
  mutating func table<Value>(
    _ key: StaticString, _ entries: [String: Value], _ value: (inout JSONText, Value) -> Void
  ) {
    object(key) { text in
      for (entry, item) in entries.sorted(by: { $0.key < $1.key }) {
        text.string(entry)
        text.bytes.append(UInt8(ascii: ":"))
        text.needsComma = false
        value(&text, item)
      }
    }
  }

  // MARK: Members

  mutating func field(_ key: StaticString, _ value: String) {
    name(key)
    string(value)
  }

  /// Nothing when there is no value.
  mutating func field(_ key: StaticString, _ value: String?) {
    if let value { field(key, value) }
  }

  mutating func field(_ key: StaticString, _ value: Bool) {
    name(key)
    literal(value ? "true" : "false")
    needsComma = true
  }

  mutating func field(_ key: StaticString, _ value: some FixedWidthInteger) {
    name(key)
    append(String(value))
    needsComma = true
  }

  mutating func field(_ key: StaticString, _ value: Double) {
    if !value.isFinite { problem = problem ?? "\(value) for '\(key)' is not a finite number" }
    name(key)
    number(value)
  }

  /// Nothing when there is no value.
  mutating func field(_ key: StaticString, _ value: Double?) {
    if let value { field(key, value) }
  }

  mutating func field(_ key: StaticString, _ values: [String]) { array(key, values) { $0.string($1) } }

  mutating func field(_ key: StaticString, _ values: [Double]) {
    if let wrong = values.first(where: { !$0.isFinite }) {
      problem = problem ?? "\(wrong) in '\(key)' is not a finite number"
    }
    array(key, values) { $0.number($1) }
  }

  // MARK: Values

  /// The fewest digits that read back to the same number; whole numbers without a point.
  private mutating func number(_ value: Double) {
    separate()
    var digits = value.description
    if digits.hasSuffix(".0") { digits.removeLast(2) }
    append(digits)
    needsComma = true
  }

  /// A quoted text; quotation marks, backslashes and control characters are escaped, everything else stands as it is.
  mutating func string(_ text: String) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { utf8 in
      guard let start = utf8.baseAddress else { return }
      var from = 0
      var at = 0
      while at < utf8.count {
        let byte = start[at]
        if byte < 0x20 || byte == 0x22 || byte == 0x5C {
          bytes.append(contentsOf: UnsafeBufferPointer(start: start + from, count: at - from))
          escape(byte)
          from = at + 1
        }
        at += 1
      }
      bytes.append(contentsOf: UnsafeBufferPointer(start: start + from, count: at - from))
    }
    bytes.append(UInt8(ascii: "\""))
    needsComma = true
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case 0x22: literal("\\\"")
    case 0x5C: literal("\\\\")
    case 0x08: literal("\\b")
    case 0x0C: literal("\\f")
    case 0x0A: literal("\\n")
    case 0x0D: literal("\\r")
    case 0x09: literal("\\t")
    default:
      literal(byte < 0x10 ? "\\u000" : "\\u001")
      let digit = byte & 15
      bytes.append(digit + (digit < 10 ? 0x30 : 0x57))
    }
  }

  private mutating func name(_ key: StaticString) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    literal(key)
    literal("\":")
    needsComma = false
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = false
  }

  private mutating func literal(_ text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { bytes.append(contentsOf: $0) }
  }
}
