/// Strict reading of the number forms of IEEE 488.2 (NR1, NR2, NR3), without locale.
public enum SCPIText {
  /// `+20`, `3.300`, `.5`, `+3.30000000E+00`; outer blanks allowed, nothing else around it but `suffix`.
  public static func number(_ text: some StringProtocol, suffix: String = "") -> Double? {
    var body = trimmed(text)
    if !suffix.isEmpty, body.hasSuffix(suffix) { body = trimmed(body.dropLast(suffix.count)) }
    return isNumber(body) ? Double(body) : nil
  }

  /// NR1 only.
  public static func integer(_ text: some StringProtocol) -> Int? {
    let body = trimmed(text)
    var digits = Substring(body)
    if digits.first == "+" || digits.first == "-" { digits.removeFirst() }
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(body)
  }

  public static func flag(_ text: some StringProtocol) -> Bool? {
    switch trimmed(text).uppercased() {
    case "1", "+1", "ON": true
    case "0", "+0", "OFF": false
    default: nil
    }
  }

  /// `-113,"Undefined header"`, `+0,"No error"`, `0 No Error`; trailing fields after the text are dropped.
  public static func errorEntry(_ text: some StringProtocol) -> SCPIErrorEntry? {
    let body = trimmed(text)
    let end = body.firstIndex { $0 == "," || $0 == " " } ?? body.endIndex
    guard let code = integer(body[..<end]) else { return nil }
    var words = trimmed(body[end...].drop { $0 == "," || $0 == " " })
    if words.first == "\"" {
      words.removeFirst()
      words = String(words.prefix { $0 != "\"" })
    }
    return SCPIErrorEntry(code: code, text: words)
  }

  static func trimmed(_ text: some StringProtocol) -> String {
    func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    // Blanks are single bytes, so the text need not be taken apart into characters.
    let text = Substring(text)
    let bytes = text.utf8
    guard let start = bytes.firstIndex(where: { !isBlank($0) }) else { return "" }
    var end = bytes.endIndex
    while isBlank(bytes[bytes.index(before: end)]) { end = bytes.index(before: end) }
    return String(text[start..<end])
  }

  private static func isNumber(_ text: String) -> Bool {
    var rest = Array(text.utf8)[...]
    func sign() {
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
    }
    func digits() -> Int {
      let count = rest.prefix { (0x30...0x39).contains($0) }.count
      rest.removeFirst(count)
      return count
    }
    sign()
    var mantissa = digits()
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      mantissa += digits()
    }
    guard mantissa > 0 else { return false }
    if rest.first == UInt8(ascii: "E") || rest.first == UInt8(ascii: "e") {
      rest.removeFirst()
      sign()
      guard digits() > 0 else { return false }
    }
    return rest.isEmpty
  }
}
