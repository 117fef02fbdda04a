import Ports
import Simulation

/// A unit whose power path conducts both ways and that does nothing else.
final class ClosedPath: BoardModel {
  var nextEvent: WorldInstant? { nil }
  func advance(to now: WorldInstant, in surroundings: any BoardSurroundings) {}
  var chargeSwitchClosed: Bool { true }
  var dischargeSwitchClosed: Bool { true }
  var pathResistance: Double { 0.001 }
  var bodyDiodeDrop: Double { 0.8 }
  var offLeakage: Double { 0 }
  var supplyCurrent: Double { 0 }
  func balanceCurrent(cell k: Int) -> Double { 0 }
  func isOn(_ indicator: Indicator) -> Bool { false }
  func takeIndicatorEdges() -> [IndicatorEdge] { [] }
  var shortCircuitReaction: (level: Double, delay: Double)? { nil }
  func shortCircuitTripped(at instant: WorldInstant) {}
  func absorbed(energy: Double) {}
}
