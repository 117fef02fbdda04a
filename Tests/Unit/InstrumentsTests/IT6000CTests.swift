import Capabilities
import Instruments
import Ports
import Quantities
import Simulation
import TestKit
import Testing

@Suite struct IT6000CTests {
  private func bench(_ options: [String: String] = [:]) throws -> (bench: DriverBench, source: IT6000C) {
    let entry = try #require(InstrumentCatalog.entry("itech-it6000c"))
    let bench = try DriverBench(entry, options: options)
    bench.world.circuit.setRelay(.loopContactor, active: true)
    return (bench, try #require(bench.instrument as? IT6000C))
  }

  @Test func `opening leaves zero current programmed although the limits were at the rating`() async throws {
    let (bench, source) = try bench()
    _ = try await source.open()
    try await source.setOutput(true)
    #expect(try await source.outputEnabled())
    #expect(bench.outputs().suffix(3).first == 0)
    #expect(await source.makeSafe().confirmed)
    #expect(try await !source.outputEnabled())
  }

  @Test func `set points survive switching off and on`() async throws {
    let (bench, source) = try bench(["slew": "1 A/ms"])
    _ = try await source.open()
    try await source.program(current: .amperes(100), compliance: .volts(5))
    try await source.setOutput(true)
    try await source.setOutput(false)
    #expect(bench.link.sent.contains("CURR 0"))
    #expect(bench.link.sent.suffix(2) == ["CURR 100.000", "CURR?"])
  }

  @Test func `silence longer than the watchdog switches the output off for good`() async throws {
    let (bench, source) = try bench(["watchdog": "10 s"])
    _ = try await source.open()
    try await source.setOutput(true)
    bench.world.advance(to: bench.world.now + .seconds(9))
    #expect(try await source.outputEnabled())
    bench.world.advance(to: bench.world.now + .seconds(11))
    #expect(try await !source.outputEnabled())
    do {
      try await source.setOutput(true)
      Issue.record("a tripped output was switched on")
    } catch {
      #expect(error.code == .refused)
      #expect(error.message.contains("watchdog"))
    }
    _ = try await source.open()
    try await source.setOutput(true)
    #expect(try await source.outputEnabled())
  }

  @Test func `the current climbs at the slew rate, both ways, and falls at once when switched off`()
    async throws
  {
    let (bench, source) = try bench(["slew": "10 A/ms"])
    let circuit = bench.world.circuit
    circuit.insert(ConductingBoard())
    _ = try await source.open()
    try await source.program(current: .amperes(-200), compliance: .volts(5))
    try await source.setOutput(true)
    #expect((circuit.loopCurrent + 200).magnitude < 0.5)
    #expect((try await source.measureCurrent().value + 200).magnitude < 1)
    let before = bench.world.now
    try await source.program(current: .amperes(200), compliance: .volts(5))
    #expect(bench.world.now - before > .milliseconds(40))
    bench.world.advance(to: bench.world.now + .milliseconds(60))
    #expect((circuit.loopCurrent - 200).magnitude < 0.5)
    #expect(await source.makeSafe().confirmed)
    #expect(circuit.loopCurrent == 0)
  }

  /// A link that loses one command and carries the next.
  private final class Lossy: StreamPort {
    let base: ScriptedLink
    var lost: String?
    var address: PortAddress { base.address }
    init(_ base: ScriptedLink) { self.base = base }
    func send(_ bytes: [UInt8], deadline: WorldInstant) async throws(PortError) {
      if let lost, String(decoding: bytes, as: UTF8.self).hasPrefix(lost) {
        throw PortError(.deadline, attempted: "send", port: address.description, cause: "scripted")
      }
      try await base.send(bytes, deadline: deadline)
    }
    func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8] {
      try await base.receive(deadline: deadline)
    }
    func close() { base.close() }
  }

  @Test func `the output goes off although the command before it cannot be sent`() async throws {
    let (bench, _) = try bench()
    bench.world.circuit.insert(ConductingBoard())
    let link = Lossy(bench.link)
    let entry = try #require(InstrumentCatalog.entry("itech-it6000c"))
    let made = try entry.make(
      DriverContext(
        name: "bench", serial: DriverBench.serial, port: .stream(link), world: bench.world, options: [:]))
    let source = try #require(made as? IT6000C)
    _ = try await source.open()
    try await source.program(current: .amperes(100), compliance: .volts(5))
    try await source.setOutput(true)
    bench.world.advance(to: bench.world.now + .milliseconds(500))
    #expect(bench.world.circuit.loopCurrent > 90)
    link.lost = "CURR 0"
    let report = await source.makeSafe()
    #expect(bench.world.circuit.loopCurrent == 0)
    #expect(report.confirmed, "\(report.message)")
  }

  @Test func `a ramp passes through values in between`() async throws {
    let (bench, source) = try bench(["slew": "1 A/ms"])
    bench.world.circuit.insert(ConductingBoard())
    _ = try await source.open()
    try await source.program(current: .amperes(300), compliance: .volts(5))
    try await source.setOutput(true)
    bench.world.advance(to: bench.world.now + .milliseconds(50))
    let half = bench.world.circuit.loopCurrent
    #expect(half > 50 && half < 250, "\(half)")
    bench.world.advance(to: bench.world.now + .milliseconds(300))
    #expect((bench.world.circuit.loopCurrent - 300).magnitude < 0.6)
  }

  @Test func `a compliance too small for the path is reported`() async throws {
    let (bench, source) = try bench()
    bench.world.circuit.insert(ConductingBoard())
    _ = try await source.open()
    try await source.program(current: .amperes(300), compliance: .volts(0.1))
    try await source.setOutput(true)
    #expect(try await source.isAtCompliance())
    try await source.program(current: .amperes(300), compliance: .volts(5))
    bench.world.advance(to: bench.world.now + .milliseconds(50))
    #expect(try await !source.isAtCompliance())
  }

  @Test func `limits in the rig file beyond the rating are refused`() throws {
    let entry = try #require(InstrumentCatalog.entry("itech-it6000c"))
    #expect(throws: OptionError.self) {
      _ = try entry.ranges(["rating": "IT6054C-800-225", "current-max": "300 A"])
    }
    #expect(try entry.ranges(["rating": "IT6054C-800-225"]).currentMax == .amperes(225))
  }

  @Test func `current beyond the rig's own limit is refused although the model could`() async throws {
    let (_, source) = try bench(["current-max": "200 A"])
    _ = try await source.open()
    do {
      try await source.program(current: .amperes(201), compliance: .volts(1))
      Issue.record("not refused")
    } catch { #expect(error.code == .outOfRange) }
  }
}
