import Model

/// A document back as YAML text, for files that the program writes. Comments are gone, every text stands in quotes.
public enum YAMLText {
  /// What becomes of one value.
  public enum Change: Hashable, Sendable {
    case keep
    case drop
    case text(String)
  }

  /// - Parameters:
  ///   - root: A table.
  ///   - comment: Lines that stand at the top, each behind a `#`.
  ///   - change: Asked for each key with its path from the top, e.g. `["instruments", "scope", "address"]`.
  public static func render(
    _ root: DocumentValue, comment: [String] = [], change: ([String]) -> Change = { _ in .keep }
  ) -> String {
    var lines = comment.map { "# \($0)" }
    if case .table(let entries, _) = root { block(entries, [], &lines, change) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func block(
    _ entries: [DocumentEntry], _ path: [String], _ lines: inout [String], _ change: ([String]) -> Change
  ) {
    let indent = String(repeating: "  ", count: path.count)
    for entry in entries {
      let full = path + [entry.key]
      switch change(full) {
      case .drop: continue
      case .text(let text): lines.append("\(indent)\(key(entry.key)): \(quoted(text))")
      case .keep:
        if case .table(let inner, _) = entry.value, !inner.isEmpty {
          lines.append("\(indent)\(key(entry.key)):")
          block(inner, full, &lines, change)
        } else {
          lines.append("\(indent)\(key(entry.key)): \(inline(entry.value))")
        }
      }
    }
  }

  private static func inline(_ value: DocumentValue) -> String {
    switch value {
    case .scalar(let text, _): quoted(text)
    case .list(let items, _): "[" + items.map(inline).joined(separator: ", ") + "]"
    case .table(let entries, _):
      "{" + entries.map { "\(key($0.key)): \(inline($0.value))" }.joined(separator: ", ") + "}"
    }
  }

  private static func key(_ text: String) -> String {
    let plain = text.utf8.allSatisfy { byte in
      (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
    return plain && !text.isEmpty ? text : quoted(text)
  }

  private static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\t": out += "\\t"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}
