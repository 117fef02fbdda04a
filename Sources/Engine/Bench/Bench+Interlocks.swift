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
      watch?.noteInterlock(interlock.role, words: interlock.words)
    }
    if let trippedInterlock { throw WorldStopped(reason: trippedInterlock) }
    // Nothing is energised any more after a live limit was crossed, whatever became of the error.
    if let error = watch?.tripError { throw error }
  }

  /// Before anything is switched on.
  /// - Throws: as `checkInterlocks`.
  func permitEnergising() async throws {
    try await checkInterlocks()
    try requireGuard()
    wasEnergised = true
  }

  /// - Throws: `RigFault` when the guard has been lost.
  func requireGuard() throws {
    guard let lostGuard else { return }
    throw RigFault(instrument: "guard", message: "nothing is switched on without it: \(lostGuard)")
  }

  /// Before the first step: nothing has been energised, so an interlock that is not at rest is a matter of the rig.
  /// - Returns: What stands against a start, all of it.
  func interlockFaults() async throws -> [RigFault] {
    var faults: [RigFault] = []
    for interlock in Interlock.all where has(interlock.role) && !isOff(interlock.role) {
      guard try await isActive(interlock.role) != interlock.activeAtRest else { continue }
      faults.append(
        RigFault(
          instrument: instrumentNames(interlock.role).first ?? "rig",
          message:
            "\(interlock.words) (role '\(interlock.role.rawValue)'). \(interlock.remedy.capitalizedFirst) and start "
            + "again"))
    }
    return faults
  }

  /// Contactors and relays with a mirror contact, which must show what they were last told: open.
  func mirrorFaults() async throws -> [RigFault] {
    var faults: [RigFault] = []
    for (role, mirror) in Self.mirrors where has(role) && has(mirror) {
      guard try await isActive(mirror) else { continue }
      faults.append(
        RigFault(
          instrument: instrumentNames(mirror).first ?? "rig",
          message:
            "'\(role.rawValue)' is switched off, but its mirror contact (role '\(mirror.rawValue)') reads closed: "
            + "welded, or the mirror's wire is wrong. Open the main switch, measure across the contactor, start again"
        ))
    }
    return faults
  }

  /// `fence: off` in the rig file: no run passes with it.
  private func isOff(_ role: RoleName) -> Bool {
    rig.watches.contains { $0.subject == .role(role) && !$0.isOn }
  }

  private func findTripped(since: WorldInstant?) async throws -> Interlock? {
    for interlock in Interlock.all where has(interlock.role) && !isOff(interlock.role) {
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
