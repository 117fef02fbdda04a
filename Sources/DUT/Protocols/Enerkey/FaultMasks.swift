/// The fault block of a cell info frame, raw as received: 25 bytes from offset 229 (v1) or 266 (v2).
///
/// In the masks, bit i stands for cell i + 1. Some firmware flags cells that do not exist: cut to the configured
/// count with `limited(toCellCount:)` before raising an alarm.
///
/// - Source: BLE protocol notes sections 5.3, 5.4 and 5.7. Every place in v2 is the v1 block moved by 37 bytes and
///   unproven: no public frame has a bit set.
public struct FaultMasks: Hashable, Sendable {
  static let size = 25

  public var cellDetectionFailed = 0
  public var cellOvervoltage = 0
  public var cellUndervoltage = 0
  public var cellPolarityError = 0
  public var lineResistanceExcessive = 0
  /// Bit 0 sensor 1, bit 1 sensor 2.
  public var temperatureWarning = 0
  /// Charge path of the supercapacitor; 0 is no fault.
  public var chargingFault = 0
  public var dischargingFault = 0
  /// Parameter memory: bit 0 read failure, bit 1 write failure.
  public var memoryFault = 0
  /// Six bytes without known meaning.
  public var reserved = [UInt8](repeating: 0, count: 6)

  public init() {}

  init(image: FrameImage, at offset: Int) {
    cellDetectionFailed = image.integer(at: offset, size: 3)
    cellOvervoltage = image.integer(at: offset + 3, size: 3)
    cellUndervoltage = image.integer(at: offset + 6, size: 3)
    cellPolarityError = image.integer(at: offset + 9, size: 3)
    lineResistanceExcessive = image.integer(at: offset + 12, size: 3)
    temperatureWarning = image.integer(at: offset + 15, size: 1)
    chargingFault = image.integer(at: offset + 16, size: 1)
    dischargingFault = image.integer(at: offset + 17, size: 1)
    memoryFault = image.integer(at: offset + 18, size: 1)
    reserved = image.raw(offset + 19..<offset + 25)
  }

  func write(to image: inout FrameImage, at offset: Int) {
    precondition(reserved.count == 6, "the reserved part has six bytes, not \(reserved.count)")
    let masks = [
      cellDetectionFailed, cellOvervoltage, cellUndervoltage, cellPolarityError, lineResistanceExcessive,
    ]
    for (index, mask) in masks.enumerated() { image.setInteger(mask, at: offset + 3 * index, size: 3) }
    let codes = [temperatureWarning, chargingFault, dischargingFault, memoryFault]
    for (index, code) in codes.enumerated() { image.setInteger(code, at: offset + 15 + index, size: 1) }
    image.setRaw(reserved, at: offset + 19)
  }

  /// The same faults without the bits of cells above `count`; 24 and more keep every bit.
  public func limited(toCellCount count: Int) -> FaultMasks {
    let present = (1 << min(24, max(0, count))) - 1
    var cut = self
    cut.cellDetectionFailed &= present
    cut.cellOvervoltage &= present
    cut.cellUndervoltage &= present
    cut.cellPolarityError &= present
    cut.lineResistanceExcessive &= present
    return cut
  }

  /// True when any mask or code is set.
  public var any: Bool {
    [
      cellDetectionFailed, cellOvervoltage, cellUndervoltage, cellPolarityError, lineResistanceExcessive,
      temperatureWarning, chargingFault, dischargingFault, memoryFault,
    ].contains { $0 != 0 }
  }

  /// Cell numbers, from 1, whose bit is set in a mask.
  public static func cells(in mask: Int) -> [Int] { (0..<24).filter { mask >> $0 & 1 == 1 }.map { $0 + 1 } }
}
