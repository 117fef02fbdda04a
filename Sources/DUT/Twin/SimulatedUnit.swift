import Ports
import Simulation

/// A simulated EK-B24S8E300A: power path, analogue front end and firmware behind the unit's connectors and radio.
///
/// What it models, and from where:
/// - activation by the wake switch, power-on beeps, lights, buzzer codes: manual sections 5, 8, 10.1 to 10.3
/// - supply from the string (B24) from 25 V on, below it from the auxiliary input; the inrush of the supply input:
///   manual section 10.1 no. 1
/// - nodes connected in any order without harm: manual section 1; what a weak input suffers from a wrong order or from
///   crossed wires is a parameter
/// - cell thresholds and their defaults per chemistry, selective cut of charge or discharge, dormancy after an
///   over-discharge: manual sections 2 and 7.1
/// - staged overcurrent, short circuit, temperatures on four 10 kΩ NTCs: manual sections 2, 3.2 and 7.1
/// - balancing in two phases, over-balance wait and halving: manual section 7.2
/// - cell count, open, crossed and resistive wires as alarms that forbid balancing: manual sections 9 and 10.1
/// - broken and shorted temperature sensors, which open the path: derived (SPEC-TMP-22)
/// - the Bluetooth link and every byte on it: BLE protocol notes; delays, recovery times, the second stage and
///   all bytes without known meaning: capture of an EK-B24S8E200A with firmware SW-2.0.0
///
/// What it does not model: what the CAN and 485 ports really speak (they have candidate profiles, see `UnitBusPort` and
/// `UnitSerialPort`), calibration registers, command 03, the app's
/// menus, energy drawn by the balancer from its own supply, charge left in the supercapacitor after the supply is
/// gone, heat that depends on the place in the housing, current through reversed sense inputs, leakage that depends on
/// temperature or polarity, and the beep that older balancers give when they take a parameter.
///
/// What a unit file may plant in it: `UnitParameterCatalog`, files `+Hardware`, `+Firmware` and `+Defects`.
///
/// Where the manual is silent, the numbers are project defaults and stand with their reason in `UnitParameters`,
/// `StoredSettings` and at the top of each part. Nothing here is a statement about a real unit.
///
/// Two units with the same parameters that see the same surroundings behave the same, to the bit.
public final class SimulatedUnit {
  public let parameters: UnitParameters

  var now = WorldInstant.start
  var memory: SettingsMemory
  var power: PowerStateMachine
  var frontEnd: FrontEnd
  var sample = UnitSample()
  /// A sample was taken since the last start.
  var sampled = false
  var nextSample: WorldInstant?
  /// Temperatures as telemetry shows them; they stand still while the balancer drives current.
  var shownTemperatures = [Double](repeating: 25, count: UnitParameters.thermistorCount)
  var cellProtection = CellProtection()
  var currentProtection = CurrentProtection()
  var temperatureProtection = TemperatureProtection()
  var detection = DetectionAlarms()
  var balancer: Balancer
  var conditions: UnitConditions
  var panel: IndicatorPanel
  var radio: UnitRadio
  var bus = UnitBusPort()
  var activatedAt = WorldInstant.start
  /// Its supercapacitor took too much while it balanced; the alarm lasts until the unit is switched off.
  var supercapacitorAlarm = false
  /// Over-discharged and not being charged since then.
  var drainedSince: WorldInstant?
  /// A dormant unit keeps its charge switch closed until it is running again.
  var chargeHeld = false
  /// A pulse was too much for the switches: both are shorted for good.
  var switchesShorted = false
  /// A pulse went through the path; a weak unit is not the same afterwards.
  var stressed = false
  /// While the supply input fills up.
  var inrushEnd: WorldInstant?
  /// Amperes that leaking inputs take out of each cell, index 0 = cell 1; nil: none ever do.
  var inputCurrents: [Double]?
  /// What telemetry shows since it froze.
  var frozenLive: UnitFrames.Live?
  /// What the CAN port tells since it froze.
  var frozenBroadcast: InverterBroadcast?
  /// Its firmware goes on telling what it told last.
  var holdsTelemetry = false
  /// What the firmware tells the switches.
  var chargeEnabled = false
  var dischargeEnabled = false

  public init(parameters: UnitParameters) {
    self.parameters = parameters
    memory = SettingsMemory(parameters: parameters)
    power = PowerStateMachine(supply: parameters.supply)
    frontEnd = FrontEnd(parameters: parameters)
    balancer = Balancer(behaviour: parameters.balancer)
    conditions = UnitConditions(capacity: parameters.factorySettings[.nominalCapacity])
    panel = IndicatorPanel(parameters: parameters.indicators)
    radio = UnitRadio(parameters: parameters)
  }

  /// What the unit stores now.
  public var settings: StoredSettings { memory.settings }
  /// The same as the unit would send it.
  public var settingsFrame: [UInt8] { UnitFrames.settings(settings) }
  /// The firmware runs: supplied, activated, not dormant.
  public var isActive: Bool { power.state == .active }

