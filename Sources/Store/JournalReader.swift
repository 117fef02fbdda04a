import Foundation
import Model

/// What the end of a journal looks like after every line was checked.
public struct JournalEnd: Hashable, Sendable {
  /// Whole lines.
  public var count: Int
  /// Hash of the last whole line; 64 zeros for an empty journal.
  public var head: String
  /// Bytes of the whole lines.
  public var length: Int64
  /// Bytes after the last newline: a line that a crash or power cut interrupted. It is not read.
  public var tornBytes: Int
  /// True when the last event is `runEnded`.
  public var ended: Bool
}

/// Reads a journal back, line by line, and proves that nobody changed it.
public struct JournalReader: Sendable {
  public let path: String

  public init(path: String) { self.path = path }

  /// Calls `body` with every event in order; memory use does not grow with the journal.
  ///
  /// - Throws: `missing`, `denied`, `irregular`; `altered` with the number of the first line that does not follow from
  ///   those before it, or says what cannot be. Events before that line were handed out already.
  @discardableResult
  public func forEach(_ body: (RunEvent) -> Void) throws(StoreError) -> JournalEnd {
    var check = JournalCheck(path: path)
    var cutter = LineCutter()
    try JournalFile.read(path) { bytes throws(StoreError) in
      try cutter.take(bytes) { piece throws(StoreError) in
        switch piece {
        case .line(let line): body(try check.event(of: line))
        case .tooLong(let count): throw check.tooLong(count)
        }
      }
    }
    guard cutter.rest <= JournalLine.lengthMax else { throw check.tooLong(cutter.rest) }
    // A crash leaves nothing there; a writer that could not take the end back does.
    guard cutter.rest == 0 || !check.end.ended else {
      throw .altered(
        path: path, line: check.end.count + 1, detail: "\(cutter.rest) bytes stand behind the end of the run")
    }
    return check.finish(tornBytes: cutter.rest)
  }

  /// Every event; for short journals and for readers that need all of them.
  public func events() throws(StoreError) -> [RunEvent] {
    var events: [RunEvent] = []
    try forEach { events.append($0) }
    return events
  }

  /// The record the journal folds to, nil when not even its first line is whole.
  public func record() throws(StoreError) -> (record: RunRecord?, end: JournalEnd) {
    var record: RunRecord?
    let end = try forEach { event in
      if case .runStarted(let header) = event.body, record == nil {
        record = RunRecord(header: header)
      } else {
        record?.apply(event)
      }
    }
    return (record, end)
  }
}

/// The chain so far: takes lines, gives events, refuses the first line that does not follow.
struct JournalCheck {
  let path: String
  var end = JournalEnd(count: 0, head: JournalLine.origin, length: 0, tornBytes: 0, ended: false)
  private var head = Array(JournalLine.origin.utf8)
  private let decoder = JSONDecoder()

  init(path: String) { self.path = path }

  /// The end as it stands after all lines.
  func finish(tornBytes: Int) -> JournalEnd {
    var end = end
    end.head = String(decoding: head, as: UTF8.self)
    end.tornBytes = tornBytes
    return end
  }

  /// The next line has so many bytes.
  func tooLong(_ count: Int) -> StoreError {
    .altered(path: path, line: end.count + 1, detail: JournalLine.tooLong(count))
  }

  mutating func event(of line: ArraySlice<UInt8>) throws(StoreError) -> RunEvent {
    let number = end.count + 1
    guard !end.ended else {
      throw .altered(path: path, line: number, detail: "it stands behind the end of the run")
    }
    guard let (hash, bytes) = JournalLine.split(line) else {
      throw .altered(path: path, line: number, detail: "it is not a journal line")
    }
    guard hash.elementsEqual(JournalLine.hash(after: head, event: bytes)) else {
      throw .altered(path: path, line: number, detail: "its hash does not follow from the lines before it")
    }
    let event: RunEvent
    do throws(JournalLine.Refusal) {
      event = try JournalLine.event(bytes, decoder)
    } catch {
      switch error {
      case .unreadable(let why): throw .unreadableEvent(path: path, line: number, detail: why)
      case .impossible(let why):
        throw .altered(path: path, line: number, detail: "it says what cannot be: \(why)")
      }
    }
    guard event.sequence == end.count else {
      throw .altered(path: path, line: number, detail: "it is event \(event.sequence), not \(end.count)")
    }
    end.count = number
    head = Array(hash)
    end.length += Int64(line.count) + 1
    if case .runEnded = event.body { end.ended = true }
    return event
  }
}
