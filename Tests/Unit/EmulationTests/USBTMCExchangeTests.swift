import Emulation
import Ports
import Testing

@testable import LinuxPorts

/// The host's machines against the emulated instrument's.
struct USBTMCExchangeTests {
  @Test func `questions are answered and no rule is broken, also beyond the last tag`() throws {
    let bench = Bench()
    for number in 0..<300 {
      #expect(try bench.ask("ECHO? \(number)\n") == Array("\(number)\n".utf8))
    }
    #expect(bench.instrument.violations == [])
    #expect(bench.twin.heard.count == 300)
  }

  @Test(arguments: [1, 2, 3, 4, 5, 499, 500, 501, 65_535, 65_536, 65_537, 200_000])
  func `a command of any length arrives whole`(_ length: Int) throws {
    let bench = Bench()
    let text = String(repeating: "x", count: length)
    try bench.send(text)
    #expect(bench.twin.heard == [text])
    #expect(bench.instrument.violations == [])
    #expect(bench.instrument.messageCount == 1)
  }

  /// Around full packets, where the end of a transfer is easily missed, and around the size asked for.
  static let lengths =
    Array(1...4) + Array(36...70) + Array(110...120) + Array(490...510) + Array(1010...1016)
    + [65_524, 65_536, 65_537]

  @Test(arguments: [true, false], ["none", "forgets", "leads", "pieces"])
  func `an answer of any length is read whole`(_ isHighSpeed: Bool, _ habit: String) throws {
    var habits = USBTMCHabits()
    habits.forgetsEmptyPackets = habit == "forgets"
    habits.leadsWithEmptyPacket = habit == "leads"
    if habit == "pieces" { habits.transferSizeMax = 500 }
    let bench = Bench(isHighSpeed: isHighSpeed, habits: habits)
    for length in Self.lengths {
      let answer = try bench.ask("RAW? \(length)\n")
      #expect(answer == LineTwin.payload(length), "\(length) bytes")
    }
    #expect(bench.instrument.violations == [])
    // Nothing is left over that the next question would get.
    #expect(try bench.ask("*IDN?\n") == Array((LineTwin.identity + "\n").utf8))
  }

  @Test(arguments: [600, 1188, 1189, 1190, 1400, 5000, 120_000])
  func `a block with one header is read without asking again`(_ length: Int) throws {
    var habits = USBTMCHabits()
    habits.blockPart = 500
    let bench = Bench(isHighSpeed: false, habits: habits)
    bench.quirks = USBQuirks(isAskedOncePerBlock: true)
    #expect(try bench.ask("BLOCK? \(length)\n") == LineTwin.block(length))
    #expect(try bench.ask("*IDN?\n") == Array((LineTwin.identity + "\n").utf8))
    #expect(bench.instrument.violations == [])
  }

  @Test func `an answer without end is refused at the limit`() throws {
    let bench = Bench()
    try bench.send("RAW? 300000\n")
    #expect(throws: USBTMCFault.tooLong(100_000)) { try bench.receive(lengthMax: 100_000) }
  }

  @Test(arguments: [
    (USBTMCDeviation.shortPacket, "too early"), (.wrongTag, "another request"),
    (.truncatedHeader, "its header alone"),
    (.oversize, "were asked for"), (.wrongMessage, "kind 127"), (.stallsAnswer, "halted its answers"),
  ])
  func `a broken answer is named, and after a clear the next one is right`(
    _ deviation: USBTMCDeviation, _ words: String
  ) throws {
    let bench = Bench()
    bench.instrument.plan(deviation)
    try bench.send("ECHO? \(String(repeating: "wrong", count: 300))\n")
    let fault = try #require(throws: USBTMCFault.self) { try bench.receive() }
    #expect(fault.description.contains(words), "\(fault)")
    if fault == .stalled(.incoming) { try bench.clearHalt() }
    try bench.clear()
    #expect(bench.twin.clears == 1)
    #expect(try bench.ask("ECHO? right\n") == Array("right\n".utf8))
    #expect(bench.instrument.violations == [])
  }

  @Test func `a message of another kind is read where the product is known for it`() throws {
    let bench = Bench()
    bench.quirks = USBQuirks(toleratesMessageIDs: true)
    bench.instrument.plan(.wrongMessage)
    #expect(try bench.ask("ECHO? odd\n") == Array("odd\n".utf8))
  }

  @Test func `a stalled command is named, and after a clear the next one arrives`() throws {
    let bench = Bench()
    bench.instrument.plan(.stallsCommand)
    #expect(throws: USBTMCFault.stalled(.outgoing)) { try bench.send("lost\n") }
    try bench.clear()
    #expect(try bench.ask("*IDN?\n") == Array((LineTwin.identity + "\n").utf8))
    #expect(bench.twin.heard == ["*IDN?"])
  }

  @Test func `an answer that is given up never comes again`() throws {
    let bench = Bench()
    bench.instrument.plan(.lateAnswer(.seconds(1)))
    try bench.send("ECHO? late\n")
    var receiving = bench.receiving()
    #expect(throws: Bench.Failure.deadline) { try bench.run(&receiving, within: .milliseconds(500)) }
    let tag = try #require(receiving.openTag)
    var aborting = USBTMCAborting(.incoming, tag: tag, interface: bench.interface)
    try bench.run(&aborting)
    try bench.clear()
    for number in 0..<3 { #expect(try bench.ask("ECHO? \(number)\n") == Array("\(number)\n".utf8)) }
    #expect(bench.instrument.violations == [])
  }

  @Test func `without the clear the late answer would be taken for the next one`() throws {
    // Why the port refuses to receive until it was cleared.
    let bench = Bench()
    bench.instrument.plan(.lateAnswer(.seconds(1)))
    try bench.send("ECHO? late\n")
    var receiving = bench.receiving()
    #expect(throws: Bench.Failure.deadline) { try bench.run(&receiving, within: .milliseconds(500)) }
    var aborting = USBTMCAborting(.incoming, tag: receiving.openTag!, interface: bench.interface)
    try bench.run(&aborting)
    #expect(try bench.ask("ECHO? next\n") == Array("late\n".utf8))
  }

  @Test func `a command that is not taken is given up`() throws {
    let bench = Bench()
    bench.instrument.plan(.takesNoCommand)
    var sending = USBTMCSending(Array("slow\n".utf8), tags: bench.tags)
    #expect(throws: Bench.Failure.deadline) { try bench.run(&sending, within: .milliseconds(100)) }
    var aborting = USBTMCAborting(.outgoing, tag: try #require(sending.openTag), interface: bench.interface)
    try bench.run(&aborting)
    #expect(try bench.ask("*IDN?\n") == Array((LineTwin.identity + "\n").utf8))
    #expect(bench.twin.heard == ["*IDN?"])
  }

  @Test func `an instrument that refuses the clear is said to refuse it`() {
    var habits = USBTMCHabits()
    habits.refusesClear = true
    let bench = Bench(habits: habits)
    #expect(throws: USBTMCFault.refused("clear itself")) { try bench.clear() }
  }

  @Test func `a plug pulled within an answer is noticed`() throws {
    let bench = Bench()
    bench.instrument.plan(.pull)
    try bench.send("ECHO? gone\n")
    #expect(throws: Bench.Failure.unplugged) { try bench.receive() }
  }
}
