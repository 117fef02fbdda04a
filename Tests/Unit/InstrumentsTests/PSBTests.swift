import Capabilities
import Modbus
import Ports
import Quantities
import Simulation
import Testing

@testable import Instruments

@Suite struct PSBTests {
  private func bench(
    _ options: [String: String] = [:], twin: [String: String] = [:]
  ) throws -> (TwinBench, PSB) {
    let bench = try TwinBench(
      PSB.entry, terminals: [1: .shortBank], options: options.merging(twin) { _, overlaid in overlaid })
    return (bench, try bench.driver(PSB.entry, options: options))
  }

  @Test(arguments: ["tcp", "rtu"]) func `a voltage reaches the bank and is read back`(_ framing: String)
    async throws
  {
    let (bench, supply) = try bench(["framing": framing])
    let identity = try await supply.open()
    #expect(identity.model == "PSB 9060-120")
    try await supply.program(channel: 1, voltage: .volts(48), currentLimit: .amperes(10))
    #expect(bench.circuit.voltage(at: .shortBank) == 0)
    try await supply.setOutput(true, channel: 1)
    #expect((bench.circuit.voltage(at: .shortBank) - 48).magnitude < 0.001)
    let read = try await supply.measureVoltage(channel: 1).value
    #expect((read - 48).magnitude < 0.05)
    #expect(await supply.makeSafe().confirmed)
    #expect(bench.circuit.voltage(at: .shortBank) == 0)
  }

  @Test func `another type plate than the rig file's is refused`() async throws {
    let (_, supply) = try bench(twin: ["nominal-current": "60 A"])
    let error = await #expect(throws: InstrumentError.self) { _ = try await supply.open() }
    #expect(error?.code == .wrongModel)
    #expect(error?.message.contains("nominal-current") == true)
  }

  @Test(arguments: ["silent", "garbage", "truncated", "late", "wrong-model"])
  func `a faulty supply ends in an error and never in a value`(_ fault: String) async throws {
    let (_, supply) = try bench(twin: ["fault": fault])
    await #expect(throws: InstrumentError.self) { _ = try await supply.open() }
    if fault != "wrong-model" { #expect(await !supply.makeSafe().confirmed) }
  }

  @Test func `a supply that falls silent while it is on is switched off all the same`() async throws {
    // Opening takes 7 exchanges, setting 4, switching on 2; then no answer comes any more, but commands are obeyed.
    let (bench, supply) = try bench(twin: ["fault": "silent", "fault-after": "13"])
    _ = try await supply.open()
    try await supply.program(channel: 1, voltage: .volts(20), currentLimit: .amperes(1))
    try await supply.setOutput(true, channel: 1)
    #expect(bench.circuit.voltage(at: .shortBank) > 19)
    await #expect(throws: InstrumentError.self) { _ = try await supply.measureVoltage(channel: 1) }
    #expect(await !supply.makeSafe().confirmed)
    #expect(bench.circuit.voltage(at: .shortBank) == 0)
  }

  /// What somebody does at the front panel, or a supply that starts anew, over a link of its own.
  private static let changes: [(String, ModbusRequest, String)] = [
    ("output off", .writeCoil(address: PSBMap.output, false), "reads off"),
    ("another voltage", .writeRegister(address: PSBMap.setVoltage, 5), "voltage"),
    ("another limit", .writeRegister(address: PSBMap.setCurrent, 5), "current limit"),
    ("local control", .writeCoil(address: PSBMap.remote, false), "remote control"),
  ]

  @Test(arguments: changes.indices) func `a supply that is not as it was left is found`(_ index: Int)
    async throws
  {
    let (_, request, word) = Self.changes[index]
    let (bench, supply) = try bench(["framing": "tcp"])
    _ = try await supply.open()
    try await supply.confirmStanding()
    try await supply.program(channel: 1, voltage: .volts(20), currentLimit: .amperes(1))
    try await supply.setOutput(true, channel: 1)
    try await supply.confirmStanding()
    // Its answer goes to whoever asked.
    bench.link.mangle = { _ in [] }
    try await bench.link.send(
      TCPFrame.bytes(transaction: 99, unit: 0, request.bytes), deadline: bench.now)
    bench.link.mangle = nil
    let error = await #expect(throws: InstrumentError.self) { try await supply.confirmStanding() }
    #expect(error?.code == .notConfirmed && error?.message.contains(word) == true, "\(error?.message ?? "")")
  }

  @Test func `a supply that was made safe stands with its output off`() async throws {
    let (_, supply) = try bench()
    _ = try await supply.open()
    try await supply.setOutput(true, channel: 1)
    #expect(await supply.makeSafe().confirmed)
    try await supply.confirmStanding()
  }

  @Test func `the set point keeps to the supply's own steps`() {
    #expect(PSBSettings.raw(60, nominal: 60) == 52_428)
    #expect(PSBSettings.value(52_428, nominal: 60) == 60)
    #expect(PSBSettings.raw(0, nominal: 60) == 0)
  }
}
