import Capabilities
import Ports
import Simulation
import Testing

@testable import Instruments

@Suite struct DAQ970ATests {
  /// Cell n drives 3 V + n × 10 mV; slots 1 and 2 look at the emulator outputs.
  private func bench(_ options: [String: String] = [:]) throws -> (TwinBench, DAQ970A) {
    let circuit = Circuit(parameters: CircuitParameters())
    for k in 1...24 {
      circuit.driveCell(k, volts: 3 + 0.01 * Double(k), sourceLimit: 1, sinkLimit: 1, on: true)
    }
    circuit.setShortBank(volts: 48)
    circuit.setRelay(.emulatorContactor, active: true)
    var terminals: [Int: Terminal] = [301: .shortBank]
    for k in 1...24 { terminals[k <= 20 ? 100 + k : 180 + k] = .cell(k) }
    let bench = try TwinBench(DAQ970A.entry, circuit: circuit, terminals: terminals, options: options)
    return (bench, try bench.driver(DAQ970A.entry, options: options))
  }

  @Test func `values come back in the order asked for`() async throws {
    let (bench, meter) = try bench()
    _ = try await meter.open()
    let channels = [204, 101, 301, 120]
    let readings = try await meter.measureVoltages(channels: channels)
    let truth = [bench.circuit.voltage(at: .cell(24)), 3.01, 48, bench.circuit.voltage(at: .cell(20))]
    for (reading, volts) in zip(readings, truth) { #expect((reading.value - volts).magnitude < 3e-3) }
    #expect((readings[1].value - 3.01).magnitude < 250e-6)
    #expect(readings.allSatisfy { $0.at > .start })
  }

  @Test func `format and trigger follow CONF, and the list is read back before the scan`() async throws {
    let (bench, meter) = try bench(["nplc": "0.2", "range-slot-1": "10 V"])
    _ = try await meter.open()
    bench.heard = []
    _ = try await meter.measureVoltages(channels: [103, 101, 102, 204])
    #expect(
      bench.commands == [
        "CONF:VOLT:DC AUTO,(@204)", "CONF:VOLT:DC 10,(@101:103)", "SENS:VOLT:DC:NPLC 0.2,(@101:103,204)",
        "ROUT:SCAN (@101:103,204)", "FORM:READ:CHAN ON", "TRIG:SOUR IMM", "TRIG:COUN 1", "SYST:ERR?",
        "ROUT:SCAN?", "ROUT:SCAN:SIZE?", "READ?",
      ])
    bench.heard = []
    _ = try await meter.measureVoltages(channels: [101, 102, 103, 204])
    #expect(bench.commands == ["ROUT:SCAN:SIZE?", "READ?"])
    bench.heard = []
    _ = try await meter.measureVoltages(channels: [102])
    #expect(bench.commands == ["ROUT:SCAN (@102)", "SYST:ERR?", "ROUT:SCAN?", "ROUT:SCAN:SIZE?", "READ?"])
  }

  /// NTC 1 … 4 on 301 … 304, changed over to the ohmmeter.
  private func ohmmeter() throws -> (TwinBench, DAQ970A) {
    let circuit = Circuit(parameters: CircuitParameters())
    var terminals: [Int: Terminal] = [101: .shortBank]
    for n in 1...4 {
      terminals[300 + n] = .thermistorReference(n)
      circuit.setThermistor(n, ohms: 1000 * Double(n))
    }
    circuit.setShortBank(volts: 5)
    circuit.setRelay(.thermistorCheck, active: true)
    let bench = try TwinBench(DAQ970A.entry, circuit: circuit, terminals: terminals)
    return (bench, try bench.driver(DAQ970A.entry))
  }

  @Test func `four-wire resistance and voltage take turns`() async throws {
    let (bench, meter) = try ohmmeter()
    _ = try await meter.open()
    bench.heard = []
    let ohms = try await meter.measureResistances(channels: [302, 301, 304])
    #expect(
      bench.commands.prefix(3) == [
        "CONF:FRES AUTO,(@301:302,304)", "SENS:FRES:NPLC 1,(@301:302,304)", "ROUT:SCAN (@301:302,304)",
      ])
    for (reading, truth) in zip(ohms, [2000.0, 1000, 4000]) { #expect((reading.value - truth).magnitude < 1) }
    let volts = try await meter.measureVoltages(channels: [101])
    #expect((volts[0].value - 5).magnitude < 2e-3)
    bench.heard = []
    _ = try await meter.measureResistances(channels: [301, 302, 304])
    #expect(bench.commands.first == "ROUT:SCAN (@301:302,304)")
  }

  @Test func `a resistor that the relay keeps with the unit reads open`() async throws {
    let (bench, meter) = try ohmmeter()
    _ = try await meter.open()
    bench.circuit.setRelay(.thermistorCheck, active: false)
    #expect(try await meter.measureResistances(channels: [303])[0].value == 9.9e37)
  }

