import LinuxPorts
import Ports
import Simulation

/// The unit's frames on a CAN interface of this computer, at the instants at which it sends them.
///
/// It only sends. What nobody acknowledges or what meets an interface that is down is lost, as on a cut cable; it goes
/// on when the interface is up again.
public final class BusService: ServedLink {
  public let name: String
  public let address: String
  public let words = "CAN frames, sent only"
  private let node: any BusNodeModel
  private let plant: LivePlant
  private let world: LinuxWorld
  private let place: PortAddress
  private var sender: (any CANSender)?
  /// Longest sleep: somebody may switch the unit on meanwhile.
  private static let look = Interval.milliseconds(20)
  /// How long a frame waits for its turn on the bus.
  private static let patience = Interval.milliseconds(100)
  /// Between two looks at an interface that is down.
  private static let again = Interval.seconds(1)

  /// - Parameter address: `can://NAME`, as it will stand in the rig file of others.
  /// - Throws: as `LinuxWorld.openCANSender`: interface missing, down, listening only, not permitted.
  public init(
    name: String, node: any BusNodeModel, plant: LivePlant, address: String, world: LinuxWorld
  ) throws(PortError) {
    self.name = name
    self.node = node
    self.plant = plant
    self.world = world
    self.address = address
    place = try PortAddress(parsing: address)
    sender = try world.openCANSender(place)
  }

  public func serve() async throws {
    defer { sender?.close() }
    node.listen(at: plant.catchUp())
    plant.circuit.boardChanged()
    while true {
      for frame in node.takeBusFrames(upTo: plant.catchUp()) { try await say(frame) }
      let next = min(node.nextBusFrame ?? .distantFuture, world.now + Self.look)
      if next > world.now { try await world.sleep(for: next - world.now) }
    }
  }

  private func say(_ frame: CANFrame) async throws {
    guard let sender else { return try await openAgain() }
    do throws(PortError) { try await sender.send(frame, deadline: world.now + Self.patience) } catch {
      switch error.code {
      case .deadline: return
      case .closed:
        sender.close()
        self.sender = nil
      case .notFound, .refused, .permission, .busy, .malformed, .badAddress, .unsupported, .stopped:
        throw error
      }
    }
  }

  private var lastTry = WorldInstant.start

  private func openAgain() async throws(PortError) {
    guard world.now - lastTry >= Self.again else { return }
    lastTry = world.now
    do throws(PortError) { sender = try world.openCANSender(place) } catch {
      guard error.code == .closed || error.code == .notFound else { throw error }
    }
  }
}
