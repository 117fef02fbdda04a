/// Settings of the first generation: answer to command 04, 100 bytes.
///
/// Older firmware has zeros from offset 28 or 32 on; a zero there means "not supported".
///
/// - Source: BLE protocol notes section 5.8.
public struct SettingsV1: FrameContent {
  public static let frameLength = 100

  public struct Fields: Sendable {
    public let cellCount = Field.u8(8)
    public let balanceStartDifferenceVolts = Field.f32(9)
    public let balanceCurrentMaxAmperes = Field.f32(13)
    public let balanceStopVolts = Field.f32(17)
    public let balancingEnabled = Field.flag(21)
    /// See `BuzzerMode`.
    public let buzzerModeCode = Field.u8(22)
    /// See `BatteryType`.
    public let batteryTypeCode = Field.u8(23)
    public let nominalCapacityAmpereHours = Field.u32(24)
    public let balanceStartVolts = Field.f32(28)
    public let wireAddress = Field.u8(32)
    public let balanceStopDifferenceVolts = Field.f32(33)
    /// 1.5 or 1.0 seen; perhaps a reference for the line resistance.
    public let unprovenFloat37 = Field.f32(37)
    public let unprovenBytes41To46 = Field.raw(41..<47)
    /// Perhaps a reset current.
    public let unprovenFloat47 = Field.f32(47)
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

/// What the buzzer does, as v1 settings and register 05/14 spell it.
///
/// - Source: BLE protocol notes section 6.1.
public enum BuzzerMode: Int, Hashable, Sendable, CaseIterable {
  case off = 1
  case beepOnce = 2
  case beepRegularly = 3

  public static func name(ofCode code: Int) -> String {
    switch BuzzerMode(rawValue: code) {
    case .off: "off"
    case .beepOnce: "beep_once"
    case .beepRegularly: "beep_regularly"
    case nil: "unknown (\(code))"
    }
  }
}

/// Cell chemistry, as v1 settings and register 05/15 spell it.
///
/// - Source: BLE protocol notes section 6.1; the code of the second generation is an open question (5.9).
public enum BatteryType: Int, Hashable, Sendable, CaseIterable {
  case ncm = 1
  case lfp = 2
  case lto = 3
  case leadAcid = 4

  public static func name(ofCode code: Int) -> String {
    switch BatteryType(rawValue: code) {
    case .ncm: "NCM"
    case .lfp: "LFP"
    case .lto: "LTO"
    case .leadAcid: "lead-acid"
    case nil: "unknown (\(code))"
    }
  }
}
