/// One classic CAN frame as it was heard.
public struct CANFrame: Hashable, Sendable {
  /// 11 bits, or 29 when `isExtended`.
  public let identifier: UInt32
  public let isExtended: Bool
  /// At most 8.
  public let bytes: [UInt8]
  /// When its end was on the bus.
  public let at: WorldInstant
  public init(identifier: UInt32, isExtended: Bool = false, bytes: [UInt8], at: WorldInstant) {
    self.identifier = identifier
    self.isExtended = isExtended
    self.bytes = bytes
    self.at = at
  }
}

/// An ear on a CAN bus.
///
/// It only listens: no profile of the unit's port is confirmed, and in the profiles of related products a frame sent to
/// the wrong article switches it off (notes on CAN and RS485, section 2).
public protocol CANPort: AnyObject {
  var address: PortAddress { get }
  /// The next frame; frames wait while nobody asks, up to the size of the receiver's queue.
  func receive(deadline: WorldInstant) async throws(PortError) -> CANFrame
  func close()
}
