import Foundation
import Model
import Testing

@testable import Store

@Suite struct RunStoreTests {
  let folder = ScratchFolder()
  var place: String { folder.path + "/store" }

  @discardableResult
  func run(
    _ store: RunStore, _ id: String, unit: String = "EK-0042", values: [Measurement] = [measurement(4.2)],
    verdict: Verdict = .pass
  ) throws -> RunRecord {
    let sent = events(run: id, unit: unit, values: values, verdict: verdict)
    let writer = try store.create(run: header(run: id, unit: unit))
    for event in sent { try writer.append(event) }
    try writer.close()
    let record = try #require(RunRecord(folding: sent))
    try store.finish(record: record, head: writer.head)
    return record
  }

  /// A run whose program was killed after `count` events.
  func crash(_ store: RunStore, _ id: String, after count: Int = 4) throws {
    let writer = try store.create(run: header(run: id))
    for event in events(run: id).prefix(count) { try writer.append(event) }
  }

  @Test func `a finished run is listed and can be read back`() throws {
    let store = try RunStore(path: place)
    let record = try run(store, "EK-0042-1", values: [measurement(4.25, outcome: .fail)], verdict: .fail)
    let summary = try #require(try store.runs().first)
    #expect(summary.verdict == .fail)
    #expect(summary.failures == 1)
    #expect(summary.state == .finished)
    #expect(summary.procedure == "end-of-line")
    #expect(summary.rig == "bench")
    #expect(summary.elapsedSeconds == record.elapsedSeconds)
    #expect(try store.record(run: "EK-0042-1").record == record)
  }

  @Test func `the newest run comes first`() throws {
    let store = try RunStore(path: place)
    for number in 1...3 { try run(store, "EK-0042-\(number)") }
    #expect(try store.runs(limit: 2).map(\.id) == ["EK-0042-3", "EK-0042-2"])
  }

  @Test func `ids count the runs of a unit and are safe as file names`() throws {
    let store = try RunStore(path: place)
    #expect(try store.nextRunID(unit: "EK-0042") == "EK-0042-1")
    try run(store, "EK-0042-1")
    #expect(try store.nextRunID(unit: "EK-0042") == "EK-0042-2")
    #expect(try store.nextRunID(unit: "other") == "other-1")
    #expect(try store.nextRunID(unit: "../../etc/pass wd") == "_._.._etc_pass_wd-1")
    #expect(try store.nextRunID(unit: "") == "unit-1")
    #expect(try store.nextRunID(unit: "-rf") == "_rf-1")
    #expect(try store.nextRunID(unit: String(repeating: "é", count: 400)).utf8.count < 200)
  }

  @Test func `units that look alike as file names get different ids`() throws {
    let store = try RunStore(path: place)
    try run(store, "a_b-1", unit: "a/b")
    #expect(try store.nextRunID(unit: "a_b") == "a_b-2")
  }

  @Test func `an id that is taken is refused`() throws {
    let store = try RunStore(path: place)
    try run(store, "EK-0042-1")
    #expect(throws: StoreError.runExists("EK-0042-1")) { try store.create(run: header(run: "EK-0042-1")) }
    #expect(throws: StoreError.self) { try store.create(run: header(run: "../evil")) }
  }

  @Test func `a run is found by the beginning of its id`() throws {
    let store = try RunStore(path: place)
    for id in ["A-1", "A-10", "B-1"] { try run(store, id) }
    #expect(try store.find("B").id == "B-1")
    #expect(try store.find("A-1").id == "A-1")
    #expect(throws: StoreError.ambiguous("A", candidates: ["A-10", "A-1"])) { try store.find("A") }
    #expect(throws: StoreError.noSuchRun("C")) { try store.find("C") }
    #expect(throws: StoreError.noSuchRun("%")) { try store.find("%") }
  }

  @Test func `a living run is told from a crashed one`() throws {
    let store = try RunStore(path: place)
    let writer = try store.create(run: header(run: "live-1"))
    try writer.append(events(run: "live-1")[0])
    try crash(store, "dead-1")
    let runs = try store.runs()
    #expect(runs.first { $0.id == "live-1" }?.state == .running)
    #expect(runs.first { $0.id == "dead-1" }?.state == .unfinished)
    #expect(runs.allSatisfy { $0.verdict == nil })
    try writer.close()
  }

