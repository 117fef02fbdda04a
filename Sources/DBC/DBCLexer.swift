/// Bytes of a DBC file to words, numbers, texts and signs.
struct DBCLexer {
  enum Token: Hashable {
    case word(String)
    case number(String)
    case text(String)
    case sign(UInt8)
    case end
    /// A text that does not end.
    case torn
  }

  private let bytes: [UInt8]
  private(set) var position = 0
  /// Where the last token began.
  private(set) var start = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  /// Line and column of a byte.
  func place(of offset: Int) -> (line: Int, column: Int) {
    var line = 1
    var column = 1
    for byte in bytes.prefix(offset) {
      if byte == 10 { (line, column) = (line + 1, 1) } else { column += 1 }
    }
    return (line, column)
  }

  /// Whether nothing but blanks stands before the last token in its line.
  var startsLine: Bool {
    var index = start
    while index > 0, bytes[index - 1] != 10 {
      guard [9, 13, 32].contains(bytes[index - 1]) || index <= 3 && bytes[index - 1] > 0x7F else {
        return false
      }
      index -= 1
    }
    return true
  }

  mutating func next() -> Token {
    while position < bytes.count, bytes[position] <= 32 { position += 1 }
    start = position
    guard position < bytes.count else { return .end }
    let byte = bytes[position]
    if byte == UInt8(ascii: "\"") { return text() }
    if Self.isLetter(byte) { return .word(take { Self.isLetter($0) || Self.isDigit($0) }) }
    if startsNumber() { return .number(number()) }
    position += 1
    return .sign(byte)
  }

  private func startsNumber() -> Bool {
    var index = position
    if bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") { index += 1 }
    if index < bytes.count, bytes[index] == UInt8(ascii: ".") { index += 1 }
    return index < bytes.count && Self.isDigit(bytes[index])
  }

  private mutating func number() -> String {
    var index = position + 1
    func at(_ offset: Int) -> UInt8 { offset < bytes.count ? bytes[offset] : 0 }
    while Self.isDigit(at(index)) || at(index) == UInt8(ascii: ".") { index += 1 }
    if at(index) | 0x20 == UInt8(ascii: "e") {
      var after = index + 1
      if at(after) == UInt8(ascii: "-") || at(after) == UInt8(ascii: "+") { after += 1 }
      if Self.isDigit(at(after)) {
        while Self.isDigit(at(after)) { after += 1 }
        index = after
      }
    }
    defer { position = index }
    return Self.string(bytes[position..<index])
  }

  private mutating func text() -> Token {
    var content: [UInt8] = []
    var index = position + 1
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\\"), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "\"") {
        content.append(bytes[index + 1])
        index += 2
        continue
      }
      if byte == UInt8(ascii: "\"") {
        position = index + 1
        return .text(Self.string(content[...]))
      }
      content.append(byte)
      index += 1
    }
    position = bytes.count
    return .torn
  }

  private mutating func take(while fits: (UInt8) -> Bool) -> String {
    let from = position
    while position < bytes.count, fits(bytes[position]) { position += 1 }
    return Self.string(bytes[from..<position])
  }

  /// UTF-8 where it is that, else Latin-1, which the format's first tools wrote ("°C" is one byte there).
  private static func string(_ bytes: ArraySlice<UInt8>) -> String {
    String(validating: bytes, as: UTF8.self)
      ?? String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
  }

  static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
  static func isLetter(_ byte: UInt8) -> Bool {
    (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "_")
  }
}
