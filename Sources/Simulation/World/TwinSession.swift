import Ports

/// One open connection to a twin: what both kinds of instrument port share.
final class TwinSession {
  let world: SimulatedWorld
  let address: PortAddress
  let link: SimulatedLink
  let twin: any InstrumentTwin
  /// True on message links: replies stay whole and the end of a message ends the command.
  let keepsBorders: Bool
  private var inbox: [(at: WorldInstant, bytes: [UInt8])] = []
  private var isClosed = false

  init(
    world: SimulatedWorld, address: PortAddress, link: SimulatedLink, twin: any InstrumentTwin,
    keepsBorders: Bool
  ) {
    self.world = world
    self.address = address
    self.link = link
    self.twin = twin
    self.keepsBorders = keepsBorders
  }

  func send(_ bytes: [UInt8], deadline: WorldInstant) throws(PortError) {
    try check("send", deadline: deadline)
    var bytes = bytes
    if keepsBorders, bytes.last != 0x0A { bytes.append(0x0A) }
    link.noteSend(at: world.now)
    for reply in twin.receive(bytes, at: world.now) { queue(reply) }
  }

  /// A reply never overtakes an earlier one.
  private func queue(_ reply: TwinReply) {
    guard !link.behaviour.silent, !link.isDead(at: world.now), !reply.bytes.isEmpty else { return }
    let earliest = world.now + reply.delay + link.behaviour.extraLatency
    var at = max(earliest, inbox.last?.at ?? .start)
    let bytes = link.passed(reply.bytes)
    guard link.behaviour.splitReplies, !keepsBorders else {
      inbox.append((at, bytes))
      return
    }
    for byte in bytes {
      inbox.append((at, [byte]))
      at = at + link.gap()
    }
  }

  /// When the oldest reply is readable or the link is found dead; nil while neither is in sight.
  private var nextArrival: WorldInstant? {
    let dead = link.deadFrom
    guard let first = inbox.first else { return dead }
    return dead.map { min($0, first.at) } ?? first.at
  }

  /// Waits for the oldest reply; every reply that has arrived when `all` is true, else that one.
  func receive(deadline: WorldInstant, all: Bool) async throws(PortError) -> [UInt8] {
    try checkOpen("receive")
    try await world.wait(until: deadline, to: "receive", port: address.description) { self.nextArrival }
    try checkOpen("receive")
    var bytes: [UInt8] = []
    var taken = 0
    for chunk in inbox where chunk.at <= world.now && chunk.at < (link.deadFrom ?? .distantFuture) {
      bytes += chunk.bytes
      taken += 1
      if !all { break }
    }
    inbox.removeFirst(taken)
    guard !bytes.isEmpty else {
      inbox = []
      throw closed("receive")
    }
    return bytes
  }

  func clear(deadline: WorldInstant) throws(PortError) {
    try check("clear the device", deadline: deadline)
    inbox = []
    twin.clear(at: world.now)
  }

  func close() {
    isClosed = true
    inbox = []
  }

  private func check(_ attempted: String, deadline: WorldInstant) throws(PortError) {
    try world.checkStop(attempted, port: address.description)
    try checkOpen(attempted)
    if link.isDead(at: world.now) { throw closed(attempted) }
    guard world.now <= deadline else {
      throw PortError(
        .deadline, attempted: attempted, port: address.description, cause: "the deadline had already passed")
    }
  }

  private func checkOpen(_ attempted: String) throws(PortError) {
    guard isClosed else { return }
    throw PortError(
      .closed, attempted: attempted, port: address.description, cause: "the port was closed by this program")
  }

  private func closed(_ attempted: String) -> PortError {
    PortError(
      .closed, attempted: attempted, port: address.description, cause: "the link is gone",
      advice: "check power and cable of the instrument")
  }
}

/// A simulated TCP or serial link.
final class SimulatedStream: StreamPort {
  private let session: TwinSession
  init(session: TwinSession) { self.session = session }
  var address: PortAddress { session.address }
  func send(_ bytes: [UInt8], deadline: WorldInstant) async throws(PortError) {
    try session.send(bytes, deadline: deadline)
  }
  func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8] {
    try await session.receive(deadline: deadline, all: true)
  }
  func close() { session.close() }
}

/// A simulated USBTMC link.
final class SimulatedMessages: MessagePort {
  private let session: TwinSession
  /// An answer that did not come in time could be taken for the next one, on the real link as well.
  private var isOutOfStep = false
  init(session: TwinSession) { self.session = session }
  var address: PortAddress { session.address }
  func send(_ message: [UInt8], deadline: WorldInstant) async throws(PortError) {
    try session.send(message, deadline: deadline)
  }
  func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8] {
    guard !isOutOfStep else {
      throw PortError(
        .busy, attempted: "receive", port: address.description,
        cause: "question and answer are out of step: an answer is outstanding",
        advice: "Clear the instrument first")
    }
    do { return try await session.receive(deadline: deadline, all: false) } catch {
      isOutOfStep = true
      throw error
    }
  }
  func clear(deadline: WorldInstant) async throws(PortError) {
    try session.clear(deadline: deadline)
    isOutOfStep = false
  }
  func close() { session.close() }
}
