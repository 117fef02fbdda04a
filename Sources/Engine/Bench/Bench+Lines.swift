import Capabilities
import Model
import Ports
import Quantities

extension Bench {
  private func bank(_ role: RoleName, member: Int) throws(RigFault) -> (any LineBank, Int) {
    let all = try bound(role)
    guard all.indices.contains(member), let bank = all[member].instrument as? any LineBank else {
      throw RigFault(instrument: "rig", message: "role '\(role.rawValue)' has no line \(member)")
    }
    return (bank, all[member].channel)
  }

  /// Lines that bring voltage or current to the unit while active.
  private static let energising: [RoleName] = [
    .emulatorContactor, .loopContactor, .shortTrigger, .leakageRelay,
  ]

  private func activeLevel(_ role: RoleName) -> Bool { rig.role(role)?.activeLevel ?? true }

  /// Switches a relay, contactor or trigger: active means closed, pressed, fired. Where the rig has something that sees
  /// whether it moved, that must agree.
  public func setLine(_ role: RoleName, member: Int = 0, active: Bool) async throws {
    // An open wire was seen to be open when it opened; later its cells may be at 0 V, where nothing shows it any more.
    let wasOpen = role == .nodeRelays && isNodeOpen(member)
    try await switchLine(role, member: member, active: active)
    if active, wasOpen { return }
    try await confirmMoved(role, member: member, active: active)
  }

  /// Switches without looking whether anything moved.
  func switchLine(_ role: RoleName, member: Int = 0, active: Bool) async throws {
    if active, Self.energising.contains(role) { try await permitEnergising() }
    let (bank, line) = try bank(role, member: member)
    if active { markActive(role, member) }
    // B0 and B24 carry the supply.
    if role == .emulatorContactor || role == .nodeRelays && [0, 24].contains(member) {
      supplyTouched = world.now
    }
    try await bank.set(line: line, to: active == activeLevel(role))
    if !active { activeLines.removeAll { $0.role == role && $0.member == member } }
  }

  private func markActive(_ role: RoleName, _ member: Int) {
    if !activeLines.contains(where: { $0.role == role && $0.member == member }) {
      activeLines.append((role, member))
    }
  }

  /// Lets go of every switch that a step may have left active, contactors and discharge excepted: those have their
  /// place in the safe-state sequence. Goes on after a failure.
  /// - Returns: What could not be released.
  public func releaseSwitches() async -> [String] {
    var failures: [String] = []
    let switches: [RoleName] = [
      .wakeSwitch, .shortTrigger, .nodeRelays, .nodeCrossing, .lineResistors, .leakageRelay,
      .thermistorCheck, .indicatorTest,
    ]
    for (role, member) in activeLines where switches.contains(role) {
      do { try await switchLine(role, member: member, active: false) } catch {
        failures.append("\(role.rawValue): \(error)")
      }
    }
    return failures
  }

  public func isActive(_ role: RoleName, member: Int = 0) async throws -> Bool {
    let (bank, line) = try bank(role, member: member)
    return try await bank.read(line: line) == activeLevel(role)
  }

  /// Waits at most 100 ms for a contactor's mirror contact to agree.
  public func waitForMirror(_ mirror: RoleName, active: Bool, of role: RoleName) async throws {
    guard has(mirror) else { return }
    let deadline = world.now + .milliseconds(100)
    while try await isActive(mirror) != active {
      guard world.now < deadline else {
        let name = instrumentNames(role).first ?? "rig"
        unmoved.insert(role)
        throw RigFault(
          instrument: name,
          message:
            "'\(role.rawValue)' was told to \(active ? "close" : "open") but its mirror contact disagrees: "
            + "check for a welded or stuck contactor")
      }
      try await world.sleep(for: .milliseconds(10))
    }
    unmoved.remove(role)
  }

  /// Edges of an input as active/inactive, oldest first, from `since` on.
  public func edges(_ role: RoleName, since: WorldInstant) async throws -> [LineEdge] {
    let (bank, line) = try bank(role, member: 0)
    let level = activeLevel(role)
    let tested = Self.sensors.contains(role) && !testWindows.isEmpty
    let edges = try await bank.edges(line: line, since: tested ? .start : since).map {
      LineEdge(line: $0.line, level: $0.level == level, at: $0.at)
    }
    return tested ? withoutTests(edges).filter { $0.at >= since } : edges
  }
}
