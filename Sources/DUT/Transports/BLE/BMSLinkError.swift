import Ports

/// Talking to a unit over Bluetooth failed: what was attempted, what was seen, what to check.
public struct BMSLinkError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: String, Sendable {
    /// The unit sent nothing, or not the thing asked for, before the deadline.
    case noAnswer
    /// The connection ended.
    case linkLost
    /// `open` did not run or did not succeed.
    case notOpen
    /// This session may not write; the cause says why.
    case writesBlocked
    /// The register is closed to the rig, or the value does not fit it. Nothing was sent.
    case registerRefused
    /// The register does not exist in the unit's protocol generation. Nothing was sent.
    case registerUnsupported
    /// The run was told to stop.
    case stopped
    /// The radio failed in another way; the cause carries its words.
    case radio
  }

  public let code: Code
  /// E.g. `read the settings`.
  public let attempted: String
  /// Address of the unit's radio.
  public let peripheral: String
  public let cause: String
  /// What to check.
  public let advice: String

  public init(_ code: Code, attempted: String, peripheral: String, cause: String, advice: String) {
    self.code = code
    self.attempted = attempted
    self.peripheral = peripheral
    self.cause = cause
    self.advice = advice
  }

  init(_ error: PortError, attempted: String, peripheral: String) {
    let code: Code =
      switch error.code {
      case .deadline: .noAnswer
      case .closed: .linkLost
      case .stopped: .stopped
      case .refused, .notFound, .permission, .busy, .malformed, .badAddress, .unsupported: .radio
      }
    // The port's own description may quote the last bytes it saw, and those may hold the password.
    self.init(
      code, attempted: attempted, peripheral: peripheral,
      cause: error.cause.isEmpty ? "the port reports \(error.code.rawValue)" : error.cause,
      advice: code == .linkLost
        ? "Check the unit's supply and distance, and close the vendor's app on every phone nearby"
        : error.advice)
  }

  public var description: String {
    "\(peripheral): could not \(attempted): \(cause)" + (advice.isEmpty ? "" : ". \(advice)")
  }
}
