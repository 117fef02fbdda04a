import Foundation
import GRDB
import Glibc
import Model

extension RunStore {
  /// Fills the index anew from the journals, in the order the runs were started: for a store whose database
  /// was lost. Runs that are in the index are brought up to date, unless the index knows another end of the journal
  /// than the journal has: the hash of the end is what an altered journal is found by, and is never replaced.
  ///
  /// - Returns: Paths of journals that could not be read, or are not what the index remembers, with the reason.
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
      problems += try database.write { db in
        var refused: [(path: String, problem: StoreError)] = []
        for (record, end) in runs {
          do throws(StoreError) { try enter(record, end, in: db) } catch {
            refused.append((journalPath(of: record.header.run), error))
          }
        }
        return refused + (try lost(in: db))
      }
    } catch {
      throw StoreError(database: error, path: databasePath)
    }
    return problems
  }

  private func enter(_ record: RunRecord, _ end: JournalEnd, in db: Database) throws(StoreError) {
    let id = record.header.run
    do {
      let known = try Row.fetchOne(db, sql: "SELECT journalHead FROM run WHERE id = ?", arguments: [id])
      if let remembered = known.flatMap({ $0["journalHead"] as String? }), remembered != end.head {
        // Unless it has ended since it was read.
        guard try JournalReader(path: journalPath(of: id)).record().end.head == remembered else {
          throw StoreError.altered(
            path: journalPath(of: id), line: max(end.count, 1),
            detail: "the journal does not end as it did when the run was finished")
        }
        return
      }
      if known == nil {
        try Schema.insert(record.header, into: db)
      } else {
        try Schema.update(record.header, in: db)
      }
      if let verdict = record.verdict { try Schema.finish(record, verdict: verdict, head: end.head, in: db) }
    } catch {
      throw StoreError(database: error, path: databasePath)
    }
  }

  /// Finished runs whose journals are gone.
  private func lost(in db: Database) throws -> [(path: String, problem: StoreError)] {
    try String.fetchAll(db, sql: "SELECT id FROM run WHERE verdict IS NOT NULL ORDER BY number").compactMap {
      id in
      let file = journalPath(of: id)
      return access(file, F_OK) == 0 ? nil : (file, .missing(path: file))
    }
  }
}