  @Test func `a channel without a partner for the sense leads is refused before a byte is sent`() async throws
  {
    let (bench, meter) = try ohmmeter()
    _ = try await meter.open()
    bench.heard = []
    await #expect(throws: InstrumentError.self) { _ = try await meter.measureResistances(channels: [311]) }
    #expect(bench.commands.isEmpty)
  }

  @Test func `a scan of 24 cells takes about a second at one mains period`() async throws {
    let (bench, meter) = try bench()
    _ = try await meter.open()
    let channels = Array(101...120) + Array(201...204)
    _ = try await meter.measureVoltages(channels: channels)
    let before = bench.now
    _ = try await meter.measureVoltages(channels: channels)
    let seconds = (bench.now - before).seconds
    #expect((0.9...1.2).contains(seconds), "took \(seconds) s")
  }

  @Test func `an overload stays 9.9E37`() async throws {
    let (_, meter) = try bench(["range-slot-3": "1 V"])
    _ = try await meter.open()
    #expect(try await meter.measureVoltages(channels: [301])[0].value == 9.9e37)
  }

  @Test(arguments: [[], [100], [121], [401], [101, 101]])
  func `a channel that does not exist is refused before a byte is sent`(channels: [Int]) async throws {
    let (bench, meter) = try bench()
    _ = try await meter.open()
    bench.heard = []
    let error = await #expect(throws: InstrumentError.self) {
      try await meter.measureVoltages(channels: channels)
    }
    #expect(error?.code == .outOfRange)
    #expect(bench.commands.isEmpty)
  }

  @Test func `a value of another channel is never taken for ours`() async throws {
    let (bench, meter) = try bench()
    _ = try await meter.open()
    bench.link.mangle = { bytes in
      let text = String(decoding: bytes, as: UTF8.self)
      return text.contains("E+00,102") ? Array(text.replacing("E+00,102", with: "E+00,103").utf8) : bytes
    }
    let error = await #expect(throws: InstrumentError.self) {
      try await meter.measureVoltages(channels: [101, 102])
    }
    #expect(error?.code == .malformedReply)
    #expect(error?.message.contains("103") == true)
  }

  @Test func `a silent meter ends the scan within its deadline, then can be opened again`() async throws {
    let (bench, meter) = try bench()
    _ = try await meter.open()
    _ = try await meter.measureVoltages(channels: [101])
    var drop = true
    bench.link.mangle = { drop && $0.first == UInt8(ascii: "+") && $0.count > 10 ? [] : $0 }
    let before = bench.now
    let error = await #expect(throws: InstrumentError.self) {
      try await meter.measureVoltages(channels: [101])
    }
    #expect(error?.code == .link)
    #expect((bench.now - before).seconds < 5)
    drop = false
    _ = try await meter.open()
    #expect((try await meter.measureVoltages(channels: [101])[0].value - 3.01).magnitude < 1e-3)
  }

  @Test func `the simulated meter can lie about one channel`() async throws {
    let (_, meter) = try bench(["fault": "offset", "offset": "20 mV", "fault-channel": "102"])
    _ = try await meter.open()
    let readings = try await meter.measureVoltages(channels: [101, 102])
    #expect((readings[0].value - 3.01).magnitude < 1e-3)
    #expect((readings[1].value - 3.04).magnitude < 1e-3)
  }

  @Test func `a frozen meter keeps its first reading`() async throws {
    let (bench, meter) = try bench(["fault": "frozen"])
    _ = try await meter.open()
    let first = try await meter.measureVoltages(channels: [101])[0].value
    bench.circuit.driveCell(1, volts: 4, sourceLimit: 1, sinkLimit: 1, on: true)
    #expect(try await meter.measureVoltages(channels: [101])[0].value == first)
  }

  @Test func `channel lists read and print as the instrument spells them`() {
    #expect(DAQ970AChannels.list([101, 102, 103, 120, 201]) == "(@101:103,120,201)")
    #expect(DAQ970AChannels.list([120, 201]) == "(@120,201)")
    #expect(DAQ970AChannels.parse("(@101,102,103)") == [101, 102, 103])
    #expect(DAQ970AChannels.parse("(@101:103,201)") == [101, 102, 103, 201])
    #expect(DAQ970AChannels.parse("(@)") == [])
    #expect(DAQ970AChannels.parse("(@101") == nil)
    #expect(DAQ970AChannels.parse("(@10A)") == nil)
  }

  @Test(arguments: [
    (3.3, "+3.30000000E+00"), (0, "+0.00000000E+00"), (-0.0123, "-1.23000000E-02"),
    (9.9e37, "+9.90000000E+37"),
    (9.9999999999, "+1.00000000E+01"), (250, "+2.50000000E+02"),
  ])
  func `numbers print in exponent form`(value: Double, text: String) {
    #expect(KeysightNumber.text(value) == text)
  }
}
