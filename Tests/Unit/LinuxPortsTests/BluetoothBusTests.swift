import Foundation
import Ports
import Testing

@testable import LinuxPorts

/// A system bus of the test's own, with python-dbusmock's imitation of bluetoothd on it when asked for.
private final class PrivateBus {
  static let daemon = "/usr/bin/dbus-daemon"
  static let isInstalled =
    FileManager.default.isExecutableFile(atPath: daemon)
    && FileManager.default.fileExists(atPath: "/usr/lib/python3/dist-packages/dbusmock")

  private let bus = Process()
  private let mock = Process()
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "bmsrig-bus-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let address = "unix:path=\(folder.path)/socket"
    let words = Pipe()
    bus.executableURL = URL(fileURLWithPath: Self.daemon)
    bus.arguments = ["--session", "--nofork", "--nopidfile", "--address=\(address)", "--print-address=1"]
    bus.standardOutput = words
    try bus.run()
    // It prints its address once it listens.
    _ = words.fileHandleForReading.availableData
    setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1)
  }

  deinit {
    for process in [mock, bus] where process.isRunning {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    unsetenv("DBUS_SYSTEM_BUS_ADDRESS")
    try? FileManager.default.removeItem(at: folder)
  }

  func startDaemon() throws {
    mock.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    mock.arguments = ["-m", "dbusmock", "--system", "--template", "bluez5"]
    try mock.run()
    for _ in 0..<500 {
      let reply = try ask("org.freedesktop.DBus", "org.freedesktop.DBus.NameHasOwner", "string:org.bluez")
      if reply.contains("true") { return }
    }
  }

  func endDaemon() {
    kill(mock.processIdentifier, SIGKILL)
    mock.waitUntilExit()
  }

  @discardableResult
  func ask(_ destination: String, _ method: String, path: String = "/", _ arguments: String...) throws
    -> String
  {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/dbus-send")
    process.arguments = ["--system", "--print-reply", "--dest=\(destination)", path, method] + arguments
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text
  }

  func plug(_ adapter: String) throws {
    try ask("org.bluez", "org.bluez.Mock.AddAdapter", "string:\(adapter)", "string:rig")
  }

  func appear(_ address: String, _ name: String, at adapter: String) throws {
    try ask(
      "org.bluez", "org.bluez.Mock.AddDevice", "string:\(adapter)", "string:\(address)", "string:\(name)")
  }

  /// From now on it answers a call to its agent manager with an error.
  func refuse(_ member: String, _ signature: String) throws {
    let answer = "raise dbus.exceptions.DBusException('not you', name='org.bluez.Error.NotPermitted')"
    try ask(
      "org.bluez", "org.freedesktop.DBus.Mock.AddMethod", path: "/org/bluez",
      "string:org.bluez.AgentManager1", "string:\(member)", "string:\(signature)", "string:",
      "string:\(answer)")
  }

  func switchOff(_ adapter: String) throws {
    try ask(
      "org.bluez", "org.freedesktop.DBus.Properties.Set", path: "/org/bluez/\(adapter)",
      "string:org.bluez.Adapter1", "string:Powered", "variant:boolean:false")
  }
}

@Suite(.serialized, .enabled(if: PrivateBus.isInstalled, "needs dbus-daemon and python3-dbusmock"))
struct BluetoothBusTests {
  private func radio(_ world: LinuxWorld, _ name: String = "hci0") async throws -> any RadioPort {
    try await world.openRadio(PortAddress(parsing: "ble://\(name)"), deadline: world.now.patient)
  }

