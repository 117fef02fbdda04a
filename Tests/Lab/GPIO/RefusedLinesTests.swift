import Foundation
import LinuxPorts
import Ports
import Testing

/// What a person reads when the lines cannot be had, or are gone.
@Suite(.inLab, .serialized, .timeLimit(.minutes(2)))
struct RefusedLinesTests {
  @Test func `a user outside the group is told which rule and which group`() throws {
    let bank = try SimulatedBank(label: "locked", lines: 2)
    try Lab.settleDevices()
    for target in [bank.chip, "locked"] {
      let error = try asNobody(groups: []) { try refusal("gpio://\(target)", inputs: [0]) }
      #expect(error.code == .permission)
      #expect(error.advice.contains("60-bmsrig.rules") && error.advice.contains("plugdev"))
    }
    let plugdev = try #require(getgrnam("plugdev")).pointee.gr_gid
    try asNobody(groups: [plugdev]) {
      try withLines("gpio://locked", outputs: [:], inputs: [0]) { _, port in
        let level = try await port.read(line: 0)
        #expect(!level)
      }
    }
  }

  @Test(arguments: [true, false]) func `a busy line names who has it`(_ asOutput: Bool) throws {
    let bank = try SimulatedBank(label: "busy", lines: 3, names: ["", "relay", ""])
    let holder = try Stranger("gpioset", "--mode=wait", bank.chip, "1=1")
    while !(try Lab.run("gpioinfo", bank.chip)).contains("gpioset") { usleep(10_000) }
    #expect(try bank.level(1))
    let error = try refusal(
      "gpio://busy", outputs: asOutput ? [0: true, 1: false] : [:], inputs: asOutput ? [] : [0, 1])
    #expect(error.code == .busy)
    #expect(error.cause.contains("line 1 (relay)") && error.cause.contains("gpioset"), "\(error)")
    #expect(try bank.level(1), "somebody else's line was driven")
    // What was taken before the refusal is free again.
    #expect(!(try Lab.run("gpioinfo", bank.chip)).contains("bmsrig"))
    holder.end()
    try withLines("gpio://busy", outputs: [1: false], inputs: []) { _, _ in
      let level = try bank.level(1)
      #expect(!level)
    }
  }

  @Test func `our line cannot be taken by another program`() throws {
    let bank = try SimulatedBank(label: "ours", lines: 1)
    try withLines("gpio://ours", outputs: [0: true], inputs: []) { _, _ in
      let words = try Lab.run("gpioset", bank.chip, "0=0", expecting: 1)
      #expect(words.contains("busy"))
      #expect(try bank.level(0))
    }
  }

  @Test func `a missing chip is answered with those that exist`() throws {
    let bank = try SimulatedBank(label: "present", lines: 5)
    for target in ["gpiochip77", "absent"] {
      let error = try refusal("gpio://\(target)", inputs: [0])
      #expect(error.code == .notFound)
      #expect(error.cause.contains("\(bank.chip) (present, 5 lines)"), "\(error)")
    }
    #expect(try refusal("gpio:///dev/null", inputs: [0]).code == .badAddress)
  }

  @Test func `two chips of one label are not guessed between`() throws {
    let first = try SimulatedBank(label: "first", chipLabel: "twins", lines: 1)
    let second = try SimulatedBank(label: "second", chipLabel: "twins", lines: 1)
    let error = try refusal("gpio://twins", inputs: [0])
    #expect(error.code == .badAddress)
    #expect(error.cause.contains(first.chip) && error.cause.contains(second.chip))
  }

  @Test func `a missing line and a line with two uses are refused before any is taken`() throws {
    let bank = try SimulatedBank(label: "few", lines: 4)
    let missing = try refusal("gpio://few", outputs: [0: true], inputs: [4])
    #expect(missing.code == .notFound && missing.cause.contains("lines 0 to 3, no line 4"))
    let twice = try refusal("gpio://few", outputs: [0: true], inputs: [0])
    #expect(twice.code == .badAddress && twice.cause.contains("line 0"))
    #expect(!(try bank.level(0)))
  }

  @Test func `a chip that is pulled out ends in an error, never in quiet inputs`() throws {
    let bank = try SimulatedBank(label: "pulled", lines: 2)
    try withLines("gpio://pulled", outputs: [0: false], inputs: [1]) { world, port in
      try bank.pull(1, to: true)
      #expect(try await collect(1, from: port, world).count == 1)
      bank.remove()
      let errors = [
        await portError { _ = try await port.takeEdges() },
        await portError { _ = try await port.read(line: 1) },
        await portError { try await port.set(line: 0, to: true) },
      ]
      for error in errors {
        #expect(error?.code == .closed)
        #expect(error?.cause == "the GPIO chip is gone", "\(String(describing: error))")
      }
    }
  }

  private func refusal(_ address: String, outputs: [Int: Bool] = [:], inputs: [Int]) throws -> PortError {
    do { try withLines(address, outputs: outputs, inputs: inputs) { _, _ in } } catch let error as PortError {
      return error
    }
    Issue.record("the lines could be taken")
    throw CancellationError()
  }

  private func portError(_ body: () async throws -> Void) async -> PortError? {
    do { try await body() } catch { return error as? PortError }
    return nil
  }

  /// For the whole process: tests of the lab run one after the other.
  private func asNobody<T>(groups: [gid_t], _ body: () throws -> T) throws -> T {
    try #require(setgroups(groups.count, groups) == 0)
    try #require(setegid(65_534) == 0)
    try #require(seteuid(65_534) == 0)
    defer {
      seteuid(0)
      setegid(0)
      setgroups(0, [])
    }
    return try body()
  }
}
