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
      named. A line that a crash interrupted had been reported to nobody: it is cut off when the run is closed.
      Exit code 0 when everything is sound, 1 when something was altered, is missing or disagrees.
      """)

  @Argument(
    help: ArgumentHelp(
      "Run id or its beginning; or a journal, a folder of journals, or a store.", valueName: "run|path"))
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
    var found: [RunVerification]
    if let target, let files = Self.files(at: target) {
      found = files.map { RunVerification(path: $0, name: Self.name($0)) }
    } else if let target, Self.isFolder(target) {
      found = try everything(in: try open(target))
    } else if all {
      found = try everything(in: try open(store.path))
    } else {
      found = [try one(target ?? "", in: try open(store.path))]
    }
    if let head, found.count == 1, found[0].isSound, found[0].head != head.lowercased() {
      found[0].state = .disagrees
      found[0].findings.append("its last hash is \(found[0].head), not the one given")
    }
    show(found)
    if !found.allSatisfy(\.isSound) { throw CommandEnd(.fail) }
  }

  /// The store itself, without closing what is open: what a crash left is looked at first.
  private func open(_ path: String) throws -> RunStore {
    guard Self.isFolder(path) else {
      throw Complaint.end(
        "there is no store at \(path)", "name it with --store", code: .badInput, format.format)
    }
    do throws(StoreError) { return try RunStore(path: path) } catch {
      throw Complaint.end(error, format.format)
    }
  }

  private func one(_ prefix: String, in store: RunStore) throws -> RunVerification {
    do throws(StoreError) {
      let summary = try store.find(prefix)
      let found = try store.verify(run: summary.id)
      guard found.state == .unfinished, summary.state == .unfinished else { return found }
      // Nothing was altered: what the crash left is closed, and looked at again.
      StoreOption.tell(try store.closeUnfinished())
      guard try store.runs(limit: .max).contains(where: { $0.id == summary.id }) else { return found }
      return try store.verify(run: summary.id)
    } catch {
      throw Complaint.end(error, format.format)
    }
  }

  private func everything(in store: RunStore) throws -> [RunVerification] {
    do throws(StoreError) {
      var found: [RunVerification] = []
      for summary in try store.runs(limit: .max).reversed() {
        found.append(try one(exactly: summary, in: store))
      }
      for name in try store.strayJournals() {
        var stray = RunVerification(path: store.path + "/journals/" + name, name: String(name.dropLast(6)))
        if stray.isSound { stray.state = .disagrees }
        stray.findings.append("the index does not know it; 'bmsrig store rebuild' enters it")
        found.append(stray)
      }
      return found
    } catch {
      throw Complaint.end(error, format.format)
    }
  }

  private func one(exactly summary: RunSummary, in store: RunStore) throws(StoreError) -> RunVerification {
    let found = try store.verify(run: summary.id)
    guard found.state == .unfinished else { return found }
    StoreOption.tell(try store.closeUnfinished())
    do throws(StoreError) { return try store.verify(run: summary.id) } catch .noSuchRun { return found }
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
      if run.tornBytes > 0, run.isSound {
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
