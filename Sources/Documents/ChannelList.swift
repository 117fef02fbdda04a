import Model

/// Channels as people write them: `5`, `1-24`, `101-120, 201-204`, `ntc1/1`.
enum ChannelList {
  struct Problem: Error { let message: String }

  /// Longer lists are a slip of the pen.
  static let countMax = 100

  /// - Returns: In the order written; a range counts upwards.
  static func channels(_ text: String) throws(Problem) -> [Int] {
    var channels: [Int] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int(trimmed($0)) }
      switch ends.count {
      case 1:
        guard let channel = ends[0], channel >= 0 else { throw bad(text) }
        channels.append(channel)
      case 2:
        guard let low = ends[0], let high = ends[1] else { throw bad(text) }
        guard low <= high else { throw Problem(message: "'\(trimmed(part))' counts downwards") }
        guard high - low < countMax else {
          throw Problem(message: "'\(text)' names more than \(countMax) channels")
        }
        channels += low...high
      default: throw bad(text)
      }
    }
    guard channels.count <= countMax else {
      throw Problem(message: "'\(text)' names more than \(countMax) channels")
    }
    return channels
  }

  static func channels(_ value: DocumentValue) throws(Problem) -> [Int] {
    switch value {
    case .scalar(let text, _): return try channels(text)
    case .list(let items, _):
      var all: [Int] = []
      for item in items {
        guard case .scalar(let text, _) = item else { throw Problem(message: "a channel is \(item.phrase)") }
        all += try channels(text)
      }
      return all
    case .table: throw Problem(message: "'channels' is a table of keys")
    }
  }

  /// `instrument/channel`.
  static func reference(_ text: String) throws(Problem) -> ChannelReference {
    guard let slash = text.lastIndex(of: "/"), slash != text.startIndex,
      let channel = Int(text[text.index(after: slash)...]), channel >= 0
    else { throw Problem(message: "'\(text)' is not instrument/channel") }
    return ChannelReference(String(text[..<slash]), channel)
  }

  private static func bad(_ text: String) -> Problem { Problem(message: "'\(text)' is no list of channels") }

  private static func trimmed(_ text: Substring) -> String {
    String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
