/// The line to the process that makes the rig safe when this one no longer can.
///
/// A guard acts on its own connections as soon as beats stop, or the line ends without a release.
public protocol GuardPort: AnyObject {
  /// What the guard said of itself when it was armed, in words for the record.
  var words: String { get }
  /// Says that a safety cycle was completed. Never waits.
  /// - Throws: `.closed` when the guard is gone, `.malformed` when it says that it acts although it was fed.
  func beat() throws(PortError)
  /// Tells the guard that the rig is proven safe; from then on it does nothing.
  /// - Throws: `.deadline` or `.closed` when the guard did not confirm: treat the rig as if the guard had acted.
  func release(deadline: WorldInstant) async throws(PortError)
  /// Lets go of the line. Without a release before it the guard acts.
  func close()
}
