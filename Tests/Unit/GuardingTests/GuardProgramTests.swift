import CLinuxPorts
import Foundation
import Guarding
import LinuxPorts
import Ports
import Testing

/// The program `bmsrig-guard` with a controller that the test plays, a process that stands for it, and an instrument
/// that writes down what it hears.
@Suite(.serialized) struct `The guard's program` {
  @Test func `acts when the controller's line ends, and leaves its proof`() throws {
    let stage = try Stage()
    try LinuxWorld.run(takesSignals: false) { world in
      try await stage.play(in: world) { line, instrument in
        try await stage.beat(line, times: 3, in: world)
        line.close()
        try await instrument.hears("answered", within: 10)
      }
    }
    let proof = try stage.proof(within: 10)
    #expect(proof.contains("\"confirmed\":true") && proof.contains("did not release"), "\(proof)")
    #expect(stage.controllerIsDead(within: 10))
  }

  @Test func `ends a controller that has stopped, and acts`() throws {
    let stage = try Stage()
    kill(stage.controller.processIdentifier, SIGSTOP)
    try LinuxWorld.run(takesSignals: false) { world in
      try await stage.play(in: world) { line, instrument in
        try await stage.beat(line, times: 3, in: world)
        try await instrument.hears("answered", within: 10)
      }
    }
    #expect(stage.controllerIsDead(within: 10))
    #expect(try stage.proof(within: 10).contains("no heartbeat"))
  }

  @Test func `is not impressed by requests to end, and does nothing after its release`() throws {
    let stage = try Stage()
    try LinuxWorld.run(takesSignals: false) { world in
      try await stage.play(in: world) { line, instrument in
        for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
          kill(stage.guardPID, number)
          try await stage.beat(line, times: 1, in: world)
        }
        try await line.send([GuardSignal.release], deadline: world.now + .seconds(5))
        while try await line.receive(deadline: world.now + .seconds(5)).last != GuardSignal.release {}
        line.close()
        #expect(stage.guardIsGone(within: 10))
        #expect(instrument.heard.isEmpty)
      }
    }
    #expect(stage.controller.isRunning)
    #expect(throws: (any Error).self) { try stage.proof(within: 0) }
  }

  @Test func `refuses to watch when it cannot reach an instrument, and names it`() throws {
    let stage = try Stage()
    try LinuxWorld.run(takesSignals: false) { world in
      let answer = try await stage.firstWords(in: world, address: "tcp://127.0.0.1:1")
      #expect(answer.hasPrefix("refused ") && answer.contains("tcp://127.0.0.1:1"), "\(answer)")
    }
  }

  @Test func `is found out by a controller whose beats it leaves unanswered`() throws {
    try LinuxWorld.run(takesSignals: false) { world in
      // Its controller is this very process: it must not act, whatever becomes of the test.
      let plan = GuardPlan(run: "R-1", silence: .seconds(600), proofPath: "", links: [], steps: [])
      let line = try await world.openGuard(plan.text, deadline: world.now + .seconds(15))
      let guardPID = try #require(Stage.guardOfThisProcess())
      defer {
        kill(guardPID, SIGKILL)
        line.close()
      }
      try await line.beat()
      kill(guardPID, SIGSTOP)
      #expect(Stage.isStopped(guardPID, within: 10))
      var beats = 0
      let error = await #expect(throws: PortError.self) {
        while beats < 100 {
          try await line.beat()
          beats += 1
        }
      }
      #expect((9...10).contains(beats), "\(beats) beats were taken without an answer")
      #expect(error?.code == .deadline && "\(error!)".contains("stopped process bmsrig-guard"))
    }
  }

  @Test func `hands back what it found when a living controller asks it to act`() throws {
    let stage = try Stage()
    try LinuxWorld.run(takesSignals: false) { world in
      try await stage.play(in: world) { line, instrument in
        try await line.send([GuardSignal.handOver], deadline: world.now + .seconds(5))
        var answer: [UInt8] = []
        while answer.last != 0x0A { answer += try await line.receive(deadline: world.now + .seconds(5)) }
        #expect(String(decoding: answer, as: UTF8.self).hasPrefix("confirmed "))
        #expect(instrument.heard == ["OUTP OFF", "OUTP?", "answered"])
      }
    }
    #expect(stage.controller.isRunning)
  }
}

/// What a test of the program needs.
private final class Stage: @unchecked Sendable {
  let controller = Process()
  let folder: String
  private(set) var guardPID: Int32 = 0
  private var isSecond = false

  init() throws {
    folder = NSTemporaryDirectory() + "guard-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    controller.executableURL = URL(fileURLWithPath: "/bin/sleep")
    controller.arguments = ["600"]
    try controller.run()
  }

  deinit {
    if controller.isRunning { kill(controller.processIdentifier, SIGKILL) }
    try? FileManager.default.removeItem(atPath: folder)
  }

  private var proofPath: String { folder + "/proof.json" }

  func proof(within seconds: Double) throws -> String {
    let end = ProcessInfo.processInfo.systemUptime + seconds
    while !FileManager.default.fileExists(atPath: proofPath), ProcessInfo.processInfo.systemUptime < end {
      usleep(2000)
    }
    return try String(contentsOfFile: proofPath, encoding: .utf8)
  }

