import Ports
import Quantities
import Simulation

/// Simulated IT6000C.
///
/// Models: both priorities with their aliased registers, slew (in steps of a twentieth), the time from enable to
/// first current, switch-off that ignores the slew rate, over-voltage and over-current trips, watchdog (or one that
/// never acts, option `watchdog-dead`), latched trips that survive until cleared, error queue, 1 % over-range, an
/// inhibit input in its self-recovering mode.
/// Does not model: power limits (stored), under-type protections, internal resistance, list modes, ramps in
/// voltage priority; in voltage priority the output simply offers its set voltage and limits.
/// Sources: hardware-tested open driver and IT-M3900 manual extract (instrument model notes, section 2.2).
final class IT6000CTwin: SCPITwinBehaviour {
  enum Action: Sendable {
    case remote, mode, modeQuery
    case function, functionQuery
    case set(Register), get(Register)
    case output, outputQuery, clear
    case questionable, questionableEvents, operation, measureVoltage, measureCurrent, measurePower
  }
  /// Numbers that are only written and read, beside those with a rule.
  enum Register: Int, Sendable, CaseIterable {
    case voltage, current, voltageLimit, currentLimit, currentLimitNegative, powerLimit, powerLimitNegative
    case slewUp, slewDown, voltageSlewUp, voltageSlewDown
    case overvoltage, overvoltageOn, overvoltageDelay, overcurrent, overcurrentOn, overcurrentDelay
    case watchdogOn, watchdogDelay, riseDelay, fallDelay

    /// Switches are answered as 0 or 1, levels with more digits than can be set.
    var decimals: Int {
      switch self {
      case .overvoltageOn, .overcurrentOn, .watchdogOn: 0
      default: 4
      }
    }
  }

  static let options = [
    DriverOption(
      name: "current-error", meaning: "largest relative error of the simulated current and its read-back",
      kind: .quantity(.ratio, 0...0.1), defaultText: "0.1 %"),
    DriverOption(
      name: "saturation", meaning: "largest current that the simulated output delivers, whatever is set",
      kind: .quantity(.current, 0...1000), defaultText: "1000 A"),
    DriverOption(
      name: "read-back-error", meaning: "part of the current that is added to its read-back",
      kind: .quantity(.ratio, -1...10), defaultText: "0 %"),
    DriverOption(
      name: "watchdog-dead", meaning: "'yes': the watchdog arms and reads back as ever, but never trips",
      kind: .choice(["no", "yes"]), defaultText: "no"),
  ]

  let circuit: Circuit
  let rating: IT6000C.Rating
  let identity: String
  /// Wired to the high-current loop, or to the auxiliary input and the leakage relay.
  private let isWired: Bool
  private let isAuxiliary: Bool
  private let gain: Double
  private let readGain: Double
  private let saturation: Double
  private let isWatchdogDead: Bool

  private var values: [Double]
  private var inCurrentPriority = false
  private(set) var isOn = false
  /// The inhibit input is pulled; whether the output was on then, which it is again when the input is let go.
  private var inhibited: Bool?
  private var trips = 0
  /// Trips and inhibits since they were last asked for, or since `*CLS`.
  private var events = 0
  private var lastHeard = WorldInstant.start
  /// Amperes that the output carries now as far as the ramp got, and when it moves on.
  private var rampedCurrent = 0.0
  private var nextRampStep: WorldInstant?

  init(_ context: TwinContext) throws(OptionError) {
    circuit = context.circuit
    rating = try IT6000C.Settings(context.options).rating
    identity = "ITECH Ltd.,\(rating.model),\(context.serial),001.002.027-001.002.021"
    isWired = context.terminals.values.contains(.loopSource)
    isAuxiliary = context.terminals.values.contains(.auxiliarySupply)
    let error = try Self.options[0].quantity(in: context.options)
    var random = context.random.fork("gain")
    gain = 1 + random.uniform(-error, error)
    readGain = 1 + random.uniform(-error, error) + (try Self.options[2].quantity(in: context.options))
    saturation = try Self.options[1].quantity(in: context.options)
    isWatchdogDead = try Self.options[3].choice(in: context.options) == "yes"
    values = []
    values = powerOn
  }

