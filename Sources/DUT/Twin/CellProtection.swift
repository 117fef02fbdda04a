import Ports

/// Overcharge, over-discharge, cell difference and shutdown voltage, judged on every sample.
///
/// - Source: manual section 2 (thresholds) and 7.1-1, 7.1-2 (actions). Detection and release times are project
///   defaults (SPEC-OVP-23: none printed). Difference and shutdown exist in the sister unit's settings only.
struct CellProtection {
  static let delay = 1.0
  static let shutdownDelay = 5.0
  /// A channel below this many volts is taken for unconnected, not for an empty cell.
  static let connectedAbove = 0.5

  private(set) var overcharge = ThresholdLatch()
  private(set) var overDischarge = ThresholdLatch()
  private(set) var difference = ThresholdLatch()
  private(set) var shutdown = ThresholdLatch()
  /// Bit i = cell i + 1: beyond the trip level and not yet back at the recovery level.
  private var highCells = 0
  private var lowCells = 0
  /// Releases although the trip level is exceeded, when the recovery level lies on its wrong side.
  private var chatters = false

  var isPending: Bool {
    overcharge.isPending || overDischarge.isPending || difference.isPending || shutdown.isPending
  }
  /// What telemetry shows: the cells that hold a tripped protection.
  var overvoltageMask: Int { overcharge.tripped ? highCells : 0 }
  var undervoltageMask: Int { overDischarge.tripped ? lowCells : 0 }

  func isTripped(_ protection: UnitProtection) -> Bool {
    switch protection {
    case .overcharge: overcharge.tripped
    case .overDischarge: overDischarge.tripped
    case .cellDifference: difference.tripped
    case .shutdown: shutdown.tripped
    default: false
    }
  }

  /// - Parameter immediately: the first sample after start: what is beyond its limit trips without delay.
  mutating func update(
    cells: ArraySlice<Double>, settings: StoredSettings, parameters: UnitParameters, at now: WorldInstant,
    immediately: Bool
  ) {
    var connected: [(offset: Int, element: Double)] = []
    for (index, volts) in cells.enumerated() where volts > Self.connectedAbove {
      let channel = parameters.channels[index]
      if channel.protected { connected.append((index, volts + channel.tripOffset)) }
    }
    func delay(_ protection: UnitProtection, _ seconds: Double) -> Interval {
      immediately ? .zero : .seconds(seconds * parameters[protection].delayFactor)
    }
    chatters = parameters.memory.chattersOnWrongSide
    updateOvercharge(connected, settings, parameters[.overcharge], now, delay(.overcharge, Self.delay))
    updateOverDischarge(
      connected, settings, parameters[.overDischarge], now, delay(.overDischarge, Self.delay))
    updateDifference(
      connected, settings, parameters[.cellDifference], now, delay(.cellDifference, Self.delay))
    let lowest = connected.map(\.element).min() ?? .infinity
    let behaviour = parameters[.shutdown]
    let level = behaviour.level(settings[.shutdownVoltage])
    shutdown.update(
      beyond: behaviour.enabled && lowest < level, recovered: lowest >= level && behaviour.recovery != .never,
      at: now, tripDelay: .seconds(Self.shutdownDelay * behaviour.delayFactor), releaseDelay: .zero)
  }

  private mutating func updateOvercharge(
    _ cells: [(offset: Int, element: Double)], _ settings: StoredSettings, _ behaviour: ProtectionBehaviour,
    _ now: WorldInstant, _ delay: Interval
  ) {
    let trip = behaviour.level(settings[.cellOvervoltageProtection])
    let release = behaviour.releaseLevel(
      trip: settings[.cellOvervoltageProtection], recovery: settings[.cellOvervoltageRecovery])
    for (index, volts) in cells {
      if volts > trip {
        highCells |= 1 << index
      } else if let release, volts <= release {
        highCells &= ~(1 << index)
      }
    }
    overcharge.update(
      beyond: behaviour.enabled && cells.contains { $0.element > trip },
      recovered: (release.map { level in cells.allSatisfy { $0.element <= level } } ?? false)
        && (chatters || !cells.contains { $0.element > trip }), at: now,
      tripDelay: delay, releaseDelay: delay)
    if !overcharge.tripped && !overcharge.isPending { highCells = 0 }
  }

  private mutating func updateOverDischarge(
    _ cells: [(offset: Int, element: Double)], _ settings: StoredSettings, _ behaviour: ProtectionBehaviour,
    _ now: WorldInstant, _ delay: Interval
  ) {
    let trip = behaviour.level(settings[.cellUndervoltageProtection])
    let release = behaviour.releaseLevel(
      trip: settings[.cellUndervoltageProtection], recovery: settings[.cellUndervoltageRecovery])
    for (index, volts) in cells {
      if volts < trip {
        lowCells |= 1 << index
      } else if let release, volts >= release {
        lowCells &= ~(1 << index)
      }
    }
    overDischarge.update(
      beyond: behaviour.enabled && cells.contains { $0.element < trip },
      recovered: (release.map { level in cells.allSatisfy { $0.element >= level } } ?? false)
        && (chatters || !cells.contains { $0.element < trip }), at: now,
      tripDelay: delay, releaseDelay: delay)
    if !overDischarge.tripped && !overDischarge.isPending { lowCells = 0 }
  }

  private mutating func updateDifference(
    _ cells: [(offset: Int, element: Double)], _ settings: StoredSettings, _ behaviour: ProtectionBehaviour,
    _ now: WorldInstant, _ delay: Interval
  ) {
    let volts = cells.map(\.element)
    let spread = (volts.max() ?? 0) - (volts.min() ?? 0)
    let trip = settings[.cellDifferenceProtection]
    let release = behaviour.releaseLevel(trip: trip, recovery: settings[.cellDifferenceRecovery])
    difference.update(
      beyond: behaviour.enabled && spread > behaviour.level(trip),
      recovered: release.map { spread <= $0 } ?? false, at: now, tripDelay: delay, releaseDelay: delay)
  }
}
