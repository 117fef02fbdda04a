import Foundation
import Glibc
import Model

/// Looks at every line of a journal, also behind the first one that is wrong, and says of each what is wrong with it.
///
/// Each line is compared with the hash that the line before it *states*. So a changed text shows in its own line only,
/// and a line that was removed, inserted or moved shows where the chain and the numbers of the events do not go on.
public struct JournalAudit: Sendable {
  /// Something wrong in one line.
  public struct Break: Hashable, Sendable {
    /// 1 is the first line of the file.
    public let line: Int
    public let detail: String
  }

  /// More breaks than these are counted, not described.
  static let breakMax = 8

  public private(set) var breaks: [Break] = []
  /// All of them, also those that are not described.
  public private(set) var breakCount = 0
  /// What the lines fold to, as far as they can be read; nil when the first is no `runStarted`.
  public private(set) var record: RunRecord?
  public private(set) var end = JournalEnd(
    count: 0, head: JournalLine.origin, length: 0, tornBytes: 0, ended: false)

  private var stated = Array(JournalLine.origin.utf8)
  private var expected = 0
  private let decoder = JSONDecoder()

  /// The whole text of a journal.
  public init(bytes: [UInt8]) {
    let rest = cut(bytes[...])
    end.tornBytes = rest.count
    end.head = String(decoding: stated, as: UTF8.self)
  }

  /// - Throws: `missing`, `denied`, `failed`: when the file cannot be read at all.
  public init(path: String) throws(StoreError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StoreError(errno: errno, path: path, attempt: "open") }
    defer { close(descriptor) }
    var pending: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw StoreError(errno: errno, path: path, attempt: "read") }
      if count == 0 { break }
      pending.append(contentsOf: chunk[..<count])
      pending = Array(cut(pending[...]))
    }
    end.tornBytes = pending.count
    end.head = String(decoding: stated, as: UTF8.self)
  }

  /// Looks at every whole line and returns what is left.
  private mutating func cut(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var rest = bytes
    while let newline = rest.firstIndex(of: JournalLine.newline) {
      look(at: rest[..<newline])
      rest = rest[(newline + 1)...]
    }
    return rest
  }

  private mutating func look(at line: ArraySlice<UInt8>) {
    end.count += 1
    end.length += Int64(line.count) + 1
    guard let (hash, bytes) = JournalLine.split(line) else {
      return note("it is not a journal line")
    }
    let follows = hash.elementsEqual(JournalLine.hash(after: stated, event: bytes))
    stated = Array(hash)
    let event = try? decoder.decode(RunEvent.self, from: Data(bytes))
    let wasEnded = end.ended
    if let problem = problem(follows: follows, event) { note(problem) }
    if wasEnded { note("it stands behind the end of the run") }
    expected = (event?.sequence ?? expected) &+ 1
    if let event { take(event) }
  }

  private func problem(follows: Bool, _ event: RunEvent?) -> String? {
    guard let event else {
      return follows
        ? "it is authentic, but this version cannot read it"
        : "its text was changed: it does not fit its hash and is no event"
    }
    if event.sequence > expected {
      let missing = event.sequence - expected
      return "chain broken: it is event \(event.sequence) where \(expected) belongs; "
        + (missing == 1 ? "a line before it is missing" : "\(missing) lines before it are missing")
        + " or stand elsewhere"
    }
    if event.sequence < expected {
      return
        "chain broken: it is event \(event.sequence) where \(expected) belongs; it was inserted, repeated or moved"
    }
    return follows ? nil : "chain broken: its text does not fit its hash and the hash of the line before"
  }

  private mutating func note(_ detail: String) {
    breakCount += 1
    if breaks.count < Self.breakMax { breaks.append(Break(line: end.count, detail: detail)) }
  }

  private mutating func take(_ event: RunEvent) {
    if case .runEnded = event.body { end.ended = true }
    if case .runStarted(let header) = event.body, record == nil {
      record = RunRecord(header: header)
    } else {
      record?.apply(event)
    }
  }
}
