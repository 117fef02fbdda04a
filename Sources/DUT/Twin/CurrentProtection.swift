import Ports

/// Charge overcurrent, two stages of discharge overcurrent, and the firmware's part of the short-circuit
/// protection. Judged whenever the current changes, timed with a resolution of 10 ms.
///
/// - Source: manual section 7.1-3 (stages, short circuit); delays and recovery times are the stored settings.
struct CurrentProtection {
  static let resolution = 0.010
  /// Seconds a release takes when no recovery time applies.
  static let quickRelease = 0.5
  /// Seconds after the end of a short for a stored recovery time of 0 (its meaning is unknown; project default).
  static let shortReleaseDefault = 5.0
  /// Amperes below which a short counts as gone.
  static let goneBelow = 1.0

  private struct Stage {
    let protection: UnitProtection
    /// Since when the current has been beyond the level.
    var since: WorldInstant?
    var trippedAt: WorldInstant?
    /// When the timing or the recovery of this stage ends, as of the last update.
    var due: WorldInstant?
  }

  private var stages: [Stage] = [
    Stage(protection: .chargeOvercurrent), Stage(protection: .dischargeOvercurrent),
    Stage(protection: .dischargeOvercurrentStage2),
  ]
  private var shortTripped = false
  private var shortGoneSince: WorldInstant?
  private var shortDue: WorldInstant?

  var nextEvent: WorldInstant? { stages.reduce(shortDue) { earlier($0, $1.due) } }

  func isTripped(_ protection: UnitProtection) -> Bool {
    if protection == .shortCircuit { return shortTripped }
    return stages.contains { $0.protection == protection && $0.trippedAt != nil }
  }

  mutating func tripShort() {
    shortTripped = true
    shortGoneSince = nil
  }

  mutating func update(
    current: Double, settings: StoredSettings, parameters: UnitParameters, at now: WorldInstant
  ) {
    for index in stages.indices {
      updateStage(&stages[index], current: current, settings: settings, parameters: parameters, at: now)
    }
    updateShort(current: current, settings: settings, behaviour: parameters[.shortCircuit], at: now)
  }

  private func updateStage(
    _ stage: inout Stage, current: Double, settings: StoredSettings, parameters: UnitParameters,
    at now: WorldInstant
  ) {
    let behaviour = parameters[stage.protection]
    let timing = Timing(stage.protection, settings: settings, swapped: parameters.overcurrentStagesSwapped)
    stage.due = nil
    if let trippedAt = stage.trippedAt {
      guard let recovery = timing.recovery(behaviour) else { return }
      let end = trippedAt + .seconds(recovery)
      guard now >= end else {
        stage.due = end
        return
      }
      stage.trippedAt = nil
    }
    let towards = stage.protection == .chargeOvercurrent ? current : -current
    guard behaviour.enabled, towards > behaviour.level(timing.level) else {
      stage.since = nil
      return
    }
    let since = stage.since ?? now
    stage.since = since
    let steps = (timing.delay * behaviour.delayFactor / Self.resolution).rounded(.up)
    let end = since + .seconds(steps * Self.resolution)
    guard now >= end else {
      stage.due = end
      return
    }
    stage.trippedAt = now
    stage.since = nil
    stage.due = timing.recovery(behaviour).map { now + .seconds($0) }
  }

  private mutating func updateShort(
    current: Double, settings: StoredSettings, behaviour: ProtectionBehaviour, at now: WorldInstant
  ) {
    shortDue = nil
    guard shortTripped, behaviour.recovery != .never else { return }
    guard current.magnitude < Self.goneBelow else {
      shortGoneSince = nil
      return
    }
    let since = shortGoneSince ?? now
    shortGoneSince = since
    let stored = settings[.shortCircuitRecovery]
    let wait =
      behaviour.recovery == .noHysteresis
      ? Self.quickRelease
      : (stored > 0 ? stored : Self.shortReleaseDefault) * behaviour.recoveryTimeFactor
    let end = since + .seconds(wait)
    if now >= end {
      shortTripped = false
      shortGoneSince = nil
    } else {
      shortDue = end
    }
  }

  /// The three stored numbers of a stage.
  private struct Timing {
    let level: Double
    let delay: Double
    let recovery: Double

    init(_ protection: UnitProtection, settings: StoredSettings, swapped: Bool) {
      let first = settings[.dischargeOvercurrentDelay]
      let second = settings[.dischargeOvercurrent2Delay]
      switch protection {
      case .chargeOvercurrent:
        level = settings[.chargeOvercurrent]
        delay = settings[.chargeOvercurrentDelay]
        recovery = settings[.chargeOvercurrentRecovery]
      case .dischargeOvercurrentStage2:
        level = settings[.dischargeOvercurrent2]
        delay = swapped ? first : second
        recovery = settings[.dischargeOvercurrent2Recovery]
      default:
        level = settings[.dischargeOvercurrent]
        delay = swapped ? second : first
        recovery = settings[.dischargeOvercurrentRecovery]
      }
    }

    /// Seconds from trip to release; nil = never. At least the quick release, so that a path cannot chatter.
    func recovery(_ behaviour: ProtectionBehaviour) -> Double? {
      switch behaviour.recovery {
      case .normal: max(recovery * behaviour.recoveryTimeFactor, CurrentProtection.quickRelease)
      case .noHysteresis: CurrentProtection.quickRelease
      case .never: nil
      }
    }
  }
}
