import Ports

/// Everything of a simulated world that moves by itself: the circuit, and instruments with ramps or watchdogs.
final class HostedPlant: SimulatedPlant {
  private let circuit: Circuit
  private var twins: [any InstrumentTwin] = []

  init(circuit: Circuit) { self.circuit = circuit }

  func add(_ twin: any InstrumentTwin) { twins.append(twin) }

  var nextEvent: WorldInstant? {
    var next = circuit.nextEvent
    for twin in twins {
      if let event = twin.nextEvent, event < (next ?? .distantFuture) { next = max(event, circuit.now) }
    }
    return next
  }

  /// Event by event, the circuit before the instruments, the instruments in the order they were hosted.
  func advance(to now: WorldInstant) {
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
