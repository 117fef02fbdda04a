import Capabilities
import Model
import Ports
import Quantities

/// What two voltmeters say of the same cells: the reference at the unit's connector and the emulator's own read-back.
struct CellComparison {
  struct Entry {
    let cell: Int
    let reference: Double
    let own: Double
    /// How far both may be apart if each keeps its stated uncertainty, volts.
    let allowed: Double
    var difference: Double { reference - own }
    var agrees: Bool { difference.magnitude <= allowed }
  }
  var entries: [Entry]

  var disagreeing: [Entry] { entries.filter { !$0.agrees } }
  /// Largest difference, volts.
  var worst: Double { entries.map(\.difference.magnitude).max() ?? 0 }

  /// Two cells of which the reference reads the other's voltage.
  var exchanged: (Int, Int)? {
    let wrong = disagreeing
    guard wrong.count == 2 else { return nil }
    let crossed =
      (wrong[0].reference - wrong[1].own).magnitude <= wrong[0].allowed
      && (wrong[1].reference - wrong[0].own).magnitude <= wrong[1].allowed
    return crossed ? (wrong[0].cell, wrong[1].cell) : nil
  }

  /// A node whose two cells are wrong by opposite amounts: what one reads too little the other reads too much.
  var looseNode: Int? {
    let wrong = disagreeing
    guard wrong.count == 2, wrong[1].cell == wrong[0].cell + 1 else { return nil }
    let sum = wrong[0].difference + wrong[1].difference
    return sum.magnitude <= wrong[0].allowed + wrong[1].allowed ? wrong[0].cell : nil
  }
}

/// The rule of the two independent channels for cell voltages: before a reading of the reference may speak about the
/// unit, the emulator's own read-back must agree with it.
///
/// Both may be off by their stated uncertainty in opposite directions, so the sum of both is allowed: an instrument
/// inside its statement is never accused. The root of the squares would accuse one good rig in twenty.
extension Bench {
  static let cellLooks = 3
  static let cellLookPause = Interval.milliseconds(100)

  /// Compares reference and emulator on `cells` (all fed ones unless given).
  ///
  /// - Returns: The largest difference in volts; nil when the rig has no second channel or states no uncertainty.
  /// - Throws: `RigFault` naming the instruments, when they differ in each of three looks by more than both
  ///   uncertainties and the drop that the cells' own currents make in the leads.
  @discardableResult
  public func witnessCells(_ cells: [Int]? = nil) async throws -> Double? {
    guard canWitnessCells else { return nil }
    let wanted = cells ?? fedCells
    var last = CellComparison(entries: [])
    for look in 0..<Self.cellLooks {
      var drops: [Double]?
      if look > 0 {
        try await world.sleep(for: Self.cellLookPause)
        drops = try await leadDrops(wanted)
      }
      last = try await compareCells(wanted, drops: drops)
      if last.disagreeing.isEmpty { return last.worst }
    }
    throw try await accuse(last)
  }

  /// Reference volts of all fed cells, cell 1 first, once the emulator's read-back agrees with them.
  public func witnessedCellVolts() async throws -> [Double] {
    try await witnessCells()
    return try await cellReferenceVolts()
  }

  var canWitnessCells: Bool {
    has(.cells) && has(.cellReference) && uncertainty(.cells, "voltage") != nil
      && uncertainty(.cellReference, "voltage") != nil
  }

  func compareCells(_ cells: [Int], drops: [Double]? = nil) async throws -> CellComparison {
    let all = try bound(.cellReference)
    let readings = try await readMembers(cells.map { all[$0 - 1] })
    let readbacks = try await cellReadbacks(cells)
    var entries: [CellComparison.Entry] = []
    for (index, cell) in cells.enumerated() {
      let reference = try number(readings[index], role: .cellReference, member: cell - 1)
      let own = try number(readbacks[index], role: .cells, member: cell - 1)
      let level = max(reference.magnitude, own.magnitude)
      let allowed =
        (uncertainty(.cellReference, "voltage", at: level) ?? 0)
        + (uncertainty(.cells, "voltage", at: level) ?? 0)
        + (drops?[index] ?? 0)
      entries.append(.init(cell: cell, reference: reference, own: own, allowed: allowed))
    }
    return CellComparison(entries: entries)
  }

