/// Where ports, clock and chance come from: the one seam of the product. A Linux world and a simulated world
/// exist; nothing above may ask which one it has.
///
/// Everything above the seam runs as one structured task tree on the world's executor. No member may be called
/// from another thread.
public protocol World: AnyObject {
  /// The monotonic clock.
  var now: WorldInstant { get }

  /// Calendar date and time at which the world began, ISO 8601 in UTC, e.g. `2026-11-22T08:00:00Z`.
  /// A simulated world always answers the same.
  var calendarStart: String { get }

  /// Waits until the clock reads at least `instant`; returns at once when it already does.
  /// - Throws: `WorldStopped` when the process was told to stop (Ctrl-C, SIGTERM, E-stop of the station) and
  ///   stops are not being held off by `holdStops`.
  func sleep(until instant: WorldInstant) async throws

  /// While true, `sleep` and ports ignore a pending stop: safe-state sequences must run to their end.
  var holdStops: Bool { get set }

  /// Set once somebody asked for the run to stop: the reason, in words for the record.
  var stopRequested: String? { get }

  /// Opens a byte stream (TCP, serial). Energises nothing.
  func openStream(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any StreamPort
  /// Opens a message port (USBTMC, HiSLIP). Energises nothing.
  func openMessages(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any MessagePort
  /// Opens a bank of digital lines. Outputs start at their declared safe level.
  func openLines(_ address: PortAddress, configuration: LineConfiguration, deadline: WorldInstant)
    async throws(PortError) -> any LinePort
  /// Opens a Bluetooth low energy central able to scan and connect.
  func openRadio(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any RadioPort
  /// Opens an ear on a CAN bus. Sends nothing, not even acknowledgements where the hardware allows it.
  func openCAN(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any CANPort
  /// Starts a guard with a plan (see the module Guarding) and waits until it is armed.
  /// - Throws: `.refused` with the guard's words: which link it could not open and why.
  func openGuard(_ plan: String, deadline: WorldInstant) async throws(PortError) -> any GuardPort
}

extension World {
  /// A world without guards.
  public func openGuard(_ plan: String, deadline: WorldInstant) async throws(PortError) -> any GuardPort {
    throw PortError(
      .unsupported, attempted: "start the guard", port: "guard", cause: "this world has none")
  }

  /// A world without CAN.
  public func openCAN(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any CANPort {
    throw PortError(
      .unsupported, attempted: "listen to a CAN bus", port: address.description, cause: "this world has none")
  }

  public func sleep(for interval: Interval) async throws { try await sleep(until: now + interval) }
}

/// Thrown by waits once a stop was requested.
public struct WorldStopped: Error, Sendable, CustomStringConvertible {
  public let reason: String
  public init(reason: String) { self.reason = reason }
  public var description: String { "stopped: \(reason)" }
}
