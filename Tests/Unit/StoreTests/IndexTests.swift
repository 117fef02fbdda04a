import Foundation
import GRDB
import Model
import Testing

@testable import Store

/// The index beside the journal: what is altered in it, and what `store rebuild` may do.
@Suite struct `The index` {
  let folder = ScratchFolder()
  var place: String { folder.path + "/store" }
  static let run = "EK-0042-1"
  static let name = "store/journals/\(run).jsonl"

  func finished(_ values: [Measurement] = [measurement(4.2), measurement(4.25, outcome: .fail)]) throws
    -> RunStore
  {
    let store = try RunStore(path: place, durable: false)
    let sent = events(run: Self.run, values: values, verdict: .fail)
    let writer = try store.create(run: header(run: Self.run))
    for event in sent { try writer.append(event) }
    try writer.close()
    try store.finish(record: try #require(RunRecord(folding: sent)), head: writer.head)
    return store
  }

  /// The journal of the run with other values and a chain made anew.
  func forge(_ values: [Measurement]) {
    folder.write(`A file that no run has left`.forged(events(run: Self.run, values: values)), to: Self.name)
  }

  @Test func `is compared with the journal in every column it has`() throws {
    let store = try finished()
    try #require(try store.verify(run: Self.run).state == .ok)
    var compared = 0
    for table in ["run", "measurement"] {
      let columns = try store.database.read { try $0.columns(in: table).map(\.name) }
      for column in columns where !["number", "runNumber", "id"].contains(column) {
        let old: DatabaseValue = try store.database.read {
          try DatabaseValue.fetchOne($0, sql: "SELECT \(column) FROM \(table) LIMIT 1") ?? .null
        }
        let other = ["verdict": "pass", "workflow": "IQC"][column] ?? "12345"
        for value in [other.databaseValue, .null] {
          // Without its verdict a run is open, and without its place it is another one.
          if value.isNull, column == "verdict" { continue }
          do {
            try store.database.write {
              try $0.execute(
                sql: "UPDATE \(table) SET \(column) = ? WHERE rowid = (SELECT min(rowid) FROM \(table))",
                arguments: [value])
            }
          } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT { continue }
          let found = try store.verify(run: Self.run)
          #expect(found.isSound == (value == old), "\(table).\(column) = \(value)")
          if value != old {
            #expect(found.state == .disagrees && found.findings.count == 1, "\(found.findings)")
            compared += 1
          }
          try store.database.write {
            try $0.execute(
              sql: "UPDATE \(table) SET \(column) = ? WHERE rowid = (SELECT min(rowid) FROM \(table))",
              arguments: [old])
          }
        }
      }
    }
    #expect(try store.verify(run: Self.run).state == .ok)
    #expect(compared > 30, "\(compared)")
  }

  @Test func `is missed a row, and seen a row too many`() throws {
    let store = try finished()
    try store.database.write { try $0.execute(sql: "DELETE FROM measurement WHERE outcome = 'fail'") }
    #expect(try store.verify(run: Self.run).findings == ["measurements: the index has '1', the journal '2'"])
    #expect(try store.rebuild().isEmpty)
    #expect(try store.verify(run: Self.run).state == .ok)
    try store.database.write {
      try $0.execute(
        sql:
          "INSERT INTO measurement (runNumber, step, name, channel, outcome) VALUES (1, 'a', 'b', '', 'pass')"
      )
    }
    #expect(try store.verify(run: Self.run).state == .disagrees)
  }

  @Test func `is compared while a run goes on, too, as far as it is filled by then`() throws {
    let store = try RunStore(path: place, durable: false)
    let writer = try store.create(run: header(run: Self.run))
    #expect(try store.verify(run: Self.run).state == .running)
    try writer.append(events(run: Self.run)[0])
    #expect(try store.verify(run: Self.run).state == .running)
    try store.database.write { try $0.execute(sql: "UPDATE run SET unit = 'other'") }
    #expect(try store.verify(run: Self.run).state == .disagrees)
    try writer.close()
  }

  @Test func `is brought up to date from a journal that ends as it remembers`() throws {
    let store = try finished()
    try store.database.write {
      try $0.execute(sql: "UPDATE run SET unit = 'x', verdict = 'pass', rigHash = ''")
    }
    #expect(try store.verify(run: Self.run).findings.count == 3)
    #expect(try store.rebuild().isEmpty)
    #expect(try store.verify(run: Self.run).state == .ok)
    #expect(try store.find(Self.run).unit == "EK-0042")
  }

  @Test func `is not made to fit a journal with a chain made anew`() throws {
    let store = try finished()
    let head = try store.find(Self.run).journalHead
    forge([measurement(4.2), measurement(4.2)])
    let problems = try store.rebuild()
    #expect(problems.map(\.path) == [store.journalPath(of: Self.run)])
    guard case .altered? = problems.first?.problem else { return #expect(Bool(false), "\(problems)") }
    #expect(try store.find(Self.run).journalHead == head)
    #expect(try store.find(Self.run).verdict == .fail)
    #expect(try store.verify(run: Self.run).state == .disagrees)
  }

  @Test func `is not made to fit a journal whose end was taken away`() throws {
    let store = try finished()
    let lines = folder.bytes(Self.name).split(separator: 10)
    folder.write(Array(lines.dropLast(2).joined(separator: [10])) + [10], to: Self.name)
    #expect(try store.rebuild().count == 1)
    #expect(try store.verify(run: Self.run).state == .disagrees)
  }

  @Test func `names the runs whose journals are gone`() throws {
    let store = try finished()
    let path = store.journalPath(of: Self.run)
    try FileManager.default.removeItem(atPath: path)
    #expect(try store.rebuild().map(\.problem) == [.missing(path: path)])
    #expect(try store.verify(run: Self.run).state == .missing)
  }

  @Test func `is not made where there is none`() throws {
    for name in ["none", "folder"] {
      if name == "folder" {
        try FileManager.default.createDirectory(
          atPath: folder.path + "/" + name, withIntermediateDirectories: true)
      }
      let path = folder.path + "/" + name
      #expect(throws: StoreError.missing(path: path + "/runs.sqlite")) { try RunStore(existing: path) }
      #expect((try? FileManager.default.contentsOfDirectory(atPath: path))?.isEmpty != false)
    }
    _ = try finished()
    #expect(try RunStore(existing: place).runs().count == 1)
  }

  @Test func `an acknowledgement behind half a line of a crash is kept`() throws {
    let store = try RunStore(path: place)
    let entry = Acknowledgement(rig: "bench", run: "a-1", person: "M", note: "", at: "2026-11-22T10:00:00Z")
    try store.acknowledge(entry)
    let whole = folder.bytes("store/acknowledgements.jsonl")
    folder.write(whole + whole.prefix(20), to: "store/acknowledgements.jsonl")
    var next = entry
    next.run = "a-2"
    try store.acknowledge(next)
    #expect(try store.acknowledgements() == [entry, next])
  }
}
