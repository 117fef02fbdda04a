import Glibc
import Ports

/// One discharge of the short-circuit bank through the unit, in closed form.
///
/// Rise: i(t) = V/R·(1 − e^(−tR/L)). It ends when the unit opens (comparator level crossed, then the reaction
/// time) or when the one-shot of the fixture ends, whichever is first; then the clamp takes the current down with
/// the constant slope (V_clamp − V)/L (procedure catalogue, short-circuit procedure).
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
  /// Amperes per second after it, as a magnitude.
  var fallSlope: Double { max(1, clampVoltage - volts) / inductance }
  /// Seconds from the start until the current is back at zero.
  var end: Double { opening + peak / fallSlope }

  /// Amperes `seconds` after the start; 0 before it and after the end.
  func current(_ seconds: Double) -> Double {
    guard seconds > 0, seconds < end else { return 0 }
    return seconds <= opening ? rising(seconds) : peak - (seconds - opening) * fallSlope
  }

  private func rising(_ seconds: Double) -> Double {
    volts / resistance * (1 - exp(-seconds * resistance / inductance))
  }

  /// Joules that the unit's switches take: conduction loss while the current rises and, when the unit itself opens,
  /// the loop's energy with what the bank adds during the fall: ½·L·I²·V_clamp/(V_clamp − V).
  func energy(pathResistance: Double) -> Double {
    let tau = inductance / resistance
    let once = 1 - exp(-opening / tau)
    let twice = 1 - exp(-2 * opening / tau)
    let final = volts / resistance
    let conduction = pathResistance * final * final * (opening - 2 * tau * once + tau / 2 * twice)
    guard opensByUnit else { return conduction }
    let slopeVolts = max(1, clampVoltage - volts)
    return conduction + 0.5 * inductance * peak * peak * clampVoltage / slopeVolts
  }
}
