import Ports

/// What a battery in the style of Pylontech tells an inverter on CAN: 11-bit identifiers, 500 kbit/s, little-endian,
/// every frame once a second.
///
/// A **candidate** for the CAN port of the EK-B24S8E300A: its manual names the port in one table cell and says nothing
/// of what it speaks. Nothing here may be taken for the unit's protocol before a real unit has been heard with it.
///
/// - Source: public "low voltage" document V1.2 of 2018-04-08 (notes on CAN and RS485, section 4). The document gives
///   no sign for the current; positive = charging is what senders do.
public struct InverterBroadcast: Equatable, Sendable {
  public static let limitsID: UInt32 = 0x351
  public static let chargeID: UInt32 = 0x355
  public static let measurementsID: UInt32 = 0x356
  public static let alarmsID: UInt32 = 0x359
  public static let requestsID: UInt32 = 0x35C
  public static let makerID: UInt32 = 0x35E
  /// In the order in which a sender sends them.
  public static let identifiers = [limitsID, chargeID, measurementsID, alarmsID, requestsID, makerID]

  /// Volts and amperes; limits of charge and discharge.
  public var chargeVoltage = 0.0
  public var chargeCurrentLimit = 0.0
  public var dischargeCurrentLimit = 0.0
  /// 0 … 100 %.
  public var stateOfCharge = 0
  public var stateOfHealth = 100
  /// Volts in steps of 0.01, amperes in steps of 0.1 (positive = charging), °C in steps of 0.1.
  public var voltage = 0.0
  public var current = 0.0
  public var temperature = 0.0
  public var alarms = Alarms()
  public var chargeEnabled = true
  public var dischargeEnabled = true
  public var maker = "PYLON"

  /// The protections of frame 0x359, bytes 0 and 1.
  public struct Alarms: Equatable, Sendable {
    public var overvoltage = false
    public var undervoltage = false
    public var overtemperature = false
    public var undertemperature = false
    public var dischargeOvercurrent = false
    public var chargeOvercurrent = false
    public var systemError = false
    public init() {}
  }

  public init() {}

  /// Steps of voltage (V), current (A) and temperature (°C) in frame 0x356.
  public static let voltageStep = 0.01
  public static let currentStep = 0.1
  public static let temperatureStep = 0.1

  // MARK: decoding

  /// Takes one frame into the picture.
  /// - Returns: false when the frame is none of this profile, or too short; nothing has changed then.
  @discardableResult
  public mutating func take(_ frame: CANFrame) -> Bool {
    guard !frame.isExtended, !frame.isFD, frame.bytes.count >= Self.length(frame.identifier) else {
      return false
    }
    let word = { (offset: Int) in Int(frame.bytes[offset]) | Int(frame.bytes[offset + 1]) << 8 }
    let signed = { (offset: Int) in Int(Int16(truncatingIfNeeded: word(offset))) }
    switch frame.identifier {
    case Self.limitsID:
      chargeVoltage = Double(word(0)) / 10
      chargeCurrentLimit = Double(signed(2)) / 10
      dischargeCurrentLimit = Double(signed(4)) / 10
    case Self.chargeID:
      stateOfCharge = word(0)
      stateOfHealth = word(2)
    case Self.measurementsID:
      voltage = Double(signed(0)) / 100
      current = Double(signed(2)) / 10
      temperature = Double(signed(4)) / 10
    case Self.alarmsID: alarms = Alarms(frame.bytes)
    case Self.requestsID:
      chargeEnabled = frame.bytes[0] & 0x80 != 0
      dischargeEnabled = frame.bytes[0] & 0x40 != 0
    case Self.makerID:
      maker = String(decoding: frame.bytes.prefix { $0 != 0 && $0 != 0x20 }, as: UTF8.self)
    default: return false
    }
    return true
  }

  /// Bytes that a frame needs; 0 for identifiers of others.
  private static func length(_ identifier: UInt32) -> Int {
    switch identifier {
    case limitsID, measurementsID: 6
    case chargeID: 4
    case alarmsID: 7
    case requestsID: 1
    case makerID: 5
    default: 0
    }
  }

  // MARK: encoding

  /// The bytes of one frame; nil for identifiers of others.
  public func bytes(_ identifier: UInt32) -> [UInt8]? {
    func word(_ value: Double, _ step: Double) -> [UInt8] {
      let scaled = Int((value / step).rounded())
      let held = UInt16(truncatingIfNeeded: min(max(scaled, -32_768), 65_535))
      return [UInt8(held & 0xFF), UInt8(held >> 8)]
    }
    switch identifier {
    case Self.limitsID:
      return word(chargeVoltage, 0.1) + word(chargeCurrentLimit, 0.1) + word(dischargeCurrentLimit, 0.1)
        + [0, 0]
    case Self.chargeID: return word(Double(stateOfCharge), 1) + word(Double(stateOfHealth), 1)
    case Self.measurementsID:
      return word(voltage, Self.voltageStep) + word(current, Self.currentStep)
        + word(temperature, Self.temperatureStep)
    case Self.alarmsID: return alarms.bytes + [0, 0, 1, 0x50, 0x4E]
    case Self.requestsID: return [(chargeEnabled ? 0x80 : 0) | (dischargeEnabled ? 0x40 : 0), 0]
    case Self.makerID: return Array((Array(maker.utf8) + [UInt8](repeating: 0x20, count: 8)).prefix(8))
    default: return nil
    }
  }
}

extension InverterBroadcast.Alarms {
  init(_ bytes: [UInt8]) {
    overvoltage = bytes[0] & 0x02 != 0
    undervoltage = bytes[0] & 0x04 != 0
    overtemperature = bytes[0] & 0x08 != 0
    undertemperature = bytes[0] & 0x10 != 0
    dischargeOvercurrent = bytes[0] & 0x80 != 0
    chargeOvercurrent = bytes[1] & 0x01 != 0
    systemError = bytes[1] & 0x08 != 0
  }

  var bytes: [UInt8] {
    var low: UInt8 = 0
    if overvoltage { low |= 0x02 }
    if undervoltage { low |= 0x04 }
    if overtemperature { low |= 0x08 }
    if undertemperature { low |= 0x10 }
    if dischargeOvercurrent { low |= 0x80 }
    return [low, (chargeOvercurrent ? 0x01 : 0) | (systemError ? 0x08 : 0)]
  }
}
