import Instruments
import LinuxPorts
import Model
import Ports
import Rigging
import Serving
import Simulation

/// Finds a real port for everything in a simulated rig, as its model has them.
struct RigServing {
  let rig: Rig
  let plant: LivePlant
  let world: LinuxWorld
  let host: String
  /// The next TCP port number; nil lets the kernel choose.
  var nextPort: Int?
  /// Instruments that others shall reach over a serial line, or HiSLIP.
  let serial: [String]
  let hislip: [String]
  /// Whether instruments with USB, and the unit's radio, are emulated for the kernel.
  let usb: Bool
  let bluetooth: Bool
  /// Chip of the kernel's GPIO simulator, as in /dev; nil leaves lines out.
  let chip: String?
  /// CAN interface of the unit's frames, `vcan0` or `can://vcan0`; nil leaves them out.
  let can: String?

  private(set) var links: [any ServedLink] = []
  /// What stands in the other process's rig file, by instrument.
  private(set) var addresses: [String: String] = [:]
  private(set) var unitLink = "ble://hci0"
  private(set) var unitBus: String?
  private(set) var unitSerial: String?
  private(set) var missing: [(name: String, why: String)] = []

  init(
    rig: Rig, plant: LivePlant, world: LinuxWorld, host: String, nextPort: Int?, serial: [String],
    hislip: [String], usb: Bool, bluetooth: Bool,
    chip: String?, can: String?
  ) {
    self.rig = rig
    self.plant = plant
    self.world = world
    self.host = host
    self.nextPort = nextPort
    self.serial = serial
    self.hislip = hislip
    self.usb = usb
    self.bluetooth = bluetooth
    self.chip = chip
    self.can = can
  }

  /// Opens all ports.
  /// - Throws: `PortError`; with `.badAddress` when an instrument was named that is not there.
  mutating func open() async throws {
    for name in serial + hislip where rig.instrument(name) == nil {
      throw PortError(
        .badAddress, attempted: "serve", port: name, cause: "the rig has no instrument of that name",
        advice: "it has \(rig.instruments.map(\.name).joined(separator: ", "))")
    }
    for instrument in rig.instruments { try await open(instrument) }
    try await openRadio()
    try openBus()
    try openSerialPort()
  }

  private mutating func openBus() throws {
    guard let can else {
      if rig.unitBus != nil {
        missing.append(
          ("unit-bus", "--can vcan0 would send its frames on that interface; the rig file leaves it out"))
      }
      return
    }
    guard let address = rig.unitBus?.address, case .bus(let node)? = hosted(at: address) else {
      throw PortError(
        .badAddress, attempted: "serve", port: can, cause: "the rig file has no 'unit-bus' to be sent there",
        advice: "leave --can away, or add 'unit-bus'")
    }
    let place = can.contains("://") ? can : "can://\(can)"
    let bus = try BusService(name: "unit-bus", node: node, plant: plant, address: place, world: world)
    links.append(bus)
    unitBus = bus.address
  }

  private mutating func openSerialPort() throws {
    guard let address = rig.unitSerial?.address, case .stream(let twin)? = hosted(at: address) else { return }
    let name = "unit-rs485"
    let link: any ServedLink =
      usb
      ? try USBLineService(name: name, twin: twin, plant: plant, baud: Self.unitBaud, world: world)
      : try SerialService(
        name: name, twin: twin, plant: plant, baud: Self.unitBaud, isText: false, world: world)
    links.append(link)
    unitSerial = link.address
  }

  /// Of both candidate profiles of the unit's 485 port.
  private static let unitBaud = 115_200

  private func hosted(at text: String) -> HostedLink? {
    guard let address = try? PortAddress(parsing: text), address.scheme == .sim else { return nil }
    return plant.hosted.first { $0.name == address.target }?.link
  }

