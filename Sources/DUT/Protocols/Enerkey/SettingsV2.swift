/// Settings of the second generation: answer to command 04, 150 bytes.
///
/// - Source: BLE protocol notes section 5.9. Places and types are from the one public EK-B24S8E200A frame, names
///   from running community code; the fields called unproven have no settled meaning.
public struct SettingsV2: FrameContent {
  public static let frameLength = 150

  public struct Fields: Sendable {
    /// 2 in the one capture; perhaps the battery type.
    public let unprovenByte8 = Field.u8(8)
    public let cellCount = Field.u8(9)
    public let nominalCapacityAmpereHours = Field.f32(10)
    public let balanceStartDifferenceVolts = Field.f32(14)
    /// By position and value the stop difference; not proven.
    public let balanceStopDifferenceVolts = Field.f32(18)
    public let balanceStopVolts = Field.f32(22)
    public let balanceStartVolts = Field.f32(26)
    public let balanceCurrentMaxAmperes = Field.f32(30)
    public let cellOvervoltageVolts = Field.f32(34)
    public let cellOvervoltageRecoveryVolts = Field.f32(38)
    public let cellUndervoltageVolts = Field.f32(42)
    public let cellUndervoltageRecoveryVolts = Field.f32(46)
    public let cellDifferenceVolts = Field.f32(50)
    public let cellDifferenceRecoveryVolts = Field.f32(54)
    public let shutdownVolts = Field.f32(58)
    public let chargeOvercurrentAmperes = Field.f32(62)
    public let chargeOvercurrentDelaySeconds = Field.u16(66)
    public let chargeOvercurrentRecoverySeconds = Field.u16(68)
    public let dischargeOvercurrentAmperes = Field.f32(70)
    public let dischargeOvercurrentDelaySeconds = Field.u16(74)
    public let dischargeOvercurrentRecoverySeconds = Field.u16(76)
    public let dischargeOvercurrent2Amperes = Field.f32(78)
    public let dischargeOvercurrent2DelayMilliseconds = Field.u16(82)
    public let dischargeOvercurrent2RecoverySeconds = Field.u16(84)
    public let shortCircuitAmperes = Field.f32(86)
    public let shortCircuitDelayMicroseconds = Field.u16(90)
    /// 0 perhaps means no automatic recovery.
    public let shortCircuitRecoverySeconds = Field.u16(92)
    public let chargeOvertemperatureCelsius = Field.f32(94)
    public let chargeOvertemperatureRecoveryCelsius = Field.f32(98)
    public let chargeUndertemperatureCelsius = Field.f32(102)
    public let chargeUndertemperatureRecoveryCelsius = Field.f32(106)
    public let dischargeOvertemperatureCelsius = Field.f32(110)
    public let dischargeOvertemperatureRecoveryCelsius = Field.f32(114)
    public let dischargeUndertemperatureCelsius = Field.f32(118)
    public let dischargeUndertemperatureRecoveryCelsius = Field.f32(122)
    /// Perhaps the balancing switch; 126 to 129 may as well be four other switches.
    public let unprovenByte126 = Field.u8(126)
    /// Perhaps the buzzer mode.
    public let unprovenByte127 = Field.u8(127)
    /// Perhaps the battery type.
    public let unprovenByte128 = Field.u8(128)
    public let unprovenByte129 = Field.u8(129)
  }
  public static let fields = Fields()

  public var image: FrameImage

  public init() { image = Self.blank(.settings, length: Self.frameLength) }

  /// Nil when the bytes are no settings frame of this length; the checksum is not looked at.
  public init?(decoding bytes: [UInt8]) {
    guard let image = Self.image(decoding: bytes, command: .settings, length: Self.frameLength) else {
      return nil
    }
    self.image = image
  }
}

/// The settings of either generation.
public enum Settings: Hashable, Sendable {
  case v1(SettingsV1)
  case v2(SettingsV2)

  /// Nil when the bytes are no settings frame; the length decides the generation.
  public init?(decoding bytes: [UInt8]) {
    if let settings = SettingsV1(decoding: bytes) {
      self = .v1(settings)
    } else if let settings = SettingsV2(decoding: bytes) {
      self = .v2(settings)
    } else {
      return nil
    }
  }

  public var version: ProtocolVersion {
    switch self {
    case .v1: .v1
    case .v2: .v2
    }
  }

  public var cellCount: Int {
    switch self {
    case .v1(let settings): settings.cellCount
    case .v2(let settings): settings.cellCount
    }
  }

  var image: FrameImage {
    get {
      switch self {
      case .v1(let settings): settings.image
      case .v2(let settings): settings.image
      }
    }
    set {
      switch self {
      case .v1(var settings):
        settings.image = newValue
        self = .v1(settings)
      case .v2(var settings):
        settings.image = newValue
        self = .v2(settings)
      }
    }
  }

  public func encoded() -> [UInt8] { image.sealed() }
}
