import Foundation
import Glibc
import Model
import Reports
import Store
import Testing

/// The program is killed, or cannot write any more: nothing that it reported is lost.
@Suite struct CrashTests {
  /// Kills; `make crash` sets more.
  static let kills = ProcessInfo.processInfo.environment["BMSRIG_KILLS"].flatMap(Int.init) ?? 30
  static let seed = ProcessInfo.processInfo.environment["BMSRIG_SEED"].flatMap(UInt64.init) ?? 1

  struct Dice: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state ^ (state >> 29)) &* 0x9E37_79B9_7F4A_7C15
    }
  }

  /// Every whole line that was printed is the line of the event with its number in the journal.
  func compare(_ printed: String, _ events: [RunEvent], _ words: String) {
    let stream = EventStreamJSON()
    // The last piece may be half a line.
    let lines = printed.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    #expect(lines.count <= events.count, "\(words): \(lines.count) printed, \(events.count) in the journal")
    for (line, event) in zip(lines, events) where stream.line(for: event) != line {
      Issue.record("\(words): printed \(line), the journal has \(stream.line(for: event))")
      return
    }
  }

  @Test func `nothing reported is lost when the program is killed at any point`() throws {
    let desk = try Desk(steps: 20)
    let rig = try String(contentsOfFile: desk.path("rig.yaml"), encoding: .utf8)
    var dice = Dice(state: Self.seed)
    let length = try Program.run(desk.arguments(unit: "U0") + ["--json"]).output.split(separator: "\n").count
    var printed: [String] = []
    var torn: Set<Int> = []
    for number in 1...Self.kills {
      // Each on a rig of its own: what broke off would have to be acknowledged before the next one.
      try desk.write("rig.yaml", rig.replacing("rig: simulated\n", with: "rig: simulated-\(number)\n"))
      let program = try Program.start(desk.arguments(unit: "K\(number)") + ["--json", "--seed", "\(number)"])
      let count = Int.random(in: 1...max(2, length - 5), using: &dice)
      printed.append(try program.kill(afterLines: count))
      // A power cut may leave half of a line.
      guard Bool.random(using: &dice) else { continue }
      let path = "\(desk.store)/journals/K\(number)-1.jsonl"
      guard let file = FileHandle(forUpdatingAtPath: path), let data = try file.readToEnd(), data.last == 10,
        !String(decoding: data.suffix(400), as: UTF8.self).contains("runEnded")
      else { continue }
      let line = data.dropLast().split(separator: 10).last ?? Data()
      try file.write(contentsOf: line.prefix(Int.random(in: 1..<max(2, line.count), using: &dice)))
      torn.insert(number)
    }
    let next = try Program.run(["runs", "--limit", "1000", "--store", desk.store])
    #expect(next.code == 0, "\(next.errors)")
    let store = try RunStore(path: desk.store)
    var brokeOff = 0
    for number in 1...Self.kills {
      let run = "K\(number)-1"
      guard let summary = try? store.find(run) else {
        #expect(printed[number - 1].isEmpty, "\(run) is gone, but was reported")
        continue
      }
      #expect(summary.state == .finished, "\(run)")
      let events = try JournalReader(path: store.journalPath(of: run)).events()
      compare(printed[number - 1], events, run)
      let found = try store.verify(run: run)
      #expect(found.state == .ok, "\(run): \(found.findings)")
      let record = try store.record(run: run).record
      guard let recovery = record.recovery else { continue }
      brokeOff += 1
      #expect(record.verdict == .aborted && !record.safeStateConfirmed)
      // A line that reaches over a page may be torn by the kill itself.
      #expect(recovery.cutBytes > 0 || !torn.contains(number), "\(run)")
    }
    // Whoever tests only runs that had ended tests nothing.
    #expect(brokeOff > Self.kills / 2, "\(brokeOff) of \(Self.kills) broke off")
    #expect(try Program.run(["verify", "--all", "--store", desk.store]).code == 0)
  }

  @Test func `the next start says what broke off and how to prove that the rig is safe`() throws {
    let desk = try Desk(steps: 20)
    let program = try Program.start(desk.arguments(unit: "K") + ["--json"])
    _ = try program.kill(afterLines: 40)
    let next = try Program.run(["runs", "--store", desk.store])
    #expect(next.errors.contains("Run K-1 broke off"), "\(next.errors)")
    #expect(next.errors.contains("closed as aborted with everything that was reported"), "\(next.errors)")
    #expect(next.errors.contains("'bmsrig rig safe'"), "\(next.errors)")
    #expect(next.errors.contains("'bmsrig rig acknowledge simulated --person NAME'"), "\(next.errors)")
    #expect(next.output.contains("ABORTED"))
    #expect(try Program.run(["runs", "--store", desk.store]).errors.isEmpty)
    #expect(try Program.run(["show", "K-1", "--store", desk.store]).output.contains("Broke off"))
  }

  @Test(arguments: [56, 60, 68])
  func `without room for the record the run ends safe and says that the record is incomplete`(_ blocks: Int)
    throws
  {
    let desk = try Desk(steps: 3)
    // What the index needs to begin with is there before the limit holds.
    _ = try Program.run(["runs", "--store", desk.store])
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments =
      ["-c", "ulimit -f \(blocks); exec \"$@\"", "limited", Program.path] + desk.arguments(unit: "F") + [
        "--json"
      ]
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let printed = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    let complaints = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 3, "\(complaints)")
    #expect(complaints.contains("INCOMPLETE"), "\(complaints)")
    #expect(complaints.contains("no space left"), "\(complaints)")

    let next = try Program.run(["runs", "--store", desk.store])
    #expect(next.errors.contains("Run F-1 broke off"), "\(next.errors)")
    let store = try RunStore(path: desk.store)
    let events = try JournalReader(path: store.journalPath(of: "F-1")).events()
    compare(printed, events, "F-1")
    #expect(printed.split(separator: "\n").count > 10)
    #expect(try store.record(run: "F-1").record.verdict == .aborted)
    #expect(try store.verify(run: "F-1").state == .ok)
    // The program has made the rig safe, but nothing that can be read says so.
    let refused = try desk.run()
    #expect(refused.code == 3, "\(refused.output)")
    #expect(refused.errors.contains("could not write any more"), "\(refused.errors)")
    #expect(try desk.acknowledge().code == 0)
    #expect(try desk.run().code == 0)
  }
}
