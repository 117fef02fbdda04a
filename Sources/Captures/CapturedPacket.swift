import Ports

/// One frame or one piece of Bluetooth traffic with the calendar time at which it was on the wire.
public struct CapturedPacket: Hashable, Sendable {
  public enum Content: Hashable, Sendable {
    /// A frame on the CAN interface of that name.
    case can(interface: String, frame: CANFrame)
    /// The value of the unit's characteristic: written by us (`outgoing`), or notified by the unit.
    case characteristic([UInt8])
  }
  /// Nanoseconds since 1970, UTC.
  public var time: Int64
  /// Sent by this computer.
  public var outgoing: Bool
  public var content: Content
  public init(time: Int64, outgoing: Bool, content: Content) {
    self.time = time
    self.outgoing = outgoing
    self.content = content
  }
}

/// Bluetooth as a controller's host would see it, made up around what is known.
///
/// The rig sees values of one characteristic, not what the radio did; connection, channel and attribute handles are
/// ours and the same in every file.
public enum SynthesisedBluetooth {
  public static let connection: UInt16 = 0x0040
  /// Stands for the characteristic FFE1.
  public static let attribute: UInt16 = 0x0010
  static let attributeChannel: UInt16 = 0x0004
  static let notification: UInt8 = 0x1B
  static let writeCommand: UInt8 = 0x52
  static let dataPacket: UInt8 = 0x02
  public static let note =
    "HCI, L2CAP and ATT headers are synthesised: connection 0x0040, attribute handle 0x0010 stands for characteristic "
    + "FFE1; times and values are the run's, the password is masked"

  /// An H4 data packet that carries the value in one piece.
  static func packet(_ value: [UInt8], outgoing: Bool) -> [UInt8] {
    let attribute = [outgoing ? writeCommand : notification] + little(Self.attribute) + value
    let channel = little(UInt16(attribute.count)) + little(attributeChannel) + attribute
    // Start of a packet, from the host (00) or from the controller (10).
    let handle = connection | (outgoing ? 0x0000 : 0x2000)
    return [dataPacket] + little(handle) + little(UInt16(channel.count)) + channel
  }

  private static func little(_ value: UInt16) -> [UInt8] { [UInt8(value & 0xFF), UInt8(value >> 8)] }
}

/// A file format for captured packets.
public enum CaptureFormat: String, Sendable, CaseIterable {
  case btsnoop, candump, pcapng

  /// Whether the format has a place for the packet.
  public func holds(_ packet: CapturedPacket) -> Bool {
    switch (self, packet.content) {
    case (.pcapng, _), (.btsnoop, .characteristic), (.candump, .can): true
    case (.btsnoop, .can), (.candump, .characteristic): false
    }
  }

  /// The file with every packet it can hold, in the order given.
  public func file(_ packets: [CapturedPacket], comment: String) -> [UInt8] {
    let held = packets.filter(holds)
    switch self {
    case .btsnoop: return BtsnoopFile.bytes(held)
    case .candump: return Array(held.compactMap(CandumpLog.line).map { $0 + "\n" }.joined().utf8)
    case .pcapng: return PcapngFile.bytes(held, comment: comment)
    }
  }
}
