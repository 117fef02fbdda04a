import Ports
import Simulation

/// An SDS2000X HD (12 bit) or Plus (8 bit) on the transducer of the short-circuit loop.
///
/// Modelled: trigger states Arm, Ready, Trig'd, Stop with the time the pre-trigger memory takes to fill, edge trigger
/// on a rising current, sampling of the analytic pulse with converter codes, clipping at the converter's range, gain
/// error, noise, the binary descriptor, transfer in pieces, transfer time.
///
/// Not modelled: other trigger types and modes, bandwidth, probes, acquisition modes, the second line feed after data,
/// dropped replies when polled fast, two pulses without any command between them.
///
/// Source: instrument model notes, sections 6 and 10.
final class SDS2000XTwin: SCPITwinBehaviour {
  let identity: String
  private let circuit: Circuit
  private let terminals: [Int: Terminal]
  private let converter: Converter
  private let noiseSeed: UInt64
  private let probe: Double
  /// DC gain within 0.5 %.
  private let gainError: Double

  /// What the model's converter gives.
  private struct Converter {
    let bits: Int
    let codesPerDivision: Double
  }
  private struct Input {
    var isOn = true
    var scale = 1.0
    var offset = 0.0
  }
  /// A record: when its trigger was, and the current before and after.
  private struct Capture {
    let trigger: WorldInstant
    let ends: WorldInstant
    let pulseStart: WorldInstant
    let current: (Double) -> Double
  }

  private var inputs = [Int: Input](uniqueKeysWithValues: SDS2000X.channels.map { ($0, Input()) })
  private var depth = 20_000
  private var scale = 1e-3
  private var delay = 0.0
  private var level = 0.0
  private var source = 1
  /// When single-shot mode was asked for and when the pre-trigger memory is full; nil while stopped.
  private var armed: (at: WorldInstant, ready: WorldInstant)?
  private var capture: Capture?
  private var waveform = (source: 1, first: 0, points: 0, wide: false)

  static let model = DriverOption(
    name: "model", meaning: "'hd' converts with 12 bits, 'plus' with 8", kind: .choice(["hd", "plus"]),
    defaultText: "hd")
  static let probeScale = DriverOption(
    name: "probe-scale", meaning: "what the channel shows of the voltage at its probe",
    kind: .quantity(.ratio, 0...100), defaultText: "100 %")
  /// Points that one `:WAV:DATA?` sends.
  private static let pieceMax = 1_000_000
  /// Volts of noise as a part of a division.
  private static let noisePart = 0.003

  init(_ context: TwinContext) throws(OptionError) {
    let isHD = try Self.model.choice(in: context.options) == "hd"
    identity = "Siglent Technologies,SDS2104X \(isHD ? "HD" : "Plus"),\(context.serial),1.5.2R3"
    probe = try Self.probeScale.quantity(in: context.options)
    converter = isHD ? Converter(bits: 12, codesPerDivision: 480) : Converter(bits: 8, codesPerDivision: 30)
    circuit = context.circuit
    terminals = context.terminals
    var random = context.random.fork("record")
    gainError = random.uniform(-2e-3, 2e-3)
    noiseSeed = random.next()
  }

  private enum Action {
    case plain(only: [String]), inputSwitch, inputSwitchRead, inputScale, inputScaleRead, inputOffset,
      inputOffsetRead
    case depth, depthRead, rate, points, timeScale, timeScaleRead, timeDelay, timeDelayRead
    case triggerSource, level, levelRead, mode, stop, status
    case source, first, count, width, pieceMax, preamble, data
  }
  private static let table = SCPITable<Action>([
    ("CHANnel#:SWITch", .inputSwitch), ("CHANnel#:SWITch?", .inputSwitchRead),
    ("CHANnel#:COUPling", .plain(only: ["DC"])),
    ("CHANnel#:INVert", .plain(only: ["OFF"])), ("CHANnel#:BWLimit", .plain(only: ["FULL"])),
    ("ACQuire:TYPE", .plain(only: ["NORM", "NORMAL"])), ("ACQuire:SEQuence", .plain(only: ["OFF"])),
    ("CHANnel#:SCALe", .inputScale), ("CHANnel#:SCALe?", .inputScaleRead), ("CHANnel#:OFFSet", .inputOffset),
    ("CHANnel#:OFFSet?", .inputOffsetRead), ("ACQuire:MDEPth", .depth), ("ACQuire:MDEPth?", .depthRead),
    ("ACQuire:SRATe?", .rate), ("ACQuire:POINts?", .points), ("TIMebase:SCALe", .timeScale),
    ("TIMebase:SCALe?", .timeScaleRead), ("TIMebase:DELay", .timeDelay), ("TIMebase:DELay?", .timeDelayRead),
    ("TRIGger:TYPE", .plain(only: ["EDGE"])), ("TRIGger:EDGE:SOURce", .triggerSource),
    ("TRIGger:EDGE:SLOPe", .plain(only: ["RIS", "RISING"])),
    ("TRIGger:EDGE:LEVel", .level), ("TRIGger:EDGE:LEVel?", .levelRead), ("TRIGger:MODE", .mode),
    ("TRIGger:STOP", .stop), ("TRIGger:STATus?", .status),
    ("WAVeform:SOURce", .source), ("WAVeform:STARt", .first), ("WAVeform:POINt", .count),
    ("WAVeform:INTerval", .plain(only: ["1"])), ("WAVeform:WIDTh", .width), ("WAVeform:MAXPoint?", .pieceMax),
    ("WAVeform:PREamble?", .preamble), ("WAVeform:DATA?", .data),
  ])

