import Ports
import Simulation

/// A unit whose power path conducts both ways and that does nothing else.
public final class ConductingBoard: BoardModel {
  /// Amperes that the balancer takes out of cell 5.
  public var balance = 0.0
  public let pathResistance: Double
  public let bodyDiodeDrop: Double
  public let supplyCurrent: Double

  /// - Parameters:
  ///   - pathResistance: Ohm.
  ///   - bodyDiodeDrop: V.
  ///   - supplyCurrent: A.
  public init(pathResistance: Double = 0.0005, bodyDiodeDrop: Double = 0.65, supplyCurrent: Double = 0.02) {
    self.pathResistance = pathResistance
    self.bodyDiodeDrop = bodyDiodeDrop
    self.supplyCurrent = supplyCurrent
  }

  public var nextEvent: WorldInstant? { nil }
  public func advance(to now: WorldInstant, in surroundings: any BoardSurroundings) {}
  public var chargeSwitchClosed: Bool { true }
  public var dischargeSwitchClosed: Bool { true }
  public var offLeakage: Double { 0 }
  public func balanceCurrent(cell k: Int) -> Double { k == 5 ? balance : 0 }
  public func isOn(_ indicator: Indicator) -> Bool { false }
  public func takeIndicatorEdges() -> [IndicatorEdge] { [] }
  public var shortCircuitReaction: (level: Double, delay: Double)? { nil }
  public func shortCircuitTripped(at instant: WorldInstant) {}
  public func absorbed(energy: Double) {}
}
