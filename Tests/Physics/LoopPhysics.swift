import Foundation
import Ports
import Testing

@testable import Simulation

/// The overcurrent loop: source with a compliance, loop, two switch groups with body diodes.
@Suite("Loop", .enabled(if: Spice.isInstalled, "ngspice is not installed; 'make physics' installs it"))
struct LoopPhysics {
  struct State: Sendable {
    let name: String
    let charge: Bool
    let discharge: Bool
  }
  static let states = [
    State(name: "both on", charge: true, discharge: true),
    State(name: "charge cut", charge: false, discharge: true),
    State(name: "discharge cut", charge: true, discharge: false),
    State(name: "both off", charge: false, discharge: false),
  ]
  static let pathOhms = 0.0005
  static let loopOhms = 0.002
  static let compliance = 5.0
  /// The drop our unit declares for a body diode, and the current at which the junction below is fitted to it.
  static let declaredDrop = 0.65
  static let fittedAt = 2.0

  /// Two transistors in series, source to source: the charge switch blocks B-ward current and its body diode passes
  /// the other; the discharge switch the other way round. Each junction has n = 1.5 and 0.1 mΩ of bulk.
  private func netlist(_ state: State, amperes: Double) -> String {
    let emission = 1.5
    let thermal = 0.025_865
    let saturation = Self.fittedAt / (exp(Self.declaredDrop / (emission * thermal)) - 1)
    let half = Self.pathOhms / 2
    let sign = amperes < 0 ? "-" : ""
    // Positive current charges: it enters at P, leaves at B and returns through the source.
    return """
      .model body d(is=\(saturation) n=\(emission) rs=1e-4)
      .model ideal d(is=1e-6 n=0.01)
      I1 0 src \(amperes)
      \(amperes < 0
        ? "D9 c src ideal\nV9 c 0 \(sign)\(Self.compliance)" : "D9 src c ideal\nV9 c 0 \(Self.compliance)")
      Rloop src p \(Self.loopOhms)
      Vsense p p2 0
      \(state.charge ? "R1 p2 mid \(half)" : "R1 p2 mid 1e9")
      D1 mid p2 body
      \(state.discharge ? "R2 mid 0 \(half)" : "R2 mid 0 1e9")
      D2 mid 0 body
      Rleak p2 0 \(100 / 0.0001)
      """
  }

  private func circuit(_ state: State) -> Circuit {
    var parameters = CircuitParameters()
    parameters.loopResistance = Self.loopOhms
    let board = FixedBoard(charge: state.charge, discharge: state.discharge)
    board.pathResistance = Self.pathOhms
    board.bodyDiodeDrop = Self.declaredDrop
    let circuit = Circuit(parameters: parameters)
    circuit.insert(board)
    for k in 1...24 { circuit.driveCell(k, volts: 3.3, sourceLimit: 5, sinkLimit: 5, on: true) }
    circuit.setRelay(.emulatorContactor, active: true)
    circuit.setRelay(.loopContactor, active: true)
    return circuit
  }

  @Test func `currents and drops of every path state agree`() throws {
    var current = Comparison(
      "loop current", unit: "A", bound: 0.001,
      "a source inside its compliance sets it; leakage is micro-amperes")
    var closed = Comparison(
      "drop of the closed path", unit: "V", bound: 0.0005,
      "two resistances; what the body diodes shunt is far less")
    var diode = Comparison(
      "drop of a single-cut path", unit: "V", bound: 0.25,
      "we hold the drop constant and add the whole path's resistance, a junction follows the logarithm of the "
        + "current; the limit's window is 0.2 … 1.2 V and probes use 2 A to 5 A")
    var probe = Comparison(
      "drop of a single-cut path up to 5 A", unit: "V", bound: 0.05, "the currents at which it is measured")
    for state in Self.states {
      let circuit = circuit(state)
      for amperes in [2.0, -2, 5, -5, 100, -100, 300, -300] {
        circuit.driveLoop(current: amperes, compliance: Self.compliance, on: true)
        let spice = try Spice.operatingPoint(netlist(state, amperes: amperes), ["i(vsense)", "v(p2)"])
        let place = "\(state.name), \(amperes) A"
        current.add(place, ours: circuit.loopCurrent, spice: spice[0])
        let blocked = amperes > 0 ? !state.charge : !state.discharge
        guard !blocked else { continue }
        let drop = abs(circuit.voltage(at: .pathDrop))
        if state.charge && state.discharge {
          closed.add(place, ours: drop, spice: abs(spice[1]))
        } else {
          diode.add(place, ours: drop, spice: abs(spice[1]))
          if abs(amperes) <= 5 { probe.add(place, ours: drop, spice: abs(spice[1])) }
        }
      }
    }
    try Comparison.report("Overcurrent loop", [current, closed, diode, probe])
  }
}

/// A board whose switches stand still.
final class FixedBoard: BoardModel {
  let chargeSwitchClosed: Bool
  let dischargeSwitchClosed: Bool
  var pathResistance = 0.0005
  var bodyDiodeDrop = 0.65
  var offLeakage = 0.0001
  var supplyCurrent = 0.0
  var balance = [Double](repeating: 0, count: 25)
  var shortCircuitReaction: (level: Double, delay: Double)?

  init(charge: Bool = true, discharge: Bool = true) {
    chargeSwitchClosed = charge
    dischargeSwitchClosed = discharge
  }

  var nextEvent: WorldInstant? { nil }
  func advance(to now: WorldInstant, in surroundings: any BoardSurroundings) {}
  func balanceCurrent(cell k: Int) -> Double { balance[k] }
  func isOn(_ indicator: Indicator) -> Bool { false }
  func takeIndicatorEdges() -> [IndicatorEdge] { [] }
  func shortCircuitTripped(at instant: WorldInstant) {}
  func absorbed(energy: Double) {}
}
