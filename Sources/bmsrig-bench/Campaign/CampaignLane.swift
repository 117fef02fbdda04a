import Foundation
import Glibc
import Store

/// One rig of a campaign: its own instruments, one run at a time. Every lane works on a thread of its own.
final class CampaignLane: @unchecked Sendable {
  let folder: String
  /// What was seen of the case that is being tried.
  private(set) var tally = CampaignTally()
  private let programs: String
  private let silent: SilentListener
  private var instruments: Process?
  private var chance = SystemRandomNumberGenerator()
  /// Longest time to wait for something that should take a second.
  private static let patience = 20.0

  /// - Parameter folder: Its files; absolute, because what it starts works in it.
  init(folder: String) throws {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    programs = URL(fileURLWithPath: own).deletingLastPathComponent().path
    self.folder = folder
    silent = try SilentListener()
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  /// What is served; found from where `make` starts.
  private static let rig = FileManager.default.currentDirectoryPath + "/Rigs/campaign.yaml"

  private var rigFile: String { folder + "/served.yaml" }
  private var witness: OutputWitness { OutputWitness(path: folder + "/outputs.log") }

  /// - Returns: Whether the instruments are there.
  func open() throws -> Bool {
    instruments = try start(
      "bmsrig", ["rig", "serve", Self.rig, "--rig-file", rigFile, "--output-log", witness.path],
      output: "serve.log")
    return wait(until: { FileManager.default.fileExists(atPath: rigFile) })
  }

  func close() {
    instruments?.terminate()
    instruments?.waitUntilExit()
  }

  /// - Parameter numbers: Which of the case's runs are this lane's.
  func work(_ one: CampaignCase, _ numbers: [Int]) {
    tally = CampaignTally()
    for number in numbers {
      do { try end(one, number) } catch {
        tally.damaged += 1
        tally.notes.append("\(one.name)-\(number): \(error)")
      }
    }
  }

  private func end(_ one: CampaignCase, _ number: Int, attempts: Int = 5) throws {
    let name = "\(one.name)-\(one.work.rawValue)-\(number)"
    let store = "\(folder)/\(name)"
    let begin = witness.length
    let output = try emptied("\(name).log")
    let child = try CampaignChild(
      program: "\(programs)/bmsrig-bench",
      arguments: ["campaign-run", rigFile, store] + (one.work == .hung ? ["\(silent.port)"] : []),
      folder: folder, output: output, atTerminal: one.way.needsTerminal)
    let wasOn = wait(until: {
      let on = OutputWitness.state(witness.changes(from: begin))
      return on["emulator"] == 24 && on["source"] == 1
    })
    guard wasOn, child.isRunning else {
      _ = child.end(by: SIGTERM)
      child.wait()
      // A guard that ended it needs a moment more.
      if wasOn { _ = wait(until: { FileManager.default.fileExists(atPath: Self.proof(in: store)) }) }
      let proof = (try? String(contentsOfFile: Self.proof(in: store), encoding: .utf8)) ?? ""
      guard proof.contains("\"confirmed\":true,\n"), attempts > 1 else {
        tally.damaged += 1
        tally.notes.append("\(name): the run did not come to energise; see \(name).log")
        return
      }
      // A computer too busy to run the controller: the guard took it for hung, and was right to act.
      tally.early += 1
      try? FileManager.default.removeItem(atPath: store)
      return try end(one, number, attempts: attempts - 1)
    }
    usleep(UInt32.random(in: 0...400_000, using: &chance))
    let journal = "\(store)/journals/CAMPAIGN-1.jsonl"
    guard let happened = one.way.happen(to: child, journal: journal, in: folder) else {
      _ = child.end(by: SIGTERM)
      child.wait()
      tally.damaged += 1
      tally.notes.append("\(name): could not be done to process \(child.pid)")
      return
    }
    let isOff = wait(until: {
      OutputWitness.state(witness.changes(from: begin)).values.allSatisfy { $0 == 0 }
    })
    child.wait()
    if isOff, let last = witness.changes(from: begin).last(where: { $0.on == 0 }) {
      let milliseconds = Double(last.at - happened) / 1e6
      tally.milliseconds.append(milliseconds)
      if milliseconds > one.goal {
        let changes = witness.changes(from: begin).filter { $0.at > happened }
        tally.notes.append("\(name): " + changes.map { $0.words(since: happened) }.joined(separator: ", "))
      }
    } else {
      tally.leftOn += 1
      tally.notes.append("\(name): left on \(OutputWitness.state(witness.changes(from: begin)))")
    }
    try examine(one, name, store)
  }

  private static func proof(in store: String) -> String { "\(store)/journals/CAMPAIGN-1.guard.json" }

  /// The record: everything that was reported is there, the run is closed, the outputs' state is proven by somebody.
  private func examine(_ one: CampaignCase, _ name: String, _ path: String) throws {
    let proof = Self.proof(in: path)
    let output = (try? String(contentsOfFile: "\(folder)/\(name).log", encoding: .utf8)) ?? ""
    // A terminal puts a return before each new line.
    let lines = output.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).dropLast()
    let reported = lines.compactMap { $0.hasPrefix("event ") ? Int($0.dropFirst(6)) : nil }.max() ?? -1
    // On a busy computer the guard may take a controller for hung that is about to stop in order. What nobody can hear
    // is in the record.
    let told = one.way.needsTerminal ? Self.told(in: path).map { [$0] } ?? [] : Array(lines)
    let endsItself = one.end != .killed && told.contains { $0.hasPrefix("end ") }
    if one.end != .killed, !endsItself { tally.early += 1 }
    if !endsItself, !wait(until: { FileManager.default.fileExists(atPath: proof) }) {
      tally.unproven += 1
      tally.notes.append("\(name): the guard left no proof")
    }
    let verdict: String =
      switch one.end {
      case .orderly(let verdict) where endsItself: verdict
      default: "aborted"
      }
    let said = one.end == .unwritten ? "error" : verdict
    let isProven =
      endsItself
      ? told.contains { $0.hasPrefix("end \(said) true") }
      : ((try? String(contentsOfFile: proof, encoding: .utf8)) ?? "").contains("\"confirmed\":true,\n")
    if !isProven {
      tally.unproven += 1
      tally.notes.append("\(name): the safe state is not confirmed; \(lines.last ?? "")")
    }
    do {
      let store = try RunStore(path: path)
      let closed = try store.closeUnfinished()
      let (record, end) = try JournalReader(path: "\(path)/journals/CAMPAIGN-1.jsonl").record()
      let isWhole = end.count > reported && end.ended && record?.verdict?.rawValue == verdict
      let isClosed =
        endsItself && one.end != .unwritten ? closed.isEmpty : closed.count == 1 && closed[0].problem == nil
      guard isWhole, isClosed else {
        tally.damaged += 1
        tally.notes.append("\(name): \(end.count) events, \(reported + 1) reported, closed \(closed)")
        return
      }
    } catch {
      tally.damaged += 1
      tally.notes.append("\(name): \(error)")
      return
    }
    if isProven { try? FileManager.default.removeItem(atPath: path) }
  }

  /// What a run would have said at its end, by its record.
  private static func told(in store: String) -> Substring? {
    guard let (record, end) = try? JournalReader(path: "\(store)/journals/CAMPAIGN-1.jsonl").record(),
      end.ended,
      let record, let verdict = record.verdict, record.recovery == nil
    else { return nil }
    return "end \(verdict.rawValue) \(record.safeStateConfirmed)"
  }

  /// Path of a file for what a process prints, and of one for its errors beside it.
  private func emptied(_ output: String) throws -> String {
    let path = "\(folder)/\(output)"
    for file in [path, path + ".errors"] { try "".write(toFile: file, atomically: false, encoding: .utf8) }
    return path
  }

  private func start(_ program: String, _ arguments: [String], output: String) throws -> Process {
    let path = try emptied(output)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "\(programs)/\(program)")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: path)
    process.standardError = FileHandle(forWritingAtPath: path + ".errors")
    try process.run()
    return process
  }

  private func wait(until holds: () -> Bool) -> Bool {
    let end = kernelNanoseconds() + Int64(Self.patience * 1e9)
    while !holds() {
      guard kernelNanoseconds() < end else { return false }
      usleep(2000)
    }
    return true
  }
}