  public func isTripped(_ protection: UnitProtection) -> Bool {
    cellProtection.isTripped(protection) || currentProtection.isTripped(protection)
      || temperatureProtection.isTripped(protection)
  }

  // MARK: one instant

  /// Everything due at `instant`, given what the connectors show. Doing it twice changes nothing more.
  func run(at instant: WorldInstant, in surroundings: any BoardSurroundings) {
    now = instant
    frontEnd.suffer(surroundings)
    inputCurrents = frontEnd.inputCurrents(surroundings)
    let current = frontEnd.current(surroundings.loopCurrent)
    for action in updatePower(surroundings) {
      switch action {
      case .activated: activate()
      case .started: start()
      case .lostSupply: stop(keepingCells: false)
      }
    }
    if power.state == .active {
      currentProtection.update(current: current, settings: settings, parameters: parameters, at: now)
      if let due = nextSample, due <= now { takeSample(surroundings) }
      if parameters.memory.restartsOnTrip { restartIfTripped() }
      if sampled { runBalancer(surroundings) }
      watchForDormancy(current: current)
      composeFrames(upTo: now)
      if sampled { composeBusFrames() }
    }
    setSwitches()
    refreshIndicators()
  }

  private func updatePower(_ surroundings: any BoardSurroundings) -> [PowerStateMachine.Action] {
    let wasUnsupplied = power.state == .unsupplied
    let recovered = wakesByItself(surroundings)
    let actions = power.update(
      at: now, supplyVoltage: surroundings.supplyVoltage, auxiliaryVoltage: surroundings.auxiliaryVoltage,
      switchClosed: surroundings.wakeSwitchClosed, current: surroundings.loopCurrent, recovered: recovered)
    if recovered, !actions.isEmpty { cellProtection = CellProtection() }
    if power.state == .unsupplied {
      inrushEnd = nil
    } else if wasUnsupplied {
      inrushEnd = now + .seconds(parameters.supply.inrushTime)
    } else if let end = inrushEnd, now >= end {
      inrushEnd = nil
    }
    return actions
  }

  /// A defective unit leaves dormancy once its cells are back above the over-discharge level.
  private func wakesByItself(_ surroundings: any BoardSurroundings) -> Bool {
    guard parameters.supply.dormancy == .wakesByItself, power.state == .dormant else { return false }
    let cells = (1...settings.cellCount).map { surroundings.senseVoltage(cell: $0) }
    return cells.allSatisfy { $0 > settings[.cellUndervoltageProtection] + 0.05 }
  }

  private func activate() {
    memory.powerUp()
    activatedAt = now
  }

  /// A defect: the firmware crashes where it should open the path.
  private func restartIfTripped() {
    guard UnitProtection.allCases.contains(where: { isTripped($0) }) else { return }
    restart()
  }

  /// The path is open while it starts.
  private func restart() {
    stop(keepingCells: false)
    power.restart(at: now)
    activate()
  }

  /// The firmware crashes at `instant` and starts anew, with nobody asking. Nothing happens while it is not running.
  /// - Returns: Whether it was running.
  public func crash(at instant: WorldInstant) -> Bool {
    guard power.state == .active else { return false }
    now = max(now, instant)
    restart()
    setSwitches()
    refreshIndicators()
    return true
  }

  /// The firmware tells the same live data again and again, or stops doing so.
  public func freezeTelemetry(_ isFrozen: Bool) {
    holdsTelemetry = isFrozen
    if !isFrozen, parameters.telemetry.freezesAfter == 0 { frozenLive = nil }
  }

  private func start() {
    nextSample = firstSampleInstant()
    radio.powerOn(at: now)
    if !parameters.communication.busSilent { bus.powerOn(at: now) }
    panel.soundPowerOn(at: now)
    panel.announce(parameters.firmware.hardwareAlarm)
  }

  /// The next instant of the unit's own sampling raster.
  private func firstSampleInstant() -> WorldInstant {
    let period = Interval.seconds(parameters.sampling.period).nanoseconds
    let phase = Interval.seconds(parameters.sampling.phase).nanoseconds
    let number = (now.nanoseconds - phase) / period + 1
    return WorldInstant(nanoseconds: phase + max(0, number) * period)
  }

  /// Forgets what only a running unit knows. Dormancy keeps the cell protections; loss of supply does not.
  private func stop(keepingCells: Bool) {
    if activatedAt > .start { memory.powerDown(uptime: now - activatedAt) }
    activatedAt = .start
    frozenLive = nil
    frozenBroadcast = nil
    sampled = false
    nextSample = nil
    drainedSince = nil
    chargeHeld = keepingCells
    if !keepingCells { cellProtection = CellProtection() }
    currentProtection = CurrentProtection()
    temperatureProtection = TemperatureProtection()
    detection = DetectionAlarms()
    balancer = Balancer(behaviour: parameters.balancer)
    radio.powerOff()
    bus.powerOff()
    panel.silence()
    supercapacitorAlarm = false
  }

