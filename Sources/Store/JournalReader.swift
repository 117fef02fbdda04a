import Foundation
import Glibc
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
  /// - Throws: `missing`, `denied`; `altered` with the number of the first line that does not follow from
  ///   those before it. Events before that line were handed out already.
  @discardableResult
  public func forEach(_ body: (RunEvent) -> Void) throws(StoreError) -> JournalEnd {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StoreError(errno: errno, path: path, attempt: "open") }
    defer { close(descriptor) }
    var check = JournalCheck(path: path)
    var pending: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw StoreError(errno: errno, path: path, attempt: "read") }
      if count == 0 { break }
      pending.append(contentsOf: chunk[..<count])
      var start = pending.startIndex
      while let newline = pending[start...].firstIndex(of: JournalLine.newline) {
        body(try check.event(of: pending[start..<newline]))
        start = newline + 1
      }
      pending.removeSubrange(..<start)
    }
    return check.finish(tornBytes: pending.count)
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
    do {
      event = try decoder.decode(RunEvent.self, from: Data(bytes))
    } catch {
      throw .unreadableEvent(path: path, line: number, detail: "\(error)")
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
