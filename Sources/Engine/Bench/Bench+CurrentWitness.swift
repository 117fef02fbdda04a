import Capabilities
import Model
import Ports
import Quantities

/// Second channels for the small currents: supply wire and emulator.
extension Bench {
  /// Permanent bleed across the pack terminals of the fixture: it loads the emulator, not the unit's supply wire.
  static let bleedResistance = 10_000.0
  private static let bleedTolerance = 0.1

  /// The emulator's own currents against the meter in the supply wire, which reads `amperes`. Coarse: the emulator
  /// knows its current to milliamperes.
  ///
  /// - Precondition: Nothing is balanced and the discharge resistors are off.
  /// - Throws: `RigFault` naming both.
  public func witnessSupply(_ amperes: Double) async throws {
    guard has(.cells), let ofSupply = uncertainty(.supplyCurrent, "current", at: amperes),
      uncertainty(.cells, "current") != nil
    else { return }
    let cells = [1, cellCount / 3, 2 * cellCount / 3, cellCount]
    let currents = try await cellAmperes(cells)
    let middle = Self.median(currents)
    let bleed = cellSetpoints.reduce(0, +) / Self.bleedResistance
    let allowed =
      ofSupply + (uncertainty(.cells, "current", at: middle) ?? 0) + Self.bleedTolerance * bleed
    guard (middle - bleed - amperes).magnitude > allowed else { return }
    throw RigFault(
      instrument: (instrumentNames(.supplyCurrent) + instrumentNames(.cells)).joined(separator: " or "),
      message:
        "the supply wire carries \(Current(amperes)) by its shunt and \(Current(middle - bleed)) by the "
        + "emulator's channels (bleed of the fixture taken off); they may differ by \(Current(allowed))")
  }

  /// With the discharge resistors across the stack every cell carries the same current: the channels check each
  /// other.
  ///
  /// - Precondition: All cells have the same voltage, the emulator contactor and the discharge relay are closed.
  /// - Returns: The current in the middle, amperes.
  /// - Throws: `RigFault` naming the emulator and its channel, or the resistors' relay when no current flows.
  public func witnessCellCurrents() async throws -> Double {
    let currents = try await cellAmperes(fedCells)
    let middle = Self.median(currents)
    let u = uncertainty(.cells, "current", at: middle) ?? 0
    guard middle > Self.loadFactor * u else {
      throw RigFault(
        instrument: (instrumentNames(.dischargeResistors) + instrumentNames(.cells)).joined(
          separator: " or "),
        message:
          "the discharge resistors were connected and the cells carry \(Current(middle)) only: the relay is "
          + "stuck, or the emulator does not see its current")
    }
    for (index, current) in currents.enumerated() where (current - middle).magnitude > 2 * u {
      // More current than the others may flow into the unit: then it is gone with the wires of the cell open.
      if current > middle, try await isDrawnBehindWires(cell: fedCells[index], middle: middle, u: u) {
        continue
      }
      let members = try bound(.cells)
      throw RigFault(
        instrument: members[index].instrument.name,
        message:
          "channel \(members[index].channel) reads \(Current(current)) where the same current through all "
          + "cells reads \(Current(middle)); they may differ by \(Current(2 * u))")
    }
    return middle
  }

  /// Opens both wires of a cell for a look at its channel.
  private func isDrawnBehindWires(cell: Int, middle: Double, u: Double) async throws -> Bool {
    guard has(.nodeRelays) else { return false }
    for node in [cell - 1, cell] { try await setLine(.nodeRelays, member: node, active: true) }
    let alone = try await cellAmperes([cell])[0]
    for node in [cell - 1, cell] { try await setLine(.nodeRelays, member: node, active: false) }
    return (alone - middle).magnitude <= 2 * u
  }

  /// Times the uncertainty that the load current must be, to be any current at all.
  private static let loadFactor = 5.0

  /// With the resistors off again one cell shows whether the load is gone.
  public func confirmUnloaded(_ load: Double) async throws {
    let current = try await cellAmperes([1])[0]
    guard current > load / 2 else { return }
    throw RigFault(
      instrument: instrumentNames(.dischargeResistors).joined(separator: ", "),
      message:
        "the discharge resistors were disconnected and cell 1 still carries \(Current(current)): the relay is "
        + "stuck")
  }

  private func cellAmperes(_ cells: [Int]) async throws -> [Double] {
    let readings = try await cellCurrents(cells)
    return try readings.enumerated().map { index, reading in
      try number(reading, role: .cells, member: cells[index] - 1)
    }
  }

  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
