import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Evidence that a unit went on running while its path opened: a restart opens the path too and is no protection.
///
/// Uptime and power-on count go on, and the link stays. A link that broke is the rig's error unless the unit, once it
/// is heard again, counts one start more.
struct TripProof {
  let context: StepContext
  private let frame: UnitTelemetry
  private let powerOnCount: Int
  /// Seconds by which the unit's clock may lag: whole seconds on both ends and one frame.
  static let lag = 2.5
  static let reconnectLimit = 15.0

  private init(_ context: StepContext, _ frame: UnitTelemetry, _ powerOnCount: Int) {
    self.context = context
    self.frame = frame
    self.powerOnCount = powerOnCount
  }

  static func begin(_ context: StepContext) async throws -> TripProof {
    let description = try await context.unit.description(deadline: context.deadline(10))
    return TripProof(context, try await context.freshTelemetry(), description.powerOnCount)
  }

  /// A frame received after now.
  /// - Throws: `UnitRestarted` when the unit stopped answering because it started anew.
  func telemetry() async throws -> UnitTelemetry {
    let now: UnitTelemetry
    do { now = try await context.freshTelemetry() } catch let error as UnitLinkError {
      guard [.linkLost, .noAnswer].contains(error.code) else { throw error }
      try await explain(error)
      throw error
    }
    let counted = Double(now.uptimeSeconds - frame.uptimeSeconds)
    let elapsed = (now.at - frame.at).seconds
    guard counted < elapsed - Self.lag else { return now }
    throw UnitRestarted(
      why: "it counts \(TimeSpan(counted)) of running time while \(TimeSpan(elapsed)) passed")
  }

  /// The whole evidence, at the end of a search.
  func confirm() async throws {
    _ = try await telemetry()
    let count = try await context.unit.description(deadline: context.deadline(10)).powerOnCount
    guard count > powerOnCount else { return }
    throw UnitRestarted(why: "its power-on count went from \(powerOnCount) to \(count)")
  }

  /// Looks for the unit again after its link was lost. Nothing may drive the unit meanwhile.
  private func explain(_ error: UnitLinkError) async throws {
    try await context.bench.setLoop(current: 0, compliance: TripWatch.compliance)
    try await context.bench.setThermistors(celsius: 25)
    try await context.bench.setAllCells(context.restVoltage)
    await context.unit.disconnect()
    let limit = context.deadline(Self.reconnectLimit)
    do {
      _ = try await context.unit.discover(deadline: limit)
      try await context.unit.connect(deadline: limit)
      let count = try await context.unit.description(deadline: limit).powerOnCount
      guard count > powerOnCount else { return }
      context.note("link lost (\(error.cause)); the unit was found again")
      throw UnitRestarted(why: "its link broke and its power-on count went from \(powerOnCount) to \(count)")
    } catch let other as UnitLinkError {
      guard other.code != .stopped else { throw other }
      context.note("the unit was not found again: \(other.cause)")
    }
  }
}

/// The unit started anew where it should have protected.
struct UnitRestarted: Error {
  let why: String
}
