import DUT
import Emulation
import Foundation
import LinuxPorts
import Ports
import Testing

/// Ways in which a connection does not come about, or only after a while.
@Suite(.inLab, .serialized, .timeLimit(.minutes(5)))
struct BluetoothConnectTests {
  @Test func `an adapter that is not there is named beside those that are`() throws {
    try EmulatedUnit.use { _, radio in
      let error = try await radio.failure {
        _ = try await radio.world.openRadio(
          PortAddress(parsing: "ble://hci9"), deadline: radio.soon())
      }
      #expect(
        error.code == .notFound && error.cause.contains("hci9")
          && error.advice.contains(radio.adapter))
    }
  }

  @Test func `a unit out of reach ends in a deadline that says so`() throws {
    try EmulatedUnit.use { _, radio in
      let port = try await radio.open()
      let error = try await radio.failure {
        _ = try await port.connect("02:00:00:00:00:77", deadline: radio.soon(2))
      }
      #expect(error.code == .deadline && error.cause.contains("02:00:00:00:00:77"), "\(error)")
      port.close()
    }
  }

  @Test func `another characteristic than the unit has is refused, with those it has`() throws {
    try EmulatedUnit.use { unit, radio in
      let port = try await radio.open()
      let error = try await radio.failure {
        _ = try await port.connect(
          to: unit.address, service: "FFE0", characteristic: "FFE7", deadline: radio.soon())
      }
      #expect(error.code == .notFound && error.advice.contains("FFE1 in FFE0"), "\(error)")
      _ = try await port.connect(unit.address, deadline: radio.soon())
      port.close()
    }
  }

  @Test(.survivesFailedConnections)
  func `a link that breaks at once is tried again`() throws {
    var faults = LinkFaults()
    faults.breaksAtConnect = 2
    try EmulatedUnit.use(faults: faults) { unit, radio in
      let port = try await radio.open()
      let link = try await port.connect(unit.address, deadline: radio.soon(60))
      #expect(link.isConnected && radio.controller.faults.breaksAtConnect == 0)
      port.close()
    }
  }

  @Test(.survivesFailedConnections)
  func `a link that always breaks is given up, and the error counts the attempts`() throws {
    var faults = LinkFaults()
    faults.breaksAtConnect = 99
    try EmulatedUnit.use(faults: faults) { unit, radio in
      let port = try await radio.open()
      let error = try await radio.failure {
        _ = try await port.connect(unit.address, deadline: radio.soon(90))
      }
      #expect(error.code == .refused && error.cause.contains("tried 3 times"), "\(error)")
      port.close()
    }
  }

  @Test(.survivesFailedConnections)
  func `a unit that does not answer ends in a deadline, and connects once it does`() throws {
    var faults = LinkFaults()
    faults.ignoresConnections = true
    try EmulatedUnit.use(faults: faults) { unit, radio in
      let port = try await radio.open()
      let began = radio.world.now
      let error = try await radio.failure {
        _ = try await port.connect(unit.address, deadline: radio.soon(3))
      }
      #expect(error.code == .deadline && (radio.world.now - began).seconds < 6, "\(error)")
      // Linux 6.12 loses a link that comes about while it takes back its wish for one: neither its own nor let go.
      while radio.controller.isConnecting { try await radio.world.sleep(for: .milliseconds(20)) }
      radio.controller.faults.ignoresConnections = false
      _ = try await port.connect(unit.address, deadline: radio.soon(60))
      port.close()
    }
  }

  @Test(.survivesFailedConnections)
  func `a stop ends a connection that is under way`() throws {
    var faults = LinkFaults()
    faults.ignoresConnections = true
    try EmulatedUnit.use(faults: faults) { unit, radio in
      let port = try await radio.open()
      let handle = radio.world.stopHandle
      Thread.detachNewThread {
        Thread.sleep(forTimeInterval: 2)
        handle.request("E-stop")
      }
      let error = try await radio.failure {
        _ = try await port.connect(unit.address, deadline: radio.soon(60))
      }
      #expect(error.code == .stopped && error.cause == "E-stop", "\(error)")
      radio.world.holdStops = true
      port.close()
    }
  }

  /// Linux 6.1 ends the link as soon as pairing has failed, whoever asked for it.
  @Test(arguments: [false, true])
  func `a unit that wants pairing ends in an error that names it, and nothing hangs`(insists: Bool) throws {
    var faults = LinkFaults()
    faults.asksForPairing = !insists
    faults.insistsOnPairing = insists
    let wanted = faults
    try EmulatedUnit.use(faults: wanted) { unit, radio in
      let port = try await radio.open()
      let error = try await radio.failure {
        _ = try await port.connect(unit.address, deadline: radio.soon(40))
      }
      #expect(error.code == .refused && error.advice.contains("pairing"), "\(error)")
      #expect(radio.controller.counts.pairingsRefused > 0)
      radio.controller.faults = LinkFaults()
      let link = try await port.connect(unit.address, deadline: radio.soon())
      #expect(link.isConnected)
      port.close()
    }
  }

  @Test func `a stop ends the wait for a notification`() throws {
    try EmulatedUnit.use { unit, radio in
      let port = try await radio.open()
      let link = try await port.connect(unit.address, deadline: radio.soon())
      let handle = radio.world.stopHandle
      Thread.detachNewThread {
        Thread.sleep(forTimeInterval: 1)
        handle.request("E-stop")
      }
      let error = try await radio.failure { _ = try await link.notification(deadline: radio.soon(60)) }
      #expect(error.code == .stopped && error.cause == "E-stop", "\(error)")
      #expect(link.isConnected)
      radio.world.holdStops = true
      port.close()
    }
  }

  @Test
  func
    `a connection that another program holds is left alone, one that it left behind is taken over`()
    throws
  {
    try EmulatedUnit.use { unit, radio in
      let other = try await radio.open()
      let held = try await other.connect(unit.address, deadline: radio.soon())
      let port = try await radio.open()
      let error = try await radio.failure {
        _ = try await port.connect(unit.address, deadline: radio.soon())
      }
      #expect(error.code == .busy && held.isConnected, "\(error)")
      other.close()
      _ = try await port.connect(unit.address, deadline: radio.soon())
      // Connected by hand and forgotten.
      port.close()
      let device = "/org/bluez/\(radio.adapter)/dev_" + unit.address.replacing(":", with: "_")
      while unit.unit.isConnected { try await radio.world.sleep(for: .milliseconds(50)) }
      _ = try await radio.run(
        "busctl", "--system", "call", "org.bluez", device, "org.bluez.Device1", "Connect")
      #expect(unit.unit.isConnected)
      let last = try await radio.open()
      let link = try await last.connect(unit.address, deadline: radio.soon())
      #expect(link.isConnected)
      last.close()
    }
  }
}

extension Trait where Self == ConditionTrait {
  /// Linux 6.1.192 (Debian's 6.1.192-2) crashes when a connection fails before it stood: bluetoothd closes the socket
  /// of the attempt, and `hci_chan_del` takes a channel off its list that is off already.
  static var survivesFailedConnections: Self {
    let kernel = (try? Lab.text(of: "/proc/sys/kernel/osrelease")) ?? ""
    return .enabled(
      if: !kernel.hasPrefix("6.1."), "Linux 6.1 crashes when a connection fails before it stood")
  }
}
