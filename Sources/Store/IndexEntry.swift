import GRDB
import Model

/// Everything the index holds of one run, column by column.
struct IndexEntry {
  typealias Line = [(column: String, value: DatabaseValue)]

  /// The row of `run`; nil when there is none.
  let run: Line?
  /// The rows of `measurement`, in their order.
  let measurements: [Line]

  init(of id: String, in db: Database) throws {
    run = try Row.fetchOne(db, sql: "SELECT * FROM run WHERE id = ?", arguments: [id]).map(Self.line)
    measurements = try Row.fetchAll(
      db,
      sql: """
        SELECT m.* FROM measurement m JOIN run ON run.number = m.runNumber WHERE run.id = ? ORDER BY m.rowid
        """, arguments: [id]
    ).map(Self.line)
  }

  /// What the index ought to hold: made from the record by the same code, in a database of its own.
  ///
  /// - Parameter head: Hash of the journal's last line; nil for a run whose end is not in the index.
  init(of record: RunRecord, head: String?) throws {
    let scratch = try DatabaseQueue()
    try Schema.migrator(journals: "").migrate(scratch)
    self = try scratch.write { db in
      try Schema.insert(record.header, into: db)
      if let head { try Schema.finish(record, verdict: record.verdict ?? .aborted, head: head, in: db) }
      return try IndexEntry(of: record.header.run, in: db)
    }
  }

  /// Numbers that only say where a row stands.
  private static let places: Set<String> = ["number", "runNumber"]

  private static func line(_ row: Row) -> Line {
    row.filter { !places.contains($0.0) }.map { (column: $0.0, value: $0.1) }
  }

  // MARK: Comparing

  /// More differences than these are counted, not described.
  private static let listMax = 8

  /// What this index says otherwise than it ought to.
  ///
  /// - Parameter isFinished: False: columns that the end of a run fills are left out.
  func differences(from expected: IndexEntry, isFinished: Bool) -> [String] {
    guard let run, let other = expected.run else { return ["the index has lost the run"] }
    var found = Self.differences(
      run.filter { isFinished || !Schema.columnsOfTheEnd.contains($0.column) }, other, "")
    guard isFinished else { return found }
    if measurements.count != expected.measurements.count {
      found.append(
        "measurements: the index has '\(measurements.count)', the journal '\(expected.measurements.count)'")
    } else {
      for (number, (index, journal)) in zip(measurements, expected.measurements).enumerated() {
        found += Self.differences(index, journal, "measurement \(number + 1)\(Self.name(journal)), ")
      }
    }
    guard found.count > Self.listMax else { return found }
    return found.prefix(Self.listMax) + ["\(found.count - Self.listMax) more values"]
  }

  private static func differences(_ index: Line, _ journal: Line, _ place: String) -> [String] {
    index.compactMap { index in
      guard let journal = journal.first(where: { $0.column == index.column }), journal.value != index.value
      else {
        return nil
      }
      let words = words[index.column] ?? index.column
      return "\(place)\(words): the index has '\(text(index))', the journal '\(text(journal))'"
    }
  }

  private static let words = [
    "startedAt": "begin", "journalHead": "hash of the last line", "procedureHash": "hash of the procedure",
    "rigHash": "hash of the rig file", "elapsedSeconds": "elapsed seconds",
    "safeStateConfirmed": "safe state confirmed", "judgedFrom": "judged from",
  ]

  private static func text(_ entry: (column: String, value: DatabaseValue)) -> String {
    switch entry.value.storage {
    case .null: ""
    case .int64(let number):
      entry.column == "safeStateConfirmed" && (0...1).contains(number) ? "\(number == 1)" : "\(number)"
    case .double(let number): "\(number)"
    case .string(let text): text
    case .blob(let data): "\(data.count) bytes"
    }
  }

  /// ` (trip ovp-trip cell 7)`
  private static func name(_ line: Line) -> String {
    let parts = ["step", "name", "channel"].compactMap { key in
      line.first { $0.column == key }.map(text)
    }
    return " (\(parts.filter { !$0.isEmpty }.joined(separator: " ")))"
  }
}
