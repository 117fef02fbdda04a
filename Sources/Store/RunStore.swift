import Foundation
import GRDB
import Glibc
import Model

/// Keeps runs: `journals/<run>.jsonl` holds what happened, `runs.sqlite` is an index over it.
///
/// Any number of processes may use one store. All calls block until the disk has answered; none belongs on
/// the path of a running step, except `JournalWriter.append`.
public struct RunStore: Sendable {
  /// How long to wait for another process that writes, seconds.
  public static let patience = 5.0
  static let databaseName = "runs.sqlite"

  /// Folder of the store.
  public let path: String
  let database: DatabaseQueue
  let durable: Bool

  var databasePath: String { path + "/" + Self.databaseName }

  /// Opens the store in a folder and makes it when it is not there.
  ///
  /// - Parameter durable: False leaves the time of writing to the kernel: for stores nobody needs tomorrow.
  /// - Throws: `corrupt`, `newer`, `denied`, `full`, `busy`.
  public init(path: String, durable: Bool = true) throws(StoreError) {
    self.path = path
    self.durable = durable
    do {
      try FileManager.default.createDirectory(atPath: path + "/journals", withIntermediateDirectories: true)
    } catch {
      throw StoreError(folder: error, path: path)
    }
    // Two processes that meet an empty folder must not both create the tables.
    let gate = open(path + "/.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard gate >= 0 else { throw StoreError(errno: errno, path: path, attempt: "lock") }
    defer { close(gate) }
    guard flock(gate, LOCK_EX) == 0 else { throw StoreError(errno: errno, path: path, attempt: "lock") }
    database = try Self.openDatabase(path + "/" + Self.databaseName, journals: path + "/journals")
  }

  /// Opens a store that is there, and never makes one.
  ///
  /// - Throws: `missing` when the folder holds no index.
  public init(existing path: String, durable: Bool = true) throws(StoreError) {
    let index = path + "/" + Self.databaseName
    var status = stat()
    // Of an empty file SQLite would make a database.
    guard stat(index, &status) == 0, status.st_size > 0 else { throw .missing(path: index) }
    try self.init(path: path, durable: durable)
  }

  private static func openDatabase(
    _ path: String, journals: String
  ) throws(StoreError) -> DatabaseQueue {
    var configuration = Configuration()
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(patience)
    do {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      let migrator = Schema.migrator(journals: journals)
      if try queue.read(migrator.hasBeenSuperseded) { throw StoreError.newer(path: path) }
      try migrator.migrate(queue)
      return queue
    } catch {
      throw StoreError(database: error, path: path)
    }
  }

  public func journalPath(of run: String) -> String { "\(path)/journals/\(run).jsonl" }

  /// Enters a new run and starts its journal. Its first event is the caller's to append.
  ///
  /// - Throws: `runExists` when the id is taken, perhaps by another process a moment ago: ask `nextRunID` anew.
  public func create(run header: RunHeader) throws(StoreError) -> JournalWriter {
    guard header.run == Self.fileName(header.run) else { throw .noSuchRun(header.run) }
    let file = journalPath(of: header.run)
    if access(file, F_OK) == 0 { throw .runExists(header.run) }
    do {
      // One transaction: nobody sees the run before its writer holds the journal.
      return try database.write { db in
        try Schema.insert(header, into: db)
        return try JournalWriter(creating: file, durable: durable)
      }
    } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE {
      throw .runExists(header.run)
    } catch {
      throw StoreError(database: error, path: databasePath)
    }
  }

  /// Enters the end of a run and its measurements into the index.
  ///
  /// - Parameter head: Hash of the journal's last line, `JournalWriter.head`.
  /// - Throws: `noSuchRun`.
  public func finish(record: RunRecord, head: String) throws(StoreError) {
    do {
      try database.write {
        try Schema.finish(record, verdict: record.verdict ?? .aborted, head: head, in: $0)
      }
    } catch {
      throw StoreError(database: error, path: databasePath)
    }
  }

  /// The newest runs first.
  public func runs(limit: Int = 50) throws(StoreError) -> [RunSummary] {
    try summaries("ORDER BY number DESC LIMIT ?", [limit])
  }

  /// The one run whose id is `prefix` or begins with it.
  ///
  /// - Throws: `noSuchRun`; `ambiguous` when several begin so and none is exactly that.
  public func find(_ prefix: String) throws(StoreError) -> RunSummary {
    if let exact = try summaries("WHERE id = ?", [prefix]).first { return exact }
    guard !prefix.isEmpty else { throw .noSuchRun(prefix) }
    let found = try summaries(
      "WHERE substr(id, 1, length(?)) = ? ORDER BY number DESC LIMIT 6", [prefix, prefix])
    guard let first = found.first else { throw .noSuchRun(prefix) }
    guard found.count == 1 else { throw .ambiguous(prefix, candidates: found.map(\.id)) }
    return first
  }

  /// The record of a run, folded from its journal after the chain was proven.
  ///
  /// - Throws: `noSuchRun`, `altered`, and `missing` when the journal is gone or holds no whole line. A run
  ///   whose journal no longer ends as the index remembers is `altered`, too.
  public func record(run: String) throws(StoreError) -> (record: RunRecord, end: JournalEnd) {
    let summary = try find(run)
    let file = journalPath(of: summary.id)
    let (record, end) = try JournalReader(path: file).record()
    guard let record else { throw .missing(path: file) }
    guard record.header.run == summary.id else {
      throw .altered(path: file, line: 1, detail: "it is the journal of run \(record.header.run)")
    }
    if let remembered = summary.journalHead, remembered != end.head {
      throw .altered(
        path: file, line: max(end.count, 1),
        detail: "the journal does not end as it did when the run was finished")
    }
    return (record, end)
  }

  /// An id for the next run of a unit, `<unit>-<n>`: letters, digits, `.`, `_` and `-` only. Deterministic:
  /// the same store gives the same answer.
  public func nextRunID(unit: String) throws(StoreError) -> String {
    let stem = Self.fileName(unit)
    do {
      return try database.read { db in
        var number =
          1 + (try Int.fetchOne(db, sql: "SELECT count(*) FROM run WHERE unit = ?", arguments: [unit]) ?? 0)
        func taken(_ id: String) throws -> Bool {
          if access(journalPath(of: id), F_OK) == 0 { return true }
          return try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM run WHERE id = ?)", arguments: [id])!
        }
        while try taken("\(stem)-\(number)") { number += 1 }
        return "\(stem)-\(number)"
      }
    } catch {
      throw StoreError(database: error, path: databasePath)
    }
  }

