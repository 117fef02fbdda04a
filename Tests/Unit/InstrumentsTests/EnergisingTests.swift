import Capabilities
import Ports
import Quantities
import TestKit
import Testing

@testable import Instruments

/// An instrument that swallows the answer to whatever follows a switching on: nobody knows whether it is on.
@Suite struct `A command that energises` {
  /// Driver, and the beginning of its command.
  static let commands = [
    ("ngi-n83624", "OUTP:ONOFF 1"), ("itech-it6000c", "OUTP ON"), ("keysight-e36312a", "OUTP ON"),
  ]

  @Test(arguments: commands)
  func `is sent once, and never again when its answer does not come`(_ id: String, _ command: String)
    async throws
  {
    let bench = try DriverBench(#require(InstrumentCatalog.entries.first { $0.id == id }))
    _ = try await bench.instrument.open()
    let link = bench.link
    link.mangle = { [unowned link] bytes in
      link.sent.contains { $0.hasPrefix(command) } ? [] : bytes
    }
    await #expect(throws: InstrumentError.self) { try await Self.switchOn(bench.instrument) }
    // Neither what the step tries next nor the way to the safe state switches on.
    link.mangle = nil
    _ = try? await Self.read(bench.instrument)
    _ = await bench.instrument.makeSafe()
    let times = link.sent.filter { $0.hasPrefix(command) }.count
    #expect(times == 1, "\(link.sent)")
  }

  /// Modbus repeats a read whose answer is lost, and no write.
  @Test func `over Modbus is sent once, too`() async throws {
    let bench = try DriverBench(#require(InstrumentCatalog.entries.first { $0.id == "ea-psb" }))
    _ = try await bench.instrument.open()
    let before = bench.link.sentBytes.count
    bench.link.mangle = { _ in [] }
    await #expect(throws: InstrumentError.self) { try await Self.switchOn(bench.instrument) }
    bench.link.mangle = nil
    _ = await bench.instrument.makeSafe()
    // Function 5, the coil on.
    let writes = bench.link.sentBytes[before...].filter { frame in
      let tail = frame.drop { $0 != 0x05 }
      return tail.contains(0xFF) && frame.contains(0x05)
    }
    #expect(writes.count == 1, "\(writes)")
  }

  private static func switchOn(_ instrument: any Instrument) async throws {
    switch instrument {
    case let emulator as any CellEmulator: try await emulator.setOutputs(true, channels: [1])
    case let source as any LoopSource: try await source.setOutput(true)
    case let supply as any Supply: try await supply.setOutput(true, channel: 1)
    default: Issue.record("no output")
    }
  }

  private static func read(_ instrument: any Instrument) async throws {
    switch instrument {
    case let emulator as any CellEmulator: _ = try await emulator.measureVoltages(channels: [1])
    case let source as any LoopSource: _ = try await source.measureCurrent()
    case let supply as any Supply: _ = try await supply.measureVoltage(channel: 1)
    default: break
    }
  }
}

@Suite struct `Trip levels of an instrument` {
  @Test(arguments: ["ngi-n83624", "itech-it6000c", "keysight-e36312a"])
  func `are programmed, read back and in force`(_ id: String) async throws {
    let bench = try DriverBench(#require(InstrumentCatalog.entries.first { $0.id == id }))
    _ = try await bench.instrument.open()
    let fenced = try #require(bench.instrument as? any Fenced)
    let channels = id == "ngi-n83624" ? Array(1...24) : [1]
    let levels = FenceLevels(voltage: Voltage(4.5), current: Current(3))
    let programmed = try await fenced.program(levels, channels: channels)
    #expect(!programmed.isEmpty && programmed.allSatisfy { $0.isInForce }, "\(programmed)")
    #expect(try await fenced.fences(channels: channels) == programmed)
  }

  /// A cell told to go beyond its own trip level switches off by itself.
  @Test func `switch an emulated cell off that is told too much`() async throws {
    let bench = try DriverBench(#require(InstrumentCatalog.entries.first { $0.id == "ngi-n83624" }))
    _ = try await bench.instrument.open()
    let emulator = try #require(bench.instrument as? N83624)
    _ = try await emulator.program(
      FenceLevels(voltage: Voltage(4.5), current: Current(3)), channels: Array(1...24))
    try await emulator.setVoltages([(1, Voltage(4.6))])
    try await emulator.setOutputs(true, channels: [1, 2])
    try await emulator.setVoltages([(1, Voltage(5))])
    #expect(try await emulator.outputsEnabled(channels: [1, 2]) == [false, true])
    let refused = await #expect(throws: InstrumentError.self) {
      _ = try await emulator.fences(channels: Array(1...24))
    }
    #expect(refused?.channel == 1 && refused?.message.contains("overvoltage") == true)
  }

  /// What happened before the run says nothing of it; the channel is off until somebody switches it on.
  @Test func `that tripped before they were programmed count from the next switching on`() async throws {
    let bench = try DriverBench(#require(InstrumentCatalog.entries.first { $0.id == "ngi-n83624" }))
    _ = try await bench.instrument.open()
    let emulator = try #require(bench.instrument as? N83624)
    let levels = FenceLevels(voltage: Voltage(4.5), current: Current(3))
    _ = try await emulator.program(levels, channels: Array(1...24))
    try await emulator.setOutputs(true, channels: [3])
    try await emulator.setVoltages([(3, Voltage(5))])
    _ = try await emulator.program(levels, channels: Array(1...24))
    #expect(try await emulator.fences(channels: Array(1...24)).allSatisfy(\.isInForce))
    try await emulator.setVoltages([(3, Voltage(3))])
    try await emulator.setOutputs(true, channels: [3])
    try await emulator.setVoltages([(3, Voltage(5))])
    await #expect(throws: InstrumentError.self) { _ = try await emulator.fences(channels: Array(1...24)) }
  }

  @Test func `of a source whose watchdog somebody disarmed while it drives do not read back`() async throws {
    let bench = try DriverBench(#require(InstrumentCatalog.entries.first { $0.id == "itech-it6000c" }))
    _ = try await bench.instrument.open()
    let source = try #require(bench.instrument as? IT6000C)
    let programmed = try await source.program(
      FenceLevels(voltage: Voltage(5), current: Current(100)), channels: [1])
    try await source.setOutput(true)
    #expect(try await source.fences(channels: [1]) == programmed)
    try await source.session.write("OUTP:PROT:WDOG:STAT OFF")
    let refused = await #expect(throws: InstrumentError.self) { _ = try await source.fences(channels: [1]) }
    #expect(refused?.message.contains("watchdog is not armed") == true)
  }

  @Test func `that somebody changed meanwhile do not read back as in force`() async throws {
    let bench = try DriverBench(#require(InstrumentCatalog.entries.first { $0.id == "ngi-n83624" }))
    _ = try await bench.instrument.open()
    let emulator = try #require(bench.instrument as? N83624)
    _ = try await emulator.program(
      FenceLevels(voltage: Voltage(4.5), current: Current(3)), channels: Array(1...24))
    try await emulator.session.write("PRO:VOLT 6(@7)")
    let now = try await emulator.fences(channels: Array(1...24))
    #expect(now.map(\.isInForce) == [false, true])
  }
}
