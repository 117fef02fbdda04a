import Ports

@testable import Simulation

/// A board whose outputs a test sets by hand; notes what the circuit tells it.
final class ScriptedBoard: BoardModel {
  var chargeSwitchClosed = true
  var dischargeSwitchClosed = true
  var pathResistance = 0.0005
  var bodyDiodeDrop = 0.65
  var offLeakage = 0.0001
  var supplyCurrent = 0.018
  var balance = [Double](repeating: 0, count: 25)
  var shortCircuitReaction: (level: Double, delay: Double)? = (800, 30e-6)
  /// Instants at which the board acts, with what it does.
  var script: [(at: WorldInstant, act: (ScriptedBoard, any BoardSurroundings) -> Void)] = []
  var lit: Set<Indicator> = []
  var edges: [IndicatorEdge] = []

  var advances: [WorldInstant] = []
  var supplySeen: [(at: WorldInstant, volts: Double)] = []
  var tripped: [WorldInstant] = []
  var energies: [Double] = []

  var nextEvent: WorldInstant? { script.first?.at }

  func advance(to now: WorldInstant, in surroundings: any BoardSurroundings) {
    advances.append(now)
    supplySeen.append((now, surroundings.supplyVoltage))
    while let first = script.first, first.at <= now {
      script.removeFirst()
      first.act(self, surroundings)
    }
  }

  func balanceCurrent(cell k: Int) -> Double { balance[k] }
  func isOn(_ indicator: Indicator) -> Bool { lit.contains(indicator) }
  func takeIndicatorEdges() -> [IndicatorEdge] {
    defer { edges = [] }
    return edges
  }
  func shortCircuitTripped(at instant: WorldInstant) {
    tripped.append(instant)
    chargeSwitchClosed = false
    dischargeSwitchClosed = false
  }
  func absorbed(energy: Double) { energies.append(energy) }

  func light(_ indicator: Indicator, _ on: Bool, at instant: WorldInstant) {
    if on { lit.insert(indicator) } else { lit.remove(indicator) }
    edges.append(IndicatorEdge(indicator: indicator, level: on, at: instant))
  }

  func at(_ seconds: Double, _ act: @escaping (ScriptedBoard, any BoardSurroundings) -> Void) {
    script.append((WorldInstant.start + .seconds(seconds), act))
  }
}

extension Circuit {
  /// A circuit with 24 cells at `volts`, the emulator connected, and the board in the socket.
  static func powered(_ board: ScriptedBoard?, volts: Double = 3.3, cells: Int = 24) -> Circuit {
    let circuit = Circuit(parameters: CircuitParameters())
    circuit.insert(board)
    for k in 1...cells { circuit.driveCell(k, volts: volts, sourceLimit: 5, sinkLimit: 5, on: true) }
    circuit.setRelay(.emulatorContactor, active: true)
    return circuit
  }

  func advance(toSeconds seconds: Double) { advance(to: .start + .seconds(seconds)) }
}

func isNear(_ a: Double, _ b: Double, within tolerance: Double = 1e-9) -> Bool { abs(a - b) <= tolerance }
