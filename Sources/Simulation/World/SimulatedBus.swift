import Ports

/// Something that sends frames on a CAN bus of its own accord.
public protocol BusNodeModel: AnyObject {
  /// When the next frame ends; nil while none is due. May name an instant that has passed: then a frame waits.
  var nextBusFrame: WorldInstant? { get }
  /// Takes the frames that ended up to `now`, oldest first.
  func takeBusFrames(upTo now: WorldInstant) -> [CANFrame]
  /// Somebody listens from now on; what was sent before is not heard.
  func listen(at now: WorldInstant)
}

/// An ear on a simulated bus with one sender.
///
/// Modelled: order and instants of the frames, a cut cable. Not modelled: arbitration, bit rates, error frames.
final class SimulatedBus: CANPort {
  let address: PortAddress
  private let world: SimulatedWorld
  private let link: SimulatedLink
  private let node: any BusNodeModel
  private var inbox: [CANFrame] = []
  private var isClosed = false

  init(world: SimulatedWorld, address: PortAddress, link: SimulatedLink, node: any BusNodeModel) {
    self.world = world
    self.address = address
    self.link = link
    self.node = node
    node.listen(at: world.now)
    world.circuit.boardChanged()
  }

  func receive(deadline: WorldInstant) async throws(PortError) -> CANFrame {
    let attempted = "hear a frame"
    try check(attempted)
    if inbox.isEmpty {
      try await world.wait(until: deadline, to: attempted, port: address.description) {
        self.isDeaf ? nil : self.node.nextBusFrame
      }
      try check(attempted)
      inbox = node.takeBusFrames(upTo: world.now)
    }
    guard !inbox.isEmpty else { throw closed(attempted) }
    return inbox.removeFirst()
  }

  func close() { isClosed = true }

  private var isDeaf: Bool { link.behaviour.silent || link.isDead(at: world.now) }

  private func check(_ attempted: String) throws(PortError) {
    try world.checkStop(attempted, port: address.description)
    if isClosed { throw closed(attempted) }
  }

  private func closed(_ attempted: String) -> PortError {
    PortError(
      .closed, attempted: attempted, port: address.description, cause: "the port was closed by this program")
  }
}
