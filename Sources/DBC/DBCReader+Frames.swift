/// Frames and their signals, and what stands before them.
extension DBCReader {
  /// Names of statements, one in a line; some files put none.
  mutating func newSymbols() throws(DBCFinding) {
    try sign(":")
    // Indented names are the list, the first statement at the margin ends it; some tools indent nothing, so a name that
    // is followed by what only a statement has ends it, too.
    while case .word(let word) = token {
      if word == "BS_" || word == "BU_" || word == "BO_" || word == "VERSION" { return }
      advance()
    }
  }

  mutating func bitTiming() throws(DBCFinding) {
    try sign(":")
    while true {
      switch token {
      case .number, .sign: advance()
      case .word, .text, .end, .torn: return
      }
    }
  }

  mutating func nodes() throws(DBCFinding) {
    try sign(":")
    while case .word(let name) = token, !(Self.statements.contains(name) && lexer.startsLine) {
      database.nodes.append(name)
      advance()
    }
    skip(";")
  }

  mutating func message() throws(DBCFinding) {
    let origin = lexer.start
    let number: UInt32 = try whole(0...UInt32.max, "the number of a frame")
    let name = try word()
    try sign(":")
    let length: Int = try whole(0...2048, "a length of 0 to 2048 bytes")
    let sender = try word("a sender")
    let isExtended = number & 0x8000_0000 != 0
    let identifier = number & 0x7FFF_FFFF
    let isReal = number != Self.noFrame
    if isReal, identifier > (isExtended ? 0x1FFF_FFFF : 0x7FF) {
      findings.append(
        finding(
          isExtended
            ? "identifier \(identifier) has more than 29 bits"
            : "identifier \(identifier) has more than 11 bits; extended identifiers have 2147483648 added",
          at: origin))
    } else if let other = indices[number] {
      findings.append(finding("frame \(number) is already '\(database.messages[other].name)'", at: origin))
    }
    indices[number] = database.messages.count
    database.messages.append(
      DBCMessage(identifier: identifier, isExtended: isExtended, name: name, length: length, sender: sender))
  }

  mutating func signal() throws(DBCFinding) {
    guard !database.messages.isEmpty else { throw finding("a signal stands before the first frame (BO_)") }
    let index = database.messages.count - 1
    let origin = lexer.start
    let name = try word()
    let place = Place(message: index, signal: name)
    var isSelector = false
    if case .word(let mark) = token {
      isSelector = mark.hasSuffix("M")
      if mark != "M" {
        guard mark.hasPrefix("m"), let value = UInt64(mark.dropFirst().prefix { $0 != "M" }),
          mark == "m\(value)" || mark == "m\(value)M"
        else { throw wrong("M, m0, m0M or ':'") }
        marks[place] = value
      }
      advance()
    }
    try sign(":")
    let start: Int = try whole(0...16_383, "a start bit")
    try sign("|")
    let length: Int = try whole(1...64, "a length of 1 to 64 bits")
    try sign("@")
    let order: Int = try whole(0...1, "0 (big-endian) or 1 (little-endian)")
    let isSigned = isSign("-")
    if isSigned { advance() } else { try sign("+") }
    try sign("(")
    let factor = try number()
    try sign(",")
    let offset = try number()
    try sign(")")
    try sign("[")
    let minimum = try number()
    try sign("|")
    let maximum = try number()
    try sign("]")
    let unit = try text()
    var receivers: [String] = []
    if case .word(let first) = token, !(Self.statements.contains(first) && lexer.startsLine) {
      receivers.append(first)
      advance()
      while true {
        skip(",")
        guard case .word(let more) = token, !(Self.statements.contains(more) && lexer.startsLine) else {
          break
        }
        receivers.append(more)
        advance()
      }
    }
    if factor == 0 { findings.append(finding("the factor of '\(name)' is 0", at: origin)) }
    if origins[place] != nil { findings.append(finding("there are two signals '\(name)'", at: origin)) }
    origins[place] = origin
    database.messages[index].signals.append(
      DBCSignal(
        name: name, start: start, length: length, isBigEndian: order == 0,
        kind: isSigned ? .signed : .unsigned,
        factor: factor, offset: offset, minimum: minimum, maximum: maximum, unit: unit, receivers: receivers,
        isSelector: isSelector))
  }
}
