/// What is said of frames and signals after them.
extension DBCReader {
  /// The frame that a number names.
  private mutating func known() throws(DBCFinding) -> Int {
    let origin = lexer.start
    let number: UInt32 = try whole(0...UInt32.max, "the number of a frame")
    guard let index = indices[number] else {
      throw finding("there is no frame \(number)", at: origin)
    }
    return index
  }

  private mutating func signalIndex(in message: Int) throws(DBCFinding) -> Int {
    let origin = lexer.start
    let name = try word("the name of a signal")
    guard let index = database.messages[message].signals.firstIndex(where: { $0.name == name }) else {
      throw finding("frame '\(database.messages[message].name)' has no signal '\(name)'", at: origin)
    }
    return index
  }

  private mutating func entries() throws(DBCFinding) -> [Int64: String] {
    var names: [Int64: String] = [:]
    while !isSign(";") {
      let value = try number()
      guard let whole = Int64(exactly: value) else { throw finding("\(value) is no whole number") }
      names[whole] = try text()
    }
    advance()
    return names
  }

  mutating func names() throws(DBCFinding) {
    // Of an environment variable, which is in no frame.
    if case .word = token { return try skipToSemicolon() }
    let message = try known()
    let signal = try signalIndex(in: message)
    if case .word(let table) = token {
      guard let names = tables[table] else { throw finding("there is no value table '\(table)'") }
      database.messages[message].signals[signal].names = names
      return try skipToSemicolon()
    }
    database.messages[message].signals[signal].names = try entries()
  }

  mutating func table() throws(DBCFinding) {
    let name = try word()
    tables[name] = try entries()
  }

  mutating func comment() throws(DBCFinding) {
    if case .text(let text) = token {
      database.comment += (database.comment.isEmpty ? "" : "\n") + text
      return try skipToSemicolon()
    }
    switch try word("BU_, BO_, SG_, EV_ or a text") {
    case "BO_":
      let message = try known()
      database.messages[message].comment = try text()
    case "SG_":
      let message = try known()
      let signal = try signalIndex(in: message)
      database.messages[message].signals[signal].comment = try text()
    default: break
    }
    try skipToSemicolon()
  }

  /// Those of frames are kept, all others read over.
  mutating func attribute() throws(DBCFinding) {
    let name = try text()
    guard token == .word("BO_") else { return try skipToSemicolon() }
    advance()
    let message = try known()
    switch token {
    case .number(let value), .text(let value): database.messages[message].attributes[name] = value
    case .word, .sign, .end, .torn: throw wrong("a value")
    }
    try skipToSemicolon()
  }

  mutating func valueType() throws(DBCFinding) {
    let message = try known()
    let signal = try signalIndex(in: message)
    skip(":")
    let origin = lexer.start
    let kind: Int = try whole(0...2, "0 (integer), 1 (32-bit) or 2 (64-bit floating point)")
    let length = database.messages[message].signals[signal].length
    if kind == 1, length == 32 {
      database.messages[message].signals[signal].kind = .float
    } else if kind == 2, length == 64 {
      database.messages[message].signals[signal].kind = .double
    } else if kind != 0 {
      findings.append(finding("a floating point value cannot have \(length) bits", at: origin))
    }
    try skipToSemicolon()
  }

  mutating func multiplexing() throws(DBCFinding) {
    let message = try known()
    let signal = try signalIndex(in: message)
    let name = database.messages[message].signals[signal].name
    let selector = try signalIndex(in: message)
    var ranges: [ClosedRange<UInt64>] = []
    while !isSign(";") {
      let low: UInt64 = try whole(0...UInt64.max, "a value of the selector")
      // "0-5" reads as 0 and -5.
      skip("-")
      guard case .number(let digits) = token,
        let high = UInt64(digits.hasPrefix("-") ? String(digits.dropFirst()) : digits),
        high >= low
      else { throw wrong("the end of the range that begins with \(low)") }
      advance()
      skip(",")
      ranges.append(low...high)
    }
    advance()
    extended.append(
      (Place(message: message, signal: name), database.messages[message].signals[selector].name, ranges))
  }
}
