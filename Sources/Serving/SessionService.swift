import LinuxPorts
import Ports

/// Accepts clients on a TCP port and gives each a session of its own, as many at once as the real instrument takes.
class SessionService {
  /// How long a reply may take to leave; a client that reads nothing for that long is dropped.
  static let patience = Interval.seconds(10)

  let listener: TCPListener
  let world: LinuxWorld
  let clientMax: Int
  private(set) var clients = 0

  init(listener: TCPListener, world: LinuxWorld, clientMax: Int) {
    self.listener = listener
    self.world = world
    self.clientMax = clientMax
  }

  /// One client's session from its first byte to its end.
  func converse(_ client: any StreamPort) async throws(PortError) {
    preconditionFailure("each service says what a session is")
  }

  /// For a client beyond `clientMax`: hung up at once, as instruments do.
  func refuse(_ client: any StreamPort) async { client.close() }

  func serve() async throws {
    defer { listener.close() }
    let service = Confined(self)
    try await withThrowingDiscardingTaskGroup { group in
      while true {
        let client = try await service.value.listener.accept()
        guard service.value.clients < service.value.clientMax else {
          await service.value.refuse(client)
          continue
        }
        service.value.clients += 1
        let caller = Confined(client)
        group.addTask {
          defer {
            caller.value.close()
            service.value.clients -= 1
          }
          // Whatever ends a client's session is that client's affair.
          try? await service.value.converse(caller.value)
        }
      }
    }
  }
}
