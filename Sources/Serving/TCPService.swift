import LinuxPorts
import Ports
import Simulation

/// A twin behind a raw TCP socket: bytes both ways, commands and replies ended by a line feed.
public final class TCPService: ServedLink {
  public let name: String
  public var address: String { "tcp://\(service.listener.host):\(service.listener.port)" }
  public var words: String { "raw socket, \(service.clientMax) client\(service.clientMax == 1 ? "" : "s")" }
  private let service: Sessions

  /// - Parameter clientMax: Clients at once; a further one is hung up on.
  public init(
    name: String, twin: any InstrumentTwin, plant: LivePlant, listener: TCPListener, clientMax: Int,
    world: LinuxWorld
  ) {
    self.name = name
    service = Sessions(listener: listener, world: world, clientMax: clientMax)
    service.twin = twin
    service.plant = plant
  }

  public func serve() async throws { try await service.serve() }

  private final class Sessions: SessionService {
    var twin: (any InstrumentTwin)!
    var plant: LivePlant!

    override func converse(_ client: any StreamPort) async throws(PortError) {
      let talk = Conversation(plant: plant, twin: twin)
      while true {
        while let reply = talk.takeDue(at: world.now) {
          try await client.send(reply.bytes, deadline: world.now + Self.patience)
        }
        do { talk.hear(try await client.receive(deadline: talk.nextDue ?? .distantFuture)) } catch {
          guard error.code == .deadline else { throw error }
        }
      }
    }
  }
}
