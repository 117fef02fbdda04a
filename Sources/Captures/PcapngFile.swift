import Ports

/// pcapng with one interface per CAN bus (link type 227) and one for Bluetooth (201), nanoseconds.
enum PcapngFile {
  static let socketCAN: UInt16 = 227
  static let bluetoothWithDirection: UInt16 = 201
  static let bluetoothName = "unit-ble"

  static func bytes(_ packets: [CapturedPacket], comment: String) -> [UInt8] {
    // Interfaces in the order of their first packet.
    var interfaces: [(name: String, link: UInt16)] = []
    func index(_ name: String, _ link: UInt16) -> UInt32 {
      if let known = interfaces.firstIndex(where: { $0.name == name && $0.link == link }) {
        return UInt32(known)
      }
      interfaces.append((name, link))
      return UInt32(interfaces.count - 1)
    }
    var blocks: [UInt8] = []
    for packet in packets {
      switch packet.content {
      case .can(let name, let frame):
        blocks += enhanced(packet, index(name, socketCAN), data(frame))
      case .characteristic(let value):
        let direction: [UInt8] = [0, 0, 0, packet.outgoing ? 0 : 1]
        blocks += enhanced(
          packet, index(bluetoothName, bluetoothWithDirection),
          direction + SynthesisedBluetooth.packet(value, outgoing: packet.outgoing))
      }
    }
    return header(comment) + interfaces.flatMap { interface($0.name, $0.link) } + blocks
  }

  private static func header(_ comment: String) -> [UInt8] {
    block(
      0x0A0D_0D0A,
      little32(0x1A2B_3C4D) + little16(1) + little16(0) + [UInt8](repeating: 0xFF, count: 8)
        + option(1, Array(comment.utf8)) + option(4, Array("bmsrig".utf8)) + little32(0))
  }

  private static func interface(_ name: String, _ link: UInt16) -> [UInt8] {
    block(
      1,
      little16(link) + little16(0) + little32(0) + option(2, Array(name.utf8)) + option(9, [9]) + little32(0))
  }

  private static func enhanced(_ packet: CapturedPacket, _ interface: UInt32, _ data: [UInt8]) -> [UInt8] {
    let time = UInt64(bitPattern: packet.time)
    let length = little32(UInt32(data.count))
    // Flags: 1 inbound, 2 outbound.
    let flags = option(2, little32(packet.outgoing ? 2 : 1))
    return block(
      6,
      little32(interface) + little32(UInt32(time >> 32)) + little32(UInt32(truncatingIfNeeded: time)) + length
        + length
        + padded(data) + flags + little32(0))
  }

  /// The kernel's frame with the identifier big-endian.
  private static func data(_ frame: CANFrame) -> [UInt8] {
    let identifier =
      frame.identifier | (frame.isExtended ? 0x8000_0000 : 0) | (frame.isRemote ? 0x4000_0000 : 0)
    // Bit 2 of the flags: FD.
    return little32(identifier).reversed() + [UInt8(frame.bytes.count), frame.isFD ? 4 : 0, 0, 0]
      + frame.bytes
  }

  private static func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
    let length = little32(UInt32(12 + body.count))
    return little32(type) + length + body + length
  }

  private static func option(_ code: UInt16, _ value: [UInt8]) -> [UInt8] {
    little16(code) + little16(UInt16(min(value.count, 65_535))) + padded(Array(value.prefix(65_535)))
  }

  private static func padded(_ bytes: [UInt8]) -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
  }

  private static func little16(_ value: UInt16) -> [UInt8] { [UInt8(value & 0xFF), UInt8(value >> 8)] }
  private static func little32(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
  }
}
