import Quantities

/// A resistor beside a capacitor: one of the slow parts of a cell's voltage.
public struct RelaxationPair: Hashable, Sendable {
  public let resistance: Resistance
  /// Resistance times capacitance.
  public let timeConstant: TimeSpan

  /// - Precondition: The resistance is not negative, the time constant positive; both finite.
  public init(resistance: Resistance, timeConstant: TimeSpan) {
    precondition(
      resistance.isFinite && resistance >= .zero && timeConstant.isFinite && timeConstant > .zero,
      "a relaxation pair of \(resistance) and \(timeConstant)")
    self.resistance = resistance
    self.timeConstant = timeConstant
  }
}

/// One cell that an emulator channel is to imitate: a charge, its rest voltage, a series resistance and up to two
/// slow parts. Currents are positive while they discharge the cell, as the emulator delivers them.
///
/// Modelled: what a balancer notices within minutes. Not modelled: temperature, ageing, hysteresis of the rest
/// voltage, self-discharge, losses of charge.
public struct ModelledCell: Hashable, Sendable {
  public static let pairsMax = 2

  public let capacity: Charge
  public let curve: OpenCircuitCurve
  /// Shows at once when current flows.
  public let resistance: Resistance
  public let pairs: [RelaxationPair]
  /// What is left to draw. Below zero or above `capacity` when the cell was driven out of its range.
  public private(set) var charge: Charge
  /// Voltage across each pair, positive while discharging.
  public private(set) var relaxations: [Voltage]

  /// - Precondition: Capacity positive, state of charge in 0 … 1, resistance not negative, at most two pairs.
  public init(
    capacity: Charge, stateOfCharge: Double, curve: OpenCircuitCurve, resistance: Resistance = .zero,
    pairs: [RelaxationPair] = []
  ) {
    precondition(capacity.isFinite && capacity > .zero, "a cell of \(capacity)")
    precondition((0...1).contains(stateOfCharge), "a cell charged to \(stateOfCharge)")
    precondition(resistance.isFinite && resistance >= .zero, "a cell with \(resistance)")
    precondition(pairs.count <= Self.pairsMax, "a cell with \(pairs.count) relaxation pairs")
    self.capacity = capacity
    self.curve = curve
    self.resistance = resistance
    self.pairs = pairs
    charge = capacity * stateOfCharge
    relaxations = Array(repeating: .zero, count: pairs.count)
  }

  /// 0 = empty, 1 = full; beyond both when the cell was driven out of its range.
  public var stateOfCharge: Double { charge / capacity }
  /// The model says nothing about such a cell any more; its voltage only shows the direction.
  public var isOutOfRange: Bool { charge < .zero || charge > capacity }
  public var openCircuitVoltage: Voltage { curve.voltage(at: stateOfCharge) }

  /// Voltage at the terminals while a current flows.
  public func terminalVoltage(current: Current) -> Voltage {
    relaxations.reduce(openCircuitVoltage - Voltage(current.base * resistance.base), -)
  }

  /// Lets a constant current flow. Exact whatever the length: two halves give what the whole gives.
  ///
  /// - Precondition: The current is finite, the time finite and not negative.
  public mutating func advance(current: Current, seconds: Double) {
    precondition(current.isFinite && seconds.isFinite && seconds >= 0, "\(current) for \(seconds) s")
    charge -= Charge(current.base * seconds)
    for (index, pair) in pairs.enumerated() {
      let decay = DeterministicMath.exponential(-seconds / pair.timeConstant.base)
      let final = Voltage(current.base * pair.resistance.base)
      relaxations[index] = final + decay * (relaxations[index] - final)
    }
  }
}