  static func hosted(_ context: TwinContext) throws(OptionError) -> SCPITwin {
    try SCPITwin(IT6000CTwin(context), context: context)
  }

  private var powerOn: [Double] {
    var v = [Double](repeating: 0, count: Register.allCases.count)
    v[Register.currentLimit.rawValue] = rating.amperes
    v[Register.currentLimitNegative.rawValue] = -rating.amperes
    v[Register.slewUp.rawValue] = 0.1
    v[Register.slewDown.rawValue] = 0.1
    v[Register.overvoltage.rawValue] = rating.volts * 1.02
    v[Register.overcurrent.rawValue] = rating.amperes * 1.02
    v[Register.watchdogDelay.rawValue] = 30
    return v
  }

  private static let table: SCPITable<Action> = {
    let registers: [(String, Register)] = [
      ("VOLTage[:LEVel][:IMMediate][:AMPLitude]", .voltage),
      ("CURRent[:LEVel][:IMMediate][:AMPLitude]", .current),
      ("VOLTage:LIMit", .voltageLimit), ("CURRent:LIMit", .currentLimit),
      ("CURRent:LIMit:NEGative", .currentLimitNegative), ("POWer:LIMit", .powerLimit),
      ("POWer:LIMit:NEGative", .powerLimitNegative), ("CURRent:SLEW:POSitive", .slewUp),
      ("CURRent:SLEW:NEGative", .slewDown), ("VOLTage:SLEW:POSitive", .voltageSlewUp),
      ("VOLTage:SLEW:NEGative", .voltageSlewDown), ("VOLTage:PROTection[:LEVel]", .overvoltage),
      ("VOLTage:PROTection:STATe", .overvoltageOn), ("VOLTage:PROTection:DELay", .overvoltageDelay),
      ("CURRent[:OVER]:PROTection[:LEVel]", .overcurrent),
      ("CURRent[:OVER]:PROTection:STATe", .overcurrentOn),
      ("CURRent[:OVER]:PROTection:DELay", .overcurrentDelay),
    ]
    let outputRegisters: [(String, Register)] = [
      ("OUTPut:PROTection:WDOG:STATe", .watchdogOn), ("OUTPut:PROTection:WDOG:DELay", .watchdogDelay),
      ("OUTPut:DELay:RISE", .riseDelay), ("OUTPut:DELay:FALL", .fallDelay),
    ]
    var entries: [(pattern: String, action: Action)] = [
      ("SYSTem:REMote", .remote), ("SYSTem:LOCal", .remote),
      ("[SOURce]:FUNCtion", .function), ("[SOURce]:FUNCtion?", .functionQuery),
      ("[SOURce]:FUNCtion:MODE", .mode), ("[SOURce]:FUNCtion:MODE?", .modeQuery),
      ("OUTPut[:STATe]", .output), ("OUTPut[:STATe]?", .outputQuery), ("OUTPut:PROTection:CLEar", .clear),
      ("STATus:QUEStionable:CONDition?", .questionable),
      ("STATus:QUEStionable[:EVENt]?", .questionableEvents), ("STATus:OPERation:CONDition?", .operation),
      ("MEASure[:SCALar]:VOLTage[:DC]?", .measureVoltage),
      ("MEASure[:SCALar]:CURRent[:DC]?", .measureCurrent),
      ("MEASure[:SCALar]:POWer[:DC]?", .measurePower),
    ]
    for (pattern, register) in registers.map({ ("[SOURce]:" + $0.0, $0.1) }) + outputRegisters {
      entries.append((pattern, .set(register)))
      entries.append((pattern + "?", .get(register)))
    }
    return SCPITable(entries)
  }()

  // MARK: SCPITwinBehaviour

