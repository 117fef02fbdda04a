import DUT
import Emulation
import LinuxPorts
import Ports
import Simulation

/// A simulated unit in a rig whose cells are driven. Real time: whoever advances the circuit follows the world's clock.
final class EmulatedUnit {
  /// Volts of the 24 cells, all different, index 0 = cell 1.
  static let cells = (0..<24).map { 3.2 + Double($0) * 0.004 }

  let unit: SimulatedUnit
  let circuit = Circuit(parameters: CircuitParameters())
  var address: String { unit.radioAddress }

  init(_ parameters: UnitParameters = UnitParameters()) {
    unit = SimulatedUnit(parameters: parameters)
    circuit.insert(unit)
    for (index, volts) in Self.cells.enumerated() {
      circuit.driveCell(index + 1, volts: volts, sourceLimit: 10, sinkLimit: 10, on: true)
    }
    for n in 1...4 { circuit.setThermistor(n, ohms: 10_000) }
    circuit.setRelay(.emulatorContactor, active: true)
  }

  /// Runs `body` with a unit that is switched on and in reach of an adapter.
  static func use<T: Sendable>(
    faults: LinkFaults = LinkFaults(), parameters: UnitParameters = UnitParameters(),
    _ body: @escaping @Sendable (EmulatedUnit, EmulatedRadio) async throws -> T
  ) throws -> T {
    try LinuxWorld.run(takesSignals: false) { world in
      let unit = EmulatedUnit(parameters)
      return try await EmulatedRadio.use(
        [unit.unit], in: unit.circuit, faults: faults, world: world
      ) { radio in
        try await unit.switchOn(world)
        return try await body(unit, radio)
      }
    }
  }

  /// Presses the wake switch for half a second and waits for the first sample.
  func switchOn(_ world: LinuxWorld) async throws {
    press(true, world)
    try await world.sleep(for: .seconds(0.6))
    press(false, world)
    try await world.sleep(for: .seconds(1.5))
  }

  private func press(_ isPressed: Bool, _ world: LinuxWorld) {
    circuit.advance(to: world.now)
    circuit.setRelay(.wakeSwitch, active: isPressed)
  }
}

/// Sends numbered notifications as fast as the link takes them: the bytes written say how many, and how long.
final class FloodPeripheral: PeripheralModel {
  let radioAddress = "02:53:49:4D:00:0F"
  private(set) var isConnected = false
  private var left = 0
  private var size = 20
  private var number: UInt32 = 0
  /// How many may be sent before the next leave.
  private var credits = 0
  private var start = WorldInstant.start
  /// Between two of them: a little faster than anything behind it.
  static let gap = Interval.microseconds(100)
  /// Leave for so many is given at a time, and twice for the beginning. The kernel keeps a few dozen for bluetoothd and
  /// drops what comes faster than that is fetched; no radio is as fast, an emulated one is.
  static let leave = 8

  /// A request for a flood.
  static func request(count: Int, size: Int) -> [UInt8] {
    [UInt8(count & 0xFF), UInt8(count >> 8), UInt8(size)]
  }
  /// Leave for more of it.
  static let goOn: [UInt8] = [1]
  static func number(_ bytes: [UInt8]) -> Int { Int(bytes[0]) | Int(bytes[1]) << 8 }

  func nextAdvertisement(after instant: WorldInstant) -> Advertisement? {
    guard !isConnected else { return nil }
    let period: Int64 = 100_000_000
    let slot = (instant.nanoseconds + period - 1) / period * period
    return Advertisement(
      address: radioAddress, name: "FLOOD", services: ["FFE0"], signalLevelDBm: -50,
      at: WorldInstant(nanoseconds: slot))
  }
  func connect(at now: WorldInstant) -> Bool {
    isConnected = true
    return true
  }
  func disconnect(at now: WorldInstant) {
    isConnected = false
    left = 0
  }
  func write(_ bytes: [UInt8], at now: WorldInstant) {
    if bytes == Self.goOn { return allow(Self.leave, at: now) }
    guard bytes.count == 3 else { return }
    left = Int(bytes[0]) | Int(bytes[1]) << 8
    size = Int(bytes[2])
    number = 0
    credits = 0
    allow(2 * Self.leave, at: now)
  }
  private func allow(_ count: Int, at now: WorldInstant) {
    // What waited for leave is not late.
    if credits == 0 { start = now }
    credits += count
  }
  var nextNotification: WorldInstant? { left > 0 && credits > 0 ? start + Self.gap : nil }
  func takeNotifications(upTo now: WorldInstant) -> [Notification] {
    var taken: [Notification] = []
    while left > 0, credits > 0, start + Self.gap <= now {
      start = start + Self.gap
      var bytes = [UInt8](repeating: 0xA5, count: size)
      bytes[0] = UInt8(number & 0xFF)
      bytes[1] = UInt8(number >> 8 & 0xFF)
      taken.append(Notification(bytes: bytes, at: start))
      number += 1
      left -= 1
      credits -= 1
    }
    return taken
  }
}

/// Surroundings in which nothing moves.
final class EmptySurroundings: EmulatedSurroundings {
  func advance(to instant: WorldInstant) {}
  func boardChanged() {}
}
