/// The format of hcidump and Android's logs: data link 1002 (H4), big-endian.
enum BtsnoopFile {
  static let dataLink: UInt32 = 1002
  /// Microseconds from the year 0 to 1970, as the format counts.
  static let epoch: Int64 = 0x00DC_DDB3_0F2F_8000

  static func bytes(_ packets: [CapturedPacket]) -> [UInt8] {
    var out = Array("btsnoop\0".utf8) + big(1) + big(dataLink)
    for packet in packets {
      guard case .characteristic(let value) = packet.content else { continue }
      let data = SynthesisedBluetooth.packet(value, outgoing: packet.outgoing)
      let length = UInt32(data.count)
      // Flags: bit 0 received; drops: none known.
      out += big(length) + big(length) + big(packet.outgoing ? 0 : 1) + big(0)
      let time = UInt64(bitPattern: packet.time / 1000 + epoch)
      out += big(UInt32(time >> 32)) + big(UInt32(truncatingIfNeeded: time)) + data
    }
    return out
  }

  private static func big(_ value: UInt32) -> [UInt8] {
    [UInt8(value >> 24), UInt8(value >> 16 & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)]
  }
}
