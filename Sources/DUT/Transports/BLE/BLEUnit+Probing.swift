import Capabilities
import Ports

/// The writes that the rig otherwise refuses.
extension BLEUnit {
  public func probe(_ name: String, value: Double, deadline: WorldInstant) async throws(UnitLinkError)
    -> SettingProof
  {
    try await write(name, value: value, probing: true, deadline: deadline)
  }

  // MARK: - Password

  /// - Source: BLE protocol notes section 2.2 (seen in captures of several units).
  public static let factoryPassword = "123456"

  public func password(deadline: WorldInstant) async throws(UnitLinkError) -> PasswordState {
    let text = try await readPassword(deadline: deadline)
    return PasswordState(length: text.utf8.count, isFactoryDefault: text == Self.factoryPassword)
  }

  /// The register is unknown to the protocol notes (section 8): whoever names it must have seen it.
  public var canChangePassword: Bool { passwordRegister != nil }

  public func changePassword(deadline: WorldInstant) async throws(UnitLinkError) -> Bool {
    let attempted = "change the password"
    let number = try requiredRegister(attempted)
    let original = try await readPassword(deadline: deadline)
    let changed = Self.another(than: original)
    let session = try open(attempted)
    // Remembered before it is sent: whatever becomes of the write, the closing phase knows what to restore.
    if passwordChange == nil { passwordChange = (original, changed) }
    do { return try await session.writePassword(changed, register: number, deadline: deadline) } catch {
      // Nothing was sent: there is nothing to restore.
      if error.code == .registerRefused { passwordChange = nil }
      throw lost(error)
    }
  }

  public func matchPassword(deadline: WorldInstant) async throws(UnitLinkError) -> PasswordMatch {
    let text = try await readPassword(deadline: deadline)
    guard let change = passwordChange else { return .original }
    return text == change.original ? .original : text == change.changed ? .changed : .neither
  }

  public var passwordIsChanged: Bool { passwordChange != nil }

  public func restorePassword(deadline: WorldInstant) async throws(UnitLinkError) -> Bool {
    guard let change = passwordChange else { return true }
    if try await readPassword(deadline: deadline) != change.original {
      let session = try open("restore the password")
      let number = try requiredRegister("restore the password")
      do {
        _ = try await session.writePassword(change.original, register: number, deadline: deadline)
      } catch { throw lost(error) }
    }
    guard try await readPassword(deadline: deadline) == change.original else { return false }
    passwordChange = nil
    return true
  }

  private func requiredRegister(_ attempted: String) throws(UnitLinkError) -> UInt8 {
    guard let passwordRegister else {
      throw UnitLinkError(
        .refused, attempted: attempted, cause: "no register is known to take it",
        advice: "record the vendor's app changing it and write 'password-register' under 'unit-link'")
    }
    return passwordRegister
  }

  private func readPassword(deadline: WorldInstant) async throws(UnitLinkError) -> String {
    let session = try open("read the password field")
    let info: DeviceInfo
    do { info = try await session.deviceInfo(deadline: deadline) } catch { throw lost(error) }
    return info.password
  }

  /// Six characters that differ from `text` in every place.
  static func another(than text: String) -> String {
    let old = Array(text.utf8)
    let digits = (0..<6).map { index -> UInt8 in
      let last = index < old.count ? old[index] : UInt8(ascii: "0")
      return UInt8(ascii: "0") + ((last &- UInt8(ascii: "0")) % 10 + 1) % 10
    }
    return String(decoding: digits, as: UTF8.self)
  }
}
