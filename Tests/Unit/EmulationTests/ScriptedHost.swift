import Ports
import Simulation

@testable import Emulation

/// Advertises every 100 ms while unconnected and answers every write with two notifications.
final class EchoPeripheral: PeripheralModel {
  let radioAddress: String
  private(set) var isConnected = false
  private(set) var writes: [[UInt8]] = []
  var accepts = true
  private var queue: [Notification] = []

  init(_ address: String = "02:53:49:4D:00:01") { radioAddress = address }

  func nextAdvertisement(after instant: WorldInstant) -> Advertisement? {
    guard !isConnected else { return nil }
    let period: Int64 = 100_000_000
    let slot = (instant.nanoseconds + period - 1) / period * period
    return Advertisement(
      address: radioAddress, name: "EK-24S300A", services: ["FFE0", "FEE7"], signalLevelDBm: -60,
      at: WorldInstant(nanoseconds: slot))
  }
  func connect(at now: WorldInstant) -> Bool {
    isConnected = accepts
    return accepts
  }
  func disconnect(at now: WorldInstant) {
    isConnected = false
    queue = []
  }
  func write(_ bytes: [UInt8], at now: WorldInstant) {
    writes.append(bytes)
    for number in [UInt8(1), 2] {
      queue.append(Notification(bytes: bytes + [number], at: now + .milliseconds(10 * Double(number))))
    }
  }
  var nextNotification: WorldInstant? { queue.first?.at }
  func takeNotifications(upTo now: WorldInstant) -> [Notification] {
    let left = queue.filter { $0.at <= now }
    queue.removeFirst(left.count)
    return left
  }
  /// Its supply is gone.
  func die() { isConnected = false }
}

final class QuietSurroundings: EmulatedSurroundings {
  private(set) var now = WorldInstant.start
  func advance(to instant: WorldInstant) { now = instant }
  func boardChanged() {}
}

/// What a kernel would do, by hand: sends commands, notes each event with the time at which it was due.
final class ScriptedHost {
  let controller: LowEnergyController
  private(set) var now = WorldInstant.start
  private(set) var received: [(at: WorldInstant, packet: HCIPacket)] = []

  init(_ peripherals: [EchoPeripheral], faults: LinkFaults = LinkFaults()) {
    controller = LowEnergyController(peripherals: peripherals, surroundings: QuietSurroundings())
    controller.faults = faults
  }

  func send(_ packet: HCIPacket) {
    controller.receive(packet.bytes, at: now)
    collect()
  }

  func command(_ code: UInt16, _ parameters: [UInt8] = []) {
    send(.command(code: code, parameters: parameters))
  }

  func wait(_ seconds: Double) {
    let end = now + .seconds(seconds)
    while let next = controller.nextEvent, next <= end {
      now = max(next, now)
      controller.advance(to: now)
      collect()
    }
    now = end
    controller.advance(to: now)
    collect()
  }

  private func collect() {
    for bytes in controller.takePackets(upTo: now) {
      guard let packet = HCIPacket(parsing: bytes) else { preconditionFailure("unreadable: \(bytes)") }
      received.append((now, packet))
    }
  }

  /// Takes what has come since the last call.
  func take() -> [HCIPacket] {
    defer { received = [] }
    return received.map(\.packet)
  }

  /// Parameters of the events of a kind; low energy ones by their own number.
  func events(_ code: UInt8, low: UInt8? = nil) -> [(at: WorldInstant, parameters: [UInt8])] {
    received.compactMap { at, packet in
      guard case .event(let kind, let parameters) = packet, kind == code else { return nil }
      guard let low else { return (at, parameters) }
      return parameters.first == low ? (at, Array(parameters.dropFirst())) : nil
    }
  }

  // MARK: - A link

  static let handle = LowEnergyController.firstHandle

  /// Connects to the first peripheral and waits until the link is announced.
  func connect(_ address: String = "02:53:49:4D:00:01") {
    var parameters = [UInt8](repeating: 0, count: 25)
    parameters.replaceSubrange(6..<12, with: DeviceAddress.bytes(address)!)
    command(LowEnergyController.Command.connect, parameters)
    wait(0.3)
  }

  func ask(_ request: [UInt8]) {
    send(
      .data(
        handle: Self.handle, isContinued: false,
        bytes: LinkPackets.frame(LinkPackets.Channel.attributes, request)))
  }

  /// Attribute packets that have come since the last call.
  func answers() -> [[UInt8]] {
    take().compactMap { packet in
      guard case .data(_, _, let bytes) = packet, UInt16(bytes, at: 2) == LinkPackets.Channel.attributes
      else { return nil }
      return Array(bytes[4...])
    }
  }

  func subscribe() { ask([0x12, 0x0B, 0x00, 0x01, 0x00]) }
}