  /// Volts that currents of a cell and its neighbours may drop in the two leads of the cell.
  private func leadDrops(_ cells: [Int]) async throws -> [Double] {
    let around = fedCells.filter { fed in cells.contains { ($0 - fed).magnitude <= 1 } }
    let currents = try await cellCurrents(around)
    return try cells.map { cell in
      var sum = 0.0
      for (index, neighbour) in around.enumerated() where (neighbour - cell).magnitude <= 1 {
        let current = try number(currents[index], role: .cells, member: neighbour - 1).magnitude
        sum += neighbour == cell ? 2 * current : current
      }
      return sum * rig.wiring.cellLeadResistance.base
    }
  }

  /// Who is wrong: the sum of the cells against the voltmeter across the pack is the third witness.
  private func accuse(_ comparison: CellComparison) async throws -> RigFault {
    let first = comparison.disagreeing[0]
    let references = instrumentNames(.cellReference).joined(separator: ", ")
    let emulators = instrumentNames(.cells).joined(separator: ", ")
    if let (a, b) = comparison.exchanged {
      return RigFault(
        instrument: references,
        message:
          "its wires of cell \(a) and cell \(b) are exchanged: each reads the voltage that the emulator "
          + "feeds to the other. Check the reference's wiring in the fixture")
    }
    if let node = comparison.looseNode {
      return RigFault(
        instrument: ([references] + instrumentNames(.nodeRelays)).joined(separator: " or "),
        message:
          "node B\(node) is not where the emulator feeds it: the references of cells \(node) and \(node + 1) read "
          + "\(Voltage(first.reference)) and \(Voltage(comparison.disagreeing[1].reference)), the emulator reads back "
          + "\(Voltage(first.own)) and \(Voltage(comparison.disagreeing[1].own)). "
          + "Check wire, contact and relay of B\(node)"
      )
    }
    let count = comparison.disagreeing.count
    let what =
      "cell \(first.cell)\(count > 1 ? " and \(count - 1) more" : ""): the reference reads "
      + "\(Voltage(first.reference)), the emulator reads back \(Voltage(first.own)); they may differ by "
      + "\(Voltage(first.allowed))"
    switch try await thirdWitness() {
    case .reference(let words): return RigFault(instrument: references, message: what + ". " + words)
    case .emulator(let words): return RigFault(instrument: emulators, message: what + ". " + words)
    case .none:
      return RigFault(
        instrument: references + " or " + emulators, message: what + ". Compare both with a third voltmeter")
    }
  }

  private enum Witness {
    case none
    case reference(String)
    case emulator(String)
  }

  /// Times by which one sum must be further from the pack's voltage than the other to be the wrong one.
  private static let clearlyFurther = 3.0

  private func thirdWitness() async throws -> Witness {
    guard has(.packVoltage), let ofPack = uncertainty(.packVoltage, "voltage") else { return .none }
    let all = try await compareCells(fedCells)
    let pack = try await volts(.packVoltage).value
    let reference = all.entries.map(\.reference).reduce(0, +)
    let own = all.entries.map(\.own).reduce(0, +)
    // With the contactor open the pack terminals carry nothing of the cells.
    guard pack > min(reference, own) / 2, pack > 1 else { return .none }
    let offReference = (reference - pack).magnitude
    let offOwn = (own - pack).magnitude
    let words =
      "The voltmeter across the pack reads \(Voltage(pack)), the references sum up to \(Voltage(reference)), the "
      + "emulator's read-backs to \(Voltage(own))"
    if offReference > ofPack, offReference > Self.clearlyFurther * offOwn { return .reference(words) }
    // An error common to all inputs of one meter is in both of its readings: then it cannot accuse the other.
    let isIndependent =
      Set(instrumentNames(.packVoltage)).isDisjoint(with: instrumentNames(.cellReference))
      || all.disagreeing.count <= all.entries.count / 2
    if isIndependent, offOwn > ofPack, offOwn > Self.clearlyFurther * offReference { return .emulator(words) }
    return .none
  }
}
