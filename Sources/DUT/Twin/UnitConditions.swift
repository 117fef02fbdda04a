import Ports

/// Slow quantities that telemetry shows beside the samples: temperatures of switches and balancer, charge.
///
/// First-order heating; constants are project defaults chosen so that the balancer settles near the 62 °C of the
/// EK-B24S8E200A capture at 8 A.
struct UnitConditions {
  static let ambient = 25.0
  /// °C per watt of the switches, °C per ampere of the balancer, seconds of both.
  static let switchRise = 0.5
  static let balancerRise = 4.6
  static let timeConstant = 120.0
  /// °C at which the balancer pauses (status 11), and at which it goes on.
  static let balancerMax = 85.0
  static let balancerRecovery = 70.0
  /// Share of the nominal capacity that the unit believes to be left at first power-up.
  static let chargeAtStart = 0.55

  private(set) var switches = ambient
  private(set) var balancer = ambient
  private(set) var balancerTooHot = false
  /// Coulombs.
  private(set) var remaining: Double

  init(capacity: Double) { remaining = capacity * Self.chargeAtStart }

  /// Steps by one sampling period.
  mutating func update(
    current: Double, pathResistance: Double, balanceCurrent: Double, capacity: Double, period: Double
  ) {
    let share = period / Self.timeConstant
    let switchTarget = Self.ambient + Self.switchRise * current * current * pathResistance
    switches += (switchTarget - switches) * share
    balancer += (Self.ambient + Self.balancerRise * balanceCurrent.magnitude - balancer) * share
    balancerTooHot = balancer > (balancerTooHot ? Self.balancerRecovery : Self.balancerMax)
    remaining = min(capacity, max(0, remaining + current * period))
  }
}
