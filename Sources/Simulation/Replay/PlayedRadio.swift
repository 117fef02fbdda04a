import Ports

/// A recorded Bluetooth central: what was heard, and whether and when a connection stood.
final class PlayedRadio: RadioPort {
  let address: PortAddress
  private let world: PlayedWorld
  private let link: PlayedLink

  init(world: PlayedWorld, address: PortAddress, link: PlayedLink) {
    self.world = world
    self.address = address
    self.link = link
  }

  func scan(deadline: WorldInstant) async throws(PortError) -> Advertisement {
    let entry = try await world.next(
      of: link, deadline: deadline, isStrict: false, "hear an advertisement", address.description)
    guard case .word(let word) = entry.content,
      let advertisement = PlayedWord.advertisement(word, at: entry.arrived)
    else { throw other("hear an advertisement") }
    return advertisement
  }

  func connect(to peripheral: String, service: String, characteristic: String, deadline: WorldInstant)
    async throws(PortError) -> any GATTPort
  {
    let attempted = "connect to \(peripheral)"
    try await world.send(link, attempted, address.description)
    let entry = try await world.next(
      of: link, deadline: deadline, isStrict: false, attempted, address.description)
    guard entry.content == .word(PlayedWord.connected) else { throw other(attempted) }
    return PlayedGATT(world: world, address: address, peripheral: peripheral, link: link)
  }

  func close() {}

  private func other(_ attempted: String) -> PortError {
    PortError(
      .closed, attempted: attempted, port: address.description, cause: "the record has something else here")
  }
}

/// A recorded connection with the unit.
final class PlayedGATT: GATTPort {
  let peripheral: String
  private let world: PlayedWorld
  private let address: PortAddress
  private let link: PlayedLink
  private var isOver = false

  init(world: PlayedWorld, address: PortAddress, peripheral: String, link: PlayedLink) {
    self.world = world
    self.address = address
    self.peripheral = peripheral
    self.link = link
  }

  var isConnected: Bool {
    if !isOver, let next = link.next, next.at <= world.now, next.content == .word(PlayedWord.lost) {
      link.take()
      isOver = true
    }
    return !isOver
  }

  func write(_ bytes: [UInt8], deadline: WorldInstant) async throws(PortError) {
    guard isConnected else { throw lost("write") }
    do throws(PortError) { try await world.send(link, "write", address.description) } catch {
      if error.code == .closed { isOver = true }
      throw error
    }
  }

  func notification(deadline: WorldInstant) async throws(PortError) -> Notification {
    let attempted = "receive a notification"
    guard isConnected else { throw lost(attempted) }
    let port = "\(address), \(peripheral)"
    if link.next == nil, link.breaksOff { throw lost(attempted) }
    // Advertisements and connections in the record belong to what follows this connection.
    try await world.wait(until: deadline, attempted, port) {
      guard let next = self.link.next else { return nil }
      switch next.content {
      case .bytes: return next.arrived
      case .problem: return next.at
      case .word(let word): return word == PlayedWord.lost ? next.at : nil
      }
    }
    guard isConnected, let next = link.next else { throw lost(attempted) }
    link.take()
    switch next.content {
    case .bytes(let bytes): return Notification(bytes: bytes, at: next.arrived)
    case .problem(let error):
      if error.code == .closed { isOver = true }
      throw error
    case .word: throw lost(attempted)
    }
  }

  func disconnect() { isOver = true }

  private func lost(_ attempted: String) -> PortError {
    PortError(
      .closed, attempted: attempted, port: "\(address), \(peripheral)", cause: "the connection is lost",
      advice: "check that the unit has supply and is in reach, then connect again")
  }
}
