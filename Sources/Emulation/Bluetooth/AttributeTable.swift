/// One row of a peripheral's attribute table.
struct Attribute: Hashable {
  let handle: UInt16
  /// 16-bit UUID of what the row is, e.g. 2803 for the declaration of a characteristic.
  let type: UInt16
  var value: [UInt8]
  /// Last row of the service that begins here.
  var groupEnd: UInt16?
  var isWritable = false
}

/// The attributes that the family's Bluetooth modules show.
///
/// - Source: BLE protocol notes section 2.1 (captured on the first generation; of the second only FFE0 and FFE1 are
///   known).
enum AttributeTable {
  static let primaryService: UInt16 = 0x2800
  static let characteristic: UInt16 = 0x2803
  static let configuration: UInt16 = 0x2902
  /// Handle of FFE1, both directions of the unit's protocol, and of its configuration.
  static let stream: UInt16 = 0x000A
  static let streamConfiguration: UInt16 = 0x000B

  private static let writeSilently: UInt8 = 0x04
  private static let read: UInt8 = 0x02
  private static let write: UInt8 = 0x08
  private static let notify: UInt8 = 0x10

  static func family(name: String) -> [Attribute] {
    var rows: [Attribute] = []
    func service(_ handle: UInt16, to end: UInt16, _ uuid: UInt16) {
      rows.append(
        Attribute(handle: handle, type: primaryService, value: uuid.littleEndian2, groupEnd: end))
    }
    func value(_ declaration: UInt16, _ uuid: UInt16, _ properties: UInt8, _ content: [UInt8]) {
      let handle = declaration + 1
      rows.append(
        Attribute(
          handle: declaration, type: characteristic,
          value: [properties] + handle.littleEndian2 + uuid.littleEndian2))
      rows.append(
        Attribute(handle: handle, type: uuid, value: content, isWritable: properties & write != 0))
      guard uuid >> 8 == 0xFF else { return }
      rows.append(Attribute(handle: handle + 1, type: configuration, value: [0, 0], isWritable: true))
    }
    service(0x01, to: 0x07, 0x1800)
    value(0x02, 0x2A00, read, Array(name.utf8))
    value(0x04, 0x2A01, read, [0, 0])
    value(0x06, 0x2A04, read, [0x10, 0x00, 0x10, 0x00, 0x00, 0x00, 0x2C, 0x01])
    service(0x08, to: 0x11, 0xFFE0)
    value(0x09, 0xFFE1, writeSilently | write | notify, [])
    value(0x0C, 0xFFE2, writeSilently | write | notify, [])
    value(0x0F, 0xFFE3, writeSilently | write, [])
    return rows
  }
}
