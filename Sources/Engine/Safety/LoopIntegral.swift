import Ports

/// Charge and energy that went through the loop, from its sampled current. Errs on the side of too much: between two
/// samples the larger of both currents flowed, in either direction.
struct LoopIntegral {
  /// Coulombs and joules.
  private(set) var charge = 0.0
  private(set) var energy = 0.0
  private var last: (amperes: Double, at: WorldInstant)?

  /// - Parameter compliance: Volts that the source was allowed to use.
  mutating func take(_ amperes: Double, compliance: Double, at: WorldInstant) {
    guard amperes.isFinite else { return }
    if let last, at > last.at {
      let passed = max(last.amperes.magnitude, amperes.magnitude) * (at - last.at).seconds
      charge += passed
      energy += passed * compliance
    }
    if last.map({ at >= $0.at }) ?? true { last = (amperes, at) }
  }
}
