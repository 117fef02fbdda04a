import Ports

/// Charge and energy that went through the loop, from its sampled current. Errs on the side of too much: between two
/// samples the larger of both currents flowed, in either direction, at the higher of both compliances.
struct LoopIntegral {
  private struct Sample {
    let amperes: Double
    let compliance: Double
    let at: WorldInstant
  }

  /// Coulombs and joules.
  private(set) var charge = 0.0
  private(set) var energy = 0.0
  private var last: Sample?

  /// - Parameter compliance: Volts that the source was allowed to use.
  mutating func take(_ amperes: Double, compliance: Double, at: WorldInstant) {
    guard amperes.isFinite else { return }
    if let last {
      guard at >= last.at else { return }
      let highest = max(last.amperes.magnitude, amperes.magnitude)
      add(highest, max(last.compliance, compliance), (at - last.at).seconds)
    }
    last = Sample(amperes: amperes, compliance: compliance, at: at)
  }

  /// The loop was found open: what flowed last may have flowed until now, and nothing does until the next sample.
  mutating func interrupt(at now: WorldInstant) {
    if let last, now > last.at { add(last.amperes.magnitude, last.compliance, (now - last.at).seconds) }
    last = nil
  }

  private mutating func add(_ amperes: Double, _ volts: Double, _ seconds: Double) {
    charge += amperes * seconds
    energy += amperes * seconds * volts
  }
}
