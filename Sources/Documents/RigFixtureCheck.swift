import Model

/// Finds roles of the fixture whose facts the rig file does not state: without them no step could use the role.
struct RigFixtureCheck {
  let roles: [RigRole]
  let wiring: Wiring
  let envelope: SafetyEnvelope

  /// What is missing, and what to write.
  func problems() -> [(message: String, suggestion: String)] {
    var found: [(message: String, suggestion: String)] = []
    let fixture = wiring.fixture
    func need(_ role: RoleName, _ known: Bool, _ key: String, in table: String = "wiring", _ example: String)
    {
      guard !known, roles.contains(where: { $0.name == role }) else { return }
      found.append(
        (
          "the rig has '\(role.rawValue)', but '\(table):' lacks '\(key)'",
          "add e.g. '\(key): \(example)' under '\(table):'"
        ))
    }
    need(.nodeCrossing, fixture.crossedNode != nil, "crossed-node", "8")
    need(.lineResistors, fixture.resistorNode != nil, "resistor-node", "12")
    need(.lineResistors, fixture.lineResistanceUncertainty != nil, "line-resistance-uncertainty", "2 mΩ")
    need(.leakageCurrent, fixture.leakageCurrentScale != nil, "leakage-current-scale", "1 kΩ")
    need(
      .auxiliarySupply, envelope.auxiliaryVoltageMax.base > 0, "auxiliary-voltage-max", in: "envelope",
      "100 V")
    if let role = roles.first(where: { $0.name == .lineResistors }),
      role.members.count != fixture.lineResistors.count
    {
      found.append(
        (
          "'line-resistors' has \(role.members.count) relays, 'wiring:' gives \(fixture.lineResistors.count) values",
          "write one value for each relay, e.g. 'line-resistors: [0.1 Ω, 0.2 Ω, 0.5 Ω, 1 Ω, 2 Ω]'"
        ))
    }
    return found
  }
}
