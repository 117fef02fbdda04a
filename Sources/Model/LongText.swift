/// Texts too long for a line: settings frames as hex. They are compared for the reader instead of printed.
public enum LongText {
  /// Longest text that is shown as it is.
  public static let lengthMax = 48

  /// A value, and where it differs from what was expected.
  public static func value(_ text: String, expected: String?) -> String {
    guard text.count > lengthMax else { return text }
    guard isHex(text) else { return text.prefix(lengthMax) + "…" }
    guard let expected, isHex(expected), expected.count > lengthMax else { return digest(text) }
    guard text != expected else { return "\(text.count / 2) bytes, all equal" }
    guard text.count == expected.count else {
      return "\(text.count / 2) bytes instead of \(expected.count / 2)"
    }
    let (seen, wanted) = (pairs(text), pairs(expected))
    let different = seen.indices.filter { seen[$0] != wanted[$0] }
    let first = different[0]
    return
      "\(different.count) of \(seen.count) bytes differ, first byte \(first + 1): \(seen[first]) instead of "
      + wanted[first]
  }

  /// What a value had to be.
  public static func expected(_ text: String) -> String {
    guard text.count > lengthMax else { return text }
    return isHex(text) ? digest(text) : text.prefix(lengthMax) + "…"
  }

  /// `300 bytes, SHA-256 1a2b3c4d…`
  private static func digest(_ hex: String) -> String {
    "\(hex.count / 2) bytes, SHA-256 of the hex \(SHA256.hex(of: Array(hex.utf8)).prefix(8))…"
  }

  private static func isHex(_ text: String) -> Bool {
    text.utf8.count % 2 == 0
      && text.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x66).contains($0) || (0x41...0x46).contains($0)
      }
  }

  private static func pairs(_ hex: String) -> [String] {
    let bytes = Array(hex.utf8)
    return stride(from: 0, to: bytes.count, by: 2).map { String(decoding: bytes[$0..<$0 + 2], as: UTF8.self) }
  }
}
