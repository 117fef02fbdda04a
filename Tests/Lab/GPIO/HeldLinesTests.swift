import Foundation
import LinuxPorts
import Ports
import Testing

/// Lines held by a process of their own, so that it can be stopped and killed: once this code on the installed
/// libgpiod, once its C part on libgpiod 2.
@Suite(.inLab, .serialized, .timeLimit(.minutes(2)))
struct HeldLinesTests {
  enum Program: String, CaseIterable {
    case installed, version2

    func start(holding bank: SimulatedBank) throws -> Stranger {
      let device = "/dev/\(bank.chip)"
      switch self {
      case .installed:
        let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return try Stranger(
          "env", "LAB_HOLD=\(device)", bundle, "--testing-library", "swift-testing", "--filter",
          "HoldingProcess")
      case .version2: return try Stranger(".build/lab/lines-on-libgpiod2", device)
      }
    }
  }

  @Test(arguments: Program.allCases) func `edges and outputs are right`(_ program: Program) throws {
    let bank = try SimulatedBank(label: "held", lines: 2)
    let holder = try program.start(holding: bank)
    #expect(try holder.answer().hasPrefix(program == .version2 ? "held 2" : "held"))
    #expect(try bank.level(0))
    try holder.tell("low\n")
    #expect(try holder.answer() == "output 0 reads 0")
    #expect(!(try bank.level(0)))
    for round in 0..<500 { try bank.pull(1, to: round % 2 == 0) }
    try holder.tell("edges\n")
    #expect(try holder.answer() == "500 edges, 500 right")
  }

  @Test(arguments: Program.allCases) func `outputs are driven safe before they are let go`(_ program: Program)
    throws
  {
    let bank = try SimulatedBank(label: "ended", lines: 2)
    let holder = try program.start(holding: bank)
    _ = try holder.answer()
    try holder.tell("low\n")
    _ = try holder.answer()
    let witness = try LineWitness()
    try holder.endInput()
    #expect(try holder.answer() == "closed")
    let levels = try witness.levels()
    #expect(levels == ["0 set 1"])
  }

  /// What the kernel does, and why a killed controller needs somebody else to make the rig safe.
  @Test(arguments: Program.allCases) func `a killed process drives nothing any more`(_ program: Program)
    throws
  {
    let bank = try SimulatedBank(label: "killed", lines: 2)
    let holder = try program.start(holding: bank)
    _ = try holder.answer()
    let witness = try LineWitness()
    #expect(try Lab.run("gpioinfo", bank.chip).contains("bmsrig"))
    holder.end()
    #expect(!(try Lab.run("gpioinfo", bank.chip)).contains("bmsrig"))
    let levels = try witness.levels()
    #expect(levels.isEmpty, "\(levels)")
    // The simulator's lines then follow their pull. Most real chips keep the last level.
    #expect(!(try bank.level(0)))
  }

  @Test(arguments: Program.allCases) func `lost edges are an error, now and later`(_ program: Program) throws
  {
    let bank = try SimulatedBank(label: "flood", lines: 2)
    let holder = try program.start(holding: bank)
    _ = try holder.answer()
    kill(holder.processIdentifier, SIGSTOP)
    let puller = try Puller(bank, line: 1)
    for round in 0..<1200 { try puller.pull(to: round % 2 == 0) }
    kill(holder.processIdentifier, SIGCONT)
    for _ in 0..<2 {
      try holder.tell("edges\n")
      #expect(try holder.answer().hasPrefix("error"))
    }
  }
}

extension Stranger {
  /// Its next line that answers.
  fileprivate func answer() throws -> String {
    while let line = try nextLine() {
      if line.hasPrefix("HOLD ") { return String(line.dropFirst(5)) }
    }
    throw Lab.Failure(command: ["HoldingProcess"], code: -1, output: "it ended without an answer")
  }
}

private let deviceToHold = ProcessInfo.processInfo.environment["LAB_HOLD"]

/// Not a test of its own: the process that the tests above stop and kill.
@Suite(.enabled(if: deviceToHold != nil, "started by HeldLinesTests"))
struct HoldingProcess {
  @Test func `holds lines and does as it is told`() throws {
    let device = try #require(deviceToHold)
    try withLines("gpio://\(device)", outputs: [0: true], inputs: [1]) { world, port in
      Self.say("held")
      while let word = readLine() { Self.say(try await Self.answer(word, port)) }
      port.close()
      Self.say("closed")
    }
  }

  private static func answer(_ word: String, _ port: any LinePort) async throws -> String {
    guard word == "edges" else {
      try await port.set(line: 0, to: word == "high")
      let level = try await port.read(line: 0)
      return "output 0 reads \(level ? 1 : 0)"
    }
    do {
      let edges = try await port.takeEdges()
      let right = edges.enumerated().filter { $1.line == 1 && $1.level == ($0 % 2 == 0) }
      return "\(edges.count) edges, \(right.count) right"
    } catch { return "error \(error)" }
  }

  private static func say(_ text: String) {
    print("HOLD \(text)")
    fflush(nil)
  }
}
