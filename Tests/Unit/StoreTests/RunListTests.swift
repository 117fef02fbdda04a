import Foundation
import GRDB
import Model
import Testing

@testable import Store

/// What the list of runs says beside the verdict.
@Suite struct `The list of runs` {
  let folder = ScratchFolder()
  var place: String { folder.path + "/store" }

  /// A finished run.
  func keep(_ id: String, in store: RunStore, confirmed: Bool = true, judgedFrom: String? = nil) throws {
    var begin = header(run: id)
    begin.judgedFrom = judgedFrom.map {
      JudgedFrom(run: $0, journalHead: "", procedure: begin.procedure, judgedAt: "2026-11-22T11:00:00Z")
    }
    var sent = events(run: id)
    sent[0].body = .runStarted(begin)
    sent[sent.count - 1].body = .runEnded(verdict: .pass, reason: "all", safeStateConfirmed: confirmed)
    let writer = try store.create(run: begin)
    for event in sent { try writer.append(event) }
    try writer.close()
    try store.finish(record: try #require(RunRecord(folding: sent)), head: writer.head)
  }

  @Test func `names each safe state that was not confirmed, and what was only judged`() throws {
    let store = try RunStore(path: place)
    try keep("A-1", in: store, confirmed: false)
    try keep("A-2", in: store, judgedFrom: "A-1")
    let runs = try store.runs()
    #expect(runs.map(\.safeStateConfirmed) == [true, false])
    #expect(runs.map(\.judgedFrom) == ["A-1", nil])
    #expect(try store.runs(onRig: "bench", limit: 9).map(\.id) == ["A-1"])
    #expect(try store.runs(onRig: "bench", ofUnit: "EK-0042", limit: 9).map(\.id) == ["A-1"])
    #expect(try store.verify(run: "A-1").state == .ok)
    try store.database.write {
      try $0.execute(sql: "UPDATE run SET safeStateConfirmed = 1, judgedFrom = 'A-1'")
    }
    let found = try store.verify(run: "A-1")
    #expect(found.state == .disagrees)
    #expect(
      found.findings == [
        "safe state confirmed: the index has 'true', the journal 'false'",
        "judged from: the index has 'A-1', the journal ''",
      ])
  }

  @Test func `asks the journals where an older program made the index`() throws {
    do {
      let store = try RunStore(path: place)
      try keep("A-1", in: store, confirmed: false)
      try keep("A-2", in: store, judgedFrom: "A-1")
      try keep("A-3", in: store)
      try store.database.write { db in
        for column in ["safeStateConfirmed", "judgedFrom"] {
          try db.execute(sql: "ALTER TABLE run DROP COLUMN \(column)")
        }
        try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier LIKE '2 %'")
      }
      try FileManager.default.removeItem(atPath: store.journalPath(of: "A-3"))
    }
    let runs = try RunStore(path: place).runs()
    #expect(runs.map(\.id) == ["A-3", "A-2", "A-1"])
    #expect(runs.map(\.safeStateConfirmed) == [nil, true, false], "nobody can tell about the first")
    #expect(runs.map(\.judgedFrom) == [nil, "A-1", nil])
  }

  @Test(arguments: ["", "\n", "{\"hash\":\"", "no journal\n", "no journal"])
  func `takes nothing from a file that is no journal`(_ text: String) {
    folder.write(Array(text.utf8), to: "odd.jsonl")
    let (first, last) = JournalReader(path: folder.path + "/odd.jsonl").ends()
    #expect(first == nil && last == nil)
  }
}
