import Foundation
import Ports
import Testing

@testable import Simulation

/// What the unit's 24 inputs see through the sense leads, and how the terminals lose their charge.
@Suite("Sense leads", .enabled(if: Spice.isInstalled, "ngspice is not installed; 'make physics' installs it"))
struct StackPhysics {
  static let leadOhms = 0.01

  private func volts(_ k: Int) -> Double { 3.2 + 0.01 * Double(k) }

  /// Cells 1 … 24 on nodes n0 … n24, a lead to each pin, currents that the unit takes between the pins.
  private func netlist(balance: [Int: Double], supply: Double, extra: [Int: Double]) -> String {
    var lines: [String] = ["Vground n0 0 0"]
    for k in 1...24 { lines.append("V\(k) n\(k) n\(k - 1) \(volts(k))") }
    for j in 0...24 { lines.append("R\(j) n\(j) p\(j) \(Self.leadOhms + (extra[j] ?? 0))") }
    for (k, amperes) in balance.sorted(by: { $0.key < $1.key }) {
      lines.append("I\(k) p\(k) p\(k - 1) \(amperes)")
    }
    lines.append("Isupply p24 p0 \(supply)")
    return lines.joined(separator: "\n")
  }

  struct Case: Sendable {
    let name: String
    var balance: [Int: Double] = [:]
    var supply = 0.0
    var extra: [Int: Double] = [:]
  }
  static let cases = [
    Case(name: "quiet"),
    Case(name: "30 mA of supply", supply: 0.03),
    Case(name: "8 A out of cell 5", balance: [5: 8]),
    Case(name: "8 A into cell 24", balance: [24: -8], supply: 0.03),
    Case(name: "8 A out of cell 1", balance: [1: 8], supply: 0.03),
    Case(name: "8 A out of 12, into 13", balance: [12: 8, 13: -8]),
    Case(name: "0.5 Ω in B10, 4 A out of cell 10", balance: [10: 4], extra: [10: 0.5]),
  ]

  @Test func `every input agrees under 8 A of balancing`() throws {
    var inputs = Comparison(
      "volts at an input of the unit", unit: "V", bound: 1e-6, "a linear network: nothing may differ")
    for test in Self.cases {
      var parameters = CircuitParameters()
      parameters.cellLeadResistance = Self.leadOhms
      let circuit = Circuit(parameters: parameters)
      let board = FixedBoard()
      board.supplyCurrent = test.supply
      for (k, amperes) in test.balance { board.balance[k] = amperes }
      circuit.insert(board)
      for (node, ohms) in test.extra { circuit.setNodeResistance(node, ohms: ohms) }
      for k in 1...24 { circuit.driveCell(k, volts: volts(k), sourceLimit: 10, sinkLimit: 10, on: true) }
      circuit.setRelay(.emulatorContactor, active: true)
      let spice = try Spice.operatingPoint(
        netlist(balance: test.balance, supply: test.supply, extra: test.extra),
        (1...24).map { "v(p\($0),p\($0 - 1))" })
      for k in 1...24 {
        inputs.add(
          "\(test.name), cell \(k)", ours: circuit.voltage(at: .cellSense(k)), spice: spice[k - 1])
      }
    }
    try Comparison.report("Sense leads", [inputs])
  }

  @Test func `the terminals lose their charge in the same time`() throws {
    var decay = Comparison(
      "volts at P after the path opened", unit: "V", bound: 0.02, "the safe state waits for less than 5 V")
    let parameters = CircuitParameters()
    for (name, ohms) in [
      ("bleed", parameters.bleedResistance), ("discharge resistors", 1 / (1 / 100.0 + 1e-4)),
    ] {
      let wave = try Spice.transient(
        "C1 p 0 \(parameters.terminalCapacitance) ic=79.2\nR1 p 0 \(ohms)", "v(p)", end: 2, step: 1e-3)
      let circuit = Circuit(parameters: parameters)
      let board = OpeningBoard()
      circuit.insert(board)
      for k in 1...24 { circuit.driveCell(k, volts: 3.3, sourceLimit: 10, sinkLimit: 10, on: true) }
      circuit.setRelay(.emulatorContactor, active: true)
      board.opens = true
      circuit.boardChanged()
      if name != "bleed" { circuit.setRelay(.dischargeResistors, active: true) }
      for seconds in [0.05, 0.1, 0.2, 0.5, 1, 1.9] {
        circuit.advance(to: .start + .seconds(seconds))
        decay.add(
          "\(name), \(seconds) s", ours: circuit.voltage(at: .portVoltage), spice: wave.value(at: seconds))
      }
    }
    try Comparison.report("Terminal charge", [decay])
  }
}

/// A board whose path opens when told.
final class OpeningBoard: BoardModel {
  var opens = false
  var chargeSwitchClosed: Bool { !opens }
  var dischargeSwitchClosed: Bool { !opens }
  let pathResistance = 0.0005
  let bodyDiodeDrop = 0.65
  let offLeakage = 0.0
  let supplyCurrent = 0.0
  var shortCircuitReaction: (level: Double, delay: Double)? { nil }
  var nextEvent: WorldInstant? { nil }
  func advance(to now: WorldInstant, in surroundings: any BoardSurroundings) {}
  func balanceCurrent(cell k: Int) -> Double { 0 }
  func isOn(_ indicator: Indicator) -> Bool { false }
  func takeIndicatorEdges() -> [IndicatorEdge] { [] }
  func shortCircuitTripped(at instant: WorldInstant) {}
  func absorbed(energy: Double) {}
}
