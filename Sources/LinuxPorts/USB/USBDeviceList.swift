import Glibc
import Ports

/// One instrument interface of one device, as the kernel knows it.
struct USBInstrument: Hashable, Sendable {
  var vendor: UInt16
  var product: UInt16
  /// Empty where the device has none.
  var serial: String
  /// Maker and product in the device's own words; may be empty.
  var title: String
  var bus: Int
  var device: Int
  var interface: USBTMCInterface
  /// The kernel driver that has the interface: `usbtmc`, `usbfs` for another program.
  var driver: String?

  /// As written in a rig file.
  var address: String {
    let serial = serial.isEmpty ? "" : "/\(serial)"
    return "usb://\(Self.hex(vendor)):\(Self.hex(product))\(serial)"
  }

  static func hex(_ number: UInt16) -> String {
    let digits = String(number, radix: 16, uppercase: true)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}

/// The USB instruments that are plugged in, read from sysfs: needs no permission and asks no device.
struct USBDeviceList {
  static let systemFolder = "/sys/bus/usb/devices"

  /// Sorted by place. Empty without USB.
  var instruments: [USBInstrument] = []
  /// Vendor and product of devices that are no instruments.
  var others: [(vendor: UInt16, product: UInt16)] = []

  init(folder: String = systemFolder) {
    for name in Self.entries(folder) where !name.contains(":") {
      let device = "\(folder)/\(name)"
      guard let vendor = Self.number(device, "idVendor"), let product = Self.number(device, "idProduct"),
        let bus = Int(Self.text(device, "busnum") ?? ""), let number = Int(Self.text(device, "devnum") ?? "")
      else { continue }
      let title = [Self.text(device, "manufacturer"), Self.text(device, "product")].compactMap { $0 }
      var found = false
      for entry in Self.entries(device) where entry.hasPrefix("\(name):") {
        guard let interface = Self.interface("\(device)/\(entry)") else { continue }
        found = true
        instruments.append(
          USBInstrument(
            vendor: vendor, product: product, serial: Self.text(device, "serial") ?? "",
            title: title.joined(separator: " "), bus: bus, device: number, interface: interface,
            driver: Self.link("\(device)/\(entry)/driver")))
      }
      if !found { others.append((vendor, product)) }
    }
  }

  /// Nil for an interface that is not of the class of test and measurement (0xFE, 0x03) or lacks an endpoint.
  private static func interface(_ folder: String) -> USBTMCInterface? {
    guard number(folder, "bInterfaceClass") == 0xFE, number(folder, "bInterfaceSubClass") == 0x03,
      let interfaceNumber = number(folder, "bInterfaceNumber")
    else { return nil }
    var interface = USBTMCInterface(
      number: UInt8(truncatingIfNeeded: interfaceNumber), isUSB488: number(folder, "bInterfaceProtocol") == 1,
      outgoing: 0, incoming: 0, interrupt: nil, packetSize: 0)
    for name in entries(folder) where name.hasPrefix("ep_") {
      let endpoint = "\(folder)/\(name)"
      guard let address = number(endpoint, "bEndpointAddress").map({ UInt8(truncatingIfNeeded: $0) }),
        let attributes = number(endpoint, "bmAttributes")
      else { continue }
      let isIncoming = address & 0x80 != 0
      switch attributes & 3 {
      case 2 where isIncoming:
        interface.incoming = address
        interface.packetSize = Int(number(endpoint, "wMaxPacketSize") ?? 0) & 0x7FF
      case 2: interface.outgoing = address
      case 3 where isIncoming: interface.interrupt = address
      default: break
      }
    }
    let isWhole =
      interface.outgoing != 0 && interface.incoming != 0
      && interface.packetSize >= 16 && interface.packetSize % 4 == 0
    return isWhole ? interface : nil
  }

  // MARK: sysfs

  /// Names in a folder, sorted.
  private static func entries(_ folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(entry.pointee.d_reclen)) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  private static func text(_ folder: String, _ name: String) -> String? {
    let descriptor = open("\(folder)/\(name)", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { Glibc.close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &buffer, buffer.count)
    guard count > 0 else { return nil }
    var bytes = buffer.prefix(count)
    while let last = bytes.last, last == 0x0A || last == 0x20 || last == 0 { bytes.removeLast() }
    return String(decoding: bytes.drop { $0 == 0x20 }, as: UTF8.self)
  }

  private static func number(_ folder: String, _ name: String) -> UInt16? {
    text(folder, name).flatMap { UInt16($0, radix: 16) }
  }

  private static func link(_ path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes {
      readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    guard count > 0 else { return nil }
    return String(decoding: buffer.prefix(count), as: UTF8.self).split(separator: "/").last.map(String.init)
  }
}
