import Ports

/// The world as steps see it: their waits are used to look at live limits.
///
/// A step waits between its exchanges, never within one, so whatever is sampled here takes its turn on every link and
/// cannot fall between a question and its answer. Drivers and the unit's link wait on the bare world.
final class WatchedWorld: World {
  let base: any World
  /// Uses the time until an instant; returns when nothing more is to be done before it.
  var onWait: ((_ until: WorldInstant) async throws -> Void)?

  init(_ base: any World) { self.base = base }

  var now: WorldInstant { base.now }
  var calendarStart: String { base.calendarStart }
  var holdStops: Bool {
    get { base.holdStops }
    set { base.holdStops = newValue }
  }
  var stopRequested: String? { base.stopRequested }

  func sleep(until instant: WorldInstant) async throws {
    try await onWait?(instant)
    try await base.sleep(until: instant)
  }

  func openStream(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any StreamPort {
    try await base.openStream(address, deadline: deadline)
  }
  func openMessages(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any MessagePort
  {
    try await base.openMessages(address, deadline: deadline)
  }
  func openLines(_ address: PortAddress, configuration: LineConfiguration, deadline: WorldInstant)
    async throws(PortError) -> any LinePort
  {
    try await base.openLines(address, configuration: configuration, deadline: deadline)
  }
  func openRadio(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any RadioPort {
    try await base.openRadio(address, deadline: deadline)
  }
  func openCAN(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any CANPort {
    try await base.openCAN(address, deadline: deadline)
  }
}
