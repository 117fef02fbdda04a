import Ports

/// Turns the kernel's calendar stamps into instants of the world.
///
/// The kernel stamps frames with the calendar, which people and time servers set. So a stamp counts only as an age at
/// the moment of reading, and only within what is known otherwise: a frame is not older than the moment at which the
/// queue was last seen empty, nor than the frame before it, nor in the future.
struct KernelStamps {
  /// How late the kernel may queue a frame that it has stamped.
  static let queueing = Interval.milliseconds(20)
  private var earliest: WorldInstant
  private var last: WorldInstant

  /// - Parameter opened: when the socket was opened: nothing is older.
  init(opened: WorldInstant) {
    earliest = opened
    last = opened
  }

  /// Nothing waits: whatever comes now was not there before.
  mutating func sawEmpty(at now: WorldInstant) { earliest = max(earliest, now - Self.queueing) }

  /// - Parameters:
  ///   - stamp: Calendar nanoseconds of the frame; 0 when there is none.
  ///   - calendar: Calendar nanoseconds at `now`.
  mutating func instant(stamp: Int64, calendar: Int64, now: WorldInstant) -> WorldInstant {
    let (age, overflow) = calendar.subtractingReportingOverflow(stamp)
    let told = stamp == 0 || overflow || age < 0 ? now : WorldInstant(nanoseconds: now.nanoseconds - age)
    last = min(max(told, earliest, last), max(now, last))
    return last
  }
}
