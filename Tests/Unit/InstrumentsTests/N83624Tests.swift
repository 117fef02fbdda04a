import Capabilities
import Instruments
import Ports
import Quantities
import TestKit
import Testing

@Suite struct N83624Tests {
  private func bench(
    _ options: [String: String] = ["gap": "20 ms", "range": "06-10"], twin: [String: String] = [:]
  ) throws -> (bench: DriverBench, emulator: N83624) {
    let entry = try #require(InstrumentCatalog.entry("ngi-n83624"))
    let bench = try DriverBench(entry, options: options, twinOptions: twin)
    return (bench, try #require(bench.instrument as? N83624))
  }

  private let all = Array(1...24)

  @Test func `a programmed and switched stack appears at the outputs`() async throws {
    let (bench, emulator) = try bench()
    _ = try await emulator.open()
    try await emulator.setVoltages(all.map { (channel: $0, voltage: .volts(3 + Double($0) / 100)) })
    try await emulator.setCurrentLimit(.amperes(8), channels: all)
    #expect(bench.world.circuit.cellOutputVoltage(7) == 0)
    try await emulator.setOutputs(true, channels: all)
    #expect((bench.world.circuit.cellOutputVoltage(7) - 3.07).magnitude < 0.001)
    let read = try await emulator.measureVoltages(channels: [24, 1])
    #expect((read[0].value - 3.24).magnitude < 0.001 && (read[1].value - 3.01).magnitude < 0.001)
    #expect(try await emulator.outputsEnabled(channels: [5, 6]) == [true, true])
    #expect(await emulator.makeSafe().confirmed)
    #expect(bench.world.circuit.cellOutputVoltage(7) == 0)
  }

  @Test func `equal voltages share one message, different ones go eight to a message`() async throws {
    let (bench, emulator) = try bench()
    _ = try await emulator.open()
    var before = bench.link.sent.count
    try await emulator.setVoltages(all.map { (channel: $0, voltage: .volts(3.3)) })
    #expect(bench.link.sent.count - before == 2)
    before = bench.link.sent.count
    try await emulator.setVoltages(all.map { (channel: $0, voltage: .volts(3 + Double($0) / 100)) })
    #expect(bench.link.sent.count - before == 4)
  }

  @Test func `a smaller variant than the rig file says is noticed at the current limit`() async throws {
    let (_, emulator) = try bench(twin: ["range": "06-05"])
    _ = try await emulator.open()
    do {
      try await emulator.setCurrentLimit(.amperes(8), channels: [1])
      Issue.record("not noticed")
    } catch { #expect(error.code == .notConfirmed) }
  }

  @Test func `commands that come too fast are noticed by reading back`() async throws {
    let (_, emulator) = try bench(twin: ["tolerated-gap": "200 ms"])
    var failed = false
    do {
      _ = try await emulator.open()
      try await emulator.setVoltages([(channel: 1, voltage: .volts(3.3))])
    } catch { failed = true }
    #expect(failed)
  }

  @Test(arguments: ["0 ms", "19 ms"])
  func `OFF leaves within the gap, for those that take it, and again behind it, for those that lose it`(
    tolerated: String
  ) async throws {
    let (bench, emulator) = try bench(twin: ["tolerated-gap": tolerated])
    _ = try await emulator.open()
    try await emulator.setVoltages(all.map { (channel: $0, voltage: .volts(3.3)) })
    try await emulator.setCurrentLimit(.amperes(1), channels: all)
    try await emulator.setOutputs(true, channels: all)
    #expect(bench.world.circuit.cellOutputVoltage(24) > 3)
    let told = bench.world.now
    try await emulator.sendOff()
    #expect(bench.world.circuit.cellOutputVoltage(24) == 0)
    #expect(bench.link.sent.suffix(2).map { $0.prefix(12) } == ["OUTP:ONOFF 0", "OUTP:ONOFF 0"])
    #expect(bench.world.now - told == .milliseconds(20))
  }

  @Test func `an output that is on at opening is refused and left alone`() async throws {
    let (bench, emulator) = try bench()
    _ = try await emulator.open()
    try await emulator.setVoltages([(channel: 2, voltage: .volts(3.3))])
    try await emulator.setCurrentLimit(.amperes(1), channels: [2])
    try await emulator.setOutputs(true, channels: [2])
    do {
      _ = try await emulator.open()
      Issue.record("not refused")
    } catch { #expect(error.code == .notConfirmed) }
    #expect(bench.world.circuit.cellOutputVoltage(2) > 3.2)
  }

  @Test func `the factory reset is never sent`() async throws {
    let (bench, emulator) = try bench()
    _ = try await emulator.open()
    _ = await emulator.makeSafe()
    #expect(!bench.link.sent.contains { $0.uppercased().contains("*RST") })
  }
}
