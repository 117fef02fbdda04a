import Ports
import Simulation

/// The unit's CAN port: sends the frames of the candidate profile once a second while the firmware runs.
///
/// The manual names the port and nothing more (section 2, "communication ports: CAN/485"); profile, rate and spacing of
/// the frames are the candidate's (`InverterBroadcast`). Nothing is composed before somebody listens.
struct UnitBusPort {
  static let period = Interval.seconds(1)
  /// A frame of 8 bytes takes 0.25 ms at 500 kbit/s.
  static let spacing = Interval.microseconds(300)
  /// Frames that a listener may leave waiting; older ones are lost.
  static let queueMax = 64

  private(set) var isHeard = false
  private var nextRound: WorldInstant?
  private var queue: [CANFrame] = []

  /// When the next round of frames is due.
  var nextEvent: WorldInstant? { isHeard ? nextRound : nil }
  var nextFrame: WorldInstant? { queue.first?.at ?? nextEvent }

  mutating func listen() {
    isHeard = true
    queue = []
  }

  mutating func powerOn(at now: WorldInstant) { nextRound = now + Self.period }

  mutating func powerOff() { nextRound = nil }

  /// Sends the rounds that are due.
  mutating func update(at now: WorldInstant, _ picture: () -> InverterBroadcast) {
    while let due = nextRound, due <= now {
      nextRound = due + Self.period
      guard isHeard else { continue }
      let broadcast = picture()
      for (index, identifier) in InverterBroadcast.identifiers.enumerated() {
        queue.append(
          CANFrame(
            identifier: identifier, bytes: broadcast.bytes(identifier)!,
            at: due + Self.spacing * Double(index)))
      }
      if queue.count > Self.queueMax { queue.removeFirst(queue.count - Self.queueMax) }
    }
  }

  mutating func take(upTo now: WorldInstant) -> [CANFrame] {
    let ended = queue.prefix { $0.at <= now }
    queue.removeFirst(ended.count)
    return Array(ended)
  }
}

extension SimulatedUnit: BusNodeModel {
  public var nextBusFrame: WorldInstant? { bus.nextFrame }
  public func listen(at instant: WorldInstant) { bus.listen() }
  public func takeBusFrames(upTo instant: WorldInstant) -> [CANFrame] { bus.take(upTo: instant) }

  /// What the port tells; the sample is the one that telemetry shows.
  func composeBusFrames() {
    bus.update(at: now) {
      if let frozenBroadcast { return frozenBroadcast }
      var picture = InverterBroadcast()
      picture.chargeVoltage = settings[.cellOvervoltageProtection] * Double(settings.cellCount)
      picture.chargeCurrentLimit = settings[.chargeOvercurrent]
      picture.dischargeCurrentLimit = settings[.dischargeOvercurrent]
      picture.stateOfCharge = Int((100 * conditions.remaining / settings[.nominalCapacity]).rounded())
      picture.voltage = sample.total * parameters.communication.busVoltageGain
      picture.current = sample.current
      picture.temperature = shownTemperatures.max() ?? 25
      picture.chargeEnabled = chargeEnabled
      picture.dischargeEnabled = dischargeEnabled
      picture.alarms.overvoltage = cellProtection.overvoltageMask != 0
      picture.alarms.undervoltage = cellProtection.undervoltageMask != 0
      picture.alarms.overtemperature =
        isTripped(.chargeOvertemperature) || isTripped(.dischargeOvertemperature)
      picture.alarms.undertemperature =
        isTripped(.chargeUndertemperature) || isTripped(.dischargeUndertemperature)
      picture.alarms.dischargeOvercurrent =
        isTripped(.dischargeOvercurrent) || isTripped(.dischargeOvercurrentStage2)
      picture.alarms.chargeOvercurrent = isTripped(.chargeOvercurrent)
      picture.alarms.systemError = parameters.firmware.hardwareAlarm != .none
      if parameters.communication.busFrozen { frozenBroadcast = picture }
      return picture
    }
  }
}
