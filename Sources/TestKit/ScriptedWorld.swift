import Ports
import Simulation

/// A world for the tests of one driver: time jumps to whatever is waited for, and the links are the ones the
/// test made. One task only; nothing here is concurrent.
public final class ScriptedWorld: World {
  public private(set) var now = WorldInstant.start
  public let calendarStart = "2026-11-22T08:00:00Z"
  public var holdStops = false
  public var stopRequested: String?
  public let circuit: Circuit
  var twins: [any InstrumentTwin] = []

  public init(circuit: Circuit = Circuit(parameters: CircuitParameters())) { self.circuit = circuit }

  public func sleep(until instant: WorldInstant) async throws {
    if let stopRequested, !holdStops { throw WorldStopped(reason: stopRequested) }
    advance(to: instant)
  }

  /// Lets twins and circuit live until `instant`, each event at its own time.
  public func advance(to instant: WorldInstant) {
    while let event = twins.compactMap(\.nextEvent).min(), event <= instant {
      now = max(now, event)
      circuit.advance(to: now)
      for twin in twins { twin.advance(to: now) }
    }
    now = max(now, instant)
    circuit.advance(to: now)
  }

  public func openStream(_ address: PortAddress, deadline: WorldInstant) async throws(PortError)
    -> any StreamPort
  { throw unavailable(address) }
  public func openMessages(_ address: PortAddress, deadline: WorldInstant) async throws(PortError)
    -> any MessagePort
  { throw unavailable(address) }
  public func openLines(_ address: PortAddress, configuration: LineConfiguration, deadline: WorldInstant)
    async throws(PortError) -> any LinePort
  { throw unavailable(address) }
  public func openRadio(_ address: PortAddress, deadline: WorldInstant) async throws(PortError)
    -> any RadioPort
  { throw unavailable(address) }

  private func unavailable(_ address: PortAddress) -> PortError {
    PortError(
      .unsupported, attempted: "open a port", port: address.description,
      cause: "the scripted world hands out its ports itself")
  }
}
