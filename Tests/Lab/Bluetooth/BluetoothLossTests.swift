import DUT
import Emulation
import LinuxPorts
import Ports
import Testing

/// What can break, breaks; each time with a named error, and the next connection works.
@Suite(.inLab, .serialized, .timeLimit(.minutes(5)))
struct BluetoothLossTests {
  /// Connects, lets something happen, expects the link to end with words, connects again and reads the unit.
  private func survive(
    faults: LinkFaults = LinkFaults(), ending words: String,
    _ happening:
      @escaping @Sendable (EmulatedUnit, EmulatedRadio, any GATTPort) async throws -> Void
  ) throws {
    try EmulatedUnit.use(faults: faults) { unit, radio in
      let port = try await radio.open()
      let link = try await port.connect(unit.address, deadline: radio.soon())
      try await happening(unit, radio, link)
      let error = try await radio.failure {
        while true { _ = try await link.notification(deadline: radio.soon()) }
      }
      #expect(error.code == .closed && error.cause.contains(words), "\(error)")
      #expect(!link.isConnected)
      let refused = try await radio.failure { try await link.write([1], deadline: radio.soon()) }
      #expect(refused.code == .closed && refused.cause == error.cause)
      radio.controller.faults = LinkFaults()
      let began = radio.world.now
      let again = try await port.connect(unit.address, deadline: radio.soon(60))
      print("lab: bluetooth: back \((radio.world.now - began).seconds) s after '\(error.cause)'")
      let session = BMSSession(port: again, world: radio.world)
      #expect(try await session.deviceInfo(deadline: radio.soon()).model == "EK-B24S8E300A")
      #expect(!link.isConnected && again.isConnected)
      port.close()
    }
  }

  @Test func `the unit is carried away`() throws {
    try survive(ending: "connection is lost") { _, radio, _ in
      radio.controller.breakLinks(at: radio.world.now)
    }
  }

  @Test func `the unit loses its supply while connected`() throws {
    try survive(ending: "connection is lost") { unit, radio, _ in
      unit.circuit.advance(to: radio.world.now)
      unit.circuit.setRelay(.emulatorContactor, active: false)
      try await radio.world.sleep(for: .seconds(5))
      unit.circuit.advance(to: radio.world.now)
      unit.circuit.setRelay(.emulatorContactor, active: true)
      try await unit.switchOn(radio.world)
    }
  }

  @Test func `the link breaks in the middle of a write`() throws {
    try survive(ending: "connection is lost") { _, radio, link in
      radio.controller.faults.breaksAtWrite = 1
      try await link.write([UInt8](repeating: 0xAA, count: 20), deadline: radio.soon())
    }
  }

  @Test func `bluetoothd is killed and started again`() throws {
    try survive(ending: "bluetoothd has ended") { _, radio, _ in
      try await radio.restartDaemon(after: 0.5)
    }
  }

  @Test func `the adapter is switched off and on`() throws {
    try survive(ending: "connection is lost") { _, radio, _ in
      try await radio.setPower(false)
      let error = try await radio.failure { _ = try await radio.open() }
      #expect(error.code == .refused && error.advice.contains("rfkill"))
      try await radio.setPower(true)
    }
  }

  @Test func `the adapter is pulled out and put in again`() throws {
    try survive(ending: "connection is lost") { _, radio, _ in
      try await radio.replug(after: 0.5)
      try await radio.waitUntilOn()
    }
  }

  @Test func `a lost notification costs a repeated request and nothing else`() throws {
    try EmulatedUnit.use { unit, radio in
      let port = try await radio.open()
      let link = try await port.connect(unit.address, deadline: radio.soon())
      let session = BMSSession(port: link, world: radio.world)
      radio.controller.faults.notificationsToDrop = 1
      #expect(try await session.deviceInfo(deadline: radio.soon()).model == "EK-B24S8E300A")
      #expect(session.statistics.readsRepeated == 1)
      port.close()
    }
  }

  @Test func `a silent unit ends in a deadline, and the link still stands`() throws {
    try EmulatedUnit.use { unit, radio in
      let port = try await radio.open()
      let link = try await port.connect(unit.address, deadline: radio.soon())
      radio.controller.faults.isSilent = true
      let error = try await radio.failure {
        _ = try await link.notification(deadline: radio.soon(0.5))
      }
      #expect(error.code == .deadline && link.isConnected)
      radio.controller.faults.isSilent = false
      let session = BMSSession(port: link, world: radio.world)
      #expect(try await session.deviceInfo(deadline: radio.soon()).model == "EK-B24S8E300A")
      port.close()
    }
  }
}
