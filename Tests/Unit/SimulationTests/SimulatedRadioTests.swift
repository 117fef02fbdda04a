import Ports
import Testing

@testable import Simulation

/// Advertises on a fixed grid while on and unconnected; answers every write with two notifications.
final class BeaconPeripheral: PeripheralModel {
  let radioAddress: String
  let period: Int64
  var isOn = true
  private(set) var isConnected = false
  private(set) var writes: [(bytes: [UInt8], at: WorldInstant)] = []
  private var queue: [Notification] = []

  init(_ address: String, periodMilliseconds: Int64) {
    radioAddress = address
    period = periodMilliseconds * 1_000_000
  }

  func nextAdvertisement(after instant: WorldInstant) -> Advertisement? {
    guard isOn, !isConnected else { return nil }
    let slot = (instant.nanoseconds + period - 1) / period * period
    return Advertisement(
      address: radioAddress, name: "EK-24S300A", services: ["FFE0"], signalLevelDBm: -60,
      at: WorldInstant(nanoseconds: slot))
  }
  func connect(at now: WorldInstant) -> Bool {
    isConnected = isOn
    return isOn
  }
  func disconnect(at now: WorldInstant) { isConnected = false }
  func write(_ bytes: [UInt8], at now: WorldInstant) {
    writes.append((bytes, now))
    queue.append(Notification(bytes: bytes + [1], at: now + .milliseconds(30)))
    queue.append(Notification(bytes: bytes + [2], at: now + .milliseconds(40)))
  }
  var nextNotification: WorldInstant? { queue.first?.at }
  func takeNotifications(upTo now: WorldInstant) -> [Notification] {
    let left = queue.filter { $0.at <= now }
    queue.removeFirst(left.count)
    return left
  }
  func powerOff() {
    isOn = false
    isConnected = false
    queue = []
  }
}

@Suite struct SimulatedRadioTests {
  private let near = BeaconPeripheral("AA:00:00:00:00:01", periodMilliseconds: 100)
  private let far = BeaconPeripheral("AA:00:00:00:00:02", periodMilliseconds: 250)

  private func world(_ behaviour: LinkBehaviour = .init()) -> SimulatedWorld {
    let world = SimulatedWorld(circuit: Circuit.fresh, seed: 9)
    world.host(radio: [near, far], named: "radio", behaviour: behaviour)
    return world
  }

  private func connected(_ world: SimulatedWorld) async throws -> any GATTPort {
    let radio = try await world.openRadio(PortAddress(parsing: "sim://radio"), deadline: .start)
    return try await radio.connect(
      to: near.radioAddress, service: "FFE0", characteristic: "FFE1", deadline: world.now + .seconds(5))
  }

  @Test func `a scan hears everybody in order of time, and again each time`() throws {
    let world = world()
    try world.run {
      let radio = try await world.openRadio(PortAddress(parsing: "sim://radio"), deadline: .start)
      try await world.sleep(for: .milliseconds(150))
      var heard: [String] = []
      for _ in 0..<6 {
        let advertisement = try await radio.scan(deadline: world.now + .seconds(1))
        #expect(advertisement.at == world.now)
        heard.append("\(advertisement.address.last!) \(world.now.nanoseconds / 1_000_000)")
      }
      #expect(heard == ["1 200", "2 250", "1 300", "1 400", "1 500", "2 500"])
      near.isOn = false
      far.isOn = false
      #expect(await code { _ = try await radio.scan(deadline: world.now + .seconds(3)) } == .deadline)
    }
  }

  @Test func `connecting takes 120 to 400 ms from an advertisement, a write 5 to 15 ms`() throws {
    let world = world()
    try world.run {
      let gatt = try await connected(world)
      #expect(world.now > .start + .milliseconds(120) && world.now < .start + .milliseconds(400))
      #expect(gatt.isConnected)
      let sent = world.now
      try await gatt.write([7], deadline: world.now + .seconds(1))
      #expect(near.writes.isEmpty)
      let first = try await gatt.notification(deadline: world.now + .seconds(1))
      let way = near.writes[0].at - sent
      #expect(way > .milliseconds(5) && way < .milliseconds(15))
      #expect(first == Notification(bytes: [7, 1], at: near.writes[0].at + .milliseconds(30)))
      #expect(world.now == first.at)
      try await world.sleep(for: .seconds(1))
      let second = try await gatt.notification(deadline: world.now)
      #expect(second.at == near.writes[0].at + .milliseconds(40))
      gatt.disconnect()
      #expect(!near.isConnected)
    }
  }

  @Test func `a lost link gives what had arrived, then closed, and may be set up again`() throws {
    var behaviour = LinkBehaviour()
    behaviour.dropAt = .start + .seconds(2)
    let world = world(behaviour)
    try world.run {
      let gatt = try await connected(world)
      try await world.sleep(until: .start + .seconds(1.955))
      try await gatt.write([7], deadline: world.now + .seconds(1))
      #expect(try await gatt.notification(deadline: world.now + .seconds(5)).bytes == [7, 1])
      #expect(await code { _ = try await gatt.notification(deadline: world.now + .seconds(5)) } == .closed)
      #expect(world.now == .start + .seconds(2))
      #expect(!near.isConnected)
      let again = try await connected(world)
      #expect(again.isConnected)
    }
  }

  @Test func `a unit that loses power ends a waiting reader`() throws {
    let world = world()
    let near = near
    world.schedule(at: .start + .seconds(3)) { near.powerOff() }
    try world.run {
      let gatt = try await connected(world)
      #expect(await code { _ = try await gatt.notification(deadline: .start + .seconds(60)) } == .closed)
      #expect(world.now == .start + .seconds(3))
      #expect(!gatt.isConnected)
    }
  }

  @Test func `an unknown peripheral, a missing characteristic and a dark unit are told apart`() throws {
    let world = world()
    try world.run {
      let radio = try await world.openRadio(PortAddress(parsing: "sim://radio"), deadline: .start)
      func connecting(_ peripheral: String, _ characteristic: String) async -> PortError.Code? {
        await code {
          _ = try await radio.connect(
            to: peripheral, service: "FFE0", characteristic: characteristic, deadline: world.now + .seconds(2)
          )
        }
      }
      #expect(await connecting("AA:00:00:00:00:03", "FFE1") == .notFound)
      #expect(await connecting(near.radioAddress, "FFE9") == .notFound)
      #expect(!near.isConnected)
      near.powerOff()
      #expect(await connecting(near.radioAddress, "FFE1") == .deadline)
    }
  }
}
