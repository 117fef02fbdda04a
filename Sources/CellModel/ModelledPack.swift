import Quantities

/// The cells of a pack, each with its own state. Index 0 is the cell at the negative end.
public struct ModelledPack: Hashable, Sendable {
  public private(set) var cells: [ModelledCell]

  /// How one cell differs from the others.
  public struct Deviation: Hashable, Sendable {
    /// Charge beyond that of the template.
    public var extraCharge: Charge
    /// Capacity over the template's.
    public var capacityFactor: Double
    /// Series and relaxation resistances over the template's.
    public var resistanceFactor: Double
    public init(extraCharge: Charge = .zero, capacityFactor: Double = 1, resistanceFactor: Double = 1) {
      self.extraCharge = extraCharge
      self.capacityFactor = capacityFactor
      self.resistanceFactor = resistanceFactor
    }
  }

  /// - Precondition: At least one cell.
  public init(cells: [ModelledCell]) {
    precondition(!cells.isEmpty, "a pack without cells")
    self.cells = cells
  }

  /// Cells like a rested template, each with its own deviation.
  /// - Precondition: Every cell that comes out lies in its range.
  public init(like template: ModelledCell, deviations: [Deviation]) {
    self.init(
      cells: deviations.map { deviation in
        let capacity = template.capacity * deviation.capacityFactor
        return ModelledCell(
          capacity: capacity,
          stateOfCharge: template.stateOfCharge + deviation.extraCharge / capacity,
          curve: template.curve, resistance: template.resistance * deviation.resistanceFactor,
          pairs: template.pairs.map {
            RelaxationPair(
              resistance: $0.resistance * deviation.resistanceFactor, timeConstant: $0.timeConstant)
          })
      })
  }

  /// Lets one constant current per cell flow.
  public mutating func advance(currents: [Current], seconds: Double) {
    precondition(currents.count == cells.count, "\(currents.count) currents for \(cells.count) cells")
    for index in cells.indices { cells[index].advance(current: currents[index], seconds: seconds) }
  }

  public func terminalVoltages(currents: [Current]) -> [Voltage] {
    precondition(currents.count == cells.count, "\(currents.count) currents for \(cells.count) cells")
    return zip(cells, currents).map { $0.terminalVoltage(current: $1) }
  }

  public var statesOfCharge: [Double] { cells.map(\.stateOfCharge) }
  /// Numbers (from 1) of the cells that the model cannot speak about any more.
  public var outOfRangeCells: [Int] { cells.indices.filter { cells[$0].isOutOfRange }.map { $0 + 1 } }
}