  @Test func `closing ends crashed runs as aborted and leaves living ones alone`() throws {
    let store = try RunStore(path: place)
    let writer = try store.create(run: header(run: "live-1"))
    try crash(store, "dead-1")
    let closed = try RunStore(path: place).closeUnfinished()
    #expect(closed.map(\.id) == ["dead-1"])
    let (record, end) = try store.record(run: "dead-1")
    #expect(record.verdict == .aborted)
    #expect(!record.safeStateConfirmed)
    #expect(record.reason.contains("program ended"))
    #expect(end.ended)
    #expect(try store.find("dead-1").state == .finished)
    for event in events(run: "live-1") { try writer.append(event) }
    #expect(try store.closeUnfinished().isEmpty)
  }

  @Test func `a run that ended but was not entered keeps its own verdict`() throws {
    let store = try RunStore(path: place)
    try crash(store, "dead-1", after: 100)
    #expect(try store.closeUnfinished().first?.verdict == .pass)
    #expect(try store.find("dead-1").verdict == .pass)
  }

  @Test func `a damaged crashed run does not stop the others`() throws {
    let store = try RunStore(path: place)
    try crash(store, "dead-1")
    try crash(store, "dead-2")
    try FileManager.default.removeItem(atPath: store.journalPath(of: "dead-1"))
    let closed = try store.closeUnfinished()
    #expect(closed.first { $0.id == "dead-1" }?.problem == .missing(path: store.journalPath(of: "dead-1")))
    #expect(closed.first { $0.id == "dead-2" }?.verdict == .aborted)
  }

  @Test func `a journal cut short after the run was finished is noticed`() throws {
    let store = try RunStore(path: place)
    try run(store, "EK-0042-1")
    let name = "store/journals/EK-0042-1.jsonl"
    let lines = folder.bytes(name).split(separator: 10)
    folder.write(Array(lines.dropLast(2).joined(separator: [10])) + [10], to: name)
    let error = #expect(throws: StoreError.self) { try store.record(run: "EK-0042-1") }
    guard case .altered = error else { return #expect(Bool(false), "\(String(describing: error))") }
  }

  @Test func `measurements of many runs can be asked for`() throws {
    let store = try RunStore(path: place)
    for (number, value) in [4.199, 4.201].enumerated() {
      try run(store, "U\(number)-1", unit: "U\(number)", values: [measurement(value)])
    }
    let rows = try store.measurements(step: "trip", name: "ovp-trip")
    #expect(rows.map(\.value) == [4.201, 4.199])
    #expect(rows.map(\.unit) == ["U1", "U0"])
    #expect(rows[0].high == 4.215)
    #expect(rows[0].dimension == "voltage")
    #expect(rows[0].requirement == "SPEC-OVP-01")
  }

  @Test func `two openings of one store see each other`() throws {
    let first = try RunStore(path: place)
    let second = try RunStore(path: place)
    try run(first, "EK-0042-1")
    try run(second, "EK-0042-2")
    #expect(try first.runs().map(\.id) == ["EK-0042-2", "EK-0042-1"])
  }

  @Test func `many openings at once make one store`() async throws {
    let place = place
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 { group.addTask { (try? RunStore(path: place)) != nil } }
      for await opened in group { #expect(opened) }
    }
  }

  @Test func `a damaged database is reported with a way out and can be rebuilt`() throws {
    let store = try RunStore(path: place)
    let record = try run(store, "EK-0042-1")
    try crash(store, "EK-0042-2")
    try FileManager.default.createDirectory(atPath: folder.path + "/new", withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: place + "/journals", toPath: folder.path + "/new/journals")
    folder.write(Array(String(repeating: "no database ", count: 200).utf8), to: "new/runs.sqlite")
    let error = #expect(throws: StoreError.self) { try RunStore(path: folder.path + "/new") }
    guard case .corrupt = error else { return #expect(Bool(false), "\(String(describing: error))") }
    #expect(error!.description.contains("rebuild"))

    try FileManager.default.removeItem(atPath: folder.path + "/new/runs.sqlite")
    let rebuilt = try RunStore(path: folder.path + "/new")
    #expect(try rebuilt.rebuild().isEmpty)
    #expect(try rebuilt.record(run: "EK-0042-1").record == record)
    #expect(try rebuilt.find("EK-0042-2").state == .unfinished)
  }

  @Test func `a folder that cannot be made says why`() {
    folder.write([1], to: "file")
    let error = #expect(throws: StoreError.self) { try RunStore(path: folder.path + "/file/store") }
    #expect(error?.description.contains("store") == true)
  }
}
