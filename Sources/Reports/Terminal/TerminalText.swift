import Model

/// Colours and widths of a terminal.
enum TerminalText {
  enum Paint: String {
    case green = "32", red = "31", yellow = "33", magenta = "35", faint = "2", bold = "1", inverse = "7"
  }

  static func painted(_ text: String, _ paint: Paint, when colour: Bool) -> String {
    colour ? "\u{1B}[\(paint.rawValue)m\(text)\u{1B}[0m" : text
  }

  static func paint(_ state: StepState) -> Paint {
    switch state {
    case .pass: .green
    case .fail: .red
    case .inconclusive, .notMeasured: .yellow
    case .error: .magenta
    case .information, .unfinished: .faint
    }
  }

  static func paint(_ verdict: Verdict) -> Paint {
    switch verdict {
    case .pass: .green
    case .fail: .red
    case .inconclusive: .yellow
    case .error: .magenta
    case .aborted: .faint
    }
  }

  /// At most `width` characters; a cut shows as `…`. For text without colours.
  static func cut(_ text: String, to width: Int) -> String {
    text.count <= width ? text : text.prefix(max(width - 1, 0)) + "…"
  }

  /// Lines of at most `width` characters, broken at spaces; a word that is longer stands alone. Never empty.
  static func wrapped(_ text: String, to width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = "\(last) \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines.isEmpty ? [""] : lines
  }

  static func padded(_ text: String, to width: Int) -> String {
    text.count >= width ? text : text + String(repeating: " ", count: width - text.count)
  }

  /// `[#########.......]`
  static func bar(_ share: Double, width: Int) -> String {
    let filled = Int((min(max(share, 0), 1) * Double(width)).rounded())
    return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled) + "]"
  }
}
