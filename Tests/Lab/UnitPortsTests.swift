import Capabilities
import DUT
import Foundation
import LinuxPorts
import Ports
import Rigging
import Serving
import Simulation
import Testing

/// The simulated unit on a CAN interface of the kernel and on a serial line: heard by candump, understood by cantools,
/// and by the rig's own ears.
@Suite(.inLab, .serialized, .timeLimit(.minutes(5)))
struct UnitPortsTests {
  private static let python = CANTests.root.appendingPathComponent(".build/strangers/bin/python3").path
  private static let dbc = CANTests.root.appendingPathComponent("Rigs/CAN/pylontech-candidate.dbc").path

  /// A unit that is switched on, with 24 cells at 3.3 V, whose ports are served while `body` runs.
  private func serving(
    _ interface: String, _ body: @escaping @Sendable (LinuxWorld, LivePlant, PortAddress) async throws -> Void
  ) throws {
    try LinuxWorld.run(takesSignals: false) { world in
      let plant = LivePlant(circuit: Circuit(parameters: CircuitParameters()), seed: 1, world: world)
      let unit = SimulatedUnit(parameters: UnitParameters())
      plant.circuit.insert(unit)
      for cell in 1...24 {
        plant.circuit.driveCell(cell, volts: 3.3, sourceLimit: 10, sinkLimit: 10, on: true)
      }
      for sensor in 1...4 { plant.circuit.setThermistor(sensor, ohms: 10_000) }
      plant.circuit.setRelay(.emulatorContactor, active: true)
      plant.circuit.setRelay(.wakeSwitch, active: true)
      let bus = try BusService(
        name: "unit-bus", node: unit, plant: plant, address: "can://\(interface)", world: world)
      let line = try SerialService(
        name: "unit-rs485", twin: UnitSerialPort(unit: unit, profile: .native, unitNumber: 1), plant: plant,
        baud: 115_200, isText: false, world: world)
      let service = Confined(RigService(plant: plant, links: [bus, line]))
      let inner = Confined((world, plant, try PortAddress(parsing: line.address)))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await service.value.run() }
        group.addTask { try await body(inner.value.0, inner.value.1, inner.value.2) }
        try await group.next()
        group.cancelAll()
        try await group.waitForAll()
      }
    }
  }

  @Test func `candump hears the unit, and cantools reads its pack voltage`() throws {
    let bus = try CANTests.VirtualBus("vcan11")
    let candump = try Stranger("candump", "-n", "18", "-L", bus.name)
    while !(try Lab.text(of: "/proc/net/can/rcvlist_all").contains(bus.name)) { usleep(10_000) }
    let candumpBox = Confined(candump)
    let lines = Confined(Lines())
    try serving(bus.name) { world, _, _ in
      // Three rounds of six frames; the program ends by itself.
      while candumpBox.value.isRunning { try await world.sleep(for: .milliseconds(50)) }
      while let line = try candumpBox.value.nextLine() { lines.value.all.append(line) }
    }
    let frames = lines.value.all.compactMap { line -> (time: Double, frame: CANFrame)? in
      let words = line.split(separator: " ")
      guard words.count >= 3, let time = Double(words[0].dropFirst().dropLast()) else { return nil }
      return CANFrame(text: words[2], at: .start).map { (time, $0) }
    }
    try #require(frames.count == 18, "\(lines.value.all)")
    let identifiers: [UInt32] = [0x351, 0x355, 0x356, 0x359, 0x35C, 0x35E]
    #expect(frames.map(\.frame.identifier) == identifiers + identifiers + identifiers)
    // A period is a second of the unit's clock; the guest may stand still for a while.
    #expect((0.5...2).contains(frames[12].time - frames[6].time))
    let asked: [String: Any] = [
      "dbc": Self.dbc,
      "frames": frames.map { [Int($0.frame.identifier), false, HexText.packed($0.frame.bytes)] as [Any] },
    ]
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("unit-frames.json")
    try JSONSerialization.data(withJSONObject: asked).write(to: file)
    let program = CANTests.root.appendingPathComponent("Tests/Strangers/Programs/cantools_decode.py").path
    let answer = try Lab.run("sh", "-c", "\(Self.python) \(program) < \(file.path)")
    let decoded = try #require(try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [[String: Any]])
    let volts = decoded.compactMap { ($0["signals"] as? [String: String])?["Voltage"].flatMap(Double.init) }
    #expect(volts.count == 3 && volts.allSatisfy { ($0 - 79.2).magnitude < 0.3 }, "\(volts)")
    let charge = decoded.compactMap { ($0["signals"] as? [String: String])?["StateOfCharge"] }
    #expect(charge.count == 3)
  }

  @Test func `the rig's own ears hear both ports at once and the same battery, also after a change`() throws {
    let bus = try CANTests.VirtualBus("vcan12")
    let name = bus.name
    try serving(name) { world, plant, line in
      let can = CANUnit(
        world: world, address: try PortAddress(parsing: "can://\(name)"), isProfileConfirmed: false)
      let serial = RS485Unit(world: world, profile: .native, unitNumber: 1, isProfileConfirmed: false) {
        deadline throws(PortError) in try await world.openStream(line, deadline: deadline)
      }
      func read() async throws -> (can: UnitBroadcast, serial: UnitBroadcast) {
        // Two of CAN: the first may be a sample from before a change.
        let first = try await can.broadcast(after: world.now, deadline: world.now + .seconds(30))
        let second = try await can.broadcast(after: first.at, deadline: world.now + .seconds(30))
        let told = try await serial.broadcast(after: world.now, deadline: world.now + .seconds(30))
        return (second, told)
      }
      let before = try await read()
      #expect((before.can.packVoltage - 79.2).magnitude < 0.3)
      #expect((before.can.packVoltage - before.serial.packVoltage).magnitude < 0.05)
      plant.catchUp()
      for cell in 1...24 {
        plant.circuit.driveCell(cell, volts: 3.4, sourceLimit: 10, sinkLimit: 10, on: true)
      }
      let after = try await read()
      #expect((after.can.packVoltage - 81.6).magnitude < 0.3)
      #expect((after.can.packVoltage - after.serial.packVoltage).magnitude < 0.05)
      #expect(after.serial.cellVoltages.count == 24)
      can.close()
      serial.close()
    }
  }

  @Test func `an interface that was down is served again, and what came meanwhile is lost`() throws {
    let bus = try CANTests.VirtualBus("vcan13")
    let name = bus.name
    try serving(name) { world, _, _ in
      let address = try PortAddress(parsing: "can://\(name)")
      let ear = try await world.openCAN(address, deadline: world.now + .seconds(1))
      _ = try await ear.receive(deadline: world.now + .seconds(30))
      try Lab.run("ip", "link", "set", name, "down")
      try await world.sleep(for: .seconds(2.5))
      try Lab.run("ip", "link", "set", name, "up")
      let up = world.now
      var frame: CANFrame?
      while frame.map({ $0.at <= up }) ?? true {
        do { frame = try await ear.receive(deadline: world.now + .seconds(30)) } catch let error as PortError
        {
          // The ear says once that its interface was down.
          try #require(error.code == .closed, "\(error)")
        }
      }
      #expect((0x351...0x35E).contains(try #require(frame).identifier))
      ear.close()
    }
  }

  @Test func `bmsrig serves both, names them in a rig file, and its probe finds them there`() throws {
    let program = CANTests.root.appendingPathComponent(".build/debug/bmsrig").path
    let rig = CANTests.root.appendingPathComponent("Rigs/simulated.yaml").path
    func refused(_ words: String) throws {
      let said = try Lab.run(program, "rig", "serve", rig, "--can", "vcan14", expecting: 3)
      #expect(said.contains(words), "\(said)")
    }
    try Lab.load("vcan")
    try refused("sudo ip link add dev vcan14 type vcan")
    let bus = try CANTests.VirtualBus("vcan14", up: false)
    try refused("sudo ip link set vcan14 up")
    try Lab.run("ip", "link", "set", bus.name, "up")
    let written = FileManager.default.temporaryDirectory.appendingPathComponent("served-unit-ports.yaml").path
    let server = try Stranger(program, "rig", "serve", rig, "--can", "vcan14", "--rig-file", written)
    var said: [String] = []
    while said.last?.hasPrefix("serving in real time") != true {
      said.append(try #require(try server.nextLine(), "\(said)"))
    }
    let (file, findings) = RigFile.load(path: written)
    #expect(findings.isEmpty, "\(findings.map(\.description))")
    #expect(file?.rig.unitBus?.address == "can://vcan14" && file?.rig.unitBus?.confirmed == true)
    #expect(file?.rig.unitSerial?.address.hasPrefix("serial:///dev/pts/") == true)
    // The lines and the adapter of this rig are not here, so the code is that of a rig that is not whole.
    let probed = try Lab.run(program, "rig", "probe", written, expecting: 3)
    let lines = probed.split(separator: "\n")
    let can = try #require(lines.first { $0.hasPrefix("unit-bus") }, "\(probed)")
    #expect(can.contains(" ok ") && can.contains("the bus opens; it is silent"), "\(can)")
    let serial = try #require(lines.first { $0.hasPrefix("unit-rs485") }, "\(probed)")
    #expect(serial.contains(" ok ") && serial.contains("nobody answers by the profile"), "\(serial)")
    server.end()
  }

  @Test func `with USB its 485 port is a serial line of the kernel under the name of our udev rule`() throws {
    try Lab.load("vhci-hcd", "cdc-acm")
    try Lab.settleDevices()
    let program = CANTests.root.appendingPathComponent(".build/debug/bmsrig").path
    let rig = CANTests.root.appendingPathComponent("Rigs/simulated.yaml").path
    let written = FileManager.default.temporaryDirectory.appendingPathComponent("served-usb-line.yaml").path
    let server = try Stranger(program, "rig", "serve", rig, "--usb", "--rig-file", written)
    defer { server.end() }
    var said: [String] = []
    while said.last?.hasPrefix("serving in real time") != true {
      said.append(try #require(try server.nextLine(), "\(said)"))
    }
    let patience = Date() + 30
    while !FileManager.default.fileExists(atPath: "/dev/bmsrig/serial-unit-rs485-00"), Date() < patience {
      usleep(20_000)
    }
    let probed = try Lab.run(program, "rig", "probe", written, expecting: 3)
    let line = try #require(probed.split(separator: "\n").first { $0.hasPrefix("unit-rs485") }, "\(probed)")
    #expect(line.contains("/dev/bmsrig/serial-unit-rs485-00"), "\(line)")
    #expect(line.contains(" ok ") && line.contains("the line opens"), "\(line)")
  }

  private final class Lines { var all: [String] = [] }
}
