/// The binary block that a Siglent oscilloscope sends for `:WAV:PRE?`: how codes become volts and points become
/// seconds.
///
/// - Source: instrument model notes, section 6 (offsets counted from the block's payload, little
///   endian), as several open drivers of the family read them.
struct SDS2000XDescriptor: Hashable {
  /// Bytes of the whole block.
  static let length = 346

  /// True when a point is two bytes.
  var wide: Bool
  /// Points that `:WAV:DATA?` will send.
  var pointCount: Int
  /// Volts per division at the input of the instrument, before the probe factor.
  var voltsPerDivision: Double
  var offsetVolts: Double
  var codesPerDivision: Double
  var converterBits: Int
  /// Seconds between neighbours in the sample memory.
  var sampleInterval: Double
  /// Seconds from the middle of the record to the trigger.
  var triggerDelay: Double
  var timebaseIndex: Int
  var probeFactor: Double

  init(
    wide: Bool, pointCount: Int, voltsPerDivision: Double, offsetVolts: Double, codesPerDivision: Double,
    converterBits: Int, sampleInterval: Double, triggerDelay: Double = 0, timebaseIndex: Int,
    probeFactor: Double = 1
  ) {
    self.wide = wide
    self.pointCount = pointCount
    self.voltsPerDivision = voltsPerDivision
    self.offsetVolts = offsetVolts
    self.codesPerDivision = codesPerDivision
    self.converterBits = converterBits
    self.sampleInterval = sampleInterval
    self.triggerDelay = triggerDelay
    self.timebaseIndex = timebaseIndex
    self.probeFactor = probeFactor
  }

  enum Field {
    static let name = 0x00
    static let wide = 0x20
    static let descriptorLength = 0x24
    static let dataLength = 0x3C
    static let pointCount = 0x74
    static let voltsPerDivision = 0x9C
    static let offset = 0xA0
    static let codesPerDivision = 0xA4
    static let converterBits = 0xAC
    static let sampleInterval = 0xB0
    static let triggerDelay = 0xB4
    static let timebaseIndex = 0x144
    static let probeFactor = 0x148
  }

  /// - Returns: nil with a reason when the block is too short, is not a descriptor, or holds a scale that cannot be.
  static func read(_ bytes: [UInt8]) -> Result<Self, Fault> {
    guard bytes.count >= length else {
      return .failure(Fault("the descriptor has \(bytes.count) bytes instead of \(length)"))
    }
    guard bytes.starts(with: "WAVEDESC".utf8) else {
      return .failure(Fault("the descriptor does not begin with WAVEDESC"))
    }
    let descriptor = Self(
      wide: bytes.unsigned16(at: Field.wide) == 1,
      pointCount: Int(Int32(bitPattern: bytes.unsigned32(at: Field.pointCount))),
      voltsPerDivision: bytes.float32(at: Field.voltsPerDivision),
      offsetVolts: bytes.float32(at: Field.offset),
      codesPerDivision: bytes.float32(at: Field.codesPerDivision),
      converterBits: Int(bytes.unsigned16(at: Field.converterBits)),
      sampleInterval: bytes.float32(at: Field.sampleInterval),
      triggerDelay: Double(bitPattern: bytes.unsigned64(at: Field.triggerDelay)),
      timebaseIndex: Int(bytes.unsigned16(at: Field.timebaseIndex)),
      probeFactor: bytes.float32(at: Field.probeFactor))
    if let fault = descriptor.implausible { return .failure(Fault(fault)) }
    return .success(descriptor)
  }

  /// What cannot be in a descriptor that is worth computing with.
  private var implausible: String? {
    func positive(_ x: Double) -> Bool { x.isFinite && x > 0 }
    if !positive(voltsPerDivision) { return "volts per division read \(voltsPerDivision)" }
    if !offsetVolts.isFinite { return "the offset reads \(offsetVolts)" }
    if !positive(codesPerDivision) { return "codes per division read \(codesPerDivision)" }
    if !(8...16).contains(converterBits) { return "the converter has \(converterBits) bits" }
    if !positive(sampleInterval) { return "the sample interval reads \(sampleInterval)" }
    if !triggerDelay.isFinite { return "the trigger delay reads \(triggerDelay)" }
    if !positive(probeFactor) { return "the probe factor reads \(probeFactor)" }
    if pointCount < 1 { return "the record has \(pointCount) points" }
    return nil
  }