  @Test func `a computer without a system bus is told so`() throws {
    setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1)
    defer { unsetenv("DBUS_SYSTEM_BUS_ADDRESS") }
    try LinuxWorld.run(takesSignals: false) { world in
      let error = try await portError { _ = try await radio(world) }
      #expect(error.code == .notFound && error.advice.contains("dbus-daemon"), "\(error)")
    }
  }

  @Test func `a bus without bluetoothd is told so`() throws {
    let bus = try PrivateBus()
    try LinuxWorld.run(takesSignals: false) { world in
      let error = try await portError { _ = try await radio(world) }
      #expect(error.code == .notFound && error.cause.contains("bluetoothd does not run"), "\(error)")
    }
    withExtendedLifetime(bus) {}
  }

  @Test func `an adapter is opened, a missing one is named beside it, an option is refused`() throws {
    let bus = try PrivateBus()
    try bus.startDaemon()
    try bus.plug("hci0")
    try LinuxWorld.run(takesSignals: false) { world in
      try await radio(world).close()
      let missing = try await portError { _ = try await radio(world, "hci4") }
      #expect(missing.code == .notFound && missing.advice.contains("hci0"), "\(missing)")
      let option = try await portError { _ = try await radio(world, "hci0?fast=yes") }
      #expect(option.code == .badAddress)
    }
  }

  @Test func `a scan hears a unit that appears, and ends at its deadline when none does`() throws {
    let bus = try PrivateBus()
    try bus.startDaemon()
    try bus.plug("hci0")
    nonisolated(unsafe) let shared = bus
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await radio(world)
      let late = try await portError { _ = try await port.scan(deadline: world.now + .milliseconds(200)) }
      #expect(late.code == .deadline && late.advice.contains("powered"), "\(late)")
      try shared.appear("02:53:49:4D:00:01", "EK-24S300A", at: "hci0")
      let heard = try await port.scan(deadline: world.now.patient)
      #expect(heard.address == "02:53:49:4D:00:01" && heard.name == "EK-24S300A")
      #expect(heard.signalLevelDBm == -79)
      port.close()
      let closed = try await portError { _ = try await port.scan(deadline: world.now.patient) }
      #expect(closed.code == .closed)
    }
  }

  @Test(arguments: [("RegisterAgent", "os"), ("RequestDefaultAgent", "o")])
  func `a bluetoothd that does not take our pairing agent is reported`(_ member: String, _ signature: String)
    throws
  {
    let bus = try PrivateBus()
    try bus.startDaemon()
    try bus.plug("hci0")
    try bus.refuse(member, signature)
    try LinuxWorld.run(takesSignals: false) { world in
      let error = try await portError { _ = try await radio(world) }
      #expect(error.code == .refused && error.cause.contains("not you"), "\(error)")
      #expect(error.advice.contains("bluetoothctl"))
    }
    withExtendedLifetime(bus) {}
  }

  @Test func `an adapter that is switched off is an error with what to type`() throws {
    let bus = try PrivateBus()
    try bus.startDaemon()
    try bus.plug("hci0")
    nonisolated(unsafe) let shared = bus
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await radio(world)
      try shared.switchOff("hci0")
      for _ in 0..<2 {
        let error = try await portError { _ = try await port.scan(deadline: world.now + .seconds(2)) }
        #expect(error.code == .refused && error.advice.contains("bluetoothctl power on"), "\(error)")
      }
    }
  }

  @Test func `a bluetoothd that is gone is waited for until the deadline`() throws {
    let bus = try PrivateBus()
    try bus.startDaemon()
    try bus.plug("hci0")
    nonisolated(unsafe) let shared = bus
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await radio(world)
      shared.endDaemon()
      // Who is in the middle of something learns of it at once; who begins anew waits for its return.
      let first = try await portError { _ = try await port.scan(deadline: world.now.patient) }
      #expect(first.code == .notFound && first.cause.contains("bluetoothd"), "\(first)")
      let began = world.now
      let error = try await portError { _ = try await port.scan(deadline: world.now + .milliseconds(500)) }
      #expect(error.code == .notFound && error.cause.contains("bluetoothd"), "\(error)")
      #expect((world.now - began).seconds > 0.3)
    }
  }

  @Test func `a stop ends a scan`() throws {
    let bus = try PrivateBus()
    try bus.startDaemon()
    try bus.plug("hci0")
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await radio(world)
      let handle = world.stopHandle
      Thread.detachNewThread { handle.request("E-stop") }
      let error = try await portError { _ = try await port.scan(deadline: world.now.patient) }
      #expect(error.code == .stopped && error.cause == "E-stop")
    }
    withExtendedLifetime(bus) {}
  }
}
