/// The line to the process that makes the rig safe when this one no longer can.
///
/// A guard acts on its own connections as soon as beats stop, or the line ends without a release.
public protocol GuardPort: AnyObject {
  /// What the guard said of itself when it was armed, in words for the record.
  var words: String { get }
  /// Says that a safety cycle was completed.
  /// - Throws: `.closed` when the guard is gone, `.deadline` when it no longer answers; `.stopped`.
  func beat() async throws(PortError)
  /// Tells the guard that the rig is proven safe; from then on it does nothing.
  /// - Throws: `.deadline` or `.closed` when the guard did not confirm.
  func release(deadline: WorldInstant) async throws(PortError)
  /// Lets the guard make the rig safe now, because this process could not. The ports must be closed by then.
  /// - Returns: What the guard found, in words for the record, and whether it confirms the safe state.
  func handOver(deadline: WorldInstant) async throws(PortError) -> (words: String, confirmed: Bool)
  /// Lets go of the line. Without a release before it the guard ends this process and acts.
  func close()
}

/// What the line to a guard carries.
///
/// The controller begins with `PID LENGTH` and a line feed, then the plan. The guard answers one line: `ready` or
/// `refused` with words. Then come beats, `A` and `B` in turn, each answered with the same byte, until one of the other
/// two letters ends it.
public enum GuardSignal {
  public static let beats: (UInt8, UInt8) = (UInt8(ascii: "A"), UInt8(ascii: "B"))
  /// Answered with the same byte.
  public static let release = UInt8(ascii: "R")
  /// Answered with a line when the guard has finished.
  public static let handOver = UInt8(ascii: "X")
}
