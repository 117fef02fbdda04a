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
    /// It broke off and nobody has closed it yet; all whole lines are right.
    case unfinished
    /// Lines are not what was written.
    case altered
    /// The journal is whole and does not say what the index says.
    case disagrees
    /// The index knows the run and there is no journal, or none that can be read.
    case missing
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
    case .ok, .running, .unfinished: true
    case .altered, .disagrees, .missing: false
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
    self.init(
      run: audit.record?.header.run ?? name, path: path,
      state: audit.breakCount > 0 ? .altered : audit.end.ended ? .ok : .unfinished, lines: audit.end.count,
      head: audit.end.head, tornBytes: audit.end.tornBytes, verdict: audit.record?.verdict,
      recoveredBytes: audit.record?.recovery?.cutBytes,
      findings: audit.breaks.map { "line \($0.line): \($0.detail)" })
    if audit.breakCount > audit.breaks.count {
      findings.append("\(audit.breakCount - audit.breaks.count) more lines")
    }
    if audit.record == nil, audit.end.count > 0, audit.breakCount == 0 {
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
    var found = RunVerification(path: path, name: summary.id)
    guard found.isSound else { return found }
    if found.run != summary.id {
      found.state = .altered
      found.findings.append("line 1: it is the journal of run \(found.run)")
      found.run = summary.id
      return found
    }
    switch summary.state {
    case .running: found.state = .running
    case .unfinished: found.state = .unfinished
    case .finished:
      let differences = try differences(of: summary, found)
      if !differences.isEmpty { found.state = .disagrees }
      found.findings += differences
    }
    return found
  }

  /// What the index says otherwise than the journal of a run that has ended in both or only in the index.
  private func differences(of summary: RunSummary, _ found: RunVerification) throws(StoreError) -> [String] {
    guard found.state == .ok else {
      return ["the index has its end, the journal does not: it was cut off behind line \(found.lines)"]
    }
    guard let record = try JournalReader(path: found.path).record().record else {
      return ["the journal is empty"]
    }
    var differences: [String] = []
    func compare(_ what: String, _ index: String, _ journal: String) {
      if index != journal {
        differences.append("\(what): the index has '\(index)', the journal '\(journal)'")
      }
    }
    compare("hash of the last line", summary.journalHead ?? "", found.head)
    compare("verdict", summary.verdict?.rawValue ?? "", record.verdict?.rawValue ?? "")
    compare("reason", summary.reason, record.reason)
    compare("unit", summary.unit, record.header.unit)
    compare("model", summary.model, record.header.model)
    compare("procedure", summary.procedure, record.header.procedure.name)
    compare("rig", summary.rig, record.header.rig.name)
    compare("begin", summary.startedAt, record.header.startedAt)
    compare("failures", "\(summary.failures)", "\(record.measurements.count { $0.outcome == .fail })")
    let rows = try measurementRows(of: summary.id)
    compare("measurements", "\(rows)", "\(record.measurements.count)")
    return differences
  }

  private func measurementRows(of run: String) throws(StoreError) -> Int {
    do {
      return try database.read { db in
        try Int.fetchOne(
          db,
          sql: """
            SELECT count(*) FROM measurement JOIN run ON run.number = measurement.runNumber WHERE run.id = ?
            """, arguments: [run]) ?? 0
      }
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
