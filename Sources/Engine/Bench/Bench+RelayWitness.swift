import Capabilities
import Model
import Ports
import Quantities

/// Relays that decide about the unit must be seen to have moved, by something other than the line that moves them.
extension Bench {
  /// The mirror contact of each switch that has one.
  public static let mirrors: [(role: RoleName, mirror: RoleName)] = [
    (.emulatorContactor, .emulatorContactorMirror), (.loopContactor, .loopContactorMirror),
    (.wakeSwitch, .wakeSwitchMirror), (.dischargeResistors, .dischargeMirror),
  ]

  /// What proves that a relay followed its line, where the rig has it. Contactors are waited for by those who close
  /// them.
  func confirmMoved(_ role: RoleName, member: Int, active: Bool) async throws {
    switch role {
    case .wakeSwitch: try await waitForMirror(.wakeSwitchMirror, active: active, of: role)
    case .dischargeResistors: try await waitForMirror(.dischargeMirror, active: active, of: role)
    case .nodeRelays: try await confirmNode(member, open: active)
    default: break
    }
  }

  /// Time in which an open node must have left the voltage of its cell: the unit's input filter lets go slowly.
  static let nodeTime = Interval.seconds(2)
  /// Volts a cell is fed with at least where an open wire is to be seen.
  private static let cellToWitness = 0.3
  static let nodeLook = Interval.milliseconds(100)
  /// Times the allowed difference by which the reference must leave the emulator before a wire counts as open.
  private static let nodeOpenFactor = 10.0
  /// Volts that a defective unit's current may lose in a closed wire: 1 A in 50 mΩ on either side. An open wire is off
  /// by a good part of a cell.
  private static let drawnAtMost = 0.1

  /// Behind the relay sits the reference: with the wire open it cannot follow the emulator, with the wire closed it
  /// must.
  private func confirmNode(_ node: Int, open: Bool) async throws {
    guard canWitnessCells, cellOutputsOn else { return }
    let around = [node, node + 1].filter { (1...cellCount).contains($0) }
    // Behind two open wires the nodes share the voltage between them, as cells do: that says nothing of either relay.
    // A cell is looked at when the second of its wires closes.
    let cells = around.filter { !isNodeOpen($0 == node ? node - 1 : node + 1) }
    guard !cells.isEmpty else { return }
    guard open else {
      try await witnessNodeClosed(node, cells)
      return
    }
    // A cell at 0 V reads the same with its wire open.
    guard cells == around, cells.allSatisfy({ cellSetpoints[$0 - 1] > Self.cellToWitness }) else { return }
    let deadline = world.now + Self.nodeTime
    while true {
      let comparison = try await compareCells(cells)
      if comparison.entries.contains(where: Self.isOff) { return }
      guard world.now < deadline else { throw nodeFault([node]) }
      try await world.sleep(for: Self.nodeLook)
    }
  }

  func isNodeOpen(_ node: Int) -> Bool {
    activeLines.contains { $0.role == .nodeRelays && $0.member == node }
  }

  private func witnessNodeClosed(_ node: Int, _ cells: [Int]) async throws {
    let deadline = world.now + Self.nodeTime
    while true {
      let comparison = try await compareCells(cells)
      if !comparison.entries.contains(where: Self.isOff) { return }
      guard world.now < deadline else {
        throw nodeFault([node], closing: true)
      }
      try await world.sleep(for: Self.nodeLook)
    }
  }

  static func isOff(_ entry: CellComparison.Entry) -> Bool {
    entry.difference.magnitude > max(nodeOpenFactor * entry.allowed, drawnAtMost)
  }

  /// - Parameter alone: Other channels of the reference moved as they should, so it is not the reference.
  private func nodeFault(_ nodes: [Int], closing: Bool = false, alone: Bool = false) -> RigFault {
    let words = nodes.map { "B\($0)" }.joined(separator: ", ")
    let names = instrumentNames(.nodeRelays) + (alone ? [] : instrumentNames(.cellReference))
    return RigFault(
      instrument: names.joined(separator: " or "),
      message:
        "the relay of node \(words) was told to \(closing ? "close" : "open") its wire, but the reference behind "
        + "it \(closing ? "does not read" : "still reads") the cells beside it: the relay is stuck"
        + (alone ? "" : ", or the reference stands still"))
  }

  /// Opens every second node at a time and looks behind the relays. Whether all closed again shows when the cells are
  /// compared next.
  /// - Precondition: The cells are fed with at least some tenths of a volt and the unit is not powered.
  public func proveNodeRelays() async throws {
    guard has(.nodeRelays), canWitnessCells else { return }
    for parity in 0...1 {
      // The top node of a shorter stack is not B24, whose wire goes elsewhere.
      let nodes = (0...cellCount).filter { $0 % 2 == parity && ($0 < cellCount || cellCount == 24) }
      for node in nodes { try await switchLine(.nodeRelays, member: node, active: true) }
      let open = try await compareCells(fedCells)
      let stuck = nodes.filter { node in
        !open.entries.contains { ($0.cell == node || $0.cell == node + 1) && Self.isOff($0) }
      }
      for node in nodes { try await switchLine(.nodeRelays, member: node, active: false) }
      if !stuck.isEmpty { throw nodeFault(stuck, alone: stuck.count < nodes.count / 2) }
    }
  }
}
