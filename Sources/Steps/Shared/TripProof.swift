import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Evidence that a unit went on running while its path opened: a restart opens the path too and is no protection.
///
/// Uptime and power-on count go on, and the link stays. A link that broke ends the step, and the runner finds out
/// whether the unit started anew.
struct TripProof {
  let context: StepContext
  /// What is stimulated, for the record.
  let channel: String
  private let frame: UnitTelemetry
  private let powerOnCount: Int
  /// Seconds by which the unit's clock may lag: whole seconds on both ends and one frame.
  static let lag = 2.5

  private init(_ context: StepContext, _ channel: String, _ frame: UnitTelemetry, _ powerOnCount: Int) {
    self.context = context
    self.channel = channel
    self.frame = frame
    self.powerOnCount = powerOnCount
  }

  static func begin(_ context: StepContext, channel: String) async throws -> TripProof {
    let description = try await context.unit.description(deadline: context.deadline(10))
    return TripProof(context, channel, try await context.freshTelemetry(), description.powerOnCount)
  }

  /// A frame received after now.
  /// - Throws: `UnitRestarted` when the unit's running time did not go on. A lost link is looked into by the runner.
  func telemetry() async throws -> UnitTelemetry {
    let now = try await context.freshTelemetry()
    let counted = Double(now.uptimeSeconds - frame.uptimeSeconds)
    let elapsed = (now.at - frame.at).seconds
    guard counted < elapsed - Self.lag else { return now }
    throw UnitRestarted(
      channel: channel,
      why: "it counts \(TimeSpan(counted)) of running time while \(TimeSpan(elapsed)) passed")
  }

  /// The whole evidence, at the end of a search.
  func confirm() async throws {
    _ = try await telemetry()
    let description = try await context.unit.description(deadline: context.deadline(10))
    let count = description.powerOnCount
    guard count > powerOnCount else { return }
    throw UnitRestarted(channel: channel, why: "its power-on count went from \(powerOnCount) to \(count)")
  }
}

/// The unit started anew where it should have protected.
struct UnitRestarted: Error {
  let channel: String
  let why: String
}