  /// A reason in words.
  struct Fault: Error, Hashable {
    let reason: String
    init(_ reason: String) { self.reason = reason }
  }

  /// The bytes as the instrument lays them out; everything the fields above do not name is zero.
  var bytes: [UInt8] {
    var out = [UInt8](repeating: 0, count: Self.length)
    out.replaceSubrange(0..<8, with: Array("WAVEDESC".utf8))
    out.put(UInt16(wide ? 1 : 0), at: Field.wide)
    out.put(UInt32(Self.length), at: Field.descriptorLength)
    out.put(UInt32(pointCount * (wide ? 2 : 1)), at: Field.dataLength)
    out.put(UInt32(pointCount), at: Field.pointCount)
    out.put(Float(voltsPerDivision).bitPattern, at: Field.voltsPerDivision)
    out.put(Float(offsetVolts).bitPattern, at: Field.offset)
    out.put(Float(codesPerDivision).bitPattern, at: Field.codesPerDivision)
    out.put(UInt16(converterBits), at: Field.converterBits)
    out.put(Float(sampleInterval).bitPattern, at: Field.sampleInterval)
    out.put(triggerDelay.bitPattern, at: Field.triggerDelay)
    out.put(UInt16(timebaseIndex), at: Field.timebaseIndex)
    out.put(Float(probeFactor).bitPattern, at: Field.probeFactor)
    return out
  }

  /// Significant bits of a transferred word. The family sends converter codes right-aligned; where the scale only
  /// fits a left-aligned word (8 divisions need more codes than the converter has) all sixteen count.
  private var significantBits: Int {
    guard wide else { return 8 }
    return codesPerDivision * 8 > Double(1 << converterBits) ? 16 : converterBits
  }

  /// Volts at the probe tip of each point, first point first. Codes are two's complement; the upper bits of a word
  /// may or may not repeat the sign.
  ///
  /// - Parameter data: the payload of `:WAV:DATA?`.
  func volts(_ data: [UInt8]) -> [Double] {
    let perCode = voltsPerDivision * probeFactor / codesPerDivision
    let offset = offsetVolts * probeFactor
    let bits = significantBits
    let half = 1 << (bits - 1)
    let mask = (1 << bits) - 1
    func value(_ raw: Int) -> Double {
      let code = raw & mask
      return Double(code >= half ? code - (mask + 1) : code) * perCode - offset
    }
    guard wide else { return data.map { value(Int($0)) } }
    return stride(from: 0, to: data.count - 1, by: 2).map { value(Int(data[$0]) | Int(data[$0 + 1]) << 8) }
  }
}

extension [UInt8] {
  fileprivate func unsigned16(at i: Int) -> UInt16 { UInt16(self[i]) | UInt16(self[i + 1]) << 8 }
  fileprivate func unsigned32(at i: Int) -> UInt32 {
    UInt32(unsigned16(at: i)) | UInt32(unsigned16(at: i + 2)) << 16
  }
  fileprivate func unsigned64(at i: Int) -> UInt64 {
    UInt64(unsigned32(at: i)) | UInt64(unsigned32(at: i + 4)) << 32
  }
  /// The shortest decimal that means the same float, so that 1e-7 stays 1e-7 in double precision.
  fileprivate func float32(at i: Int) -> Double {
    let float = Float(bitPattern: unsigned32(at: i))
    return Double(float.description) ?? Double(float)
  }
  fileprivate mutating func put(_ value: some FixedWidthInteger, at i: Int) {
    for k in 0..<(value.bitWidth / 8) { self[i + k] = UInt8(truncatingIfNeeded: value >> (8 * k)) }
  }
}
