import Foundation
import Quantities
import Testing

/// `bmsrig rig prove` as a person meets it: what is printed, and the exit code that a script goes by.
@Suite(.timeLimit(.minutes(3))) struct ProveCommandTests {
  /// A copy of the simulated rig, one instrument of which is changed.
  private static func end(_ instrument: String = "", simulated: String = "", _ more: [String] = []) throws
    -> Program.End
  {
    let desk = try Desk()
    return try end(desk, instrument, simulated: simulated, more)
  }

  private static func end(_ desk: Desk, _ instrument: String, simulated: String, _ more: [String] = []) throws
    -> Program.End
  {
    if !instrument.isEmpty {
      try desk.edit("rig.yaml") {
        $0.replacing(
          "address: sim://\(instrument)\n",
          with: "address: sim://\(instrument)\n    simulated: {\(simulated)}\n")
      }
    }
    return try Program.run(["rig", "prove", desk.path("rig.yaml"), "--store", desk.store] + more)
  }

  private static func line(_ name: String, _ end: Program.End) -> String {
    end.output.split(separator: "\n").map(String.init).first { $0.hasPrefix("\(name) ") } ?? ""
  }

  @Test func `watchdogs that trip end with 0, and a simulated guard is said to be unproven`() throws {
    let end = try Self.end()
    #expect(end.code == 0, "\(end.output)\(end.errors)")
    for name in ["source", "auxiliary"] {
      #expect(Self.line(name, end).contains("tripped: armed with 60 s, 62 s without a word"), "\(end.output)")
    }
    #expect(Self.line("emulator", end).hasSuffix("no watchdog that its driver knows"))
    #expect(Self.line("guard", end).contains("not proven: simulated rig"))
    #expect(Self.line("outputs", end).hasSuffix("off, read back"))
    #expect(end.errors.isEmpty)
  }

  @Test func `a watchdog that is dead ends with 3 and names the instrument`() throws {
    let end = try Self.end("source", simulated: "watchdog-dead: \"yes\"")
    #expect(end.code == 3, "\(end.output)\(end.errors)")
    #expect(
      Self.line("source", end).contains(
        "DID NOT TRIP: armed with 60 s, 62 s without a word, the output was still on"))
    #expect(Self.line("auxiliary", end).contains("tripped: "))
    #expect(Self.line("outputs", end).hasSuffix("off, read back"))
  }

  @Test func `an instrument that cannot be asked any more ends with 6, shouted`() throws {
    let desk = try Desk()
    let whole = try String(contentsOfFile: desk.path("rig.yaml"), encoding: .utf8)
    let end = try Self.end(desk, "source", simulated: "fault: silent, fault-after: \"27\"")
    #expect(end.code == 6, "\(end.output)\(end.errors)")
    // The twenty-eighth answer is that of the first question after the silence.
    #expect(Self.line("source", end).contains("not proven: source: "), "\(end.output)")
    #expect(end.errors.hasPrefix("*** SAFE STATE NOT CONFIRMED"))
    #expect(end.errors.contains("NOT SAFE    source: "), "\(end.errors)")
    #expect(Self.line("outputs", end).hasSuffix("NOT CONFIRMED OFF"))
    let json = try OrderedJSON(
      parsing: try Self.end("source", simulated: "fault: silent, fault-after: \"27\"", ["--format", "json"])
        .output)
    #expect(json["ok"]?.boolValue == false && json["safe_state_confirmed"]?.boolValue == false)
    try desk.write("rig.yaml", whole)
    let refused = try desk.run()
    #expect(refused.code == 3 && refused.errors.contains("'bmsrig rig prove' at "), "\(refused.errors)")
  }

  @Test func `a welded contactor ends with 3 before anything is switched on`() throws {
    let end = try Self.end("lines", simulated: "stuck-closed: \"1\"")
    #expect(end.code == 3, "\(end.output)\(end.errors)")
    #expect(
      end.errors.contains("NOT PROVEN  lines: 'loop-contactor' is switched off, but its mirror contact"))
    #expect(!end.output.contains("tripped"))
  }

  @Test func `a rig without any watchdog is not proven`() throws {
    let desk = try Desk(rig: "desk.yaml")
    let end = try Program.run(["rig", "prove", desk.path("rig.yaml")])
    #expect(end.code == 3, "\(end.output)\(end.errors)")
    #expect(
      Self.line("watchdogs", end).hasSuffix(
        "NOT PROVEN: no instrument of this rig has one that its driver knows"))
    #expect(Self.line("guard", end).contains("nothing on this rig can be switched"), "\(end.output)")
  }
}

