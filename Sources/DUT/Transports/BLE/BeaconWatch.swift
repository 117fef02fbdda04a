import Ports

/// When the rig's beacon was heard while somebody listened. Pure.
struct BeaconWatch {
  /// A beacon advertises some times a second; so long without it, the radio is deaf.
  static let silenceMax = Interval.seconds(2.5)

  private var last: WorldInstant
  private var longest = Interval.zero

  init(since begin: WorldInstant) { last = begin }

  mutating func hear(at instant: WorldInstant) {
    longest = max(longest, instant - last)
    last = max(last, instant)
  }

  /// Longest time without it from the beginning to `instant`.
  func longestSilence(until instant: WorldInstant) -> Interval { max(longest, instant - last) }
}
