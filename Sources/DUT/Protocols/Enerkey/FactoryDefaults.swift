/// Calibration and production values: answer to command 03, 100 bytes. The rig reads them and never writes them.
///
/// The unit first sends an acknowledge of 20 bytes, then two of these frames, whose live fields differ.
///
/// - Source: BLE protocol notes section 5.10 (captured on GW units; the second generation's form is unknown).
public struct FactoryDefaults: FrameContent {
  public static let frameLength = 100

  public struct Fields: Sendable {
    /// Live, jitters.
    public let standardVoltage1Volts = Field.f32(8)
    /// Reference.
    public let standardVoltage2Volts = Field.f32(12)
    public let batteryVoltage1Volts = Field.f32(16)
    public let batteryVoltage2Volts = Field.f32(20)
    public let standardCurrent1Amperes = Field.f32(24)
    public let standardCurrent2Amperes = Field.f32(28)
    public let supercapacitor1Volts = Field.f32(32)
    public let supercapacitor2Volts = Field.f32(36)
    public let resistor1Ohms = Field.f32(40)
    public let batteryStatusReference = Field.f32(44)
    public let voltageMaxVolts = Field.f32(48)
    public let voltageMinVolts = Field.f32(52)
    public let temperatureMaxCelsius = Field.f32(56)
    public let temperatureMinCelsius = Field.f32(60)
    public let powerOnCount = Field.u32(64)
    public let totalRuntimeSeconds = Field.u32(68)
    /// YYYYMMDD.
    public let productionDate = Field.text(72, 8)
  }
  public static let fields = Fields()

  public var image: FrameImage

  public init() { image = Self.blank(.factoryDefaults, length: Self.frameLength) }

  /// Nil when the bytes are no factory defaults frame; the checksum is not looked at.
  public init?(decoding bytes: [UInt8]) {
    guard let image = Self.image(decoding: bytes, command: .factoryDefaults, length: Self.frameLength) else {
      return nil
    }
    self.image = image
  }
}

/// The unit heard a request. It says nothing about success: only reading the settings again proves a write.
///
/// - Source: BLE protocol notes section 3.5 (captured for command 05; for 06 presumed alike).
public struct Acknowledge: FrameContent {
  public static let frameLength = 20

  public struct Fields: Sendable {
    public let function = Field.u8(3)
    public let command = Field.u8(4)
    public let register = Field.u8(5)
    /// Zero in every capture.
    public let payload = Field.raw(8..<18)
  }
  public static let fields = Fields()

  public var image: FrameImage

  /// What a unit sends 19–30 ms after a write.
  public init(to request: Request) {
    image = FrameImage(
      header: FrameHeader(
        direction: .deviceToHost, function: request.function, command: request.command,
        register: request.register, length: Self.frameLength))
  }

  /// Nil when the bytes are no acknowledge; the checksum is not looked at.
  public init?(decoding bytes: [UInt8]) {
    guard bytes.count == Self.frameLength, let header = FrameHeader(reading: bytes),
      header.direction == .deviceToHost, header.frameLength == Self.frameLength
    else { return nil }
    image = FrameImage(bytes: bytes)
  }
}
