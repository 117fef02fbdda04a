import Foundation
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
  /// Lines that have the form of one, right or wrong. A file without any is no journal.
  public private(set) var journalLines = 0
  public private(set) var end = JournalEnd(
    count: 0, head: JournalLine.origin, length: 0, tornBytes: 0, ended: false)

  private var stated = Array(JournalLine.origin.utf8)
  private var expected = 0
  private let decoder = JSONDecoder()

  /// The whole text of a journal.
  public init(bytes: [UInt8]) {
    var cutter = LineCutter()
    cutter.take(bytes[...]) { take($0) }
    finish(cutter)
  }

  /// - Throws: `missing`, `denied`, `irregular`, `failed`: when the file cannot be read at all.
  public init(path: String) throws(StoreError) {
    var cutter = LineCutter()
    try JournalFile.read(path) { bytes throws(StoreError) in cutter.take(bytes) { take($0) } }
    finish(cutter)
  }

  private mutating func take(_ piece: LineCutter.Piece) {
    switch piece {
    case .line(let line): look(at: line)
    case .tooLong(let count):
      end.count += 1
      end.length += Int64(count) + 1
      note(JournalLine.tooLong(count))
      expected += 1
    }
  }

  private mutating func finish(_ cutter: LineCutter) {
    end.tornBytes = cutter.rest
    end.head = String(decoding: stated, as: UTF8.self)
    guard cutter.rest > JournalLine.lengthMax else { return }
    note(JournalLine.tooLong(cutter.rest), line: end.count + 1)
  }

  private mutating func look(at line: ArraySlice<UInt8>) {
    end.count += 1
    end.length += Int64(line.count) + 1
    guard let (hash, bytes) = JournalLine.split(line) else {
      return note("it is not a journal line")
    }
    journalLines += 1
    let follows = hash.elementsEqual(JournalLine.hash(after: stated, event: bytes))
    stated = Array(hash)
    let result = Result { () throws(JournalLine.Refusal) in try JournalLine.event(bytes, decoder) }
    let wasEnded = end.ended
    if let problem = problem(follows: follows, result) { note(problem) }
    if wasEnded { note("it stands behind the end of the run") }
    // The number of an event is small, else it would not be one.
    guard case .success(let event) = result else { return expected += 1 }
    expected = event.sequence + 1
    take(event)
  }

  private func problem(follows: Bool, _ result: Result<RunEvent, JournalLine.Refusal>) -> String? {
    let event: RunEvent
    switch result {
    case .success(let whole): event = whole
    case .failure(.unreadable):
      return follows
        ? "it is authentic, but this version cannot read it"
        : "its text was changed: it does not fit its hash and is no event"
    case .failure(.impossible(let why)):
      return (follows ? "it says what cannot be: " : "its text was changed and says what cannot be: ") + why
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

  private mutating func note(_ detail: String, line: Int? = nil) {
    breakCount += 1
    if breaks.count < Self.breakMax { breaks.append(Break(line: line ?? end.count, detail: detail)) }
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
