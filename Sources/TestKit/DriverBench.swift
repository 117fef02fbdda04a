import Capabilities
import Instruments
import Ports
import Quantities
import Simulation

/// One driver of the catalogue, its twin and the circuit between scripted links: what the conformance suite runs.
public final class DriverBench {
  public let entry: DriverEntry
  public let world = ScriptedWorld()
  public let link: ScriptedLink
  public let instrument: any Instrument
  public let channels: [Int]
  public static let serial = "SN0042"

  /// - Parameter peer: Speaks instead of the twin.
  public init(
    _ entry: DriverEntry, options: [String: String] = [:], twinOptions: [String: String] = [:],
    peer: (any InstrumentTwin)? = nil, serial: String = DriverBench.serial
  ) throws {
    self.entry = entry
    channels = try entry.ranges(options).channels.flatMap { Array($0) }
    let twin = try peer ?? Self.twin(entry, world.circuit, options: options, twinOptions, serial: serial)
    let keepsBorders = entry.portKinds[0] == .messages
    link = try ScriptedLink(world: world, twin: twin, keepsBorders: keepsBorders)
    instrument = try entry.make(
      DriverContext(
        name: "bench", serial: serial, port: keepsBorders ? .messages(link) : .stream(link), world: world,
        options: options))
  }

  /// A twin wired to the circuit the way its kind of instrument is.
  public static func twin(
    _ entry: DriverEntry, _ circuit: Circuit, options: [String: String],
    _ twinOptions: [String: String] = [:],
    serial: String
  ) throws -> any InstrumentTwin {
    guard let makeTwin = entry.makeTwin else { throw BenchError.noTwin(entry.id) }
    let channels = try entry.ranges(options).channels.flatMap { Array($0) }
    var terminals: [Int: Terminal] = [:]
    for (index, channel) in channels.enumerated() {
      terminals[channel] = terminal(entry.capabilities[0], index)
    }
    return try makeTwin(
      TwinContext(
        name: "bench", serial: serial, circuit: circuit, terminals: terminals,
        random: SeededRandom(seed: 7).fork(entry.id),
        options: options.merging(twinOptions) { _, overlaid in overlaid }))
  }

  private static func terminal(_ capability: DriverCapability, _ index: Int) -> Terminal? {
    switch capability {
    case .cellEmulator: index < 24 ? .cell(index + 1) : nil
    case .voltmeter: index < 24 ? .cellSense(index + 1) : nil
    case .ohmmeter: index < 4 ? .thermistorReference(index + 1) : nil
    case .thermistors: index < 4 ? .thermistor(index + 1) : nil
    case .loopSource: index == 0 ? .loopSource : nil
    case .supply: index == 0 ? .shortBank : nil
    case .recorder: index == 0 ? .shortCurrent : nil
    case .lines, .hand: nil
    }
  }

  public enum BenchError: Error { case noTwin(String), unknownCapability(String) }

  // MARK: what instruments do, by capability

  /// One exchange that reads a value (or, for recorders, arms), through whichever capability the driver has.
  /// - Returns: The values read.
  public func touch() async throws -> [Double] {
    if let emulator = instrument as? any CellEmulator {
      return try await emulator.measureVoltages(channels: [1, 2]).map(\.value)
    } else if let source = instrument as? any LoopSource {
      return [try await source.measureVoltage().value]
    } else if let meter = instrument as? any Voltmeter {
      return try await meter.measureVoltages(channels: [channels[0], channels[1]]).map(\.value)
    } else if let thermistors = instrument as? any ThermistorSimulator {
      return [try await thermistors.resistance(channel: channels[0]).value]
    } else if let supply = instrument as? any Supply {
      return [try await supply.measureVoltage(channel: channels[0]).value]
    } else if let recorder = instrument as? any PulseRecorder {
      try await recorder.arm(
        channel: channels[0], triggerLevel: .volts(0.5), sampleInterval: .init(1e-6), samples: 1000)
      return []
    }
    throw BenchError.unknownCapability(entry.id)
  }

