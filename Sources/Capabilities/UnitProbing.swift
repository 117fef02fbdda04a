import Ports

/// What a unit says of the password of its app. Never the password itself.
public struct PasswordState: Hashable, Sendable {
  /// Characters; 0 when the unit shows none.
  public var length: Int
  /// It is the one that units leave the factory with.
  public var isFactoryDefault: Bool
  public init(length: Int, isFactoryDefault: Bool) {
    self.length = length
    self.isFactoryDefault = isFactoryDefault
  }
}

/// Which password an app would have to be given, after the rig asked for a change.
public enum PasswordMatch: String, Hashable, Sendable {
  /// As it was before.
  case original
  /// As the rig asked for.
  case changed
  case neither
}

/// Writes that the rig otherwise refuses. Each is one deliberate, named way with nothing beside it.
extension UnitConnection {
  private func unsupported(_ attempted: String) -> UnitLinkError {
    UnitLinkError(.refused, attempted: attempted, cause: "this link offers no such thing")
  }

  public func probe(_ name: String, value: Double, deadline: WorldInstant) async throws(UnitLinkError)
    -> SettingProof
  {
    throw unsupported("probe '\(name)'")
  }

  public func mayWrite(_ name: String, value: Double) -> Bool { dimension(ofSetting: name) != nil }

  public func password(deadline: WorldInstant) async throws(UnitLinkError) -> PasswordState {
    throw unsupported("read the password field")
  }

  public var canChangePassword: Bool { false }

  public func changePassword(deadline: WorldInstant) async throws(UnitLinkError) -> Bool {
    throw unsupported("change the password")
  }

  public func matchPassword(deadline: WorldInstant) async throws(UnitLinkError) -> PasswordMatch {
    throw unsupported("compare the password")
  }

  public var passwordIsChanged: Bool { false }

  public func restorePassword(deadline: WorldInstant) async throws(UnitLinkError) -> Bool {
    throw unsupported("restore the password")
  }
}
