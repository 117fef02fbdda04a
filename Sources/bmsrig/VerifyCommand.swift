import ArgumentParser
import Foundation
import Model
import Quantities
import Store

/// `bmsrig verify`: proves that records are what was written.
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prove that the journal of a run is whole and unchanged, and that the index says the same.",
    discussion: """
      Each line of a journal is chained to the one before by SHA-256. A changed, removed, inserted or moved line is \
      named. A line that a crash interrupted had been reported to nobody: it is cut off when the run is closed. In a \
      store every value of the index is compared with the journal, too.
      A journal that is named by its path is looked at by itself. When it has no end, nothing in it tells a run that \
      broke off from lines that were taken away: that proves nothing. A chain that was made anew is found by --head.
      Exit code 0 when everything is sound; 1 when something was altered, is missing or disagrees; 2 when there is no \
      journal to look at; 5 when a journal has no end.
      """)

  @Argument(
    help: ArgumentHelp(
      "Run id or its beginning; or a journal, a folder of journals, or a store. What has a slash or ends with .jsonl "
        + "is a path; any other name is a run of the store if there is one.", valueName: "run|path"))
  var target: String?
  @Flag(help: "Every run of the store, and journals that belong to none.")
  var all = false
  @Option(help: "The journal's hash as a report prints it: the run must end with it.")
  var head: String?
  @OptionGroup var store: StoreOption
  @OptionGroup var format: FormatOption

  func validate() throws {
    if all == (target != nil) { throw ValidationError("name a run or a path, or write --all") }
    if head != nil, all { throw ValidationError("--head belongs to one run") }
  }

  func run() throws {
    var found = try look()
    guard !found.isEmpty else {
      throw complaint("there is no journal in \(target ?? store.path)", "name a run, a journal or a store")
    }
    if let head {
      guard found.count == 1 else {
        throw complaint(
          "--head belongs to one journal, and \(target ?? "") holds \(found.count)",
          "name the run or its journal")
      }
      if [.ok, .running, .unfinished].contains(found[0].state), found[0].head != head.lowercased() {
        found[0].state = .disagrees
        found[0].findings.append("its last hash is \(found[0].head), not the one given")
      }
    }
    show(found)
    if found.contains(where: { !$0.isSound && $0.state != .unfinished }) { throw CommandEnd(.fail) }
    if found.contains(where: { $0.state == .unfinished }) { throw CommandEnd(.inconclusive) }
  }

  private func look() throws -> [RunVerification] {
    guard let target else { return try everything(in: try open(store.path)) }
    if !Self.isPath(target), let run = try stored(target) { return [run] }
    guard let files = Self.files(at: target) else {
      guard Self.isFolder(target) else { throw complaint("\(target) does not exist", "check the path") }
      return try everything(in: try open(target))
    }
    let found = files.map { file in
      var found = RunVerification(path: file, name: Self.name(file))
      if found.state == .unfinished {
        found.findings.append(
          "it has no end: the run goes on, broke off, or its last lines were taken away; its store can tell, or "
            + "--head with the hash of a report")
      }
      return found
    }
    // Nothing of what was named is a journal, or can be read.
    if !found.isEmpty, found.allSatisfy({ [.noJournal, .missing].contains($0.state) }) {
      throw complaint(
        "there is no journal at \(target)", found.flatMap(\.findings).first ?? "name a run or a journal")
    }
    return found
  }

  private func complaint(_ message: String, _ advice: String) -> CommandEnd {
    Complaint.end(message, advice, code: .badInput, format.format)
  }

  /// The run of the store by that name; nil when there is none and a file or folder of that name is meant.
  private func stored(_ target: String) throws -> RunVerification? {
    let isFile = FileManager.default.fileExists(atPath: target)
    let opened: RunStore
    do throws(StoreError) { opened = try RunStore(existing: store.path) } catch {
      guard isFile else { throw noStore(error, store.path) }
      return nil
    }
    do throws(StoreError) { _ = try opened.find(target) } catch {
      if case .noSuchRun = error, isFile { return nil }
      throw Complaint.end(error, format.format)
    }
    if isFile { Output.error("This is the run of the store; for what lies here write ./\(target)") }
    return try one(target, in: opened)
  }

  /// The store itself, without closing what is open: what a crash left is looked at first.
  private func open(_ path: String) throws -> RunStore {
    do throws(StoreError) { return try RunStore(existing: path) } catch { throw noStore(error, path) }
  }

  /// Verifying makes no store.
  private func noStore(_ error: StoreError, _ path: String) -> CommandEnd {
    guard case .missing = error else { return Complaint.end(error, format.format) }
    return complaint(
      "there is no store at \(path)",
      Self.isFolder(path + "/journals")
        ? "its index is lost: 'bmsrig store rebuild' makes it anew, 'bmsrig verify \(path)/journals' looks at the "
          + "journals by themselves" : "name it with --store")
  }

  private func one(_ prefix: String, in store: RunStore) throws -> RunVerification {
    do throws(StoreError) {
      let summary = try store.find(prefix)
      guard let found = try one(exactly: summary, in: store) else { throw .noSuchRun(summary.id) }
      return found
    } catch {
      throw Complaint.end(error, format.format)
    }
  }

  private func everything(in store: RunStore) throws -> [RunVerification] {
    do throws(StoreError) {
      var found: [RunVerification] = []
      for summary in try store.runs(limit: .max).reversed() {
        if let run = try one(exactly: summary, in: store) { found.append(run) }
      }
      for name in try store.strayJournals() {
        var stray = RunVerification(path: store.path + "/journals/" + name, name: String(name.dropLast(6)))
        if stray.isSound || stray.state == .unfinished { stray.state = .disagrees }
        stray.findings.append("the index does not know it; 'bmsrig store rebuild' enters it")
        found.append(stray)
      }
      return found
    } catch {
      throw Complaint.end(error, format.format)
    }
  }

  /// nil when nothing of the run was recorded before it broke off, and it is gone now.
  private func one(exactly summary: RunSummary, in store: RunStore) throws(StoreError) -> RunVerification? {
    let found = try store.verify(run: summary.id)
    guard found.state == .unfinished else { return found }
    // Nothing was altered: what the crash left is closed, and looked at again.
    StoreOption.tell(try store.closeUnfinished())
    do throws(StoreError) { return try store.verify(run: summary.id) } catch .noSuchRun { return nil }
  }

  private func show(_ found: [RunVerification]) {
    if format.format == .json {
      return Output.json(.object([("runs", .array(found.map(Self.json)))]))
    }
    for run in found {
      Output.line(
        "\(run.run.padded(24)) \(Self.word(run).padded(11)) \(run.lines) lines, ends with \(run.head)")
      if let cut = run.recoveredBytes {
        Output.line(
          "  closed after a crash"
            + (cut == 0 ? "" : "; \(cut) bytes of a line that nobody had seen were cut off"))
      }
      if run.tornBytes > 0, run.isSound || run.state == .unfinished {
        Output.line("  \(run.tornBytes) bytes of an interrupted line at the end, not part of the record")
      }
      for finding in run.findings { Output.line("  \(finding)") }
    }
    if found.count != 1 {
      Output.line("\(found.count { $0.isSound }) of \(found.count) journals are sound")
    }
  }

  private static func word(_ run: RunVerification) -> String {
    switch run.state {
    case .ok: run.recoveredBytes.map { $0 > 0 ? "repaired" : "ok" } ?? "ok"
    case .running: "running"
    case .unfinished: "unfinished"
    case .altered: "ALTERED"
    case .disagrees: "DISAGREES"
    case .missing: "MISSING"
    case .noJournal: "NO JOURNAL"
    }
  }

  private static func json(_ run: RunVerification) -> OrderedJSON {
    .object([
      ("run", .string(run.run)), ("state", .string(run.state.rawValue)), ("sound", .bool(run.isSound)),
      ("journal", .string(run.path)), ("lines", .int(run.lines)), ("head", .string(run.head)),
      ("torn_bytes", .int(run.tornBytes)), ("recovered_bytes", run.recoveredBytes.map { .int($0) } ?? .null),
      ("verdict", run.verdict.map { .string($0.rawValue) } ?? .null),
      ("findings", .array(run.findings.map { .string($0) })),
    ])
  }

  // MARK: Paths

  /// A run id has neither.
  private static func isPath(_ target: String) -> Bool { target.contains("/") || target.hasSuffix(".jsonl") }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  private static func name(_ path: String) -> String {
    URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
  }

  /// Journals that lie at a path by themselves; nil when it is a store, or no path at all.
  private static func files(at path: String) -> [String]? {
    guard isFolder(path) else { return FileManager.default.fileExists(atPath: path) ? [path] : nil }
    guard !FileManager.default.fileExists(atPath: path + "/runs.sqlite"),
      let names = try? FileManager.default.contentsOfDirectory(atPath: path)
    else { return nil }
    let folder = names.contains("journals") ? path + "/journals" : path
    let journals = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return journals.filter { $0.hasSuffix(".jsonl") }.sorted().map { folder + "/" + $0 }
  }
}
