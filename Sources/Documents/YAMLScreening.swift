import Model

/// What is refused before the YAML parser sees it: bytes that are no text.
enum YAMLScreening {
  static func finding(in bytes: [UInt8], file: String) -> Finding? {
    var line = 1
    var column = 1
    func refuse(_ message: String, _ suggestion: String) -> Finding {
      Finding(
        place: SourcePlace(file: file, line: line, column: column), message: message, suggestion: suggestion)
    }
    guard !bytes.allSatisfy({ $0 == 0x20 || (0x09...0x0D).contains($0) }) else {
      return refuse("the file is empty", "it may have been cut off while it was written")
    }
    if let bad = firstInvalid(bytes) {
      for byte in bytes[..<bad] {
        if byte == 0x0A { (line, column) = (line + 1, 1) } else if byte & 0xC0 != 0x80 { column += 1 }
      }
      return bytes[bad] < 0x80
        ? refuse(
          "a control character (byte \(bytes[bad])) stands in the text", "this looks like a binary file")
        : refuse("this is not UTF-8 text", "save the file as UTF-8")
    }
    return nil
  }

  /// Index of the first byte that is a control character (other than tab and line ends) or not UTF-8.
  static func firstInvalid(_ bytes: [UInt8]) -> Int? {
    let control = bytes.firstIndex { ($0 < 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D) || $0 == 0x7F }
    guard String(validating: bytes, as: UTF8.self) == nil else { return control }
    var decoder = UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var index = 0
    scan: while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let scalar): index += scalar.count
      case .emptyInput, .error: break scan
      }
    }
    return control.map { min($0, index) } ?? index
  }
}