  func controllerIsDead(within seconds: Double) -> Bool {
    let end = ProcessInfo.processInfo.systemUptime + seconds
    while controller.isRunning, ProcessInfo.processInfo.systemUptime < end { usleep(2000) }
    return !controller.isRunning
  }

  func guardIsGone(within seconds: Double) -> Bool {
    let end = ProcessInfo.processInfo.systemUptime + seconds
    while kill(guardPID, 0) == 0, ProcessInfo.processInfo.systemUptime < end { usleep(2000) }
    return kill(guardPID, 0) != 0
  }

  /// The guard that watches this process: it holds it by a process handle.
  static func guardOfThisProcess() -> Int32? {
    let files = FileManager.default
    for entry in (try? files.contentsOfDirectory(atPath: "/proc")) ?? [] {
      guard let pid = Int32(entry),
        let program = try? files.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe"),
        program.hasSuffix("/bmsrig-guard")
      else { continue }
      for handle in (try? files.contentsOfDirectory(atPath: "/proc/\(pid)/fdinfo")) ?? [] {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/fdinfo/\(handle)", encoding: .utf8)) ?? ""
        if text.split(separator: "\n").contains("Pid:\t\(getpid())") { return pid }
      }
    }
    return nil
  }

  static func isStopped(_ pid: Int32, within seconds: Double) -> Bool {
    let end = ProcessInfo.processInfo.systemUptime + seconds
    while ProcessInfo.processInfo.systemUptime < end {
      let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
      if text.contains(") T ") { return true }
      usleep(2000)
    }
    return false
  }

  private func plan(_ address: String) throws -> GuardPlan {
    GuardPlan(
      run: "R-1", silence: .seconds(2), proofPath: proofPath,
      links: [
        .init(
          name: "source", address: try PortAddress(parsing: address), medium: .stream, isShared: true,
          gap: .milliseconds(1))
      ],
      steps: [
        .init(
          name: "loop-off", within: .milliseconds(500),
          orders: [
            .init(
              link: 0, messages: [Array("OUTP OFF\n".utf8)],
              looks: [.init(question: Array("OUTP?\n".utf8), expected: .off)])
          ])
      ])
  }

  /// Starts the program and gives the line to it, with the answer to the plan.
  private func start(in world: LinuxWorld, address: String) async throws -> (any StreamPort, String) {
    var mine: Int32 = -1
    var other: Int32 = -1
    #expect(clp_socket_pair(&mine, &other) == 0)
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let program = URL(fileURLWithPath: Self.bundle ?? own).deletingLastPathComponent().path + "/bmsrig-guard"
    #expect(clp_spawn_apart(program, other, &guardPID) == 0, "\(program)")
    close(other)
    let line = try world.inherit(mine)
    let text = Array(try plan(address).text.utf8)
    let head = Array("\(controller.processIdentifier) \(text.count)\n".utf8)
    try await line.send(head + text, deadline: world.now + .seconds(5))
    var answer: [UInt8] = []
    while answer.last != 0x0A { answer += try await line.receive(deadline: world.now + .seconds(15)) }
    return (line, String(decoding: answer, as: UTF8.self))
  }

  /// The bundle under test stands beside the programs.
  private static var bundle: String? { CommandLine.arguments.first { $0.hasSuffix(".xctest") } }

  func firstWords(in world: LinuxWorld, address: String) async throws -> String {
    try await start(in: world, address: address).1
  }

  func play(
    in world: LinuxWorld, _ body: (any StreamPort, Instrument) async throws -> Void
  ) async throws {
    let instrument = Instrument(
      listener: try await TCPListener.open(host: "127.0.0.1", port: 0, in: world), world: world)
    let served = Confined(instrument)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try? await served.value.serve() }
      let (line, answer) = try await start(in: world, address: "tcp://127.0.0.1:\(instrument.listener.port)")
      #expect(answer.hasPrefix("ready connected to source"), "\(answer)")
      try await body(line, instrument)
      group.cancelAll()
    }
  }

  func beat(_ line: any StreamPort, times: Int, in world: LinuxWorld) async throws {
    for _ in 0..<times {
      let byte = isSecond ? GuardSignal.beats.1 : GuardSignal.beats.0
      isSecond.toggle()
      try await line.send([byte], deadline: world.now + .seconds(5))
      #expect(try await line.receive(deadline: world.now + .seconds(5)) == [byte])
    }
  }
}

/// Takes one client, writes down its lines and answers `OUTP?`.
private final class Instrument {
  let listener: TCPListener
  let world: LinuxWorld
  private(set) var heard: [String] = []

  init(listener: TCPListener, world: LinuxWorld) {
    self.listener = listener
    self.world = world
  }

  func serve() async throws {
    let client = try await listener.accept()
    var text = ""
    while true {
      text += String(decoding: try await client.receive(deadline: .distantFuture), as: UTF8.self)
      while let end = text.firstIndex(of: "\n") {
        let line = String(text[..<end])
        text.removeSubrange(...end)
        heard.append(line)
        guard line == "OUTP?" else { continue }
        try await client.send(Array("0\n".utf8), deadline: world.now + .seconds(5))
        heard.append("answered")
      }
    }
  }

  struct NeverHeard: Error { let line: String }

  func hears(_ line: String, within seconds: Double) async throws {
    let end = world.now + .seconds(seconds)
    while !heard.contains(line) {
      guard world.now < end else { throw NeverHeard(line: line) }
      try await world.sleep(for: .milliseconds(5))
    }
  }
}
