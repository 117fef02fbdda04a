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
  /// True while the safety cycle looks at something: what is recorded then comes from the cycle and proves nothing of
  /// the run. What a step records in these few milliseconds does not count either.
  var isOwnLook = false

  public init() {}

  /// Something was recorded.
  public func note(at now: WorldInstant) {
    guard !isOwnLook else { return }
    last = max(last, now)
  }

  /// A step waits on purpose.
  public func dwell(until instant: WorldInstant, now: WorldInstant) {
    note(at: now)
    dwellUntil = max(dwellUntil, instant)
  }

  public func isAlive(at now: WorldInstant) -> Bool { now - max(last, dwellUntil) <= Self.silenceMax }
}
