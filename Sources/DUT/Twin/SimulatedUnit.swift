import Ports
import Simulation

/// A simulated EK-B24S8E300A: power path, analogue front end and firmware behind the unit's connectors and radio.
///
/// What it models, and from where:
/// - activation by the wake switch, power-on beeps, lights, buzzer codes: manual sections 5, 8, 10.1 to 10.3
/// - cell thresholds and their defaults per chemistry, selective cut of charge or discharge, dormancy after an
///   over-discharge: manual sections 2 and 7.1
/// - staged overcurrent, short circuit, temperatures on four 10 kΩ NTCs: manual sections 2, 3.2 and 7.1
/// - balancing in two phases, over-balance wait and halving: manual section 7.2
/// - cell count, open wire and line resistance alarms that forbid balancing: manual sections 9 and 10.1
/// - the Bluetooth link and every byte on it: BLE protocol notes; delays, recovery times, the second stage and
///   all bytes without known meaning: capture of an EK-B24S8E200A with firmware SW-2.0.0
///
/// What it does not model: CAN and RS-485, calibration registers, command 03, the app's
/// menus, energy drawn by the balancer from its own supply, heat that depends on the place in the housing, and
/// the beep that older balancers give when they take a parameter.
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
  var activatedAt = WorldInstant.start
  /// Its supercapacitor took too much while it balanced; the alarm lasts until the unit is switched off.
  var supercapacitorAlarm = false
  /// Over-discharged and not being charged since then.
  var drainedSince: WorldInstant?
  /// A dormant unit keeps its charge switch closed until it is running again.
  var chargeHeld = false
  /// A pulse was too much for the switches: both are shorted for good.
  var switchesShorted = false
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
    let current = frontEnd.current(surroundings.loopCurrent)
    let actions = power.update(
      at: now, supplyVoltage: surroundings.supplyVoltage, switchClosed: surroundings.wakeSwitchClosed,
      current: surroundings.loopCurrent)
    for action in actions {
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
    }
    setSwitches()
    refreshIndicators()
  }

  private func activate() {
    memory.powerUp()
    activatedAt = now
  }

  /// A defect: the firmware crashes where it should open the path. The path is open while it starts.
  private func restartIfTripped() {
    guard UnitProtection.allCases.contains(where: { isTripped($0) }) else { return }
    stop(keepingCells: false)
    power.restart(at: now)
    activate()
  }

  private func start() {
    nextSample = firstSampleInstant()
    radio.powerOn(at: now)
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
      permitted: switchedOn && (!hasFault || behaviour.ignoresFaults) && !conditions.balancerTooHot,
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
    guard drained, current < PowerStateMachine.wakeCurrent else {
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
        let mirrored = parameters[protection].wrongDirection
        if mirrored ? protection.opensDischarge : protection.opensCharge { chargeEnabled = false }
        if mirrored ? protection.opensCharge : protection.opensDischarge { dischargeEnabled = false }
      }
    }
  }

  func refreshIndicators() {
    var patterns = IndicatorPanel.Patterns()
    if power.isRunning { patterns.green = .steady }
    if power.state == .active {
      patterns.blue = radio.isConnected ? .steady : .flashing
      if parameters.firmware.hardwareAlarm != .none || supercapacitorAlarm {
        patterns.red = .withBuzzer
      } else if detection.any {
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
}
