/// Live values: answer to command 02 and stream, 300 bytes, about two a second.
///
/// The two generations share everything up to offset 216 and differ behind it; the same bytes read with the wrong
/// layout give absurd values, so a version must be chosen (`ProtocolVersionEvidence`).
///
/// While the unit balances, voltages and temperatures stand still for 3.5–4 s; only current and counter move.
///
/// - Source: BLE protocol notes sections 4.3 and 5.2–5.5.
public struct CellInfo: FrameContent {
  public static let frameLength = 300
  /// Places in the frame, whatever the configured count.
  public static let cellSlots = 24

  public struct Fields: Sendable {
    /// +1 per frame; some firmware skips 0xFF.
    public let frameCounter = Field.u8(8)
    public let totalVolts = Field.f32(201)
    /// Total divided by the configured cell count.
    public let averageCellVolts = Field.f32(205)
    public let differenceVolts = Field.f32(209)
    /// Counts from 0.
    public let highestCellIndex = Field.u8(213)
    /// Counts from 0.
    public let lowestCellIndex = Field.u8(214)
    /// Configured cell count minus 1.
    public let cellCountMinusOne = Field.u8(215)
    public let operationStatusCode = Field.u8(216)
  }
  public static let fields = Fields()

  public var image: FrameImage
  public let version: ProtocolVersion

  public init(version: ProtocolVersion) {
    image = Self.blank(.cellInfo, length: Self.frameLength)
    self.version = version
  }

  /// Nil when the bytes are no cell info frame; the checksum is not looked at.
  public init?(decoding bytes: [UInt8], version: ProtocolVersion) {
    guard let image = Self.image(decoding: bytes, command: .cellInfo, length: Self.frameLength) else {
      return nil
    }
    self.image = image
    self.version = version
  }

  private func floats(from offset: Int) -> [Double] {
    (0..<Self.cellSlots).map { Double(image.float(at: offset + 4 * $0)) }
  }

  private mutating func setFloats(_ values: [Double], from offset: Int) {
    precondition(
      values.count == Self.cellSlots, "the frame has \(Self.cellSlots) places, not \(values.count)")
    for (index, value) in values.enumerated() { image.setFloat(Float(value), at: offset + 4 * index) }
  }

  /// 24 values, index 0 = cell 1; places without a cell read 0.
  public var cellVolts: [Double] {
    get { floats(from: 9) }
    set { setFloats(newValue, from: 9) }
  }

  /// Balance lead resistance: 24 values, index 0 = cell 1.
  public var lineOhms: [Double] {
    get { floats(from: 105) }
    set { setFloats(newValue, from: 105) }
  }

  /// Cell count that the unit is configured for.
  public var cellCount: Int {
    get { self.cellCountMinusOne + 1 }
    set { self.cellCountMinusOne = newValue - 1 }
  }

  public var operationStatus: OperationStatus {
    get { OperationStatus(rawValue: self.operationStatusCode) }
    set { self.operationStatusCode = newValue.rawValue }
  }

  /// Negative: the highest cell gives charge; positive: the lowest cell takes it. Alternates while balancing.
  public var balancingAmperes: Double {
    get { Double(image.float(at: layout.balancingCurrent)) }
    set { image.setFloat(Float(newValue), at: layout.balancingCurrent) }
  }

  public var temperature1Celsius: Double {
    get { Double(image.float(at: layout.temperature1)) }
    set { image.setFloat(Float(newValue), at: layout.temperature1) }
  }

  public var temperature2Celsius: Double {
    get { Double(image.float(at: layout.temperature1 + 4)) }
    set { image.setFloat(Float(newValue), at: layout.temperature1 + 4) }
  }

  /// Raw, with whatever the firmware sets for cells that do not exist.
  public var faults: FaultMasks {
    get { FaultMasks(image: image, at: layout.faults) }
    set { newValue.write(to: &image, at: layout.faults) }
  }

  public var uptimeSeconds: Int {
    get { image.integer(at: layout.uptime, size: 4) }
    set { image.setInteger(newValue, at: layout.uptime, size: 4) }
  }

  /// What only the second generation reports; nil in a frame of the first.
  public var second: SecondGeneration? {
    get { version == .v2 ? SecondGeneration(image: image) : nil }
    set {
      precondition(version == .v2 && newValue != nil, "only a v2 cell info frame has this part, and always")
      newValue?.write(to: &image)
    }
  }

  /// Offsets of what both generations have behind the common part.
  struct Layout {
    let balancingCurrent: Int
    let temperature1: Int
    let faults: Int
    let uptime: Int
    static let v1 = Layout(balancingCurrent: 217, temperature1: 221, faults: 229, uptime: 254)
    static let v2 = Layout(balancingCurrent: 218, temperature1: 226, faults: 266, uptime: 291)
  }

  var layout: Layout { version == .v1 ? .v1 : .v2 }
}

extension CellInfo {
  /// The part of a cell info frame that only the second generation has.
  ///
  /// - Source: BLE protocol notes section 5.4; one public frame of an EK-B24S8E200A.
  public struct SecondGeneration: Hashable, Sendable {
    /// 2 in the one capture; perhaps the battery type.
    public var unprovenByte217 = 0
    /// Positive is charging by one community decoder; not proven.
    public var packAmperes = 0.0
    public var mosfetCelsius = 0.0
    public var balancerCelsius = 0.0
    public var nominalCapacityAmpereHours = 0.0
    public var remainingCapacityAmpereHours = 0.0
    /// 0…100; remaining capacity over nominal capacity.
    public var stateOfChargePercent = 0.0
    /// Equals the nominal capacity in the one capture.
    public var unprovenFloat254 = 0.0
    public var unprovenFloat258 = 0.0
    public var unprovenFloat262 = 0.0

    public init() {}

    init(image: FrameImage) {
      unprovenByte217 = image.integer(at: 217, size: 1)
      for (path, offset) in Self.floats { self[keyPath: path] = Double(image.float(at: offset)) }
    }

    func write(to image: inout FrameImage) {
      image.setInteger(unprovenByte217, at: 217, size: 1)
      for (path, offset) in Self.floats { image.setFloat(Float(self[keyPath: path]), at: offset) }
    }

    private static var floats: [(WritableKeyPath<Self, Double>, Int)] {
      [
        (\.packAmperes, 222), (\.mosfetCelsius, 234), (\.balancerCelsius, 238),
        (\.nominalCapacityAmpereHours, 242), (\.remainingCapacityAmpereHours, 246),
        (\.stateOfChargePercent, 250), (\.unprovenFloat254, 254), (\.unprovenFloat258, 258),
        (\.unprovenFloat262, 262),
      ]
    }
  }
}
