import Ports

/// Where the short-circuit pulse in progress is.
enum PulsePhase { case rising, falling, over }

/// The short-circuit pulse as a sequence of events on the unit.
extension Circuit {
  /// The trigger went active. The fixture's one-shot ends the pulse by itself; releasing the line earlier does not.
  func firePulse() {
    guard pulsePhase == .over else { return }
    let diode = path?.diode(charging: false)
    let resistance = parameters.shortLoopResistance + (path?.resistance ?? 0)
    let conducts = diode != nil && resistance > 0
    let fired = ShortPulse(
      start: now, volts: conducts ? max(0, bankVolts - (diode ?? 0)) : 0,
      resistance: conducts ? resistance : 1, inductance: parameters.shortLoopInductance,
      clampVoltage: parameters.clampVoltage, oneShot: parameters.shortOneShot,
      reaction: board?.shortCircuitReaction)
    pulse = fired
    pulseEnergy = fired.energy(pathResistance: path?.resistance ?? 0)
    pulsePhase = fired.volts > 0 ? .rising : .over
  }

  var nextPulseEvent: WorldInstant? {
    guard let pulse else { return nil }
    switch pulsePhase {
    case .rising: return pulse.start + Interval(seconds: pulse.opening)
    case .falling: return pulse.start + Interval(seconds: pulse.end)
    case .over: return nil
    }
  }

  /// Carries out the stage of the pulse that is due at `now`: the comparator's act, then the energy once the current
  /// is gone.
  func runPulse() {
    guard let pulse, let due = nextPulseEvent, due <= now else { return }
    if pulsePhase == .rising {
      pulsePhase = .falling
      if pulse.opensByUnit { board?.shortCircuitTripped(at: now) }
    } else {
      pulsePhase = .over
      board?.absorbed(energy: pulseEnergy)
    }
  }
}
