import Foundation
import Testing

/// Runs on real buses whose program ends or stops: the guard makes the rig safe through USB, sockets, serial lines and
/// GPIO lines of its own.
@Suite(.inLab, .serialized, .timeLimit(.minutes(20)))
struct KilledRunTests {
  /// Line of the rig file's `permit-line`, of both contactors and of the short trigger.
  private static let permitLine = 50
  private static let powerLines = [0, 1, 4]
  /// Looks 50 ms apart.
  private static let triesMax = 600

  /// Outputs that are on, as the instruments see them.
  private func outputsOn(_ rig: ServedRig) -> [String: Int] {
    let text = (try? String(contentsOfFile: rig.folder + "/outputs.log", encoding: .utf8)) ?? ""
    var on: [String: Int] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 3 { on[String(words[1])] = Int(words[2]) }
    }
    return on.filter { $0.value != 0 }
  }

  private func wait(until holds: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<Self.triesMax {
      if try holds() { return true }
      usleep(50_000)
    }
    return false
  }

  /// Reads events until the loop carries current, and some more of them.
  private func energise(_ running: Stranger, _ rig: ServedRig, _ draw: inout Draw) throws -> Int {
    var last = -1
    var more: Int?
    while let line = try running.nextLine() {
      guard let number = ShortRun.sequence(of: line) else { continue }
      last = number
      if more == nil, outputsOn(rig)["source"] != nil { more = draw.next(below: 300) }
      if let left = more { if left == 0 { return last } else { more = left - 1 } }
    }
    Issue.record("the run ended before the source came on; last event \(last)")
    return last
  }

  @Test(arguments: [SIGKILL, SIGSTOP])
  func `a killed or stopped run leaves a rig that its guard made safe`(_ signal: Int32) throws {
    let rig = try ServedRig(label: "killed")
    defer { rig.end() }
    let running = try ShortRun.start(on: rig)
    var draw = Draw(seed: UInt64(signal))
    let last = try energise(running, rig, &draw)
    // The permit line lives while the run does.
    let level = try rig.bank.level(Self.permitLine)
    #expect(try wait { try rig.bank.level(Self.permitLine) != level }, "the permit line stands still")
    let began = Date()
    kill(running.processIdentifier, signal)
    let proof = "\(ShortRun.store(of: rig))/journals/\(ServedRig.unit)-1.guard.json"
    #expect(wait { FileManager.default.fileExists(atPath: proof) }, "the guard left no proof")
    print(
      "lab: signal \(signal) after event \(last): proof after \(Int(-began.timeIntervalSinceNow * 1000)) ms")
    let words = (try? String(contentsOfFile: proof, encoding: .utf8)) ?? ""
    #expect(words.contains("\"confirmed\":true"), "\(words)")
    #expect(outputsOn(rig) == [:])
    for line in Self.powerLines + [Self.permitLine] { #expect(try !rig.bank.level(line), "line \(line)") }
    // The guard ends what it took for hung, so that nothing wakes up later.
    #expect(running.exitCode == 128 + SIGKILL)
    let report = try ShortRun.report(on: rig)
    #expect(report.verdict == "aborted", "\(report.reason)")
    let journal = try Lab.text(of: ShortRun.journal(on: rig)).split(separator: "\n")
    #expect(journal.count > last, "\(journal.count) events, \(last + 1) printed")
  }

  /// Time synchronisation that sets the computer's clock must not reach a run.
  @Test func `the computer's clock jumps by an hour, and back`() throws {
    let rig = try ServedRig(label: "clock")
    defer { rig.end() }
    let running = try ShortRun.start(on: rig)
    var draw = Draw(seed: 7)
    _ = try energise(running, rig, &draw)
    try Lab.run("date", "-s", "+1 hour")
    var more = 300
    while more > 0, try running.nextLine() != nil { more -= 1 }
    try Lab.run("date", "-s", "-1 hour")
    while try running.nextLine() != nil {}
    let report = try ShortRun.report(on: rig)
    #expect(more == 0, "the run ended with the first jump: \(report.reason)")
    #expect(["pass", "inconclusive"].contains(report.verdict), "\(report.verdict): \(report.reason)")
    #expect(report.rigErrors.isEmpty, "\(report.rigErrors)")
    #expect(report.safeState?.confirmed == true)
    #expect(outputsOn(rig) == [:])
  }
}
