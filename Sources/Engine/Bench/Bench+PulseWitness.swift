import Capabilities
import Model
import Quantities

/// The short-circuit record against what the bank must drive through the loop.
extension Bench {
  /// Part by which the first rise may differ: inductance and resistance of the loop are single measurements on the
  /// fixture without stated uncertainty. A probe that is set wrong is off by a factor. Project default.
  static let riseTolerance = 0.25
  /// Seconds of the first rise that are looked at: a fraction of the loop's time constant, long against the noise.
  static let riseTime = 5e-6

  /// Before the unit can act, the current rises as bank voltage, inductance and resistance of the loop say.
  ///
  /// - Parameters:
  ///   - volts: Of the bank before it was fired.
  ///   - level: Amperes at which the recorder triggered.
  /// - Throws: `RigFault` naming recorder and bank.
  public func witnessPulse(_ record: PulseRecord, volts: Double, triggeredAt level: Double) throws(RigFault) {
    let wiring = rig.wiring
    let scale = wiring.pulseCurrentScale.base
    guard record.times.count == record.volts.count,
      let first = record.volts.firstIndex(where: { $0 / scale >= level }),
      let last = record.times.indices.first(where: { record.times[$0] >= record.times[first] + Self.riseTime }
      )
    else {
      throw RigFault(
        instrument: instrumentNames(.pulseRecorder).joined(separator: ", "),
        message: "its record does not hold the rise that it triggered on")
    }
    let rise = (record.volts[last] - record.volts[first]) / scale / (record.times[last] - record.times[first])
    let middle = (record.volts[last] + record.volts[first]) / 2 / scale
    let wanted = (volts - middle * wiring.shortLoopResistance.base) / wiring.shortLoopInductanceHenries
    guard !((rise / wanted - 1).magnitude <= Self.riseTolerance) else { return }
    throw RigFault(
      instrument: (instrumentNames(.pulseRecorder) + instrumentNames(.shortBank)).joined(separator: " or "),
      message:
        "the short-circuit current rises with \(AnyQuantity(rise, .currentRate)), the bank at \(Voltage(volts)) "
        + "drives \(AnyQuantity(wanted, .currentRate)) through the loop. Check the probe's scale and the bank"
    )
  }

  /// The fault when the bank was charged and the trigger fired, and the recorder saw nothing.
  public func missingPulse(_ cause: String) -> RigFault {
    var names: [String] = []
    for role in [RoleName.shortTrigger, .pulseRecorder, .shortBank] {
      for name in instrumentNames(role) where !names.contains(name) { names.append(name) }
    }
    return RigFault(
      instrument: names.joined(separator: " or "),
      message:
        "the bank was charged and 'short-trigger' fired, but the recorder saw no pulse (\(cause)). Check the "
        + "trigger switch, the wire to the bank and the recorder's probe")
  }
}
