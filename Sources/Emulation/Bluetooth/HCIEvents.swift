import Ports

/// The events that a low energy controller sends.
///
/// - Source: Bluetooth Core 5.3, volume 4 part E section 7.7.
enum HCIEvents {
  /// Why a command or a connection came to its end (volume 1 part F).
  enum Status {
    static let success: UInt8 = 0x00
    static let unknownCommand: UInt8 = 0x01
    static let unknownConnection: UInt8 = 0x02
    static let timeout: UInt8 = 0x08
    static let disallowed: UInt8 = 0x0C
    static let endedByHost: UInt8 = 0x16
    static let notEstablished: UInt8 = 0x3E
  }

  static func commandComplete(_ code: UInt16, _ answer: [UInt8]) -> HCIPacket {
    .event(code: 0x0E, parameters: [1] + code.littleEndian2 + answer)
  }

  static func commandStatus(_ code: UInt16, _ status: UInt8) -> HCIPacket {
    .event(code: 0x0F, parameters: [status, 1] + code.littleEndian2)
  }

  static func completedPackets(_ handle: UInt16, _ count: UInt16) -> HCIPacket {
    .event(code: 0x13, parameters: [1] + handle.littleEndian2 + count.littleEndian2)
  }

  static func disconnected(_ handle: UInt16, _ reason: UInt8) -> HCIPacket {
    .event(code: 0x05, parameters: [Status.success] + handle.littleEndian2 + [reason])
  }

  /// Connection interval 20 ms and supervision timeout 3 s: what the family's modules ask for (BLE protocol notes
  /// section 2.4).
  static func connected(_ handle: UInt16, status: UInt8, addressType: UInt8, address: [UInt8]) -> HCIPacket {
    low(
      0x01,
      [status] + handle.littleEndian2 + [0, addressType] + address + UInt16(16).littleEndian2
        + UInt16(0).littleEndian2 + UInt16(300).littleEndian2 + [0])
  }

  static func remoteFeatures(_ handle: UInt16) -> HCIPacket {
    low(0x04, [Status.success] + handle.littleEndian2 + [UInt8](repeating: 0, count: 8))
  }

  static func connectionUpdated(_ handle: UInt16, interval: UInt16, timeout: UInt16) -> HCIPacket {
    low(
      0x03,
      [Status.success] + handle.littleEndian2 + interval.littleEndian2 + UInt16(0).littleEndian2
        + timeout.littleEndian2)
  }

  /// - Parameter isResponse: The second half, sent when the host scans actively.
  static func advertisement(
    _ advertisement: Advertisement, addressType: UInt8, address: [UInt8], isResponse: Bool
  ) -> HCIPacket {
    let content = isResponse ? scanResponse(advertisement) : advertising(advertisement)
    let level = UInt8(bitPattern: Int8(clamping: advertisement.signalLevelDBm))
    return low(
      0x02, [1, isResponse ? 0x04 : 0x00, addressType] + address + [UInt8(content.count)] + content + [level])
  }

  /// Flags and the incomplete list of services, as the family's modules send them (BLE protocol notes section 2.5).
  private static func advertising(_ advertisement: Advertisement) -> [UInt8] {
    let services = advertisement.services.prefix(12).compactMap { UInt16($0, radix: 16) }
      .flatMap(\.littleEndian2)
    return [2, 0x01, 0x06] + (services.isEmpty ? [] : [UInt8(services.count + 1), 0x02] + services)
  }

  private static func scanResponse(_ advertisement: Advertisement) -> [UInt8] {
    let name = Array(advertisement.name.utf8.prefix(29))
    return name.isEmpty ? [] : [UInt8(name.count + 1), 0x09] + name
  }

  private static func low(_ code: UInt8, _ parameters: [UInt8]) -> HCIPacket {
    .event(code: 0x3E, parameters: [code] + parameters)
  }
}
