import Foundation
import GRDB
import Model

/// What looking through a run's journal and its entry in the index has shown.
public struct RunVerification: Hashable, Sendable {
  public enum State: String, Hashable, Sendable, CaseIterable {
    /// Every line follows from the one before, and the index says the same.
    case ok
    /// Its writer is at work; all lines so far are right.
    case running
    /// It has no end; all whole lines are right. In a store: it broke off and nobody has closed it yet. By itself
    /// nothing tells that from a journal whose last lines were taken away.
    case unfinished
    /// Lines are not what was written.
    case altered
    /// The journal is whole and does not say what the index says.
    case disagrees
    /// The index knows the run and there is no journal, or none that can be read.
    case missing
    /// A file by itself in which not one line of a journal stands.
    case noJournal
  }

  /// Id of the run, or the file's name when nothing in it can be read.
  public var run: String
  public var path: String
  public var state: State
  /// Whole lines.
  public var lines: Int
  /// Hash of the last line: what a report prints.
  public var head: String
  /// Bytes of an interrupted last line.
  public var tornBytes: Int
  public var verdict: Verdict?
  /// Bytes that were cut off when the run was closed after a crash; nil when it was not.
  public var recoveredBytes: Int?
  /// What is wrong, line by line or value by value; empty when nothing is.
  public var findings: [String]

  public var isSound: Bool {
    switch state {
    case .ok, .running: true
    case .unfinished, .altered, .disagrees, .missing, .noJournal: false
    }
  }

  /// A journal by itself, wherever it lies.
  ///
  /// - Parameter name: What it is called when it does not say so itself.
  public init(path: String, name: String) {
    let audit: JournalAudit
    do throws(StoreError) { audit = try JournalAudit(path: path) } catch {
      self.init(
        run: name, path: path, state: .missing, lines: 0, head: "", tornBytes: 0, findings: ["\(error)"])
      return
    }
    self.init(audit, path: path, name: name)
  }

  fileprivate init(_ audit: JournalAudit, path: String, name: String) {
    self.init(
      run: audit.record?.header.run ?? name, path: path,
      state: audit.breakCount > 0 ? .altered : audit.end.ended ? .ok : .unfinished, lines: audit.end.count,
      head: audit.end.head, tornBytes: audit.end.tornBytes, verdict: audit.record?.verdict,
      recoveredBytes: audit.record?.recovery?.cutBytes,
      findings: audit.breaks.map { "line \($0.line): \($0.detail)" })
    if audit.breakCount > audit.breaks.count {
      findings.append("\(audit.breakCount - audit.breaks.count) more lines")
    }
    if audit.journalLines == 0 {
      state = .noJournal
      findings = ["not one line of a journal stands in it"]
      return
    }
    if audit.record == nil, audit.breakCount == 0 {
      state = .altered
      findings.append("line 1: it does not begin a run")
    }
    if audit.end.ended, audit.end.tornBytes > 0 {
      state = .altered
      findings.append("\(audit.end.tornBytes) bytes stand behind the end of the run")
    }
  }

  private init(
    run: String, path: String, state: State, lines: Int, head: String, tornBytes: Int,
    verdict: Verdict? = nil, recoveredBytes: Int? = nil, findings: [String]
  ) {
    self.run = run
    self.path = path
    self.state = state
    self.lines = lines
    self.head = head
    self.tornBytes = tornBytes
    self.verdict = verdict
    self.recoveredBytes = recoveredBytes
    self.findings = findings
  }
}

extension RunStore {
  /// Looks through one run. Changes nothing.
  ///
  /// - Parameter run: Its whole id.
  /// - Throws: `noSuchRun`, and what the index has to say.
  public func verify(run: String) throws(StoreError) -> RunVerification {
    let summary = try find(run)
    let path = journalPath(of: summary.id)
    let audit: JournalAudit
    do throws(StoreError) { audit = try JournalAudit(path: path) } catch {
      return RunVerification(path: path, name: summary.id)
    }
    var found = RunVerification(audit, path: path, name: summary.id)
    if found.state == .noJournal, audit.end.count == 0, summary.state != .finished {
      // Nobody was shown an event of it yet.
      found.state = summary.state == .running ? .running : .unfinished
      found.findings = []
      return found
    }
    switch found.state {
    case .ok, .unfinished: break
    case .noJournal:
      found.state = .missing
      return found
    case .running, .altered, .disagrees, .missing: return found
    }
    guard let record = audit.record, record.header.run == summary.id else {
      found.findings.append("line 1: it is the journal of run \(found.run)")
      found.state = .altered
      found.run = summary.id
      return found
    }
    let isWhole = found.state == .ok
    found.state = summary.state == .running ? .running : summary.state == .unfinished ? .unfinished : .ok
    let differences =
      summary.state == .finished && !isWhole
      ? ["the index has its end, the journal does not: it was cut off behind line \(found.lines)"]
      : try differences(of: record, head: summary.state == .finished ? found.head : nil)
    if !differences.isEmpty { found.state = .disagrees }
    found.findings += differences
    return found
  }

  /// What the index says otherwise than the journal.
  ///
  /// - Parameter head: Hash of the journal's last line; nil for a run whose end is not in the index.
  private func differences(of record: RunRecord, head: String?) throws(StoreError) -> [String] {
    do {
      let expected = try IndexEntry(of: record, head: head)
      return try database.read { try IndexEntry(of: record.header.run, in: $0) }
        .differences(from: expected, isFinished: head != nil)
    } catch {
      throw StoreError(database: error, path: databasePath)
    }
  }

  /// Journals that no run of the index owns, alphabetically: of a lost index, or laid there by somebody.
  public func strayJournals() throws(StoreError) -> [String] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path + "/journals").sorted()
    } catch {
      throw StoreError(folder: error, path: path)
    }
    let known = Set(try summaries("", []).map(\.id))
    // An empty one is what a program leaves that is killed while it makes it.
    return names.filter { name in
      name.hasSuffix(".jsonl") && !known.contains(String(name.dropLast(6)))
        && (try? FileManager.default.attributesOfItem(atPath: path + "/journals/" + name)[.size] as? Int) != 0
    }
  }
}
