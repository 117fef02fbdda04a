import Foundation
import GRDB
import Model

extension RunStore {
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