  func answer(_ unit: SCPIUnit, at now: WorldInstant) -> SCPIAnswer {
    guard let (action, suffixes) = Self.table.match(unit) else { return .undefinedHeader }
    notice(now)
    switch action {
    case .plain(let only): return only.contains(unit.arguments.uppercased()) ? .done : .settingsConflict
    case .inputSwitch, .inputSwitchRead, .inputScale, .inputScaleRead, .inputOffset,
      .inputOffsetRead:
      guard let channel = suffixes.first, inputs[channel] != nil else { return .outOfRange }
      return input(action, channel, unit)
    case .source, .first, .count, .width, .pieceMax, .preamble, .data: return read(action, unit)
    case .triggerSource, .level, .levelRead, .mode, .stop, .status:
      return trigger(action, unit, at: now)
    case .depth:
      guard let found = SDS2000XTimebase.depths.first(where: { $0.text == unit.arguments }) else {
        return .outOfRange
      }
      depth = found.points
      return .done
    case .depthRead: return .text(SDS2000XTimebase.depths.first { $0.points == depth }!.text)
    case .rate: return .text(SiglentNumber.text(1 / interval))
    case .points: return .text(SiglentNumber.text(Double(depth)))
    case .timeScale: return store(unit, in: 1e-9...1000) { self.scale = $0 }
    case .timeScaleRead: return .text(SiglentNumber.text(scale))
    case .timeDelay: return store(unit, in: -1000...1000) { self.delay = $0 }
    case .timeDelayRead: return .text(SiglentNumber.text(delay))
    }
  }

  func latency(of unit: SCPIUnit) -> (min: Interval, max: Interval) {
    guard unit.header.hasSuffix("DATA?") else {
      return unit.isQuery ? (.milliseconds(5), .milliseconds(15)) : (.milliseconds(1), .milliseconds(4))
    }
    let seconds = Double(waveform.points * (waveform.wide ? 2 : 1)) / 2e6
    return (.milliseconds(20) + .seconds(seconds), .milliseconds(60) + .seconds(seconds * 1.5))
  }

  func reset(at now: WorldInstant) {
    armed = nil
    capture = nil
  }

  func advance(to now: WorldInstant) { notice(now) }

  private var interval: Double { SDS2000XTimebase.divisions * scale / Double(depth) }

  private func store(_ unit: SCPIUnit, in range: ClosedRange<Double>, _ set: (Double) -> Void) -> SCPIAnswer {
    guard let value = unit.number, range.contains(value) else { return .outOfRange }
    set(value)
    return .done
  }

  // MARK: inputs and trigger

  private func input(_ action: Action, _ channel: Int, _ unit: SCPIUnit) -> SCPIAnswer {
    switch action {
    case .inputSwitch:
      guard let on = unit.flag else { return .dataType }
      inputs[channel]!.isOn = on
      return .done
    case .inputSwitchRead: return .text(inputs[channel]!.isOn ? "ON" : "OFF")
    case .inputScale: return store(unit, in: 5e-4...10) { self.inputs[channel]!.scale = $0 }
    case .inputScaleRead: return .text(SiglentNumber.text(inputs[channel]!.scale))
    case .inputOffset: return store(unit, in: -100...100) { self.inputs[channel]!.offset = $0 }
    case .inputOffsetRead: return .text(SiglentNumber.text(inputs[channel]!.offset))
    default: return .undefinedHeader
    }
  }

  private func trigger(_ action: Action, _ unit: SCPIUnit, at now: WorldInstant) -> SCPIAnswer {
    switch action {
    case .triggerSource:
      guard let channel = channel(unit.arguments) else { return .outOfRange }
      source = channel
      return .done
    case .level: return store(unit, in: -100...100) { self.level = $0 }
    case .levelRead: return .text(SiglentNumber.text(level))
    case .mode:
      guard unit.arguments.uppercased() == "SINGLE" else { return .settingsConflict }
      armed = (now, now + .seconds(SDS2000XTimebase.divisions * scale / 2))
      capture = nil
      return .done
    case .stop:
      armed = nil
      return .done
    default: return .text(status(at: now).rawValue)
    }
  }

