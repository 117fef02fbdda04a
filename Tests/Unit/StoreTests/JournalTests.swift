import Foundation
import Glibc
import Model
import Testing

@testable import Store

@Suite struct JournalTests {
  let folder = ScratchFolder()
  var file: String { folder.path + "/j.jsonl" }

  func write(_ events: [RunEvent]) throws -> JournalWriter {
    let writer = try JournalWriter(creating: file)
    for event in events { try writer.append(event) }
    return writer
  }

  @Test func `a journal gives back the events it was given`() throws {
    let sent = events(run: "a-1")
    let writer = try write(sent)
    try writer.close()
    let reader = JournalReader(path: file)
    #expect(try reader.events() == sent)
    let (record, end) = try reader.record()
    #expect(record == RunRecord(folding: sent))
    #expect(end.head == writer.head)
    #expect(end.ended)
    #expect(end.tornBytes == 0)
  }

  @Test func `the same events give the same bytes`() throws {
    try write(events(run: "a-1")).close()
    let other = try JournalWriter(creating: folder.path + "/k.jsonl")
    for event in events(run: "a-1") { try other.append(event) }
    #expect(folder.bytes("j.jsonl") == folder.bytes("k.jsonl"))
  }

  @Test func `every event can be read while the writer is still open`() throws {
    let writer = try write(Array(events(run: "a-1").prefix(4)))
    #expect(try JournalReader(path: file).events().count == 4)
    _ = writer
  }

  @Test func `numbers come back exactly`() throws {
    let value = 4.199_999_999_999_998
    try write(events(run: "a-1", values: [measurement(value)])).close()
    let record = try #require(try JournalReader(path: file).record().record)
    #expect(record.measurements[0].observation == .number(value))
    #expect(record.header.seed == .max)
  }

  @Test func `a torn last line is dropped and reported`() throws {
    try write(events(run: "a-1")).close()
    let whole = folder.bytes("j.jsonl")
    folder.write(Array(whole.dropLast(40)), to: "j.jsonl")
    let (record, end) = try JournalReader(path: file).record()
    #expect(record?.verdict == nil)
    #expect(!end.ended)
    #expect(end.tornBytes > 0)
    #expect(end.count == events(run: "a-1").count - 1)
  }

  @Test func `a changed value is found in its line`() throws {
    try write(events(run: "a-1", values: [measurement(4.25, outcome: .fail)])).close()
    let text = String(decoding: folder.bytes("j.jsonl"), as: UTF8.self)
    folder.write(Array(text.replacing("4.25", with: "4.20").utf8), to: "j.jsonl")
    let error = #expect(throws: StoreError.self) { try JournalReader(path: file).events() }
    guard case .altered(_, 4, _) = error else { return #expect(Bool(false), "\(String(describing: error))") }
    #expect(error!.description.contains("line 4"))
  }

  @Test func `a removed line is found`() throws {
    try write(events(run: "a-1")).close()
    var lines = folder.bytes("j.jsonl").split(separator: UInt8(ascii: "\n"))
    lines.remove(at: 3)
    folder.write(Array(lines.joined(separator: [10])) + [10], to: "j.jsonl")
    let error = #expect(throws: StoreError.self) { try JournalReader(path: file).events() }
    guard case .altered(_, 4, _) = error else { return #expect(Bool(false), "\(String(describing: error))") }
  }

  @Test func `a line that is no journal line is found`() throws {
    try write(events(run: "a-1")).close()
    folder.write(folder.bytes("j.jsonl") + Array("hello\n".utf8), to: "j.jsonl")
    let count = events(run: "a-1").count
    let error = #expect(throws: StoreError.self) { try JournalReader(path: file).events() }
    guard case .altered(_, count + 1, _) = error else {
      return #expect(Bool(false), "\(String(describing: error))")
    }
  }

  @Test func `a journal is never overwritten`() throws {
    try write(events(run: "a-1")).close()
    #expect(throws: StoreError.self) { try JournalWriter(creating: file) }
    #expect(try JournalReader(path: file).events().count == events(run: "a-1").count)
  }

  @Test func `a number that is not finite is refused and leaves the journal whole`() throws {
    let writer = try write(Array(events(run: "a-1").prefix(3)))
    let bad = RunEvent(sequence: 3, nanoseconds: 0, body: .measured(measurement(.infinity)))
    let error = #expect(throws: StoreError.self) { try writer.append(bad) }
    guard case .notStorable(3, _) = error else { return #expect(Bool(false), "\(String(describing: error))") }
    try writer.append(events(run: "a-1")[3])
    #expect(try JournalReader(path: file).events().count == 4)
  }

  @Test func `an event out of order is refused`() throws {
    let writer = try write(Array(events(run: "a-1").prefix(3)))
    #expect(throws: StoreError.self) { try writer.append(events(run: "a-1")[5]) }
  }

  @Test func `a full disk is said to be full and what to do about it`() throws {
    let full = open("/dev/full", O_WRONLY)
    let writer = JournalWriter(
      path: "/dev/full", descriptor: full, head: JournalLine.origin, count: 0, length: 0, durable: true)
    let error = #expect(throws: StoreError.self) { try writer.append(events(run: "a-1")[0]) }
    #expect(error == .full(path: "/dev/full"))
    #expect(error!.description.contains("--store"))
    #expect(writer.count == 0)
  }

  @Test func `a second writer is turned away while the first is open`() throws {
    let writer = try write(Array(events(run: "a-1").prefix(3)))
    #expect(throws: StoreError.busy(path: file)) { try JournalWriter(continuing: file) }
    try writer.close()
    let next = try JournalWriter(continuing: file)
    try next.append(events(run: "a-1")[3])
    #expect(try JournalReader(path: file).events() == Array(events(run: "a-1").prefix(4)))
  }

  @Test func `going on after a torn line cuts it off`() throws {
    try write(events(run: "a-1")).close()
    folder.write(Array(folder.bytes("j.jsonl").dropLast(1)), to: "j.jsonl")
    let writer = try JournalWriter(continuing: file)
    try writer.append(events(run: "a-1").last!)
    #expect(try JournalReader(path: file).events() == events(run: "a-1"))
  }

  @Test func `nothing is accepted after close`() throws {
    let writer = try write([])
    try writer.close()
    try writer.close()
    #expect(throws: StoreError.closed(path: file)) { try writer.append(events(run: "a-1")[0]) }
  }

  @Test func `permission and absence have their own words`() {
    #expect(StoreError(errno: EACCES, path: "/s", attempt: "open").description.contains("owner and mode"))
    #expect(StoreError(errno: EROFS, path: "/s", attempt: "open") == .denied(path: "/s"))
    #expect(throws: StoreError.missing(path: folder.path + "/none")) {
      try JournalReader(path: folder.path + "/none").events()
    }
  }
}
