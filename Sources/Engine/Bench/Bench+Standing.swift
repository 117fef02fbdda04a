import Capabilities
import Model
import Ports
import Quantities

/// Whether the rig still is what it was made: asked before a failed measurement is booked on the unit.
extension Bench {
  /// Every instrument has stood since it was opened, its outputs and settings read back as set, every line drives what
  /// it was told, mirror contacts agree, both voltmeters of the cells agree. Changes nothing.
  /// - Throws: `RigFault` and the instruments' errors: what is otherwise.
  public func confirmStanding() async throws {
    var asked: [ObjectIdentifier] = []
    for member in rig.roles.flatMap({ members[$0.name] ?? [] }) {
      let id = ObjectIdentifier(member.instrument)
      guard !asked.contains(id) else { continue }
      asked.append(id)
      let instrument = member.instrument
      try await instrument.confirmStanding()
    }
    try await confirmLines()
    let touched: [RoleName] = [.nodeRelays, .nodeCrossing, .lineResistors, .indicatorTest, .thermistorCheck]
    let isPlain = !activeLines.contains { touched.contains($0.role) }
    if isPlain, cellOutputsOn, activeLines.contains(where: { $0.role == .emulatorContactor }) {
      try await witnessCells()
    }
  }

  private func confirmLines() async throws {
    // The permit line is the guard's alone.
    for role in rig.roles where role.name.kind == .output && role.name != .permitLine {
      for member in (members[role.name] ?? []).indices {
        let wanted = activeLines.contains { $0.role == role.name && $0.member == member }
        guard try await isActive(role.name, member: member) != wanted else { continue }
        throw RigFault(
          instrument: instrumentNames(role.name).joined(separator: ", "),
          message:
            "line \(member + 1) of '\(role.name.rawValue)' was set \(wanted ? "active" : "inactive") and reads "
            + "otherwise. Check whether something else drives it")
      }
    }
    for (role, mirror) in Self.mirrors where has(role) {
      let wanted = activeLines.contains { $0.role == role }
      try await waitForMirror(mirror, active: wanted, of: role)
    }
  }
}
