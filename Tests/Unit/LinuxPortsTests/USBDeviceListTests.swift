import Foundation
import Ports
import Testing

@testable import LinuxPorts

/// A made-up /sys/bus/usb/devices.
private final class DeviceFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("usb-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// - Parameter classCodes: class, subclass, protocol of each interface in hexadecimal digits.
  func add(
    _ name: String, _ identity: String, serial: String?, number: Int,
    classCodes: [(String, String, String)] = [("fe", "03", "01")], driver: String? = nil
  ) throws {
    let parts = identity.split(separator: ":").map(String.init)
    var files = [
      "idVendor": parts[0], "idProduct": parts[1], "busnum": "1", "devnum": "\(number)",
      "manufacturer": "ACME",
      "product": "Meter \(number)",
    ]
    files["serial"] = serial
    try write(files, in: name)
    for (index, code) in classCodes.enumerated() {
      let interface = "\(name)/\(name):1.\(index)"
      try write(
        [
          "bInterfaceClass": code.0, "bInterfaceSubClass": code.1, "bInterfaceProtocol": code.2,
          "bInterfaceNumber": "0\(index)",
        ], in: interface)
      for (endpoint, kind, size) in [("01", "02", "0200"), ("82", "02", "0200"), ("83", "03", "0002")] {
        try write(
          ["bEndpointAddress": endpoint, "bmAttributes": kind, "wMaxPacketSize": size],
          in: "\(interface)/ep_\(endpoint)")
      }
      guard let driver else { continue }
      try FileManager.default.createSymbolicLink(
        atPath: url.appendingPathComponent("\(interface)/driver").path,
        withDestinationPath: "../../../../bus/usb/drivers/\(driver)")
    }
  }

  private func write(_ files: [String: String], in folder: String) throws {
    let place = url.appendingPathComponent(folder)
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    for (name, text) in files {
      try Data((text + "\n").utf8).write(to: place.appendingPathComponent(name))
    }
  }

  func open(_ address: String) throws -> PortError {
    let folder = url.path
    return try LinuxWorld.run(takesSignals: false) { world in
      try await portError {
        let opening = USBOpening(address: try PortAddress(parsing: address), world: world, folder: folder)
        _ = try await opening.open(deadline: world.now.patient)
      }
    }
  }
}

struct USBDeviceListTests {
  @Test func `an instrument is listed with all that its interface says`() throws {
    let folder = try DeviceFolder()
    try folder.add("1-2", "2a8d:0101", serial: "MY59001234", number: 7, driver: "usbtmc")
    try folder.add("1-3", "0403:6001", serial: "FT1", number: 8, classCodes: [("ff", "ff", "ff")])
    let list = USBDeviceList(folder: folder.url.path)
    let expected = USBInstrument(
      vendor: 0x2A8D, product: 0x0101, serial: "MY59001234", title: "ACME Meter 7", bus: 1, device: 7,
      interface: USBTMCInterface(
        number: 0, isUSB488: true, outgoing: 0x01, incoming: 0x82, interrupt: 0x83, packetSize: 512),
      driver: "usbtmc")
    #expect(list.instruments == [expected])
    #expect(list.others.map(\.vendor) == [0x0403])
    #expect(expected.address == "usb://2A8D:0101/MY59001234")
  }

  @Test func `an instrument that is missing is an error that lists what is there`() throws {
    let folder = try DeviceFolder()
    try folder.add("1-2", "2a8d:0101", serial: "MY59001234", number: 7)
    let error = try folder.open("usb://0957:17A6/MY1")
    #expect(error.code == .notFound)
    #expect(error.cause.contains("usb://2A8D:0101/MY59001234 (ACME Meter 7)"), "\(error)")
    let other = try folder.open("usb://2A8D:0101/MY59009999")
    #expect(other.code == .notFound)
    #expect(other.cause.contains("another serial number"), "\(other)")
  }

  @Test func `without any instrument the error says so`() throws {
    let error = try DeviceFolder().open("usb://2A8D:0101/MY1")
    #expect(error.code == .notFound)
    #expect(error.cause.contains("no USB instrument is plugged in"))
    #expect(error.advice.contains("lsusb"))
  }

  @Test func `two instruments of a kind need a serial number`() throws {
    let folder = try DeviceFolder()
    try folder.add("1-2", "2a8d:0101", serial: "A", number: 7)
    try folder.add("1-3", "2a8d:0101", serial: "B", number: 8)
    let error = try folder.open("usb://2A8D:0101")
    #expect(error.code == .badAddress)
    #expect(error.cause.contains("2A8D:0101/A") && error.cause.contains("2A8D:0101/B"))
    #expect(error.advice.contains("serial number"))
  }

  @Test func `two interfaces of one device need a number`() throws {
    let folder = try DeviceFolder()
    try folder.add(
      "1-2", "2a8d:0101", serial: "A", number: 7, classCodes: [("fe", "03", "01"), ("fe", "03", "00")])
    let error = try folder.open("usb://2A8D:0101/A")
    #expect(error.code == .badAddress)
    #expect(error.cause.contains("?interface=0") && error.cause.contains("?interface=1"), "\(error)")
    #expect(error.advice.contains("?interface=N"))
  }

  @Test func `a device of another class is told from a missing one`() throws {
    let folder = try DeviceFolder()
    try folder.add("1-3", "2ec7:a4a7", serial: nil, number: 8, classCodes: [("02", "02", "01")])
    let error = try folder.open("usb://2EC7:A4A7")
    #expect(error.code == .notFound)
    #expect(error.cause.contains("no USBTMC interface"))
    #expect(error.advice.contains("serial:///dev/serial/by-id"))
  }

  @Test(arguments: ["usb://2A8D", "usb://2A8D:01/x", "usb://keysight:0101", "usb://2A8D:0101:7"])
  func `an address without vendor and product is refused when it is read`(_ text: String) throws {
    let error = try #require(throws: PortError.self) { try PortAddress(parsing: text) }
    #expect(error.code == .badAddress)
    #expect(error.cause.contains("vendor and product"))
  }

  @Test func `an unknown option of an address is refused`() throws {
    let error = try DeviceFolder().open("usb://2A8D:0101/A?speed=high")
    #expect(error.code == .badAddress)
    #expect(error.cause.contains("'speed'"))
  }

  @Test func `the first free port of the virtual controller is found`() {
    let status = """
      hub port sta spd dev      sockfd local_busid
      hs  0000 006 003 00010001 000003 1-1
      hs  0001 004 000 00000000 000000 0-0
      ss  0008 004 000 00000000 000000 0-0
      """
    #expect(VirtualUSBSocket.freePort(status: status) == 1)
    #expect(VirtualUSBSocket.freePort(status: status.replacing("0001 004", with: "0001 006")) == nil)
  }
}
