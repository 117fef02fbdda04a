import Quantities

/// Facts of the optional parts of a fixture: crossing relay, line resistors, leakage test.
public struct FixtureWiring: Hashable, Sendable, Codable {
  /// Volts at the `leakage-current` channel per ampere; the shunt also limits the current of the test source.
  public var leakageCurrentScale: Resistance?
  /// Lower one of the two nodes whose sense wires `node-crossing` exchanges.
  public var crossedNode: Int?
  /// Node whose sense wire `line-resistors` lie in.
  public var resistorNode: Int?
  /// What each relay of `line-resistors` adds, in the order of the role.
  public var lineResistors: [Resistance]
  /// Expanded uncertainty (k = 2) of the resistance of one sense line, resistors included.
  public var lineResistanceUncertainty: Resistance?

  public init(
    leakageCurrentScale: Resistance? = nil, crossedNode: Int? = nil, resistorNode: Int? = nil,
    lineResistors: [Resistance] = [], lineResistanceUncertainty: Resistance? = nil
  ) {
    self.leakageCurrentScale = leakageCurrentScale
    self.crossedNode = crossedNode
    self.resistorNode = resistorNode
    self.lineResistors = lineResistors
    self.lineResistanceUncertainty = lineResistanceUncertainty
  }
}