/// The same over TCP, against served instruments: there the guard is a process that acts.
@Suite(.serialized, .timeLimit(.minutes(3))) struct ProveOnRealLinksTests {
  /// Instruments in a process of their own, which notes when an output goes on or off.
  private final class Served {
    private let desk: Desk
    private let server: Program
    var rig: String { desk.path("served.yaml") }

    init() throws {
      desk = try Desk(rig: "campaign.yaml")
      try desk.edit("rig.yaml") {
        // Patient: a computer that builds and tests at the same time stands still now and then.
        $0.replacing("silence: 400 ms", with: "silence: 2 s")
          .replacing("driver: itech-it6000c\n", with: "driver: itech-it6000c\n    options: {watchdog: 5 s}\n")
      }
      server = try Program.start([
        "rig", "serve", desk.path("rig.yaml"), "--rig-file", desk.path("served.yaml"), "--output-log",
        desk.path("outputs.log"), "--format", "json",
      ])
      try server.waitForOutput("\n}\n")
    }

    deinit {
      server.interrupt()
      _ = server.finish()
    }

    /// What the source's output did, oldest first: when in nanoseconds, and 1 on, 0 off.
    var changes: [(at: Int64, on: Int)] {
      let log = (try? String(contentsOfFile: desk.path("outputs.log"), encoding: .utf8)) ?? ""
      var changes: [(at: Int64, on: Int)] = []
      for line in log.split(separator: "\n") {
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 3, words[1] == "source", let at = Int64(words[0]), let on = Int(words[2]) else {
          continue
        }
        changes.append((at, on))
      }
      return changes
    }
    var source: [Int] { changes.map(\.on) }

    /// Looks until the source has been switched on.
    func waitsForSource(seconds: Double) -> Bool {
      let end = ProcessInfo.processInfo.systemUptime + seconds
      while source.last != 1, ProcessInfo.processInfo.systemUptime < end { usleep(2000) }
      return source.last == 1
    }
  }

  private static func guardLine(_ end: Program.End) -> String {
    end.output.split(separator: "\n").map(String.init).first { $0.hasPrefix("guard ") } ?? ""
  }

  @Test func `the guard ends a stand-in that falls silent, and switches the source off that it had left on`()
    throws
  {
    let served = try Served()
    let end = try Program.run(["rig", "prove", served.rig])
    #expect(end.code == 0, "\(end.output)\(end.errors)")
    #expect(end.output.contains(/(?m)^source +tripped: armed with 5 s/), "\(end.output)")
    #expect(
      Self.guardLine(end).contains(/acted after \d+ ms, confirmed after \d+ ms: 5 steps read back/),
      "\(end.output)")
    #expect(end.output.contains(/(?m)^contactors +the rig file names none/))
    // Once for its watchdog, once for the guard, which was there before the watchdog could be.
    let changes = served.changes
    try #require(changes.map(\.on) == [1, 0, 1, 0])
    #expect(changes[1].at - changes[0].at >= 5_000_000_000)
    #expect(changes[3].at - changes[2].at < 5_000_000_000)
  }

  @Test func `a guard that only pretends to watch is found out, and nothing stays on`() throws {
    let served = try Served()
    let own = URL(fileURLWithPath: Program.path).resolvingSymlinksInPath()
    let folder = own.deletingLastPathComponent().appending(path: "prove-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    // The program starts the guard that stands beside it.
    let program = folder.appending(path: "bmsrig")
    try FileManager.default.linkItem(at: own, to: program)
    let sleeper = folder.appending(path: "bmsrig-guard").path
    try "#!/bin/sh\necho 'ready it says' >&0\nwhile ! /bin/cat <&0 >&0; do /bin/sleep 0.02; done\n".write(
      toFile: sleeper, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: sleeper)
    let end = try Program.run(["rig", "prove", served.rig], of: program.path)
    #expect(end.code == 3, "\(end.output)\(end.errors)")
    #expect(
      Self.guardLine(end).contains("DID NOT ACT: a controller that had said nothing for 7.0 s was let live"),
      "\(end.output)\(end.errors)")
    #expect(served.source.last == 0)
  }

  @Test func `Ctrl-C in the silence ends with 4 and leaves the source off`() throws {
    let served = try Served()
    let program = try Program.start(["rig", "prove", served.rig])
    #expect(served.waitsForSource(seconds: 60))
    program.interrupt()
    let end = program.finish()
    #expect(end.code == 4, "\(end.output)\(end.errors)")
    #expect(end.errors.contains("STOPPED     Ctrl-C"), "\(end.errors)")
    #expect(end.output.contains(/(?m)^outputs +off, read back$/), "\(end.output)")
    #expect(served.source == [1, 0])
  }
}
