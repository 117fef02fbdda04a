import Ports

/// A world without ports whose clock jumps to whatever is waited for.
final class TestWorld: World {
  private(set) var now = WorldInstant.start
  let calendarStart = "2026-01-05T06:00:00Z"
  var holdStops = false
  var stopRequested: String?
  /// Called after every jump of the clock.
  var onAdvance: (WorldInstant) -> Void = { _ in }

  func sleep(until instant: WorldInstant) async throws {
    if let stopRequested, !holdStops { throw WorldStopped(reason: stopRequested) }
    now = max(now, instant)
    onAdvance(now)
  }

  func openStream(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any StreamPort {
    throw none(address)
  }
  func openMessages(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any MessagePort
  {
    throw none(address)
  }
  func openLines(
    _ address: PortAddress, configuration: LineConfiguration, deadline: WorldInstant
  ) async throws(PortError) -> any LinePort { throw none(address) }
  func openRadio(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any RadioPort {
    throw none(address)
  }

  private func none(_ address: PortAddress) -> PortError {
    PortError(.unsupported, attempted: "open a port", port: address.description, cause: "this world has none")
  }
}

func at(_ seconds: Double) -> WorldInstant { .start + .seconds(seconds) }
