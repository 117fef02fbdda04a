import Foundation
import Testing

/// The machine itself: what the other tests stand on.
@Suite(.inLab, .serialized, .timeLimit(.minutes(2)))
struct GuestTests {
  @Test func `it is Debian's kernel, and everything is its root's`() throws {
    #expect(try Lab.text(of: "/proc/version").contains("Debian"))
    #expect(getuid() == 0)
  }

  @Test(arguments: [
    "gpio-sim", "can-raw", "vcan", "kvaser_pci", "vhci-hcd", "usbtmc", "cdc-acm", "hci_vhci", "ftdi_sio",
  ])
  func `it has the module`(_ module: String) throws { try Lab.load(module) }

  @Test func `udev gives lines to the group plugdev, and to nobody else`() throws {
    let bank = try SimulatedBank(label: "rules", lines: 2)
    try Lab.settleDevices()
    #expect(
      try Lab.run("stat", "-c", "%G %a", "/dev/\(bank.chip)")
        == "plugdev 660\n")
    try Lab.run("setpriv", "--reuid=65534", "--clear-groups", "gpioinfo", bank.chip, expecting: 1)
    let plugdev = try Lab.run("setpriv", "--reuid=65534", "--groups=plugdev", "gpioinfo", bank.chip)
    #expect(plugdev.contains("2 lines"))
  }

  @Test func `two CAN controllers stand on one bus`() throws {
    try Lab.load("kvaser_pci", "can-raw")
    for name in ["can0", "can1"] {
      try Lab.run("ip", "link", "set", name, "up", "type", "can", "bitrate", "500000")
    }
    defer { for name in ["can0", "can1"] { _ = try? Lab.run("ip", "link", "set", name, "down") } }
    // Ends after one frame; prints it when it came from the other controller.
    let ear = try Stranger("candump", "-n", "1", "-L", "can1")
    // Heard only by sockets that are open already.
    while try Lab.text(of: "/proc/net/can/rcvlist_all").contains("(can1: no entry)") { usleep(10_000) }
    try Lab.run("cansend", "can0", "123#DEADBEEF")
    #expect(try ear.nextLine()?.contains("123#DEADBEEF") == true)
  }

  @Test func `bluetoothd is on the bus`() throws {
    try Lab.startBluetooth()
    let names = try Lab.run(
      "dbus-send", "--system", "--print-reply", "--dest=org.freedesktop.DBus", "/",
      "org.freedesktop.DBus.ListNames")
    #expect(names.contains("\"org.bluez\""))
  }
}
