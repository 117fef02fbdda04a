import Capabilities
import Ports
import Quantities
import Simulation
import TestKit
import Testing

@testable import Instruments

@Suite struct SDS2000XTests {
  /// A bank of 10 V on a loop of 0.02 Ω and 1 µH without a unit that could open: the one-shot ends the pulse.
  private func bench(_ options: [String: String] = [:]) throws -> (TwinBench, SDS2000X) {
    let circuit = Circuit(parameters: CircuitParameters())
    circuit.insert(ConductingBoard())
    circuit.setShortBank(volts: 10)
    let bench = try TwinBench(
      SDS2000X.entry, circuit: circuit, terminals: [1: .shortCurrent], options: options)
    return (bench, try bench.driver(SDS2000X.entry, options: options))
  }

  private func fire(_ bench: TwinBench) {
    bench.circuit.setRelay(.shortTrigger, active: true)
  }

  @Test(arguments: ["hd", "plus"])
  func `a pulse is recorded with time and amplitude`(model: String) async throws {
    let (bench, scope) = try bench(["model": model])
    _ = try await scope.open()
    try await scope.arm(
      channel: 1, triggerLevel: .millivolts(50), sampleInterval: .seconds(1e-7), samples: 10_000)
    let armedAt = bench.now
    fire(bench)
    let record = try await scope.fetch(channel: 1, deadline: armedAt + .seconds(5))
    #expect(record.times.count == 10_000)
    #expect((record.times[1] - record.times[0] - 1e-7).magnitude < 1e-12)
    #expect((record.times[0] + 200e-6).magnitude < 1e-6)
    let pulse = try #require(bench.circuit.shortPulse)
    let crossing = (0..<10_000).first { pulse.current(Double($0) * 1e-8) >= 50 }.map { Double($0) * 1e-8 }!
    for index in stride(from: 0, to: 10_000, by: 97) {
      let truth = pulse.current(record.times[index] + crossing) * 1e-3
      #expect((record.volts[index] - truth).magnitude < 0.03, "at \(record.times[index]) s")
    }
  }

  @Test func `arming returns only after the instrument says Ready`() async throws {
    let (bench, scope) = try bench()
    _ = try await scope.open()
    try await scope.arm(
      channel: 1, triggerLevel: .millivolts(50), sampleInterval: .seconds(1e-5), samples: 20_000)
    #expect(bench.commands.last == ":TRIG:STAT?")
    let mode = bench.commands.firstIndex(of: ":TRIG:MODE SINGLE")!
    // Half a screen of 20 ms per division must be filled first.
    #expect(bench.commands.count - mode > 2)
  }

  @Test func `commands keep their distance`() async throws {
    let (bench, scope) = try bench(["gap": "30 ms"])
    _ = try await scope.open()
    try await scope.arm(
      channel: 1, triggerLevel: .millivolts(50), sampleInterval: .seconds(1e-7), samples: 1000)
    let gaps = zip(bench.heard, bench.heard.dropFirst()).map { ($1.at - $0.at).seconds }
    #expect(gaps.allSatisfy { $0 >= 0.030 })
  }