  private mutating func openRadio() async throws {
    guard bluetooth else {
      missing.append(
        ("unit", "--bluetooth would emulate an adapter (root, hci_vhci); the rig file says \(unitLink)"))
      return
    }
    for (_, link) in plant.hosted {
      guard case .radio(let peripherals) = link else { continue }
      let radio = try await RadioService(name: "unit", peripherals: peripherals, plant: plant, world: world)
      links.append(radio)
      unitLink = radio.address
    }
  }

  private mutating func open(_ instrument: RigInstrument) async throws {
    let name = instrument.name
    guard let hosted = hosted(at: instrument.address),
      let entry = InstrumentCatalog.entry(instrument.driver)
    else { return }
    switch hosted {
    case .stream(let twin), .messages(let twin): try await open(instrument, twin, entry)
    case .lines(let wiring):
      if let chip {
        let lines = try LineService(name: name, wiring: wiring, plant: plant, chip: chip, world: world)
        links.append(lines)
        addresses[name] = lines.address
        return
      }
      addresses[name] = "gpio://gpiochip0"
      missing.append(
        (name, "--gpio would take a chip of the kernel's simulator; the rig file says gpio://gpiochip0"))
    case .radio, .bus: break
    }
  }

  private mutating func open(
    _ instrument: RigInstrument, _ twin: any InstrumentTwin, _ entry: DriverEntry
  ) async throws {
    let name = instrument.name
    let connections = entry.connections
    var opened: [ModelConnection: String] = [:]
    // A line of a model that is mostly reached over LAN only when asked for.
    let wantsLine = serial.contains(name)
    for (index, connection) in connections.enumerated() {
      let link: any ServedLink
      switch connection {
      case .socket(_, let clients):
        link = TCPService(
          name: name, twin: twin, plant: plant, listener: try await listener(), clientMax: clients,
          world: world)
      case .hislip(let sessions):
        link = HiSLIPService(
          name: name, twin: twin, plant: plant, listener: try await listener(), sessionMax: sessions,
          world: world)
      case .usb(let vendor, let product):
        guard usb else { continue }
        link = try USBService(
          name: name, twin: twin, plant: plant, vendor: vendor, product: product, title: entry.title,
          serial: instrument.serial, world: world)
      case .serial(let baud):
        guard wantsLine || index == 0 else { continue }
        link = try SerialService(name: name, twin: twin, plant: plant, baud: baud, world: world)
      }
      links.append(link)
      opened[connection] = link.address
    }
    if wantsLine, !opened.keys.contains(where: { if case .serial = $0 { true } else { false } }) {
      let line = try SerialService(name: name, twin: twin, plant: plant, baud: 115_200, world: world)
      links.append(line)
      opened[.serial(baud: 115_200)] = line.address
    }
    addresses[name] = preferred(name, connections, opened)
  }

  private func preferred(
    _ name: String, _ connections: [ModelConnection], _ opened: [ModelConnection: String]
  ) -> String? {
    let wished = opened.first { connection, _ in
      switch connection {
      case .serial: serial.contains(name)
      case .hislip: hislip.contains(name)
      case .usb: usb
      case .socket: false
      }
    }
    return wished?.value ?? connections.lazy.compactMap { opened[$0] }.first
  }

  private mutating func listener() async throws -> TCPListener {
    let port = nextPort ?? 0
    if nextPort != nil { nextPort = port + 1 }
    return try await TCPListener.open(host: host, port: port, in: world)
  }

  /// For people: what is where.
  var table: [String] {
    let names = links.map(\.name) + missing.map(\.name)
    let wide = names.map(\.count).max() ?? 0
    let long = links.map(\.address.count).max() ?? 0
    func line(_ name: String, _ rest: String) -> String { name.padded(wide) + "  " + rest }
    return links.map { line($0.name, $0.address.padded(long) + "  " + $0.words) }
      + missing.map { line($0.name, "not served here: \($0.why)") }
      + ["serving in real time; Ctrl-C ends"]
  }
}
