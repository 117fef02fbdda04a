import Ports

/// Trips when a condition has held for a delay, releases when another has held for a delay. Judged at samples only.
struct ThresholdLatch {
  private(set) var tripped = false
  private var since: WorldInstant?

  /// True while a trip is being timed.
  var isPending: Bool { !tripped && since != nil }

  /// - Parameters:
  ///   - beyond: the trip condition holds in this sample.
  ///   - recovered: the release condition holds in this sample.
  mutating func update(
    beyond: Bool, recovered: Bool, at now: WorldInstant, tripDelay: Interval, releaseDelay: Interval
  ) {
    guard tripped ? recovered : beyond else {
      since = nil
      return
    }
    let began = since ?? now
    since = began
    if now - began >= (tripped ? releaseDelay : tripDelay) {
      tripped.toggle()
      since = nil
    }
  }
}

extension ProtectionBehaviour {
  /// The level that this unit really compares with.
  func level(_ setting: Double) -> Double { setting * thresholdScale + thresholdOffset }

  /// The level at which a tripped protection releases; nil = never.
  func releaseLevel(trip: Double, recovery value: Double) -> Double? {
    switch recovery {
    case .normal: level(value) + recoveryOffset
    case .never: nil
    case .noHysteresis: level(trip)
    }
  }
}
