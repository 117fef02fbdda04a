import Ports

/// Which USB instrument: `usb://2A8D:0101/MY5900`, or without serial number where only one is plugged in.
/// `?interface=1` chooses among several instruments in one device.
struct USBAddress: Hashable, Sendable {
  let vendor: UInt16
  let product: UInt16
  let serial: String?
  let interface: UInt8?

  /// - Throws: `.badAddress` that says what a right one looks like.
  init(_ address: PortAddress) throws(PortError) {
    func bad(_ cause: String) -> PortError {
      PortError(
        .badAddress, attempted: "read the address of a USB instrument", port: address.description,
        cause: cause,
        advice:
          "Write e.g. usb://2A8D:0101/MY59001234: vendor and product as `lsusb` shows them, then the serial "
          + "number")
    }
    guard let identity = address.usbIdentity else {
      throw bad("'\(address.target)' has no vendor and product number")
    }
    (vendor, product, serial) = identity
    var interface: UInt8?
    for (key, value) in address.options {
      guard key == "interface" else { throw bad("a USB address has no option '\(key)'") }
      guard let number = UInt8(value) else { throw bad("interface=\(value) is no interface number") }
      interface = number
    }
    self.interface = interface
  }
}
