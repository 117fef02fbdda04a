import Foundation
import GRDB
import Model
import Testing

@testable import Store

@Suite struct AuditTests {
  let folder = ScratchFolder()
  var place: String { folder.path + "/store" }
  static let name = "store/journals/EK-0042-1.jsonl"

  /// A finished run in a store.
  func finished(measurements: Int = 5) throws -> RunStore {
    let store = try RunStore(path: place)
    let sent = events(
      run: "EK-0042-1", values: (1...measurements).map { measurement(4.2 + Double($0) / 1000) })
    let writer = try store.create(run: header(run: "EK-0042-1"))
    for event in sent { try writer.append(event) }
    try writer.close()
    try store.finish(record: try #require(RunRecord(folding: sent)), head: writer.head)
    return store
  }

  func lines() -> [[UInt8]] { folder.bytes(Self.name).split(separator: 10).map(Array.init) }
  func put(_ lines: [[UInt8]], tail: String = "") {
    folder.write(Array(lines.joined(separator: [10])) + [10] + Array(tail.utf8), to: Self.name)
  }

  @Test func `an untouched run is sound and its hash is the one of the index`() throws {
    let store = try finished()
    let found = try store.verify(run: "EK-0042-1")
    #expect(found.state == .ok)
    #expect(found.findings.isEmpty)
    #expect(found.head == (try store.find("EK-0042-1").journalHead))
    #expect(found.lines == lines().count)
  }

  @Test func `every single changed byte of a journal is found`() throws {
    let store = try finished(measurements: 1)
    let whole = folder.bytes(Self.name)
    for index in whole.indices where whole[index] != 10 {
      var changed = whole
      changed[index] ^= 1
      guard changed[index] != 10 else { continue }
      folder.write(changed, to: Self.name)
      let found = try store.verify(run: "EK-0042-1")
      #expect(!found.isSound, "byte \(index) of \(whole.count)")
    }
  }

  @Test func `a changed text names its line and no other`() throws {
    let store = try finished()
    var lines = lines()
    let line = try #require(lines.firstIndex { String(decoding: $0, as: UTF8.self).contains("4.203") })
    lines[line] = Array(String(decoding: lines[line], as: UTF8.self).replacing("4.203", with: "4.199").utf8)
    put(lines)
    let found = try store.verify(run: "EK-0042-1")
    #expect(found.state == .altered)
    #expect(found.findings.count == 1)
    #expect(found.findings.first?.contains("line \(line + 1): chain broken") == true, "\(found.findings)")
  }

  @Test func `removed, repeated and swapped lines are told apart`() throws {
    let store = try finished()
    let whole = lines()
    var removed = whole
    removed.removeSubrange(3...4)
    put(removed)
    var found = try store.verify(run: "EK-0042-1")
    #expect(
      found.findings.first?.contains("line 4: chain broken: it is event 5 where 3 belongs; 2 lines") == true)

    put(whole[..<4] + [whole[3]] + whole[4...])
    found = try store.verify(run: "EK-0042-1")
    #expect(found.findings.first?.hasPrefix("line 5") == true, "\(found.findings)")
    #expect(found.findings.first?.contains("inserted, repeated or moved") == true)

    var swapped = whole
    swapped.swapAt(3, 4)
    put(swapped)
    found = try store.verify(run: "EK-0042-1")
    #expect(
      found.findings.contains { $0.hasPrefix("line 4") } && found.findings.contains { $0.hasPrefix("line 5") }
    )
  }

  @Test func `lines cut off at the end, or put behind it, are found by the index and by the end`() throws {
    let store = try finished()
    let whole = lines()
    put(Array(whole.dropLast(1)))
    #expect(try store.verify(run: "EK-0042-1").state == .disagrees)
    put(whole + [whole[2]])
    #expect(try store.verify(run: "EK-0042-1").state == .altered)
    put(whole, tail: "{\"ha")
    #expect(try store.verify(run: "EK-0042-1").state == .altered)
  }

  @Test func `a chain made anew over changed lines is found by the hash in the index`() throws {
    let store = try finished()
    let forged = folder.path + "/forged.jsonl"
    let writer = try JournalWriter(creating: forged)
    for event in events(
      run: "EK-0042-1", values: (1...5).map { measurement(4.19 + Double($0) / 1000) })
    {
      try writer.append(event)
    }
    try writer.close()
    folder.write(folder.bytes("forged.jsonl"), to: Self.name)
    let found = try store.verify(run: "EK-0042-1")
    #expect(found.state == .disagrees)
    #expect(found.findings.contains { $0.hasPrefix("hash of the last line") })
  }

  @Test func `a changed verdict in the index disagrees with the journal`() throws {
    let store = try finished()
    try store.database.write { try $0.execute(sql: "UPDATE run SET verdict = 'fail', failures = 3") }
    let found = try store.verify(run: "EK-0042-1")
    #expect(found.state == .disagrees)
    #expect(found.findings.contains("verdict: the index has 'fail', the journal 'pass'"))
    #expect(found.findings.contains { $0.hasPrefix("failures") })
  }

  @Test func `the journal of another run is not taken for this one`() throws {
    let store = try finished()
    let writer = try JournalWriter(creating: folder.path + "/other.jsonl")
    for event in events(run: "other-1") { try writer.append(event) }
    try writer.close()
    folder.write(folder.bytes("other.jsonl"), to: Self.name)
    #expect(try store.verify(run: "EK-0042-1").state == .altered)
    #expect(throws: StoreError.self) { try store.record(run: "EK-0042-1") }
  }

  @Test func `a torn line of a crash is cut, said, and the rest is sound`() throws {
    let store = try RunStore(path: place)
    let sent = events(run: "EK-0042-1")
    do {
      let writer = try store.create(run: header(run: "EK-0042-1"))
      for event in sent.prefix(4) { try writer.append(event) }
    }
    folder.write(folder.bytes(Self.name) + Array("{\"hash\":\"00".utf8), to: Self.name)
    let before = try store.verify(run: "EK-0042-1")
    #expect(before.state == .unfinished)
    #expect(before.tornBytes == 11)
    let closed = try #require(try store.closeUnfinished().first)
    #expect(closed.tornBytes == 11)
    #expect(closed.events == 4)
    let after = try store.verify(run: "EK-0042-1")
    #expect(after.state == .ok)
    #expect(after.recoveredBytes == 11)
    #expect(try JournalReader(path: store.journalPath(of: "EK-0042-1")).events().prefix(4) == sent.prefix(4))
  }

  @Test func `what the guard process left goes into the record of a run that broke off`() throws {
    let store = try RunStore(path: place)
    do {
      let writer = try store.create(run: header(run: "EK-0042-1"))
      try writer.append(events(run: "EK-0042-1")[0])
    }
    try Data(#"{"outputs":"off"}"#.utf8).write(
      to: URL(fileURLWithPath: store.guardProofPath(of: "EK-0042-1")))
    #expect(try store.closeUnfinished().first?.hasGuardProof == true)
    #expect(try store.record(run: "EK-0042-1").record.recovery?.guardProof == #"{"outputs":"off"}"#)
  }

  @Test func `a run that was killed before its first line leaves nothing behind`() throws {
    let store = try RunStore(path: place)
    do { _ = try store.create(run: header(run: "EK-0042-1")) }
    folder.write(Array("{\"hash\"".utf8), to: Self.name)
    let closed = try #require(try store.closeUnfinished().first)
    #expect(closed.verdict == nil && closed.problem == nil)
    #expect(try store.runs().isEmpty)
    #expect(try store.nextRunID(unit: "EK-0042") == "EK-0042-1")
  }

  @Test func `journals that no run owns are named`() throws {
    let store = try finished()
    folder.write(Array("x\n".utf8), to: "store/journals/stray-1.jsonl")
    folder.write([], to: "store/journals/empty-1.jsonl")
    #expect(try store.strayJournals() == ["stray-1.jsonl"])
  }
}