  @Test func `without a pulse there is no record`() async throws {
    let (bench, scope) = try bench()
    _ = try await scope.open()
    try await scope.arm(
      channel: 1, triggerLevel: .millivolts(50), sampleInterval: .seconds(1e-7), samples: 1000)
    let error = await #expect(throws: InstrumentError.self) {
      try await scope.fetch(channel: 1, deadline: bench.now + .seconds(1))
    }
    #expect(error?.code == .notConfirmed)
    #expect(error?.message.contains("Ready") == true)
  }

  @Test func `a record of an earlier pulse is never handed out`() async throws {
    let (bench, scope) = try bench()
    _ = try await scope.open()
    let early = await #expect(throws: InstrumentError.self) {
      try await scope.fetch(channel: 1, deadline: bench.now + .seconds(1))
    }
    #expect(early?.code == .refused)
    try await scope.arm(
      channel: 1, triggerLevel: .millivolts(50), sampleInterval: .seconds(1e-7), samples: 1000)
    fire(bench)
    _ = try await scope.fetch(channel: 1, deadline: bench.now + .seconds(5))
    let again = await #expect(throws: InstrumentError.self) {
      try await scope.fetch(channel: 1, deadline: bench.now + .seconds(1))
    }
    #expect(again?.code == .refused)
  }

  @Test func `a second line feed after a block is no stray reply`() async throws {
    let (bench, scope) = try bench()
    bench.link.mangle = { $0.first == UInt8(ascii: "#") ? $0 + [0x0A] : $0 }
    _ = try await scope.open()
    try await scope.arm(
      channel: 1, triggerLevel: .millivolts(50), sampleInterval: .seconds(1e-7), samples: 1000)
    fire(bench)
    #expect(try await scope.fetch(channel: 1, deadline: bench.now + .seconds(5)).volts.count == 1000)
  }

  @Test func `what cannot be recorded is refused before a byte is sent`() async throws {
    let (bench, scope) = try bench()
    _ = try await scope.open()
    bench.heard = []
    for (channel, level, interval, samples) in [
      (5, 0.05, 1e-7, 1000), (1, 50, 1e-7, 1000), (1, .nan, 1e-7, 1000), (1, 0.05, 1e-10, 1000),
      (1, 0.05, 1e-7, 40_000_000), (1, 0.05, 0, 1000), (1, 0.05, 1e-7, 0),
    ] {
      let error = await #expect(throws: InstrumentError.self) {
        try await scope.arm(
          channel: channel, triggerLevel: .volts(level), sampleInterval: .seconds(interval), samples: samples)
      }
      #expect(error?.code == .outOfRange)
    }
    #expect(bench.commands.isEmpty)
  }

  @Test(arguments: [
    (1e-7, 10_000, 1e-7), (1e-7, 20_000, 1e-7), (2e-7, 10_000, 1e-7), (1e-6, 1000, 5e-7), (1e-9, 1000, 1e-9),
  ])
  func `the record is at least as dense and long as asked`(asked: Double, samples: Int, got: Double) throws {
    let timebase = try #require(SDS2000XTimebase(sampleInterval: asked, samples: samples))
    let window = SDS2000XTimebase.window(
      points: timebase.depth, interval: timebase.interval, duration: asked * Double(samples))
    #expect(timebase.interval <= asked * 1.0001)
    #expect(Double(window.count) * timebase.interval >= asked * Double(samples) * 0.9999)
    let before = Double(timebase.depth / 2 - window.lowerBound) / Double(window.count)
    #expect((0.19...0.21).contains(before))
  }

  @Test func `descriptor offsets and signed codes follow the published layout`() throws {
    var bytes = [UInt8](repeating: 0, count: 346)
    bytes.replaceSubrange(0..<8, with: Array("WAVEDESC".utf8))
    func put(_ value: some FixedWidthInteger, _ at: Int) {
      for k in 0..<(value.bitWidth / 8) { bytes[at + k] = UInt8(truncatingIfNeeded: value >> (8 * k)) }
    }
    put(UInt32(4), 0x74)
    put(Float(0.05).bitPattern, 0x9C)
    put(Float(0.1).bitPattern, 0xA0)
    put(Float(25).bitPattern, 0xA4)
    put(UInt16(8), 0xAC)
    put(Float(2e-10).bitPattern, 0xB0)
    put(Double(0).bitPattern, 0xB4)
    put(Float(10).bitPattern, 0x148)
    let descriptor = try SDS2000XDescriptor.read(bytes).get()
    #expect(descriptor.sampleInterval == 2e-10)
    // code / codes per division × V/div × probe − offset × probe
    let volts = descriptor.volts([0, 25, 0xE7, 0x80])
    for (got, want) in zip(volts, [-1, -0.5, -1.5, -128.0 / 25 * 0.5 - 1]) {
      #expect((got - want).magnitude < 1e-9)
    }
    #expect(throws: SDS2000XDescriptor.Fault.self) {
      try SDS2000XDescriptor.read(Array(bytes.prefix(345))).get()
    }
    bytes[0] = 0
    #expect(throws: SDS2000XDescriptor.Fault.self) { try SDS2000XDescriptor.read(bytes).get() }
  }

  @Test func `twelve bit words read the same with and without repeated sign`() throws {
    var descriptor = SDS2000XDescriptor(
      wide: true, pointCount: 2, voltsPerDivision: 0.48, offsetVolts: 0, codesPerDivision: 480,
      converterBits: 12,
      sampleInterval: 1e-7, timebaseIndex: 0)
    for (got, want) in zip(descriptor.volts([0xFF, 0x0F, 0xFF, 0xFF, 1, 0]), [-0.001, -0.001, 0.001]) {
      #expect((got - want).magnitude < 1e-12)
    }
    // 6400 codes per division only fit a left-aligned word.
    descriptor.codesPerDivision = 6400
    #expect((descriptor.volts([0x00, 0xE7])[0] - -6400.0 / 6400 * 0.48).magnitude < 1e-12)
  }

  @Test func `the capture machine accepts no record that was not armed`() {
    var capture = SDS2000XCapture()
    capture.configure()
    #expect(capture.armed(.stop) == .wait)
    #expect(capture.armed(.arm) == .wait)
    #expect(capture.armed(.stop) != .wait)
    capture.configure()
    #expect(capture.armed(.ready) == .reached)
    #expect(capture.completed(.ready) == .wait)
    #expect(capture.completed(.triggered) == .wait)
    #expect(capture.completed(.ready) != .wait)
    #expect(capture.completed(.stop) == .reached)
    capture.transferred()
    #expect(capture.stage == .transferred)
  }
}
