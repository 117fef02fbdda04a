import Foundation
import Glibc

/// One way to end a run, what it is busy with then, and what must be left of it.
struct CampaignCase {
  enum Work: String, CaseIterable { case loop, hung }
  enum Way {
    case signal(Int32)
    /// The terminal it was started at is gone, and nobody hears it any more.
    case closedTerminal
    /// No file of the run may grow any more: the journal cannot be written.
    case fullDisk
    /// No file and no connection can be opened any more, then SIGTERM.
    case noDescriptors
    /// The guard is killed.
    case guardKilled
  }
  /// What is left of the run.
  enum End: Equatable {
    /// It ends itself with this verdict and closes its record.
    case orderly(String)
    /// It ends itself and cannot write that down: the next start closes the record.
    case unwritten
    /// The guard ends what it left behind.
    case killed
  }
  let name: String
  let way: Way
  let work: Work
  /// Milliseconds until every output shall be off.
  let goal: Double
  let end: End
  /// What a person may call it.
  var names: Set<String> { [name, "\(name)-\(work.rawValue)"] }

  static let all: [CampaignCase] =
    Work.allCases.flatMap { work in
      let signals: [(String, Int32)] = [
        ("SIGINT", SIGINT), ("SIGTERM", SIGTERM), ("SIGHUP", SIGHUP), ("SIGQUIT", SIGQUIT),
      ]
      return signals.map {
        CampaignCase(name: $0, way: .signal($1), work: work, goal: 20, end: .orderly("aborted"))
      } + [
        CampaignCase(name: "SIGKILL", way: .signal(SIGKILL), work: work, goal: 100, end: .killed),
        // Where the kernel writes a crash's memory away, its connections stay until then: to the guard it is silence.
        CampaignCase(name: "SIGABRT", way: .signal(SIGABRT), work: work, goal: 500, end: .killed),
        CampaignCase(
          name: "closed-terminal", way: .closedTerminal, work: work, goal: 20, end: .orderly("aborted")),
        CampaignCase(name: "SIGSTOP", way: .signal(SIGSTOP), work: work, goal: 500, end: .killed),
        CampaignCase(
          name: "no-descriptors", way: .noDescriptors, work: work, goal: 20, end: .orderly("aborted")),
        CampaignCase(name: "guard-killed", way: .guardKilled, work: work, goal: 500, end: .orderly("error")),
      ]
    } + [
      // It is noticed with the next event: after the longest exchange of the loop at the latest.
      CampaignCase(name: "disk-full", way: .fullDisk, work: .loop, goal: 300, end: .unwritten)
    ]
}

extension CampaignCase.Way {
  var needsTerminal: Bool {
    if case .closedTerminal = self { true } else { false }
  }

  /// Does it to a running process.
  /// - Parameters:
  ///   - journal: Path of its journal.
  ///   - folder: Where it works, and its guard.
  /// - Returns: When, on CLOCK_MONOTONIC in nanoseconds; nil when it could not be done.
  func happen(to process: CampaignChild, journal: String, in folder: String) -> Int64? {
    var at = kernelNanoseconds()
    let isDone: Bool
    switch self {
    case .signal(let number): isDone = process.end(by: number)
    case .closedTerminal: isDone = process.closeTerminal()
    case .fullDisk:
      var status = stat()
      isDone = stat(journal, &status) == 0 && Self.limit(process.pid, "--fsize=\(status.st_size)")
    case .noDescriptors:
      guard Self.limit(process.pid, "--nofile=3") else { return nil }
      at = kernelNanoseconds()
      isDone = process.end(by: SIGTERM)
    case .guardKilled:
      isDone = Self.newestGuard(in: folder).map { kill($0, SIGKILL) == 0 } ?? false
    }
    return isDone ? at : nil
  }

  /// Gives a running process another limit, by the tool of util-linux.
  private static func limit(_ process: pid_t, _ option: String) -> Bool {
    let tool = Process()
    tool.executableURL = URL(fileURLWithPath: "/usr/bin/prlimit")
    tool.arguments = ["--pid", "\(process)", option]
    guard (try? tool.run()) != nil else { return false }
    tool.waitUntilExit()
    return tool.terminationStatus == 0
  }

  /// The guard that was started last in a folder: it is nobody's child.
  private static func newestGuard(in folder: String) -> pid_t? {
    let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    var newest: (pid: pid_t, start: UInt64)?
    for pid in processes.compactMap({ pid_t($0) }) {
      guard (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")) == folder,
        let line = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
        line.contains(" (bmsrig-guard) "), let end = line.lastIndex(of: ")")
      else { continue }
      // The 22nd field is when the process started, in ticks of the kernel; the third comes first behind the name.
      let fields = line[end...].split(separator: " ").dropFirst()
      guard fields.count > 19, let start = UInt64(fields[fields.startIndex + 19]) else { continue }
      if start >= newest?.start ?? 0 { newest = (pid, start) }
    }
    return newest?.pid
  }
}

/// What the campaign saw of one kind of end.
struct CampaignTally {
  var milliseconds: [Double] = []
  /// Runs after which an output was still on.
  var leftOn = 0
  /// Runs of which something is missing that had been reported, or whose journal does not read.
  var damaged = 0
  /// Runs whose safe state nobody confirmed: neither the run nor the guard's proof.
  var unproven = 0
  /// Runs that the guard ended first, because the computer left the controller no time.
  var early = 0
  var notes: [String] = []

  var isClean: Bool { leftOn == 0 && damaged == 0 && unproven == 0 }

  /// A shared computer may keep a process waiting once in a while; one run in a hundred is forgiven, twice the goal is
  /// not.
  func meets(_ goal: Double) -> Bool {
    milliseconds.count { $0 > goal } <= milliseconds.count / 100 && quantile(1) <= 2 * goal
  }

  mutating func add(_ other: CampaignTally) {
    milliseconds += other.milliseconds
    leftOn += other.leftOn
    damaged += other.damaged
    unproven += other.unproven
    early += other.early
    notes += other.notes
  }

  private func quantile(_ part: Double) -> Double {
    let sorted = milliseconds.sorted()
    guard !sorted.isEmpty else { return 0 }
    let rank = Int((Double(sorted.count) * part).rounded(.up))
    return sorted[max(0, rank - 1)]
  }

  func line(_ case: CampaignCase) -> String {
    let late = milliseconds.count { $0 > `case`.goal }
    return "\(`case`.name) in a \(`case`.work.rawValue): \(milliseconds.count) runs, off after median "
      + "\(fixed(quantile(0.5), 1)) ms, 95 % \(fixed(quantile(0.95), 1)) ms, max \(fixed(quantile(1), 1)) ms "
      + "(goal \(fixed(`case`.goal, 0)) ms, \(late) above); left on \(leftOn), records damaged \(damaged), "
      + "without proof \(unproven)" + (meets(`case`.goal) ? "" : "; GOAL MISSED")
      + (early > 0 ? "; in \(early) the guard was first" : "")
  }
}
