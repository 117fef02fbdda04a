import Emulation
import Foundation
import LinuxPorts
import Ports
import Testing

/// Who may open a USB instrument, under the project's own udev rules.
@Suite(.inLab, .serialized, .timeLimit(.minutes(5)))
struct USBPermissionTests {
  /// Runs `body` as another user; the tests of this bundle run one after the other.
  private func asNobody(group: gid_t, _ body: () throws -> Void) throws {
    try #require(setegid(group) == 0 && seteuid(65534) == 0)
    defer {
      _ = seteuid(0)
      _ = setegid(0)
    }
    try body()
  }

  @Test func `only the group plugdev may, and others are told so`() throws {
    let device = try PluggedDevice { WillingTwin.instrument() }
    defer { device.pull() }
    // As root first: then the kernel has found it, and udev has dealt with it.
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await openWhenThere(WillingTwin.address, world)
      port.close()
    }
    try Lab.settleDevices()
    let plugdev = try #require(getgrnam("plugdev")).pointee.gr_gid
    try asNobody(group: 65534) {
      try LinuxWorld.run(takesSignals: false) { world in
        let error = await #expect(throws: PortError.self) {
          _ = try await openWhenThere(WillingTwin.address, world)
        }
        #expect(error?.code == .permission)
        #expect(error?.advice.contains("plugdev") == true)
        #expect(error?.advice.contains("Rigs/udev") == true)
      }
    }
    try asNobody(group: plugdev) {
      try LinuxWorld.run(takesSignals: false) { world in
        let port = try await openWhenThere(WillingTwin.address, world)
        try await port.send(Array("*IDN?\n".utf8), deadline: world.now + .seconds(5))
        #expect(
          try await port.receive(deadline: world.now + .seconds(5))
            == Array((WillingTwin.identity + "\n").utf8))
        port.close()
      }
    }
  }

  @Test func `an instrument that another has open is busy, and free again after it was closed`() throws {
    let device = try PluggedDevice { WillingTwin.instrument() }
    defer { device.pull() }
    try LinuxWorld.run(takesSignals: false) { world in
      let first = try await openWhenThere(WillingTwin.address, world)
      let error = await #expect(throws: PortError.self) {
        _ = try await openWhenThere(WillingTwin.address, world)
      }
      #expect(error?.code == .busy)
      #expect(error?.advice.contains("fuser -v /dev/bus/usb/") == true)
      first.close()
      let second = try await openWhenThere(WillingTwin.address, world)
      try await second.send(Array("*IDN?\n".utf8), deadline: world.now + .seconds(5))
      #expect(
        try await second.receive(deadline: world.now + .seconds(5))
          == Array((WillingTwin.identity + "\n").utf8))
      second.close()
    }
  }

  @Test func `an instrument that is not there is missed with a list of those that are`() throws {
    let device = try PluggedDevice { WillingTwin.instrument() }
    defer { device.pull() }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await openWhenThere(WillingTwin.address, world)
      port.close()
      let address = try PortAddress(parsing: "usb://2A8D:0101/MY1")
      let error = await #expect(throws: PortError.self) {
        _ = try await world.openMessages(address, deadline: world.now + .seconds(5))
      }
      #expect(error?.code == .notFound)
      #expect(
        error?.cause.contains("\(WillingTwin.address) (ACME M-1)") == true, "\(String(describing: error))")
    }
  }
}
