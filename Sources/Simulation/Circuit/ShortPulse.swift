import Glibc
import Ports

/// One discharge of the short-circuit bank through the unit, in closed form.
///
/// Rise: i(t) = V/R·(1 − e^(−tR/L)). It ends when the unit opens (comparator level crossed, then the reaction
/// time) or when the one-shot of the fixture ends, whichever is first. Then the clamp takes the current down:
/// i(t) = (I₀ + a)·e^(−tR/L) − a with a = (V_clamp − V)/R, until it is zero (procedure catalogue, short-circuit
/// procedure). `Tests/Physics` compares both parts with ngspice.
///
/// Not modelled: sag of the bank, ringing, saturation, heating, bounce of the switch.
struct ShortPulse: Equatable {
  let start: WorldInstant
  /// Volts that drive the loop (bank less a body diode), ohms, henries.
  let volts: Double
  let resistance: Double
  let inductance: Double
  let clampVoltage: Double
  /// Seconds from the start to the opening of the path or of the fixture's switch.
  let opening: Double
  /// True when the unit opens, false when the one-shot ended the pulse.
  let opensByUnit: Bool

  /// - Parameter reaction: the unit's comparator level in amperes and reaction time in seconds; nil when it cannot act.
  init(
    start: WorldInstant, volts: Double, resistance: Double, inductance: Double, clampVoltage: Double,
    oneShot: Double, reaction: (level: Double, delay: Double)?
  ) {
    self.start = start
    self.volts = volts
    self.resistance = resistance
    self.inductance = inductance
    self.clampVoltage = clampVoltage
    var unit: Double?
    if let reaction, volts > 0, reaction.level * resistance < volts {
      let crossing = -inductance / resistance * log(1 - max(0, reaction.level) * resistance / volts)
      unit = crossing + reaction.delay
    }
    opensByUnit = unit.map { $0 <= oneShot } ?? false
    opening = volts > 0 ? min(unit ?? oneShot, oneShot) : 0
  }

  /// Amperes at the moment of opening.
  var peak: Double { rising(opening) }
  /// Seconds in which the loop's current changes by its e-th part.
  private var timeConstant: Double { inductance / resistance }
  /// Volts with which the clamp works against the bank; at least 1, so that every pulse ends.
  private var clampSurplus: Double { max(1, clampVoltage - volts) }
  /// Amperes towards which the current would fall if nothing stopped it at zero, as a magnitude.
  private var fallTarget: Double { clampSurplus / resistance }
  /// Seconds from the opening until the current is back at zero.
  private var fall: Double { timeConstant * log(1 + peak / fallTarget) }
  /// Seconds from the start until the current is back at zero.
  var end: Double { opening + fall }

  /// Amperes `seconds` after the start; 0 before it and after the end.
  func current(_ seconds: Double) -> Double {
    guard seconds > 0, seconds < end else { return 0 }
    guard seconds > opening else { return rising(seconds) }
    return (peak + fallTarget) * exp(-(seconds - opening) / timeConstant) - fallTarget
  }

  private func rising(_ seconds: Double) -> Double {
    volts / resistance * (1 - exp(-seconds * resistance / inductance))
  }

  /// Joules that the unit's switches take: conduction loss while the current rises and, when the unit itself opens,
  /// what the clamp turns into heat: V_clamp times the charge that flows during the fall, τ·I₀ − a·t_fall.
  func energy(pathResistance: Double) -> Double {
    let tau = timeConstant
    let once = 1 - exp(-opening / tau)
    let twice = 1 - exp(-2 * opening / tau)
    let final = volts / resistance
    let conduction = pathResistance * final * final * (opening - 2 * tau * once + tau / 2 * twice)
    guard opensByUnit else { return conduction }
    return conduction + clampVoltage * (tau * peak - fallTarget * fall)
  }
}
