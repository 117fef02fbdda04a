import Model

extension Bench {
  /// Before anything is switched on outside a run: interlocks at rest, every contactor seen to be open. One that no
  /// mirror contact shows is not seen.
  /// - Returns: What stands against it, all of it.
  public func faultsAtRest() async throws -> [RigFault] {
    var faults = try await interlockFaults()
    faults += try await mirrorFaults()
    let contactors: [(RoleName, RoleName)] = [
      (.emulatorContactor, .emulatorContactorMirror), (.loopContactor, .loopContactorMirror),
    ]
    for (role, mirror) in contactors where has(role) && !has(mirror) {
      faults.append(
        RigFault(
          instrument: instrumentNames(role).first ?? "rig",
          message:
            "nobody sees whether '\(role.rawValue)' is open. Wire its mirror contact and name it in the rig file as "
            + "role '\(mirror.rawValue)'"))
    }
    return faults
  }
}
