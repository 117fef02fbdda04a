import Ports

/// Everything of a simulated world that moves by itself: the circuit, and instruments with ramps or watchdogs.
public final class HostedPlant: SimulatedPlant {
  private let circuit: Circuit
  private var twins: [any InstrumentTwin] = []

  public init(circuit: Circuit) { self.circuit = circuit }

  public func add(_ twin: any InstrumentTwin) { twins.append(twin) }

  public var nextEvent: WorldInstant? {
    var next = circuit.nextEvent
    for twin in twins {
      if let event = twin.nextEvent, event < (next ?? .distantFuture) { next = max(event, circuit.now) }
    }
    return next
  }

  /// Event by event, the circuit before the instruments, the instruments in the order they were hosted.
  public func advance(to now: WorldInstant) {
    while let event = nextTwinEvent, event <= now {
      circuit.advance(to: event)
      for twin in twins { twin.advance(to: event) }
    }
    circuit.advance(to: now)
  }

  private var nextTwinEvent: WorldInstant? {
    var next: WorldInstant?
    for twin in twins {
      if let event = twin.nextEvent, event < (next ?? .distantFuture) { next = event }
    }
    return next.map { max($0, circuit.now) }
  }
}