  func answer(_ unit: SCPIUnit, at now: WorldInstant) -> SCPIAnswer {
    guard let (action, _) = Self.table.match(unit) else { return .undefinedHeader }
    switch action {
    case .remote: return .done
    case .mode: return unit.arguments.uppercased() == "FIXED" ? .done : .outOfRange
    case .modeQuery: return .text("FIXED")
    case .function: return changePriority(unit.arguments.uppercased())
    case .functionQuery: return .text(inCurrentPriority ? "CURRent" : "VOLTage")
    case .set(let register): return store(unit, register, at: now)
    case .get(let register): return .text(DecimalText.fixed(read(register), decimals: register.decimals))
    case .output:
      guard let flag = unit.flag else { return .dataType }
      return switchOutput(flag, at: now)
    case .outputQuery: return .text(isOn ? "1" : "0")
    case .clear:
      trips = 0
      return .done
    case .questionable: return .text(String(trips | (inhibited == nil ? 0 : 2048)))
    case .questionableEvents:
      defer { events = 0 }
      return .text(String(events))
    case .operation: return .text(String(operationBits))
    case .measureVoltage: return .text(DecimalText.fixed(volts, decimals: 4))
    case .measureCurrent: return .text(DecimalText.fixed(amperes * readGain, decimals: 4))
    case .measurePower: return .text(DecimalText.fixed(volts * amperes, decimals: 3))
    }
  }

  /// Seed values of the instrument model notes, section 10.
  func latency(of unit: SCPIUnit) -> (min: Interval, max: Interval) {
    unit.isQuery ? (.milliseconds(20), .milliseconds(60)) : (.milliseconds(2), .milliseconds(10))
  }

  func clearStatus() { events = 0 }

  func heard(at now: WorldInstant) { lastHeard = now }

  func reset(at now: WorldInstant) {
    values = powerOn
    inCurrentPriority = false
    open(at: now)
  }

  func powerOn(at now: WorldInstant) {
    trips = 0
    events = 0
    inhibited = nil
    reset(at: now)
  }

  func inhibit(_ isPulled: Bool, at now: WorldInstant) {
    if isPulled, inhibited == nil {
      let wasOn = isOn
      open(at: now)
      inhibited = wasOn
      events |= 2048
    } else if !isPulled, let wasOn = inhibited {
      inhibited = nil
      if wasOn { _ = switchOutput(true, at: now) }
    }
  }

  var nextEvent: WorldInstant? {
    var next = nextRampStep
    if let expiry = watchdogExpiry { next = min(next ?? expiry, expiry) }
    return next
  }

  func advance(to now: WorldInstant) {
    while let event = nextEvent, event <= now {
      if let expiry = watchdogExpiry, expiry <= event {
        trip(8192, at: expiry)
      } else {
        step(at: event)
      }
    }
    if isOn { checkTrips(at: now) }
  }

  // MARK: registers

  private subscript(_ register: Register) -> Double {
    get { values[register.rawValue] }
    set { values[register.rawValue] = newValue }
  }

  /// The set point of the inactive priority is another name for the active limit.
  private func resolved(_ register: Register) -> Register {
    switch register {
    case .voltage where inCurrentPriority: .voltageLimit
    case .current where !inCurrentPriority: .currentLimit
    default: register
    }
  }

  private func read(_ register: Register) -> Double { self[resolved(register)] }

  private func store(_ unit: SCPIUnit, _ register: Register, at now: WorldInstant) -> SCPIAnswer {
    guard let number = unit.number ?? unit.flag.map({ $0 ? 1 : 0 }) else { return .dataType }
    let limit: ClosedRange<Double> =
      switch register {
      case .voltage, .voltageLimit: 0...rating.volts * 1.01
      case .current: -rating.amperes * 1.01...rating.amperes * 1.01
      case .currentLimit: 0...rating.amperes * 1.01
      case .currentLimitNegative: -rating.amperes * 1.01...0
      case .overvoltage: 0...rating.volts * 1.02
      case .overcurrent: 0...rating.amperes * 1.02
      case .watchdogDelay: 1...6000
      case .overvoltageOn, .overcurrentOn, .watchdogOn: 0...1
      default: -1e6...1e6
      }
    guard limit.contains(number) else { return .outOfRange }
    if register == .voltageLimit, !inCurrentPriority { return .settingsConflict }
    self[resolved(register)] = number
    if isOn { ramp(from: now) }
    return .done
  }

