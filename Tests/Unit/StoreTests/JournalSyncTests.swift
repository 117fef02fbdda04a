import Glibc
import Model
import Testing

@testable import Store

/// A disk that takes a line and does not keep it.
@Suite struct `A line that cannot be forced to the disk` {
  let folder = ScratchFolder()
  static let run = "EK-0042-1"
  let sent = events(run: run)

  /// A run whose writer has everything but the end.
  func begun() throws -> (store: RunStore, writer: JournalWriter) {
    let store = try RunStore(path: folder.path + "/store")
    let writer = try store.create(run: header(run: Self.run))
    for event in sent.dropLast() { try writer.append(event) }
    return (store, writer)
  }

  static func failing(_: Int32) -> Int32 {
    errno = EIO
    return -1
  }

  @Test func `is not in the journal, and a verdict nobody was told is not listed`() throws {
    let (store, writer) = try begun()
    writer.calls.sync = Self.failing
    let error = #expect(throws: StoreError.self) { try writer.append(sent.last!) }
    guard case .failed(_, "force to the disk", _) = error else {
      return #expect(Bool(false), "\(String(describing: error))")
    }
    #expect(writer.count == sent.count - 1)
    #expect(try JournalReader(path: writer.path).events() == Array(sent.dropLast()))
    #expect(throws: StoreError.self) { try writer.close() }
    #expect(try store.closeUnfinished().map(\.verdict) == [.aborted])
    #expect(try store.find(Self.run).verdict == .aborted)
    #expect(try store.verify(run: Self.run).state == .ok)
  }

  @Test func `makes room for the next one`() throws {
    let (store, writer) = try begun()
    writer.calls.sync = Self.failing
    #expect(throws: StoreError.self) { try writer.append(sent.last!) }
    writer.calls.sync = { fdatasync($0) }
    try writer.append(sent.last!)
    try writer.close()
    #expect(try JournalReader(path: writer.path).events() == sent)
    #expect(try store.closeUnfinished().map(\.verdict) == [.pass])
  }

  @Test func `gives no verdict either when it cannot be taken back`() throws {
    let (store, writer) = try begun()
    writer.calls.sync = Self.failing
    writer.calls.cut = { _, _ in Self.failing(0) }
    #expect(throws: StoreError.self) { try writer.append(sent.last!) }
    #expect(throws: StoreError.closed(path: writer.path)) { try writer.append(sent.last!) }
    for _ in 1...2 {
      let closed = try #require(try store.closeUnfinished().first)
      guard case .altered? = closed.problem else { return #expect(Bool(false), "\(closed)") }
      #expect(closed.verdict == nil)
    }
    let listed = try store.find(Self.run)
    #expect(listed.verdict == nil && listed.state == .unfinished)
    #expect(throws: StoreError.self) { try store.record(run: Self.run) }
    #expect(try store.verify(run: Self.run).state == .altered)
  }

  @Test func `is what a crash leaves when it stands in the middle of a run and cannot be taken back`() throws
  {
    let store = try RunStore(path: folder.path + "/store")
    let writer = try store.create(run: header(run: Self.run))
    for event in sent.prefix(3) { try writer.append(event) }
    writer.calls.sync = Self.failing
    writer.calls.cut = { _, _ in Self.failing(0) }
    let stop = RunEvent(sequence: 3, nanoseconds: 0, body: .safeState(SafeStateResult(entries: [])))
    #expect(throws: StoreError.self) { try writer.append(stop) }
    let closed = try #require(try store.closeUnfinished().first)
    #expect(closed.verdict == .aborted)
    #expect(closed.tornBytes > 0)
    #expect(try store.verify(run: Self.run).state == .ok)
  }

  @Test func `is none when it was forced there before`() throws {
    let (_, writer) = try begun()
    try writer.append(sent.last!)
    writer.calls.sync = Self.failing
    try writer.close()
    #expect(try JournalReader(path: writer.path).events() == sent)
  }

  @Test func `keeps what the first closing found, when the closing itself breaks off`() throws {
    let store = try RunStore(path: folder.path + "/store")
    do {
      let writer = try store.create(run: header(run: Self.run))
      for event in sent.prefix(3) { try writer.append(event) }
      let found = Recovery(cutBytes: 11, guardProof: "{}")
      try writer.append(RunEvent(sequence: 3, nanoseconds: 0, body: .recovered(found)))
    }
    #expect(try store.closeUnfinished().map(\.verdict) == [.aborted])
    #expect(try store.record(run: Self.run).record.recovery == Recovery(cutBytes: 11, guardProof: "{}"))
  }
}
