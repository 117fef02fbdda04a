import Capabilities
import Ports
import Quantities
import Simulation
import Testing

@testable import Instruments

@Suite struct M642Tests {
  private func bench(_ options: [String: String] = [:]) throws -> (TwinBench, M642) {
    let bench = try TwinBench(M642.entry, terminals: [1: .thermistor(3)], options: options)
    return (bench, try bench.driver(M642.entry, options: options))
  }

  @Test func `a resistance reaches the input it is wired to`() async throws {
    let (bench, decade) = try bench()
    _ = try await decade.open()
    #expect(bench.circuit.thermistorOhms(3) == .infinity)
    try await decade.setResistance(.ohms(10_000), channel: 1)
    #expect((bench.circuit.thermistorOhms(3) - 10_000).magnitude < 1.5)
    #expect(try await decade.resistance(channel: 1).value == 10_000)
  }

  @Test func `open means open, and the value returns`() async throws {
    let (bench, decade) = try bench()
    _ = try await decade.open()
    try await decade.setResistance(.ohms(401_860), channel: 1)
    try await decade.setOpen(channel: 1)
    #expect(bench.circuit.thermistorOhms(3) == .infinity)
    #expect(try await decade.resistance(channel: 1).value == .infinity)
    try await decade.setResistance(.ohms(697.6), channel: 1)
    #expect((bench.circuit.thermistorOhms(3) - 697.6).magnitude < 0.1)
  }

  @Test func `a short is refused with a way out`() async throws {
    let (bench, decade) = try bench()
    _ = try await decade.open()
    bench.heard = []
    let error = await #expect(throws: InstrumentError.self) { try await decade.setShort(channel: 1) }
    #expect(error?.code == .refused)
    #expect(error?.advice.contains("short: lowest") == true)
    #expect(bench.commands.isEmpty)
  }

  @Test func `the rig file may accept the lowest resistance as a short`() async throws {
    let (bench, decade) = try bench(["short": "lowest", "minimum": "0.5 Ω"])
    _ = try await decade.open()
    try await decade.setShort(channel: 1)
    #expect((bench.circuit.thermistorOhms(3) - 0.5).magnitude < 1e-3)
  }

  @Test(arguments: [(1, 0.9), (1, 1.3e6), (1, .nan), (1, .infinity), (2, 100)])
  func `outside the decade is refused before a byte is sent`(channel: Int, ohms: Double) async throws {
    let (bench, decade) = try bench()
    _ = try await decade.open()
    bench.heard = []
    let error = await #expect(throws: InstrumentError.self) {
      try await decade.setResistance(.ohms(ohms), channel: channel)
    }
    #expect(error?.code == .outOfRange)
    #expect(bench.commands.isEmpty)
  }

  @Test func `a decade that is not as it was left is found, connected or open`() async throws {
    let (bench, decade) = try bench()
    _ = try await decade.open()
    try await decade.setResistance(.ohms(5000), channel: 1)
    try await decade.confirmStanding()
    try await bench.link.send(Array(":OUTP OFF\n".utf8), deadline: bench.now)
    await #expect(throws: InstrumentError.self) { try await decade.confirmStanding() }
    try await decade.setOpen(channel: 1)
    try await decade.confirmStanding()
    try await bench.link.send(Array(":OUTP ON\n".utf8), deadline: bench.now)
    let error = await #expect(throws: InstrumentError.self) { try await decade.confirmStanding() }
    #expect(error?.message.contains("open was set") == true)
  }

  @Test func `made safe, the terminals are open`() async throws {
    let (bench, decade) = try bench()
    _ = try await decade.open()
    try await decade.setResistance(.ohms(5000), channel: 1)
    #expect(await decade.makeSafe().confirmed)
    #expect(await decade.makeSafe().confirmed)
    #expect(bench.circuit.thermistorOhms(3) == .infinity)
  }
}