  private func takeSample(_ surroundings: any BoardSurroundings) {
    let disturbed = balancer.disturbsMeasurement
    sample = frontEnd.read(surroundings, last: sample, keepingCells: disturbed && sampled)
    cellProtection.update(
      cells: sample.cells.prefix(settings.cellCount), settings: settings, parameters: parameters, at: now,
      immediately: !sampled)
    temperatureProtection.update(
      temperatures: sample.temperatures, settings: settings, parameters: parameters, at: now)
    if !disturbed {
      detection.update(
        sample: sample, cellCount: settings.cellCount, firmware: parameters.firmware, at: now)
      shownTemperatures = temperatureProtection.averages
    }
    conditions.update(
      current: sample.current, pathResistance: parameters.path.resistance, balanceCurrent: balancer.current,
      capacity: settings[.nominalCapacity], period: parameters.sampling.period)
    sampled = true
    nextSample = now + .seconds(parameters.sampling.period)
  }

  // MARK: firmware decisions

  var hasFault: Bool {
    detection.any || temperatureProtection.sensorFailed || parameters.firmware.hardwareAlarm != .none
      || UnitProtection.allCases.contains { isTripped($0) }
  }

  private func runBalancer(_ surroundings: any BoardSurroundings) {
    let behaviour = parameters.balancer
    let switchedOn = settings.balancingEnabled || behaviour.ignoresSwitch
    let input = Balancer.Input(
      cells: sample.cells.prefix(settings.cellCount),
      permitted: switchedOn && (!hasFault || behaviour.ignoresFaults || parameters.firmware.balancesOnFault)
        && !conditions.balancerTooHot,
      hold: cellProtection.isPending && !behaviour.ignoresFaults, settings: settings,
      sourcePinVolts: balancer.givingCell.map { surroundings.senseVoltage(cell: $0) } ?? 0)
    for action in balancer.update(input, at: now) {
      switch action {
      case .started:
        if behaviour.startBeep { panel.soundStart(at: now) }
        if behaviour.supercapacitorAlarm { soundSupercapacitorAlarm() }
      case .completionBeep: panel.soundCompletion(at: now)
      }
    }
  }

  private func soundSupercapacitorAlarm() {
    supercapacitorAlarm = true
    panel.announce(.supercapacitor)
  }

  private func watchForDormancy(current: Double) {
    let drained = cellProtection.overDischarge.tripped || cellProtection.shutdown.tripped
    guard drained, current < PowerStateMachine.wakeCurrent, parameters.supply.dormancy != .never else {
      drainedSince = nil
      return
    }
    let since = drainedSince ?? now
    drainedSince = since
    let delay =
      cellProtection.shutdown.tripped ? CellProtection.shutdownDelay : parameters.supply.dormancyDelay
    guard now - since >= .seconds(delay) else { return }
    stop(keepingCells: true)
    power.goDormant()
  }

  /// - Source: manual section 7.1 and SPEC-FET-02: each protection opens its own direction.
  func setSwitches() {
    switch power.state {
    case .unsupplied, .asleep:
      (chargeEnabled, dischargeEnabled) = (false, false)
    case .dormant, .starting:
      (chargeEnabled, dischargeEnabled) = (chargeHeld, false)
    case .active where !sampled:
      (chargeEnabled, dischargeEnabled) = (chargeHeld, false)
    case .active:
      (chargeEnabled, dischargeEnabled) = (true, true)
      for protection in UnitProtection.allCases where isTripped(protection) {
        let behaviour = parameters[protection]
        guard behaviour.opens else { continue }
        let (mirrored, both) = (behaviour.wrongDirection, behaviour.opensBoth)
        if both || (mirrored ? protection.opensDischarge : protection.opensCharge) { chargeEnabled = false }
        if both || (mirrored ? protection.opensCharge : protection.opensDischarge) {
          dischargeEnabled = false
        }
      }
    }
  }

  func refreshIndicators() {
    var patterns = IndicatorPanel.Patterns()
    if power.isRunning, greenDue == nil { patterns.green = .steady }
    if power.state == .active {
      patterns.blue = radio.isConnected ? .steady : .flashing
      if parameters.firmware.hardwareAlarm != .none || supercapacitorAlarm {
        patterns.red = .withBuzzer
      } else if detection.any, parameters.firmware.faultLight {
        patterns.red = .flashing
      } else if temperatureProtection.sensorFailed {
        patterns.red = .steady
      }
      let (running, done): (LampPattern, LampPattern) =
        parameters.balancer.lightSwapped ? (.steady, .flashing) : (.flashing, .steady)
      patterns.yellow = balancer.isRunning ? running : balancer.isFinished ? done : .off
    }
    panel.update(patterns, supplied: power.state != .unsupplied, at: now)
  }

  /// When the green light of a slow unit comes on; nil once it may be lit.
  var greenDue: WorldInstant? {
    guard power.isRunning else { return nil }
    let due = activatedAt + .seconds(parameters.indicators.greenDelay)
    return due > now ? due : nil
  }
}
