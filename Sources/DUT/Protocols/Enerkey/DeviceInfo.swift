/// Who the unit is: answer to command 01, 100 bytes, the same in both generations.
///
/// The password is a secret: `description` never shows it.
///
/// - Source: BLE protocol notes section 5.1 (captured; the order of the identity's digits on v2 is unknown).
public struct DeviceInfo: FrameContent {
  public static let frameLength = 100
  static let passwordRange = 76..<82

  public struct Fields: Sendable {
    /// E.g. `EK-B24S8E300A`; at most 16 characters. The Bluetooth name is not the model.
    public let model = Field.text(8, 16)
    /// E.g. `HW-2.0.0`; at most 8 characters, like the three texts after it.
    public let hardwareVersion = Field.text(24, 8)
    public let softwareVersion = Field.text(32, 8)
    public let protocolVersion = Field.text(40, 8)
    /// YYYYMMDD.
    public let productionDate = Field.text(48, 8)
    public let powerOnCount = Field.u32(56)
    public let totalRuntimeSeconds = Field.u32(60)
    /// 12 hex digits of the Bluetooth address, forward or reversed depending on the module; empty on old units.
    public let deviceIdentity = Field.text(64, 12)
    /// The app's password in clear text, 6 characters; empty on old units.
    public let password = Field.text(76, 6)
    /// Name that the unit advertises, at most 10 characters are accepted by the unit; empty on older firmware.
    public let bluetoothName = Field.text(82, 16)
  }
  public static let fields = Fields()

  public var image: FrameImage

  /// All texts empty, all counters zero.
  public init() { image = Self.blank(.deviceInfo, length: Self.frameLength) }

  /// Nil when the bytes are no device info frame; the checksum is not looked at.
  public init?(decoding bytes: [UInt8]) {
    guard let image = Self.image(decoding: bytes, command: .deviceInfo, length: Self.frameLength) else {
      return nil
    }
    self.image = image
  }

  /// The generation that the model's name promises: `EK-B…` units speak the second one.
  ///
  /// - Source: BLE protocol notes section 7. Nil when the unit names no model.
  public var promisedVersion: ProtocolVersion? {
    let model = self.model
    return model.isEmpty ? nil : model.hasPrefix("EK-B") ? .v2 : .v1
  }
}

extension DeviceInfo: CustomStringConvertible {
  public var description: String {
    let secret = self.password
    return "\(self.model), \(self.hardwareVersion), \(self.softwareVersion), "
      + "identity \(self.deviceIdentity), password \(secret.isEmpty ? "none" : PasswordMask.text)"
  }
}

/// The two generations of the protocol; the length of the settings frame tells them apart.
///
/// - Source: BLE protocol notes sections 1 and 7.
public enum ProtocolVersion: String, Hashable, Sendable, CaseIterable {
  /// Pure balancers: settings of 100 bytes.
  case v1
  /// EK-B24S8E200A and, very probably, 250A and 300A: settings of 150 bytes.
  case v2

  public var settingsLength: Int { self == .v1 ? SettingsV1.frameLength : SettingsV2.frameLength }

  public init?(settingsLength: Int) {
    guard let version = Self.allCases.first(where: { $0.settingsLength == settingsLength }) else {
      return nil
    }
    self = version
  }
}
