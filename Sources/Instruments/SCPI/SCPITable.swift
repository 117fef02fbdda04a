/// One program message unit as a twin sees it: `SOUR1:VOLT 3.3(@1,2)` after its path was resolved.
public struct SCPIUnit: Hashable, Sendable {
  /// Upper case, from the root, without leading colon, with `?` for a query.
  public let header: String
  /// What follows the header, outer blanks removed.
  public let arguments: String

  public init(header: String, arguments: String) {
    self.header = header
    self.arguments = arguments
  }

  public var isQuery: Bool { header.hasSuffix("?") }
  /// The whole argument as one number.
  public var number: Double? { SCPIText.number(arguments) }
  public var flag: Bool? { SCPIText.flag(arguments) }
  /// Arguments split at commas outside parentheses and quotes, blanks removed.
  public var fields: [String] { SCPIText.split(arguments, at: ",").map { SCPIText.trimmed($0) } }
}

/// Command headers of a twin. Patterns are written as manuals print them: upper case is the short form, square
/// brackets are optional, `#` takes a numeric suffix: `[SOURce#]:VOLTage[:LEVel]`, `MEASure:VOLTage?`.
/// Only the exact short and the exact long form match, as SCPI-99 section 6.2.1 asks.
public struct SCPITable<Action: Sendable>: Sendable {
  private var actions: [String: Action] = [:]

  public init(_ entries: [(pattern: String, action: Action)]) {
    for (pattern, action) in entries {
      for key in Self.spellings(of: pattern) {
        precondition(actions[key] == nil, "two patterns match '\(key)'")
        actions[key] = action
      }
    }
  }

  /// The action for a unit, with the numeric suffixes of its nodes in order (only those that were written).
  public func match(_ unit: SCPIUnit) -> (action: Action, suffixes: [Int])? {
    var key = ""
    var suffixes: [Int] = []
    for (index, node) in unit.header.split(separator: ":", omittingEmptySubsequences: false).enumerated() {
      if index > 0 { key += ":" }
      let isQuery = node.last == "?"
      let word = isQuery ? node.dropLast() : node
      let digits = word.utf8.reversed().prefix { (0x30...0x39).contains($0) }.count
      let end = word.utf8.index(word.endIndex, offsetBy: -digits)
      key += word[..<end]
      if digits > 0 {
        guard let number = Int(word[end...]) else { return nil }
        suffixes.append(number)
        key += "#"
      }
      if isQuery { key += "?" }
    }
    return actions[key].map { ($0, suffixes) }
  }

  /// Every header that a pattern accepts, numeric suffixes written as `#`.
  static func spellings(of pattern: String) -> [String] {
    let isQuery = pattern.hasSuffix("?")
    var results: [[String]] = [[]]
    for node in nodes(of: isQuery ? String(pattern.dropLast()) : pattern) {
      let takesNumber = node.word.hasSuffix("#")
      let long = takesNumber ? String(node.word.dropLast()) : node.word
      let short = String(long.filter { !$0.isLowercase })
      var forms = short == long ? [short] : [short, long.uppercased()]
      if takesNumber { forms += forms.map { $0 + "#" } }
      var next = node.isOptional ? results : []
      for result in results { for form in forms { next.append(result + [form]) } }
      results = next
    }
    return results.filter { !$0.isEmpty }.map { $0.joined(separator: ":") + (isQuery ? "?" : "") }
  }

  private static func nodes(of pattern: String) -> [(word: String, isOptional: Bool)] {
    var nodes: [(String, Bool)] = []
    var word = ""
    var depth = 0
    func finish(_ optional: Bool) {
      if !word.isEmpty { nodes.append((word, optional)) }
      word = ""
    }
    for character in pattern {
      switch character {
      case "[":
        finish(depth > 0)
        depth += 1
      case "]":
        finish(depth > 0)
        depth -= 1
      case ":": finish(depth > 0)
      default: word.append(character)
      }
    }
    finish(false)
    return nodes
  }
}

extension SCPIText {
  /// Splits outside double quotes and parentheses.
  /// - Parameter separator: An ASCII character.
  static func split(_ text: String, at separator: Character) -> [String] {
    guard let mark = separator.asciiValue else { preconditionFailure("'\(separator)' is not ASCII") }
    var parts: [String] = []
    var depth = 0
    var quoted = false
    // Everything that counts here is a single byte, so the text need not be taken apart into characters.
    var start = text.utf8.startIndex
    for index in text.utf8.indices {
      let byte = text.utf8[index]
      if byte == UInt8(ascii: "\"") { quoted.toggle() }
      if !quoted, byte == UInt8(ascii: "(") { depth += 1 }
      if !quoted, byte == UInt8(ascii: ")") { depth -= 1 }
      if byte == mark, depth == 0, !quoted {
        parts.append(String(text[start..<index]))
        start = text.utf8.index(after: index)
      }
    }
    if start < text.endIndex || !parts.isEmpty { parts.append(String(text[start...])) }
    return parts
  }

  /// `(@1,3:5,101)` as channel numbers in the order written; nil when it is not a channel list.
  public static func channelList(_ text: String) -> [Int]? {
    let body = trimmed(text)
    guard body.hasPrefix("(@"), body.hasSuffix(")") else { return nil }
    var channels: [Int] = []
    for item in body.dropFirst(2).dropLast().split(separator: ",", omittingEmptySubsequences: false) {
      let ends = item.split(separator: ":", omittingEmptySubsequences: false).map { integer($0) }
      switch ends.count {
      case 1:
        guard let one = ends[0] else { return nil }
        channels.append(one)
      case 2:
        guard let low = ends[0], let high = ends[1], low <= high, high - low < 10_000 else { return nil }
        channels += low...high
      default: return nil
      }
    }
    return channels
  }
}
