import Capabilities
import Instruments
import Ports
import Quantities
import Simulation
import TestKit
import Testing

/// Drivers and twins in the simulated world that rigs use.
@Suite struct SimulatedInstrumentTests {
  private func host(_ id: String, _ terminals: [Int: Terminal], in world: SimulatedWorld) throws {
    let entry = try #require(InstrumentCatalog.entry(id))
    let makeTwin = try #require(entry.makeTwin)
    let twin = try makeTwin(
      TwinContext(
        name: id, serial: "S1", circuit: world.circuit, terminals: terminals,
        random: world.random.fork(id), options: [:]))
    world.host(stream: twin, named: id)
  }

  private static func open(_ id: String, in world: SimulatedWorld, _ options: [String: String] = [:])
    async throws -> any Instrument
  {
    let entry = try #require(InstrumentCatalog.entry(id))
    let address = try PortAddress(parsing: "sim://\(id)")
    let port = try await world.openStream(address, deadline: world.now + .seconds(1))
    let instrument = try entry.make(
      DriverContext(name: id, serial: "S1", port: .stream(port), world: world, options: options))
    _ = try await instrument.open()
    return instrument
  }

  @Test func `the source's watchdog ends the current without anybody speaking to it`() throws {
    let world = SimulatedWorld(circuit: Circuit(parameters: CircuitParameters()), seed: 1)
    try host("itech-it6000c", [1: .loopSource], in: world)
    world.circuit.insert(ConductingBoard())
    world.circuit.setRelay(.loopContactor, active: true)
    let currents: [Double] = try world.run {
      let source = try #require(
        try await Self.open("itech-it6000c", in: world, ["watchdog": "5 s"]) as? IT6000C)
      try await source.program(current: .amperes(100), compliance: .volts(5))
      try await source.setOutput(true)
      try await world.sleep(for: .seconds(4.5))
      let before = world.circuit.loopCurrent
      try await world.sleep(for: .seconds(1))
      return [before, world.circuit.loopCurrent]
    }
    #expect((currents[0] - 100).magnitude < 0.5 && currents[1] == 0)
  }

  @Test func `the same seed gives the same readings at the same instants`() throws {
    let runs: [[Reading]] = try (1...2).map { _ in
      let world = SimulatedWorld(circuit: Circuit(parameters: CircuitParameters()), seed: 5)
      try host(
        "ngi-n83624", Dictionary(uniqueKeysWithValues: (1...24).map { ($0, Terminal.cell($0)) }), in: world)
      return try world.run {
        let emulator = try #require(try await Self.open("ngi-n83624", in: world) as? N83624)
        try await emulator.setVoltages((1...24).map { (channel: $0, voltage: .volts(3.3)) })
        try await emulator.setCurrentLimit(.amperes(1), channels: Array(1...24))
        try await emulator.setOutputs(true, channels: Array(1...24))
        return try await emulator.measureVoltages(channels: Array(1...24))
      }
    }
    #expect(runs[0] == runs[1])
    #expect(runs[0].allSatisfy { ($0.value - 3.3).magnitude < 0.001 })
  }
}