  /// Frames of Modbus that were sent and change something at the other end (TCP framing).
  public var changesSent: Int { link.sentBytes.count { $0.count > 7 && ![1, 2, 3, 4].contains($0[7]) } }

  /// Requests that no instrument of the kind can fulfil; each must be refused before a byte is sent.
  public func impossible() -> [(what: String, ask: () async throws -> Void)] {
    let stranger = 99_999
    let first = channels[0]
    var asks: [(String, () async throws -> Void)] = []
    if let emulator = instrument as? any CellEmulator {
      asks.append(("1 kV", { try await emulator.setVoltages([(channel: first, voltage: .volts(1000))]) }))
      asks.append(("a voltage that is no number", { try await emulator.setVoltages([(first, .init(.nan))]) }))
      asks.append(("another channel", { try await emulator.setVoltages([(stranger, .volts(1))]) }))
      asks.append(
        ("one good and one bad", { try await emulator.setVoltages([(1, .volts(3)), (2, .volts(99))]) }))
      asks.append(("1 kA", { try await emulator.setCurrentLimit(.amperes(1000), channels: [first]) }))
      asks.append(("outputs of nobody", { try await emulator.setOutputs(true, channels: [stranger]) }))
      asks.append(("a reading of nobody", { _ = try await emulator.measureVoltages(channels: [stranger]) }))
    }
    if let source = instrument as? any LoopSource {
      asks.append(("100 kA", { try await source.program(current: .amperes(1e5), compliance: .volts(1)) }))
      asks.append(("−100 kA", { try await source.program(current: .amperes(-1e5), compliance: .volts(1)) }))
      asks.append(("10 kV", { try await source.program(current: .amperes(1), compliance: .volts(1e4)) }))
      asks.append(("no number", { try await source.program(current: .init(.nan), compliance: .volts(1)) }))
    }
    if let meter = instrument as? any Voltmeter {
      asks.append(("another channel", { _ = try await meter.measureVoltages(channels: [stranger]) }))
    }
    if let meter = instrument as? any Ohmmeter {
      asks.append(
        ("ohms of another channel", { _ = try await meter.measureResistances(channels: [stranger]) }))
    }
    if let thermistors = instrument as? any ThermistorSimulator {
      asks.append(("1 TΩ", { try await thermistors.setResistance(.ohms(1e12), channel: first) }))
      asks.append(("−1 Ω", { try await thermistors.setResistance(.ohms(-1), channel: first) }))
      asks.append(
        ("another channel", { try await thermistors.setResistance(.ohms(10_000), channel: stranger) }))
    }
    if let supply = instrument as? any Supply {
      asks.append(
        (
          "10 kV",
          { try await supply.program(channel: first, voltage: .volts(1e4), currentLimit: .amperes(0.1)) }
        ))
      asks.append(
        (
          "another channel",
          { try await supply.program(channel: stranger, voltage: .volts(1), currentLimit: .amperes(0.1)) }
        ))
    }
    if let recorder = instrument as? any PulseRecorder {
      asks.append(
        (
          "another channel",
          {
            try await recorder.arm(
              channel: stranger, triggerLevel: .volts(1), sampleInterval: .init(1e-6), samples: 1000)
          }
        ))
    }
    return asks
  }

  /// Everything that instruments can change in the circuit, as numbers.
  public func outputs() -> [Double] {
    let circuit = world.circuit
    var state: [Double] = []
    for k in 1...24 { state += [circuit.cellOutputVoltage(k), circuit.cellOutputCurrent(k)] }
    for n in 1...4 { state.append(circuit.thermistorOhms(n)) }
    return state + [circuit.loopCurrent, circuit.loopSourceVoltage, circuit.voltage(at: .shortBank)]
  }
}