  /// Measurements of one name over the newest runs, for statistics.
  ///
  /// - Parameter limit: Rows at most.
  public func measurements(step: String, name: String, limit: Int = 10_000) throws(StoreError)
    -> [MeasurementRow]
  {
    do {
      return try database.read { db in
        try Row.fetchAll(
          db,
          sql: """
            SELECT run.id AS run, run.unit AS unitSerial, m.* FROM measurement m
            JOIN run ON run.number = m.runNumber WHERE m.step = ? AND m.name = ?
            ORDER BY run.number DESC, m.rowid LIMIT ?
            """, arguments: [step, name, limit]
        ).map { row in
          MeasurementRow(
            run: row["run"], unit: row["unitSerial"], step: row["step"], name: row["name"],
            channel: row["channel"], value: row["value"], dimension: row["dimension"], low: row["low"],
            high: row["high"], uncertainty: row["uncertainty"], requirement: row["requirement"],
            outcome: Outcome(rawValue: row["outcome"]) ?? .notMeasured)
        }
      }
    } catch {
      throw StoreError(database: error, path: databasePath)
    }
  }

  func summaries(_ tail: String, _ arguments: StatementArguments) throws(StoreError) -> [RunSummary] {
    do {
      return try database.read { db in
        try Row.fetchAll(db, sql: "SELECT * FROM run \(tail)", arguments: arguments).map { row in
          RunSummary(row: row) { isAlive($0) }
        }
      }
    } catch {
      throw StoreError(database: error, path: databasePath)
    }
  }

  /// True while a writer holds the journal.
  func isAlive(_ run: String) -> Bool {
    let descriptor = open(journalPath(of: run), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0
  }

  /// Longest stem of a run id; file systems take 255 bytes.
  static let stemLimit = 120

  /// `text` with everything that is not safe in a file name replaced, never empty, never hidden.
  static func fileName(_ text: String) -> String {
    var name = String(
      text.unicodeScalars.prefix(stemLimit).map { scalar -> Character in
        let safe =
          scalar.isASCII
          && (scalar.properties.isAlphabetic || "0123456789._-".unicodeScalars.contains(scalar))
        return safe ? Character(scalar) : "_"
      })
    if let first = name.first, first == "." || first == "-" { name = "_" + name.dropFirst() }
    return name.isEmpty ? "unit" : name
  }
}

extension StoreError {
  /// The error behind a Foundation file operation.
  init(folder error: any Error, path: String) {
    let cocoa = error as NSError
    if let posix = cocoa.userInfo[NSUnderlyingErrorKey] as? NSError, posix.domain == NSPOSIXErrorDomain {
      self = StoreError(errno: Int32(posix.code), path: path, attempt: "create")
      return
    }
    self = .failed(path: path, attempt: "create", detail: cocoa.localizedDescription)
  }
}
