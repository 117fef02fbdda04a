import Foundation
import GRDB
import Glibc
import Model

/// What became of a run that a crash had left open.
public struct ClosedRun: Hashable, Sendable {
  public var id: String
  /// What the record says now; nil when the journal could not be closed, and when it held nothing.
  public var verdict: Verdict?
  /// Whole lines found: everything that was ever reported.
  public var events: Int
  /// Bytes of a torn last line that were cut off; that event had been reported to nobody.
  public var tornBytes: Int
  /// What the guard process left beside the journal went into the record.
  public var hasGuardProof = false
  /// It says that every step of the safe state was read back as it should be.
  public var isProvenSafe = false
  /// True when the run broke off; false when it had ended and only its entry in the index was missing.
  public var brokeOff = false
  /// Name of the rig in the index.
  public var rig: String
  /// Why it could not be closed; nil when it was.
  public var problem: StoreError?
}

extension RunStore {
  /// Ends every run that has no end and no living writer: appends `recovered` and `runEnded(aborted)` to its journal
  /// and enters it into the index. Runs of other processes that are still alive are left alone.
  ///
  /// - Returns: One entry per unfinished run, oldest first; a damaged one does not stop the others.
  @discardableResult
  public func closeUnfinished() throws(StoreError) -> [ClosedRun] {
    var closed: [ClosedRun] = []
    for summary in try summaries("WHERE verdict IS NULL ORDER BY number", [])
    where summary.state == .unfinished {
      do throws(StoreError) {
        closed.append(try close(summary))
      } catch .busy {
        continue
      } catch {
        closed.append(ClosedRun(id: summary.id, events: 0, tornBytes: 0, rig: summary.rig, problem: error))
      }
    }
    return closed
  }

  private func close(_ summary: RunSummary) throws(StoreError) -> ClosedRun {
    let file = journalPath(of: summary.id)
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
    var closed = ClosedRun(
      id: summary.id, events: end.count, tornBytes: writer.cutBytes, rig: summary.rig)
    guard var record = folded else {
      // Killed before the first line was whole: nobody ever saw an event of this run.
      try forget(summary.id, file: file)
      return closed
    }
    if !end.ended {
      closed.brokeOff = true
      let proof = guardProofText(of: summary.id)
      closed.hasGuardProof = proof != nil
      closed.isProvenSafe = proof.flatMap { StoredGuardProof($0, run: summary.id) }?.isConfirmed ?? false
      let ending: [RunEvent.Body] = [
        // What an attempt to close it found that broke off itself stays in the record.
        .recovered(
          Recovery(
            cutBytes: writer.cutBytes + (record.recovery?.cutBytes ?? 0),
            guardProof: proof ?? record.recovery?.guardProof)),
        .runEnded(verdict: .aborted, reason: Self.brokenOff, safeStateConfirmed: false),
      ]
      for body in ending {
        let event = RunEvent(sequence: writer.count, nanoseconds: last, body: body)
        try writer.append(event)
        record.apply(event)
      }
    }
    try writer.close()
    try finish(record: record, head: writer.head)
    closed.verdict = record.verdict
    return closed
  }

  static let brokenOff =
    "the program ended before the run did, or could not write any more; closed afterwards, safe state unknown"

  /// Takes a run out of the index of which nothing was recorded, and its empty journal with it.
  private func forget(_ run: String, file: String) throws(StoreError) {
    do {
      try database.write { try $0.execute(sql: "DELETE FROM run WHERE id = ?", arguments: [run]) }
    } catch {
      throw StoreError(database: error, path: databasePath)
    }
    unlink(file)
  }
}
