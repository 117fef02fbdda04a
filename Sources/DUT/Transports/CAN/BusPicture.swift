import Capabilities
import Ports

/// What one frame meant to a profile.
public enum BusFrameMeaning: Hashable, Sendable {
  /// None of the profile's.
  case foreign
  case part
  /// It carried the pack voltage: the measurements up to it.
  case whole(UnitBroadcast)
}

/// What the frames of one profile add up to. Told one frame after another, it has no clock and no port.
public protocol BusPicture {
  /// For the record.
  var profile: String { get }
  /// Seconds between two frames with the pack voltage.
  var period: Double { get }
  /// The frames that carry what is read; others of the profile may be on the bus as well.
  var identifiers: [BusIdentifier] { get }
  func tells(_ quantity: UnitBusQuantity) -> Bool
  mutating func take(_ frame: CANFrame) -> BusFrameMeaning
}

/// Name of a frame on the bus.
public struct BusIdentifier: Hashable, Sendable, CustomStringConvertible {
  public let number: UInt32
  public let isExtended: Bool
  public init(_ number: UInt32, isExtended: Bool = false) {
    self.number = number
    self.isExtended = isExtended
  }
  public init(_ frame: CANFrame) { self.init(frame.identifier, isExtended: frame.isExtended) }

  /// `356`, or eight digits of an extended one.
  public var description: String {
    let digits = String(number, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, (isExtended ? 8 : 3) - digits.count)) + digits
  }
}
