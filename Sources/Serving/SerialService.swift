import LinuxPorts
import Ports
import Simulation

/// A twin behind a serial line of this computer (a pseudo terminal). Rates and parity have no meaning on it.
public final class SerialService: ServedLink {
  public let name: String
  public let address: String
  public let words = "serial line"
  private let terminal: PseudoTerminal
  private let talk: Conversation
  private let world: LinuxWorld
  /// How long a reply waits for a reader; then it is lost, as on a real line.
  private static let patience = Interval.milliseconds(500)
  /// How often leftovers of a client that ended badly are looked for.
  private static let lookEvery = Interval.seconds(1)

  /// - Parameters:
  ///   - baud: What the real instrument is set to; stands in the address for the sake of the rig file.
  ///   - isText: False for a twin that takes bytes in any pieces and finds its commands itself.
  /// - Throws: `.unsupported` when the computer gives no pseudo terminal.
  public init(
    name: String, twin: any InstrumentTwin, plant: LivePlant, baud: Int, isText: Bool = true,
    world: LinuxWorld
  ) throws(PortError) {
    self.name = name
    self.world = world
    terminal = try PseudoTerminal(in: world)
    address = "serial://\(terminal.path)?baud=\(baud)"
    talk = Conversation(plant: plant, twin: twin, ends: isText ? .lines : .bytes)
  }

  /// The path others open.
  public var path: String { terminal.path }

  public func serve() async throws {
    defer { terminal.close() }
    while true {
      while let reply = talk.takeDue(at: world.now) { try await say(reply.bytes) }
      let look = world.now + Self.lookEvery
      do {
        let bytes = try await terminal.port.receive(deadline: min(look, talk.nextDue ?? .distantFuture))
        talk.hear(bytes)
      } catch {
        guard error.code == .deadline else { throw error }
        terminal.releaseLeftovers()
      }
    }
  }

  private func say(_ bytes: [UInt8]) async throws(PortError) {
    do { try await terminal.port.send(bytes, deadline: world.now + Self.patience) } catch {
      guard error.code == .deadline else { throw error }
    }
  }
}
