import Ports

/// Whether the logic of a run is alive: something was recorded, or a dwell that was announced is still going on.
///
/// A dead-man that is fed by a task of its own proves only that this task lives. What feeds it therefore asks here.
public final class RunProgress {
  /// Longest time in which a run that works records nothing and announces no dwell. Searching a radio that does not
  /// answer takes a minute at most.
  public static let silenceMax = Interval.seconds(120)

  private var last = WorldInstant.start
  private var dwellUntil = WorldInstant.start
  /// The longest silence seen between two signs of life, announced dwells left out.
  public private(set) var longestSilence = Interval.zero

  public init() {}

  /// Something was recorded.
  public func note(at now: WorldInstant) {
    longestSilence = max(longestSilence, now - max(last, min(dwellUntil, now)))
    last = max(last, now)
  }

  /// A step waits on purpose.
  public func dwell(until instant: WorldInstant, now: WorldInstant) {
    note(at: now)
    dwellUntil = max(dwellUntil, instant)
  }

  public func isAlive(at now: WorldInstant) -> Bool { now - max(last, dwellUntil) <= Self.silenceMax }
}
