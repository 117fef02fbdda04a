/// Makes text from outside harmless to look at: control characters and the marks that reverse reading order
/// become visible, so that a serial number or an instrument's answer cannot repaint a terminal or a page.
public enum VisibleText {
  public static func of(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isHidden) else { return text }
    var out = ""
    for scalar in text.unicodeScalars {
      if isHidden(scalar) {
        out += "⟨\(String(scalar.value, radix: 16, uppercase: true))⟩"
      } else {
        out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x200B..<0x2010, 0x2028..<0x202F, 0x2060..<0x2070, 0xFEFF: true
    default: false
    }
  }
}
