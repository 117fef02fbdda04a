import Emulation
import Foundation
import LinuxPorts
import Ports
import Simulation
import Testing

/// A controller that the kernel takes for a real one, with peripherals in its reach, beside the test's own work. All of
/// it runs on one thread; what blocks that thread stops the radio.
final class EmulatedRadio {
  let controller: LowEnergyController
  let world: LinuxWorld
  private var port: VirtualControllerPort
  private var isOver = false
  private var isPulled = false

  /// As the kernel calls it.
  var adapter: String { port.adapter }
  /// For the rig file.
  var address: PortAddress { get throws { try PortAddress(parsing: "ble://\(adapter)") } }

  private init(world: LinuxWorld, port: VirtualControllerPort, controller: LowEnergyController) {
    self.world = world
    self.port = port
    self.controller = controller
  }

  /// Starts bluetoothd, puts the controller under it, waits until it is switched on, and runs `body` beside it.
  static func use<T: Sendable>(
    _ peripherals: [any PeripheralModel], in surroundings: any EmulatedSurroundings,
    faults: LinkFaults = LinkFaults(), address: String = "02:42:4D:53:00:01", world: LinuxWorld,
    _ body: (EmulatedRadio) async throws -> T
  ) async throws -> T {
    try Lab.startBluetooth()
    let port = try await VirtualControllerPort.open(
      world: world, deadline: world.now + .seconds(10))
    nonisolated(unsafe) let radio = EmulatedRadio(
      world: world, port: port,
      controller: LowEnergyController(
        address: address, peripherals: peripherals, surroundings: surroundings))
    radio.controller.faults = faults
    async let carrying: Void = radio.carry()
    do {
      try await radio.waitUntilOn()
      let result = try await body(radio)
      radio.end()
      try await carrying
      return result
    } catch {
      radio.end()
      try? await carrying
      throw error
    }
  }

  private func end() {
    isOver = true
    port.close()
  }

  private func carry() async throws {
    while !isOver {
      if isPulled {
        try await world.sleep(for: .milliseconds(20))
        continue
      }
      do throws(PortError) {
        try await VirtualController(controller: controller, port: port, world: world).run()
      } catch {
        // A stop ends the radio with everything else.
        if error.code == .stopped { return }
        guard isOver || isPulled else { throw error }
      }
    }
  }

  /// Pulls the adapter out and puts it in again after a while. Its name may change.
  func replug(after seconds: Double) async throws {
    isPulled = true
    port.close()
    // Without power it forgets everything.
    controller.receive([1, 0x03, 0x0C, 0], at: world.now)
    _ = controller.takePackets(upTo: .distantFuture)
    try await world.sleep(for: .seconds(seconds))
    port = try await VirtualControllerPort.open(world: world, deadline: soon(10))
    isPulled = false
  }

  /// bluetoothd switches a new adapter on by itself.
  func waitUntilOn() async throws {
    let limit = soon()
    while try await run(
      "busctl", "--system", "get-property", "org.bluez", "/org/bluez/\(adapter)",
      "org.bluez.Adapter1", "Powered")
      != "b true\n"
    {
      try #require(world.now < limit, "the adapter was not switched on within 30 s")
      try await world.sleep(for: .milliseconds(100))
    }
  }

  func setPower(_ isOn: Bool) async throws {
    _ = try await run(
      "busctl", "--system", "set-property", "org.bluez", "/org/bluez/\(adapter)",
      "org.bluez.Adapter1", "Powered",
      "b", isOn ? "true" : "false")
  }

  /// Ends bluetoothd the hard way and starts it again.
  func restartDaemon(after seconds: Double) async throws {
    _ = try await run("bash", "-c", "kill -9 $(pidof bluetoothd)")
    try await world.sleep(for: .seconds(seconds))
    let daemon = "$(ls /usr/libexec/bluetooth/bluetoothd /usr/lib/bluetooth/bluetoothd 2>/dev/null | head -1)"
    _ = try await run("bash", "-c", "lab-daemon /run/lab/bluetoothd.log \"\(daemon)\" -n &")
  }

  /// Runs a program while the radio goes on.
  /// - Returns: what it printed.
  func run(_ command: String...) async throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    // The thread's signal mask is inherited, and it blocks the signals that are to end a program.
    process.arguments = ["--default-signal"] + command
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    while process.isRunning { try await world.sleep(for: .milliseconds(20)) }
    return String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  }

  func soon(_ seconds: Double = 30) -> WorldInstant { world.now + .seconds(seconds) }

  /// Opens the rig's own port on this adapter.
  func open() async throws -> any RadioPort { try await world.openRadio(address, deadline: soon()) }

  /// The error of something that must fail.
  func failure(_ work: () async throws -> Void) async throws -> PortError {
    do { try await work() } catch let error as PortError { return error }
    return try #require(nil, "nothing failed")
  }
}

extension RadioPort {
  func connect(_ peripheral: String, deadline: WorldInstant) async throws -> any GATTPort {
    try await connect(to: peripheral, service: "FFE0", characteristic: "FFE1", deadline: deadline)
  }
}
