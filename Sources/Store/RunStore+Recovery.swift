import Foundation
import GRDB
import Model

/// What became of a run that a crash had left open.
public struct ClosedRun: Hashable, Sendable {
  public var id: String
  /// What the record says now; nil when the journal could not be closed.
  public var verdict: Verdict?
  /// Bytes of a torn last line that were cut off.
  public var tornBytes: Int
  /// Why it could not be closed; nil when it was.
  public var problem: StoreError?
}

extension RunStore {
  /// Ends every run that has no end and no living writer: appends `runEnded(aborted)` to its journal and
  /// enters it into the index. Runs of other processes that are still alive are left alone.
  ///
  /// - Returns: One entry per unfinished run, oldest first; a damaged one does not stop the others.
  @discardableResult
  public func closeUnfinished() throws(StoreError) -> [ClosedRun] {
    var closed: [ClosedRun] = []
    for summary in try summaries("WHERE verdict IS NULL ORDER BY number", [])
    where summary.state == .unfinished {
      do throws(StoreError) {
        closed.append(try close(summary.id))
      } catch .busy {
        continue
      } catch {
        closed.append(ClosedRun(id: summary.id, verdict: nil, tornBytes: 0, problem: error))
      }
    }
    return closed
  }

  private func close(_ run: String) throws(StoreError) -> ClosedRun {
    let file = journalPath(of: run)
    let torn = try JournalReader(path: file).forEach { _ in }.tornBytes
    let writer = try JournalWriter(continuing: file, durable: durable)
    var last: Int64 = 0
    var folded: RunRecord?
    let end = try JournalReader(path: file).forEach { event in
      last = event.nanoseconds
      if case .runStarted(let header) = event.body, folded == nil {
        folded = RunRecord(header: header)
      } else {
        folded?.apply(event)
      }
    }
    guard var record = folded else { throw .missing(path: file) }
    if !end.ended {
      let event = RunEvent(
        sequence: end.count, nanoseconds: last,
        body: .runEnded(
          verdict: .aborted,
          reason: "the program ended before the run did; closed afterwards, safe state unknown",
          safeStateConfirmed: false))
      try writer.append(event)
      record.apply(event)
    }
    try writer.close()
    try finish(record: record, head: writer.head)
    return ClosedRun(id: run, verdict: record.verdict, tornBytes: torn, problem: nil)
  }

  /// Fills the index anew from the journals, in the order the runs were started: for a store whose database
  /// was lost. Runs that are in the index are brought up to date.
  ///
  /// - Returns: Paths of journals that could not be read, with the reason.
  public func rebuild() throws(StoreError) -> [(path: String, problem: StoreError)] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path + "/journals").sorted()
    } catch {
      throw StoreError(folder: error, path: path)
    }
    var problems: [(path: String, problem: StoreError)] = []
    var found: [(record: RunRecord, end: JournalEnd)] = []
    for name in names where name.hasSuffix(".jsonl") {
      let file = path + "/journals/" + name
      do throws(StoreError) {
        let (record, end) = try JournalReader(path: file).record()
        guard let record else { throw .missing(path: file) }
        guard record.header.run + ".jsonl" == name else {
          throw .altered(path: file, line: 1, detail: "it is the journal of run \(record.header.run)")
        }
        found.append((record, end))
      } catch {
        problems.append((file, error))
      }
    }
    found.sort {
      ($0.record.header.startedAt, $0.record.header.run) < ($1.record.header.startedAt, $1.record.header.run)
    }
    let runs = found
    do {
      try database.write { db in
        for (record, end) in runs {
          let id = record.header.run
          if try !Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM run WHERE id = ?)", arguments: [id])! {
            try Schema.insert(record.header, into: db)
          }
          if let verdict = record.verdict {
            try Schema.finish(record, verdict: verdict, head: end.head, in: db)
          }
        }
      }
    } catch {
      throw StoreError(database: error, path: databasePath)
    }
    return problems
  }
}
