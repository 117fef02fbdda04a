import Ports

/// A simulated Bluetooth central within reach of a few peripherals.
///
/// Modelled: advertising as the peripherals decide it, 120 to 400 ms to connect (project default), one service and
/// characteristic as in the BLE protocol notes. Not modelled: signal fading, collisions, pairing, MTU exchange
/// (a peripheral cuts its notifications itself).
final class SimulatedRadio: RadioPort {
  static let service = "FFE0"
  static let characteristic = "FFE1"
  /// Seconds from the advertisement that starts a connection to notifications being on.
  static let connecting = (0.120, 0.400)

  let address: PortAddress
  private let world: SimulatedWorld
  private let link: SimulatedLink
  private let peripherals: [any PeripheralModel]
  /// When each peripheral was last reported by `scan`.
  private var heard: [WorldInstant?]
  private var isClosed = false

  init(
    world: SimulatedWorld, address: PortAddress, link: SimulatedLink, peripherals: [any PeripheralModel]
  ) {
    self.world = world
    self.address = address
    self.link = link
    self.peripherals = peripherals
    heard = peripherals.map { _ in nil }
  }

  func scan(deadline: WorldInstant) async throws(PortError) -> Advertisement {
    try check("scan")
    try await world.wait(until: deadline, to: "hear an advertisement", port: address.description) {
      self.nextHeard()?.advertisement.at
    }
    try check("scan")
    guard let (index, advertisement) = nextHeard() else { throw closed("scan") }
    heard[index] = advertisement.at
    return advertisement
  }

  /// The advertisement that comes next, with the index of its sender; never one that was reported before.
  private func nextHeard() -> (index: Int, advertisement: Advertisement)? {
    guard !link.behaviour.silent else { return nil }
    var best: (index: Int, advertisement: Advertisement)?
    for (index, peripheral) in peripherals.enumerated() {
      let from = max(world.now, heard[index].map { $0 + Interval(nanoseconds: 1) } ?? .start)
      guard let next = peripheral.nextAdvertisement(after: from) else { continue }
      if best.map({ next.at < $0.advertisement.at }) ?? true { best = (index, next) }
    }
    return best
  }

  func connect(to peripheral: String, service: String, characteristic: String, deadline: WorldInstant)
    async throws(PortError) -> any GATTPort
  {
    let attempted = "connect to \(peripheral)"
    try check(attempted)
    guard let model = peripherals.first(where: { $0.radioAddress == peripheral }) else {
      throw PortError(
        .notFound, attempted: attempted, port: address.description, cause: "no such peripheral was heard",
        advice: "in reach: \(peripherals.map(\.radioAddress).sorted().joined(separator: ", "))")
    }
    let port = address.description
    try await world.wait(until: deadline, to: attempted, port: port) {
      model.nextAdvertisement(after: self.world.now)?.at
    }
    let ready =
      world.now + .seconds(link.random.uniform(Self.connecting.0, Self.connecting.1))
      + link.behaviour.extraLatency
    try await world.wait(until: deadline, to: attempted, port: port) { ready }
    try check(attempted)
    guard model.connect(at: world.now) else {
      throw PortError(
        .refused, attempted: attempted, port: port, cause: "the peripheral did not accept the connection",
        advice: "it may be off or connected to another central")
    }
    world.circuit.boardChanged()
    guard service.uppercased() == Self.service, characteristic.uppercased() == Self.characteristic else {
      model.disconnect(at: world.now)
      world.circuit.boardChanged()
      throw PortError(
        .notFound, attempted: attempted, port: port,
        cause: "it has no characteristic \(characteristic) in service \(service)",
        advice: "it offers \(Self.characteristic) in \(Self.service)")
    }
    return SimulatedGATT(world: world, address: address, link: link, model: model)
  }

  func close() { isClosed = true }

  private func check(_ attempted: String) throws(PortError) {
    try world.checkStop(attempted, port: address.description)
    if isClosed { throw closed(attempted) }
  }

  private func closed(_ attempted: String) -> PortError {
    PortError(
      .closed, attempted: attempted, port: address.description, cause: "the port was closed by this program")
  }
}
