import Ports
import Quantities
import Simulation

/// Simulated N83624.
///
/// Models: exact mnemonics, channel lists without comma, suffix addressing, milliamperes, missing error queue,
/// commands lost when they come too fast, `*RST` as a factory reset after which the instrument is gone from its
/// address, one error per channel of output and read-back, the over-voltage protection of a channel that is on.
/// Does not model: charge, SOC and sequence modes (the mode word is stored), fault relays, trips of the stored
/// current and power protections, capacity counters, UDP, CAN, Modbus.
/// Sources: NGI N83624 SCPI guide V20240130; timing from the field notes in the instrument model notes, 1.1.
final class N83624Twin: SCPITwinBehaviour {
  private struct Channel {
    var volts = 0.0
    var limitMilliamperes = 0.0
    var mode = 0.0
    var range = 0.0
    var protection = [0.0, 0.0, 0.0]
    var sampling = 0.0
    var isOn = false
    /// The over-voltage protection switched the output off; until it is switched on again.
    var hasTripped = false
    /// Volts that the output is off its set point; volts and milliamperes that the read-back is off.
    var outputError = 0.0
    var voltageError = 0.0
    var currentError = 0.0
    var currentGain = 1.0
  }

  private enum Setting: Sendable { case voltage, limit, mode, range, protection(Int), sampling, onOff }
  private enum Action: Sendable {
    case set(Setting)
    case get(Setting)
    case status, events, measureVoltage, measureCurrent, measurePower
  }

  static let options = [
    DriverOption(
      name: "channel-error", meaning: "largest error of each simulated channel's output and read-back",
      kind: .quantity(.voltage, 0...0.1), defaultText: "0.3 mV"),
    // What the unit does with faster commands is not documented; that it loses them is a project default.
    DriverOption(
      name: "tolerated-gap", meaning: "commands closer together than this are lost",
      kind: .quantity(.time, 0...1), defaultText: "10 ms"),
    DriverOption(
      name: "fault-channel", meaning: "the one channel that the errors below apply to; 0 for all",
      kind: .integer(0...24), defaultText: "0"),
    DriverOption(
      name: "read-back-offset", meaning: "added to the voltage that is read back",
      kind: .quantity(.voltage, -1...1), defaultText: "0 V"),
    DriverOption(
      name: "hidden-offset", meaning: "added to the output voltage without showing in the read-back",
      kind: .quantity(.voltage, -1...1), defaultText: "0 V"),
    DriverOption(
      name: "current-gain-error", meaning: "part of the current that is added to its read-back",
      kind: .quantity(.ratio, -1...10), defaultText: "0 %"),
  ]

  private let circuit: Circuit
  private let terminals: [Int: Terminal]
  private let limitMaxMilliamperes: Double
  private var channels: [Channel]
  private(set) var isReachable = true

  let identity = "NGI,N83624,0,V1.12"

  init(_ context: TwinContext) throws(OptionError) {
    circuit = context.circuit
    terminals = context.terminals
    limitMaxMilliamperes = try N83624.currentMaxAmperes(context.options) * 1e3
    let error = try Self.options[0].quantity(in: context.options)
    var random = context.random.fork("channels")
    channels = (1...24).map { _ in
      var channel = Channel()
      channel.outputError = random.uniform(-error, error)
      channel.voltageError = random.uniform(-error, error)
      channel.currentError = random.uniform(-1, 1) * (error > 0 ? 1 : 0)
      return channel
    }
    try deviate(context.options)
  }

  private func deviate(_ given: [String: String]) throws(OptionError) {
    let only = try Self.options[2].integer(in: given)
    let readBack = try Self.options[3].quantity(in: given)
    let hidden = try Self.options[4].quantity(in: given)
    let gain = try Self.options[5].quantity(in: given)
    for index in channels.indices where only == 0 || only == index + 1 {
      channels[index].outputError += hidden
      channels[index].voltageError += readBack - hidden
      channels[index].currentGain += gain
    }
  }

