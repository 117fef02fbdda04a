import Capabilities
import Model
import Ports

/// A contact that must be at rest while anything is energised.
struct Interlock {
  let role: RoleName
  /// Whether the role reads active while everything is in order.
  let activeAtRest: Bool
  /// For the record.
  let words: String
  let remedy: String

  static let all = [
    Interlock(
      role: .emergencyStop, activeAtRest: false, words: "emergency stop pressed",
      remedy: "release the emergency stop"),
    Interlock(role: .cover, activeAtRest: true, words: "cover open", remedy: "close the cover"),
  ]
}

extension Bench {
  /// Refuses to go on when an interlock is not at rest, or (with `since`) was not at some time from there on. The
  /// first trip holds until the rig is opened anew: a cover that is closed again does not allow what it forbade.
  /// - Throws: `WorldStopped` with the interlock as reason; whatever an unreadable contact throws.
  public func checkInterlocks(since: WorldInstant? = nil) async throws {
    if trippedInterlock == nil, let interlock = try await findTripped(since: since) {
      trippedInterlock = interlock.words
    }
    if let trippedInterlock { throw WorldStopped(reason: trippedInterlock) }
  }

  /// Before the first step: nothing has been energised, so an interlock that is not at rest is a matter of the rig.
  func requireInterlocksAtRest() async throws {
    guard let interlock = try await findTripped(since: nil) else { return }
    throw RigFault(
      instrument: instrumentNames(interlock.role).first ?? "rig",
      message:
        "\(interlock.words) (role '\(interlock.role.rawValue)'). \(interlock.remedy.capitalizedFirst) and start "
        + "again")
  }

  private func findTripped(since: WorldInstant?) async throws -> Interlock? {
    for interlock in Interlock.all where has(interlock.role) {
      if try await isActive(interlock.role) != interlock.activeAtRest { return interlock }
      guard let since else { continue }
      let past = try await edges(interlock.role, since: since)
      if past.contains(where: { $0.level != interlock.activeAtRest }) { return interlock }
    }
    return nil
  }
}

extension String {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
