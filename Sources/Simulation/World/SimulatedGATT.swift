import Ports

/// A connected simulated peripheral. Writes need 5 to 15 ms to arrive (a connection interval of the captured
/// links, BLE protocol notes, section on connection parameters), notifications arrive when they leave.
final class SimulatedGATT: GATTPort {
  /// Seconds from a write to its arrival.
  static let writing = (0.005, 0.015)

  private let world: SimulatedWorld
  private let address: PortAddress
  private let link: SimulatedLink
  private let model: any PeripheralModel
  private var inbox: [Notification] = []
  private var lastWrite = WorldInstant.start
  private var writes = 0
  private var isOver = false

  init(world: SimulatedWorld, address: PortAddress, link: SimulatedLink, model: any PeripheralModel) {
    self.world = world
    self.address = address
    self.link = link
    self.model = model
    if let loss = link.behaviour.dropAt, loss > world.now {
      world.schedule(at: loss) { [weak self] in
        guard let self, self.link.behaviour.dropAt == loss else { return }
        self.disconnect()
      }
    }
  }

  var peripheral: String { model.radioAddress }
  var isConnected: Bool { !isOver && model.isConnected }

  func write(_ bytes: [UInt8], deadline: WorldInstant) async throws(PortError) {
    try world.checkStop("write", port: address.description)
    guard isConnected else { throw lost("write") }
    let way = Interval.seconds(link.random.uniform(Self.writing.0, Self.writing.1))
    lastWrite = max(world.now + way, lastWrite + Interval(nanoseconds: 1))
    world.schedule(at: lastWrite) { [self] in
      guard isConnected else { return }
      model.write(bytes, at: world.now)
      world.circuit.boardChanged()
    }
    writes += 1
    if let limit = link.behaviour.dropAfter, writes >= limit { disconnect() }
  }

  func notification(deadline: WorldInstant) async throws(PortError) -> Notification {
    while true {
      collect()
      if let first = inbox.first, first.at <= world.now {
        try world.checkStop("receive a notification", port: address.description)
        return inbox.removeFirst()
      }
      if !isConnected && inbox.isEmpty { throw lost("receive a notification") }
      try await world.wait(
        until: deadline, to: "receive a notification", port: "\(address), \(peripheral)"
      ) { self.nextChange }
    }
  }

  /// When a notification arrives or leaves, or the end of the link shows.
  private var nextChange: WorldInstant? {
    let arrival = inbox.first?.at
    guard isConnected else { return arrival ?? world.now }
    guard let leaving = model.nextNotification else { return arrival }
    return arrival.map { min($0, leaving) } ?? leaving
  }

  /// Fetches what has left the peripheral so far.
  private func collect() {
    guard !isOver else { return }
    for notification in model.takeNotifications(upTo: world.now) where !link.behaviour.silent {
      inbox.append(
        Notification(
          bytes: link.passed(notification.bytes), at: notification.at + link.behaviour.extraLatency))
    }
  }

  func disconnect() {
    guard !isOver else { return }
    collect()
    isOver = true
    guard model.isConnected else { return }
    model.disconnect(at: world.now)
    world.circuit.boardChanged()
  }

  private func lost(_ attempted: String) -> PortError {
    PortError(
      .closed, attempted: attempted, port: "\(address), \(peripheral)", cause: "the connection is lost",
      advice: "check that the unit has supply and is in reach, then connect again")
  }
}
