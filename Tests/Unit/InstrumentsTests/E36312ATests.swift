import Capabilities
import Ports
import Quantities
import Simulation
import Testing

@testable import Instruments

@Suite struct E36312ATests {
  private func bench(_ options: [String: String] = [:], bankAt channel: Int = 2) throws -> (
    TwinBench, E36312A
  ) {
    let bench = try TwinBench(E36312A.entry, terminals: [channel: .shortBank], options: options)
    return (bench, try bench.driver(E36312A.entry, options: options))
  }

  @Test func `the bank follows set point and output`() async throws {
    let (bench, supply) = try bench()
    _ = try await supply.open()
    try await supply.program(channel: 2, voltage: .volts(20), currentLimit: .amperes(0.5))
    #expect(bench.circuit.voltage(at: .shortBank) == 0)
    try await supply.setOutput(true, channel: 2)
    #expect(bench.circuit.voltage(at: .shortBank) == 20)
    #expect((try await supply.measureVoltage(channel: 2).value - 20).magnitude < 0.02)
    #expect(await supply.makeSafe().confirmed)
    #expect(bench.circuit.voltage(at: .shortBank) == 0)
  }

  @Test func `the protection follows the set point up and down without tripping`() async throws {
    let (bench, supply) = try bench()
    _ = try await supply.open()
    for volts in [5.0, 24, 2, 0] {
      try await supply.program(channel: 2, voltage: .volts(volts), currentLimit: .amperes(1))
      try await supply.setOutput(true, channel: 2)
      #expect(bench.circuit.voltage(at: .shortBank) == volts)
    }
  }

  @Test func `series pairing reaches 50 V on output 2 and hides output 3`() async throws {
    let (bench, supply) = try bench(["pairing": "series"])
    _ = try await supply.open()
    #expect(supply.voltageMax == .volts(50))
    try await supply.program(channel: 2, voltage: .volts(48), currentLimit: .amperes(0.2))
    try await supply.setOutput(true, channel: 2)
    #expect(bench.circuit.voltage(at: .shortBank) == 48)
    let error = await #expect(throws: InstrumentError.self) { try await supply.setOutput(true, channel: 3) }
    #expect(error?.code == .outOfRange)
    #expect(await supply.makeSafe().confirmed)
    #expect(bench.circuit.voltage(at: .shortBank) == 0)
  }

  @Test(arguments: [(1, 6.1, 1.0), (2, 25.1, 1.0), (2, -1, 0.1), (3, 5, 1.1), (4, 1, 0.1), (2, .nan, 0.1)])
  func `beyond the rating is refused before a byte is sent`(channel: Int, volts: Double, amperes: Double)
    async throws
  {
    let (bench, supply) = try bench()
    _ = try await supply.open()
    bench.heard = []
    let error = await #expect(throws: InstrumentError.self) {
      try await supply.program(channel: channel, voltage: .volts(volts), currentLimit: .amperes(amperes))
    }
    #expect(error?.code == .outOfRange)
    #expect(bench.commands.isEmpty)
  }

  @Test func `an output left on is noticed at opening and stays as it is`() async throws {
    let (bench, supply) = try bench()
    _ = try await supply.open()
    try await supply.program(channel: 2, voltage: .volts(10), currentLimit: .amperes(1))
    try await supply.setOutput(true, channel: 2)
    let second: E36312A = try bench.driver(E36312A.entry)
    let error = await #expect(throws: InstrumentError.self) { try await second.open() }
    #expect(error?.code == .notConfirmed)
    #expect(error?.channel == 2)
    #expect(bench.circuit.voltage(at: .shortBank) == 10)
  }

  @Test func `a set point that the instrument limited is noticed`() async throws {
    let (bench, supply) = try bench()
    _ = try await supply.open()
    bench.link.mangle = { $0 == Array("+2.00000000E+01\n".utf8) ? Array("+1.80000000E+01\n".utf8) : $0 }
    let error = await #expect(throws: InstrumentError.self) {
      try await supply.program(channel: 2, voltage: .volts(20), currentLimit: .amperes(0.5))
    }
    #expect(error?.code == .notConfirmed)
  }
}