  static func hosted(_ context: TwinContext) throws(OptionError) -> SCPITwin {
    var rules = SCPITwinRules()
    rules.errorQueueDepth = 0
    rules.replyTerminator = "\r\n"
    rules.toleratedGap = try options[1].interval(in: context.options)
    return try SCPITwin(N83624Twin(context), rules: rules, context: context)
  }

  private static let table = SCPITable<Action>([
    ("SOURce#:VOLTage", .set(.voltage)), ("SOURce#:VOLTage?", .get(.voltage)),
    ("SOURce#:OUTCURR", .set(.limit)), ("SOURce#:OUTCURR?", .get(.limit)),
    ("SOURce#:RANGe", .set(.range)), ("SOURce#:RANGe?", .get(.range)),
    ("OUTPut#:MODE", .set(.mode)), ("OUTPut#:MODE?", .get(.mode)),
    ("OUTPut#:ONOFF", .set(.onOff)), ("OUTPut#:ONOFF?", .get(.onOff)),
    ("OUTPut#:STATe?", .status), ("OUTPut#:EVENt?", .events),
    ("PROtection#:VOLTage", .set(.protection(0))), ("PROtection#:VOLTage?", .get(.protection(0))),
    ("PROtection#:CURRent", .set(.protection(1))), ("PROtection#:CURRent?", .get(.protection(1))),
    ("PROtection#:POWEr", .set(.protection(2))), ("PROtection#:POWEr?", .get(.protection(2))),
    ("MEASure#:VOLTage?", .measureVoltage), ("MEASure#:CURRent?", .measureCurrent),
    ("MEASure#:POWer?", .measurePower), ("MEASure#:CAPRate", .set(.sampling)),
    ("MEASure#:CAPRate?", .get(.sampling)),
  ])

  // MARK: SCPITwinBehaviour

  func answer(_ unit: SCPIUnit, at now: WorldInstant) -> SCPIAnswer {
    guard let (action, suffixes) = Self.table.match(unit) else { return .undefinedHeader }
    let (value, list) = Self.split(unit.arguments)
    let addressed = list.map { SCPIText.channelList($0) } ?? [suffixes.first ?? 1]
    guard let addressed, !addressed.isEmpty, addressed.allSatisfy({ (1...24).contains($0) }) else {
      return .outOfRange
    }
    switch action {
    case .set(let setting):
      guard let number = SCPIText.number(value), accepts(number, setting) else { return .outOfRange }
      for channel in addressed { store(number, setting, channel - 1) }
      return .done
    case .get(let setting): return csv(addressed) { self.stored(setting, $0) }
    case .status: return csv(addressed) { self.status($0) }
    case .events: return csv(addressed) { _ in "0" }
    case .measureVoltage: return csv(addressed) { DecimalText.fixed(self.volts($0), decimals: 5) }
    case .measureCurrent: return csv(addressed) { DecimalText.fixed(self.milliamperes($0), decimals: 3) }
    case .measurePower:
      return csv(addressed) { DecimalText.fixed(self.volts($0) * self.milliamperes($0) / 1e3, decimals: 5) }
    }
  }

  /// Writes take milliseconds; a voltage list tens of them, the current list of all channels up to 4.5 s.
  func latency(of unit: SCPIUnit) -> (min: Interval, max: Interval) {
    guard unit.isQuery else { return (.milliseconds(2), .milliseconds(8)) }
    let count = Double(unit.arguments.filter { $0 == "," }.count + 1)
    if unit.header.hasPrefix("MEAS"), unit.header.contains("CURR") {
      return (.milliseconds(30 + 20 * count), .milliseconds(60 + 180 * count))
    }
    return (.milliseconds(30 + count), .milliseconds(60 + 5 * count))
  }

  func reset(at now: WorldInstant) {
    powerOn(at: now)
    isReachable = false
  }

  func powerOn(at now: WorldInstant) {
    for index in channels.indices {
      let old = channels[index]
      channels[index] = Channel(
        outputError: old.outputError, voltageError: old.voltageError, currentError: old.currentError,
        currentGain: old.currentGain)
      drive(index)
    }
  }

