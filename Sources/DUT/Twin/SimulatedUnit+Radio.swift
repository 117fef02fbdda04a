import Ports
import Simulation

extension SimulatedUnit: PeripheralModel {
  public var radioAddress: String { parameters.identity.radioAddress }
  public var isConnected: Bool { radio.isConnected }

  public func nextAdvertisement(after instant: WorldInstant) -> Advertisement? {
    radio.nextAdvertisement(after: instant, name: memory.name)
  }

  public func connect(at instant: WorldInstant) -> Bool {
    now = max(now, instant)
    defer { refreshIndicators() }
    return radio.connect()
  }

  public func disconnect(at instant: WorldInstant) {
    now = max(now, instant)
    radio.disconnect(at: now)
    memory.linkEnded()
    refreshIndicators()
  }

  public func write(_ bytes: [UInt8], at instant: WorldInstant) {
    now = max(now, instant)
    for request in radio.receive(bytes, at: now) where !parameters.communication.silent {
      if request.function == 0 { _ = memory.write(request) }
      radio.answer(request, at: now)
    }
  }

  public var nextNotification: WorldInstant? { radio.nextNotification }

  public func takeNotifications(upTo instant: WorldInstant) -> [Notification] {
    composeFrames(upTo: instant)
    return radio.takeNotifications(upTo: instant)
  }

  // MARK: composing

  /// Turns what is due into notifications; a frame shows the unit as it is when it is composed.
  func composeFrames(upTo instant: WorldInstant) {
    while let (reply, at) = radio.takeDue(upTo: instant) {
      radio.send(frame(for: reply, at: at), reply: reply, at: at)
    }
  }

  private func frame(for reply: UnitRadio.Reply, at instant: WorldInstant) -> [UInt8] {
    switch reply {
    case .deviceInfo:
      UnitFrames.deviceInfo(
        memory, identity: parameters.identity, runtime: memory.runtime(uptime: instant - activatedAt))
    case .settings: UnitFrames.settings(settings)
    case .acknowledgement(let request): UnitFrames.acknowledgement(of: request)
    case .cellInfo:
      UnitFrames.cellInfo(
        told(live(at: instant), at: instant), settings: settings, counter: radio.nextCounter(),
        defects: parameters.telemetry)
    }
  }

  func live(at instant: WorldInstant) -> UnitFrames.Live {
    var live = UnitFrames.Live()
    live.sample = sample
    live.temperatures = shownTemperatures
    live.status = status
    live.balanceCurrent = balancer.current * parameters.balancer.telemetryFactor
    live.switchTemperature = conditions.switches
    live.balancerTemperature = conditions.balancer
    live.remaining = conditions.remaining
    live.faults = faults
    live.uptimeSeconds = Int((instant - activatedAt).seconds)
    return live
  }

  /// - Source: BLE protocol notes section 5.6; what ranks first when several apply is our choice.
  var status: OperationStatus {
    if !sampled { return .lineResistanceTest }
    if detection.countMismatch { return .wrongCellCount }
    if detection.lineMask != 0 { return .lineResistanceTooHigh }
    if detection.detectionFailed { return .wrongCellCount }
    if conditions.balancerTooHot { return .overtemperatureBalancingStopped }
    if isTripped(.chargeOvertemperature) || isTripped(.dischargeOvertemperature) {
      return .systemOvertemperature
    }
    if isTripped(.overDischarge) { return .lowVoltage }
    if !parameters.balancer.statusFrozen {
      if balancer.isRunning { return .balancing }
      if balancer.isFinished { return .balancingFinished }
    }
    let highest = sample.cells.prefix(settings.cellCount).max() ?? 0
    if settings.balancingEnabled, highest < settings[.balanceStopVoltage] {
      return .lowVoltageBalancingStopped
    }
    return .systemTestCompleted
  }

  /// - Source: BLE protocol notes sections 5.4 and 5.7; offsets of the second generation are unproven.
  private var faults: FaultMasks {
    let used = (1 << settings.cellCount) - 1
    var faults = FaultMasks()
    faults.cellDetectionFailed = detection.detectionMask & used
    faults.cellOvervoltage = cellProtection.overvoltageMask & used
    faults.cellUndervoltage = cellProtection.undervoltageMask & used
    faults.cellPolarityError = detection.polarityMask & used
    faults.lineResistanceExcessive = detection.lineMask & used
    faults.temperatureWarning = temperatureWarning
    faults.memoryFault = parameters.firmware.hardwareAlarm == .dataStore ? 1 : 0
    return faults
  }

  /// Bit 0 while NTC 1 or 2 is the extreme one of a tripped protection, bit 1 for NTC 3 and 4.
  private var temperatureWarning: Int {
    let averages = temperatureProtection.averages
    var bits = 0
    for protection in TemperatureProtection.protections where temperatureProtection.isTripped(protection) {
      let hot = protection == .chargeOvertemperature || protection == .dischargeOvertemperature
      let extreme = hot ? averages.max()! : averages.min()!
      bits |= averages.firstIndex(of: extreme)! < 2 ? 1 : 2
    }
    return bits
  }
}
