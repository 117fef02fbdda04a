/// Reads a DBC file. Never crashes, whatever the bytes.
///
/// A statement that cannot be read is reported and left out, and reading goes on at the next one, so that all findings
/// come at once; a file with findings is not to be used.
public struct DBCReader {
  /// - Returns: what could be read, and everything that could not.
  public static func read(_ bytes: [UInt8]) -> (database: DBCDatabase, findings: [DBCFinding]) {
    var reader = DBCReader(bytes)
    reader.readAll()
    return (reader.database, reader.findings)
  }

  /// Findings kept; a file of another kind would fill pages.
  static let findingsMax = 50
  /// The message that tools keep for signals that are in no frame.
  static let noFrame: UInt32 = 0xC000_0000

  /// Statements that say nothing about values in frames.
  static let readOver: Set<String> = [
    "NS_DESC_", "CAT_DEF_", "CAT_", "FILTER", "BA_DEF_", "BA_DEF_DEF_", "BA_DEF_REL_", "BA_REL_",
    "BA_DEF_DEF_REL_",
    "BU_SG_REL_", "BU_EV_REL_", "BU_BO_REL_", "BA_DEF_SGTYPE_", "BA_SGTYPE_", "SGTYPE_", "SGTYPE_VAL_",
    "SIG_TYPE_REF_", "SIGTYPE_VALTYPE_", "SIG_GROUP_", "EV_", "EV_DATA_", "ENVVAR_DATA_", "BO_TX_BU_",
  ]
  static let statements: Set<String> = readOver.union([
    "VERSION", "NS_", "BS_", "BU_", "BO_", "SG_", "VAL_", "VAL_TABLE_", "CM_", "BA_", "SIG_VALTYPE_",
    "SG_MUL_VAL_",
  ])

  var lexer: DBCLexer
  var token = DBCLexer.Token.end
  var database = DBCDatabase()
  var findings: [DBCFinding] = []
  /// What multiplex marks of a signal's line said: `M`, `m3`, `m3M`. By message index and signal name.
  var marks: [Place: UInt64] = [:]
  /// Where a signal stands in the file, for findings that need the whole of it.
  var origins: [Place: Int] = [:]
  var extended: [(place: Place, selector: String, ranges: [ClosedRange<UInt64>])] = []
  var tables: [String: [Int64: String]] = [:]
  var indices: [UInt32: Int] = [:]

  struct Place: Hashable {
    var message: Int
    var signal: String
  }

  init(_ bytes: [UInt8]) { lexer = DBCLexer(bytes) }

  private mutating func readAll() {
    advance()
    while token != .end, findings.count < Self.findingsMax {
      do {
        try statement()
      } catch {
        findings.append(error)
        recover()
      }
    }
    if findings.count < Self.findingsMax { resolve() }
    if database.messages.isEmpty, findings.isEmpty {
      findings.append(DBCFinding(line: 1, column: 1, message: "no frame (BO_) is in this file"))
    }
  }

  private mutating func statement() throws(DBCFinding) {
    guard case .word(let word) = token, Self.statements.contains(word) else {
      throw wrong("a statement, e.g. BO_ or VAL_")
    }
    advance()
    switch word {
    case "VERSION": database.version = try text()
    case "NS_": try newSymbols()
    case "BS_": try bitTiming()
    case "BU_": try nodes()
    case "BO_": try message()
    case "SG_": try signal()
    case "VAL_": try names()
    case "VAL_TABLE_": try table()
    case "CM_": try comment()
    case "BA_": try attribute()
    case "SIG_VALTYPE_": try valueType()
    case "SG_MUL_VAL_": try multiplexing()
    default: try skipToSemicolon()
    }
  }

  /// On to the next line that begins with a statement.
  private mutating func recover() {
    while token != .end {
      if case .word(let word) = token, Self.statements.contains(word), lexer.startsLine,
        lexer.start > failedAt
      {
        return
      }
      advance()
    }
  }

  /// Where the last finding was: recovering must get beyond it.
  private var failedAt = -1

  // MARK: what statements are made of

  mutating func advance() { token = lexer.next() }

  mutating func finding(_ message: String, at offset: Int? = nil) -> DBCFinding {
    let place = lexer.place(of: offset ?? lexer.start)
    return DBCFinding(line: place.line, column: place.column, message: message)
  }

  mutating func wrong(_ expected: String) -> DBCFinding {
    failedAt = lexer.start
    let found =
      switch token {
      case .word(let word): "'\(word)'"
      case .number(let number): "'\(number)'"
      case .text: "a text in quotation marks"
      case .sign(let sign): "'\(Character(Unicode.Scalar(sign)))'"
      case .end: "the end of the file"
      case .torn: "a text whose quotation mark is never closed"
      }
    return finding("\(found) where \(expected) is expected")
  }

  mutating func word(_ expected: String = "a name") throws(DBCFinding) -> String {
    guard case .word(let word) = token else { throw wrong(expected) }
    advance()
    return word
  }

  mutating func text() throws(DBCFinding) -> String {
    guard case .text(let text) = token else { throw wrong("a text in quotation marks") }
    advance()
    return text
  }

  mutating func sign(_ character: Character) throws(DBCFinding) {
    guard isSign(character) else { throw wrong("'\(character)'") }
    advance()
  }

  func isSign(_ character: Character) -> Bool { token == .sign(character.asciiValue!) }

  mutating func skip(_ character: Character) { if isSign(character) { advance() } }

  mutating func whole<Number: FixedWidthInteger>(_ range: ClosedRange<Number>, _ expected: String)
    throws(DBCFinding) -> Number
  {
    guard case .number(let digits) = token, let value = Number(digits), range.contains(value) else {
      throw wrong(expected)
    }
    advance()
    return value
  }

  mutating func number() throws(DBCFinding) -> Double {
    guard case .number(let digits) = token,
      let value = Double(digits.hasPrefix("+") ? String(digits.dropFirst()) : digits),
      value.isFinite
    else { throw wrong("a number") }
    advance()
    return value
  }

  mutating func skipToSemicolon() throws(DBCFinding) {
    while !isSign(";") {
      if token == .end || token == .torn { throw wrong("';'") }
      advance()
    }
    advance()
  }
}