  // MARK: state

  /// Value and channel list of `3.3(@1,2,3)`.
  private static func split(_ arguments: String) -> (value: String, list: String?) {
    guard let open = arguments.firstIndex(of: "(") else { return (arguments, nil) }
    return (String(arguments[..<open]), String(arguments[open...]))
  }

  private func accepts(_ number: Double, _ setting: Setting) -> Bool {
    switch setting {
    case .voltage: (0...6).contains(number)
    case .limit: (0...limitMaxMilliamperes).contains(number)
    case .mode: [0, 1, 3, 128].contains(number)
    case .range: [0, 2, 3].contains(number)
    case .protection: number >= 0
    case .sampling: [0, 1, 2].contains(number)
    case .onOff: number == 0 || number == 1
    }
  }

  private func store(_ number: Double, _ setting: Setting, _ index: Int) {
    switch setting {
    case .voltage: channels[index].volts = number
    case .limit: channels[index].limitMilliamperes = number
    case .mode: channels[index].mode = number
    case .range: channels[index].range = number
    case .protection(let kind): channels[index].protection[kind] = number
    case .sampling: channels[index].sampling = number
    case .onOff:
      channels[index].isOn = number == 1
      if number == 1 { channels[index].hasTripped = false }
    }
    protect(index)
    drive(index)
  }

  private func stored(_ setting: Setting, _ index: Int) -> String {
    let channel = channels[index]
    return switch setting {
    case .voltage: DecimalText.fixed(channel.volts, decimals: 4)
    case .limit: DecimalText.fixed(channel.limitMilliamperes, decimals: 2)
    case .mode: DecimalText.fixed(channel.mode, decimals: 0)
    case .range: DecimalText.fixed(channel.range, decimals: 0)
    case .protection(let kind): DecimalText.fixed(channel.protection[kind], decimals: 3)
    case .sampling: DecimalText.fixed(channel.sampling, decimals: 0)
    case .onOff: channel.isOn ? "1" : "0"
    }
  }

  /// A level of 0 is none.
  private func protect(_ index: Int) {
    let channel = channels[index]
    guard channel.isOn, channel.protection[0] > 0,
      channel.volts + channel.outputError > channel.protection[0]
    else { return }
    channels[index].isOn = false
    channels[index].hasTripped = true
  }

  /// Bit 0 output on; bit 1 over-voltage; read-back range: bit 16 high, bit 18 low (auto reads in the high range).
  private func status(_ index: Int) -> String {
    String(
      (channels[index].isOn ? 1 : 0) | (channels[index].hasTripped ? 2 : 0)
        | (channels[index].range == 2 ? 1 << 18 : 1 << 16))
  }

  private func csv(_ addressed: [Int], _ text: (Int) -> String) -> SCPIAnswer {
    .text(addressed.map { text($0 - 1) }.joined(separator: ","))
  }

  // MARK: circuit

  private func cell(_ index: Int) -> Int? {
    if case .cell(let k)? = terminals[index + 1] { k } else { nil }
  }

  private func drive(_ index: Int) {
    guard let k = cell(index) else { return }
    let channel = channels[index]
    let amperes = channel.limitMilliamperes / 1e3
    circuit.driveCell(
      k, volts: max(0, channel.volts + (channel.volts > 0 ? channel.outputError : 0)), sourceLimit: amperes,
      sinkLimit: amperes, on: channel.isOn)
  }

  private func volts(_ index: Int) -> Double {
    guard let k = cell(index) else { return channels[index].isOn ? channels[index].volts : 0 }
    return circuit.cellOutputVoltage(k) + channels[index].voltageError
  }

  private func milliamperes(_ index: Int) -> Double {
    guard let k = cell(index) else { return 0 }
    return circuit.cellOutputCurrent(k) * 1e3 * channels[index].currentGain + channels[index].currentError
  }
}

extension N83624Twin: OutputReporting {
  public var outputsOn: Int { channels.count { $0.isOn } }
}