  /// Values are copied into the newly active set point and limit.
  private func changePriority(_ word: String) -> SCPIAnswer {
    guard !isOn else { return .settingsConflict }
    switch word {
    case "CURR", "CURRENT":
      guard !inCurrentPriority else { return .done }
      self[.current] = self[.currentLimit]
      self[.voltageLimit] = self[.voltage]
      inCurrentPriority = true
    case "VOLT", "VOLTAGE":
      guard inCurrentPriority else { return .done }
      self[.voltage] = self[.voltageLimit]
      self[.currentLimit] = max(0, self[.current])
      inCurrentPriority = false
    default: return .outOfRange
    }
    return .done
  }

  // MARK: output

  /// Until the first current flows after the output was enabled; within the 150 ms to settled of the notes.
  private static let enableDelay = Interval.milliseconds(100)
  private static let rampSteps = 20.0

  private var target: Double { inCurrentPriority ? self[.current] : self[.currentLimit] }
  private var compliance: Double { inCurrentPriority ? self[.voltageLimit] : self[.voltage] }

  private var watchdogExpiry: WorldInstant? {
    isOn && self[.watchdogOn] == 1 && !isWatchdogDead ? lastHeard + .seconds(self[.watchdogDelay]) : nil
  }

  private func switchOutput(_ on: Bool, at now: WorldInstant) -> SCPIAnswer {
    guard on else {
      if inhibited != nil { inhibited = false }
      open(at: now)
      return .done
    }
    guard trips == 0, inhibited == nil else { return .settingsConflict }
    guard !isOn else { return .done }
    isOn = true
    rampedCurrent = 0
    drive()
    nextRampStep = now + Self.enableDelay
    return .done
  }

  private func open(at now: WorldInstant) {
    isOn = false
    rampedCurrent = 0
    nextRampStep = nil
    drive()
  }

  private func trip(_ bit: Int, at now: WorldInstant) {
    trips |= bit
    events |= bit
    open(at: now)
  }

  private func ramp(from now: WorldInstant) {
    drive()
    if nextRampStep == nil, rampedCurrent != target { nextRampStep = now + rampInterval }
  }

  private var rampInterval: Interval {
    let slew = target > rampedCurrent ? self[.slewUp] : self[.slewDown]
    return .milliseconds(rating.amperes / Self.rampSteps / max(slew, 1e-3))
  }

  private func step(at now: WorldInstant) {
    let size = rating.amperes / Self.rampSteps
    let missing = target - rampedCurrent
    rampedCurrent = missing.magnitude <= size ? target : rampedCurrent + (missing > 0 ? size : -size)
    drive()
    nextRampStep = rampedCurrent == target ? nil : now + rampInterval
    checkTrips(at: now)
  }

  private func checkTrips(at now: WorldInstant) {
    if self[.overvoltageOn] == 1, volts > self[.overvoltage] { trip(1, at: now) }
    guard self[.overcurrentOn] == 1 else { return }
    if amperes > self[.overcurrent] { trip(2, at: now) }
    if -amperes > self[.overcurrent] { trip(4, at: now) }
  }

  // MARK: circuit

  private func drive() {
    if isAuxiliary {
      circuit.driveAuxiliary(volts: compliance, currentLimit: max(0, rampedCurrent) * gain, on: isOn)
    }
    guard isWired else { return }
    let delivered = max(-saturation, min(saturation, rampedCurrent * gain))
    circuit.driveLoop(current: delivered, compliance: compliance, on: isOn)
  }

  private var amperes: Double {
    guard isOn else { return 0 }
    return isAuxiliary ? circuit.auxiliaryOutput.amperes : isWired ? circuit.loopCurrent : 0
  }
  private var volts: Double {
    isAuxiliary ? circuit.auxiliaryOutput.volts : isWired ? circuit.loopSourceVoltage : 0
  }

  private var operationBits: Int {
    guard isOn else { return 0 }
    if isAuxiliary ? amperes < rampedCurrent * gain : isWired && circuit.loopAtCompliance { return 256 }
    return rampedCurrent < 0 ? 2048 : 128
  }
}

extension IT6000CTwin: OutputReporting {
  public var outputsOn: Int { isOn ? 1 : 0 }
}