  private func status(at now: WorldInstant) -> SDS2000XCapture.Status {
    guard let armed else { return .stop }
    if let capture {
      return now < capture.trigger ? .ready : now < capture.ends ? .triggered : .stop
    }
    return now < armed.ready ? .arm : .ready
  }

  private func channel(_ text: String) -> Int? {
    guard text.first == "C", let number = Int(text.dropFirst()), inputs[number] != nil else { return nil }
    return number
  }

  /// Looks for a rising edge of the circuit's last pulse since the memory was ready.
  private func notice(_ now: WorldInstant) {
    guard let armed, capture == nil, terminals[source] == .shortCurrent, let pulse = circuit.shortPulse,
      pulse.start <= now, pulse.start + .seconds(Self.searchMax) >= armed.ready
    else { return }
    let step = min(interval, Self.searchStep)
    var seconds = 0.0
    while seconds < Self.searchMax {
      let before = pulse.current(seconds) * circuit.parameters.pulseScale * probe
      let after = pulse.current(seconds + step) * circuit.parameters.pulseScale * probe
      let instant = pulse.start + .seconds(seconds + step)
      if before < level, after >= level, instant >= armed.ready {
        capture = Capture(
          trigger: instant, ends: instant + .seconds(SDS2000XTimebase.divisions * scale / 2),
          pulseStart: pulse.start, current: pulse.current)
        return
      }
      seconds += step
    }
  }

  /// Resolution and reach of the search for the trigger, in seconds; a pulse ends after the fixture's one-shot.
  private static let searchStep = 1e-7
  private static let searchMax = 0.005

  // MARK: record

  private func read(_ action: Action, _ unit: SCPIUnit) -> SCPIAnswer {
    switch action {
    case .source:
      guard let channel = channel(unit.arguments) else { return .outOfRange }
      waveform.source = channel
      return .done
    case .first: return store(unit, in: 0...Double(depth - 1)) { self.waveform.first = Int($0) }
    case .count: return store(unit, in: 0...Double(depth)) { self.waveform.points = Int($0) }
    case .width:
      guard ["BYTE", "WORD"].contains(unit.arguments) else { return .outOfRange }
      waveform.wide = unit.arguments == "WORD"
      return .done
    case .pieceMax: return .text(SiglentNumber.text(Double(Self.pieceMax)))
    case .preamble: return .block(descriptor.bytes)
    default:
      guard capture != nil, status(at: circuit.now) == .stop else { return .settingsConflict }
      return .block(samples())
    }
  }

  private var codesPerDivision: Double {
    waveform.wide || converter.bits == 8
      ? converter.codesPerDivision : converter.codesPerDivision / Double(1 << (converter.bits - 8))
  }

  private var descriptor: SDS2000XDescriptor {
    let input = inputs[waveform.source]!
    let position = SDS2000XTimebase.scales.firstIndex { $0 >= scale * 0.999 } ?? 0
    return SDS2000XDescriptor(
      wide: waveform.wide, pointCount: depth, voltsPerDivision: input.scale, offsetVolts: input.offset,
      codesPerDivision: codesPerDivision, converterBits: converter.bits, sampleInterval: interval,
      triggerDelay: delay,
      // Models of this family count from 200 ps; 1 ns is the third step.
      timebaseIndex: position + 2)
  }

  private func samples() -> [UInt8] {
    let input = inputs[waveform.source]!
    let bits = waveform.wide ? converter.bits : 8
    let highest = Double((1 << (bits - 1)) - 1)
    let lead = (capture!.trigger - capture!.pulseStart).seconds
    let isWired = terminals[waveform.source] == .shortCurrent
    let last = min(depth, waveform.first + (waveform.points == 0 ? Self.pieceMax : waveform.points))
    var data: [UInt8] = []
    data.reserveCapacity((last - waveform.first) * 2)
    for index in waveform.first..<last {
      let seconds = lead + Double(index - depth / 2) * interval
      let volts = isWired ? capture!.current(seconds) * circuit.parameters.pulseScale * probe : 0
      // Noise belongs to the point, so that reading the record again gives the same values.
      var random = SeededRandom(seed: noiseSeed &+ UInt64(bitPattern: Int64(index)))
      let seen = volts * (1 + gainError) + Self.noisePart * input.scale * random.normal() + input.offset
      let code = Int(max(-highest - 1, min(highest, (seen / input.scale * codesPerDivision).rounded())))
      data.append(UInt8(truncatingIfNeeded: code))
      // The converter's bits stand right-aligned, the bits above them are zero.
      if waveform.wide { data.append(UInt8((code & ((1 << bits) - 1)) >> 8)) }
    }
    return data
  }
}
