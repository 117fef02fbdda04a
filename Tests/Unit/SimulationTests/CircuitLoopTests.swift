import Ports
import Testing

@testable import Simulation

@Suite struct CircuitLoopTests {
  /// One row of the path state table of the procedure catalogue, probed with ±2 A at 5 V.
  struct PathRow: Sendable {
    let charge: Bool, discharge: Bool
    let chargeDrop: ClosedRange<Double>?, dischargeDrop: ClosedRange<Double>?
  }
  static let table = [
    PathRow(charge: true, discharge: true, chargeDrop: 0...0.05, dischargeDrop: 0...0.05),
    PathRow(charge: false, discharge: true, chargeDrop: nil, dischargeDrop: 0.2...1.2),
    PathRow(charge: true, discharge: false, chargeDrop: 0.2...1.2, dischargeDrop: nil),
    PathRow(charge: false, discharge: false, chargeDrop: nil, dischargeDrop: nil),
  ]

  @Test(arguments: table)
  func `the path table holds for every state of the switches`(_ row: PathRow) {
    let board = ScriptedBoard()
    board.chargeSwitchClosed = row.charge
    board.dischargeSwitchClosed = row.discharge
    let circuit = Circuit.powered(board)
    circuit.setRelay(.loopContactor, active: true)
    for (current, expected) in [(2.0, row.chargeDrop), (-2.0, row.dischargeDrop)] {
      circuit.driveLoop(current: current, compliance: 5, on: true)
      let drop = circuit.voltage(at: .pathDrop) * (current < 0 ? 1 : -1)
      if let expected {
        #expect(circuit.loopCurrent == current)
        #expect(!circuit.loopAtCompliance)
        #expect(expected.contains(drop))
      } else {
        #expect(abs(circuit.loopCurrent) < 0.05)
        #expect(circuit.loopAtCompliance)
        #expect(isNear(drop, 5, within: 1e-6))
      }
    }
  }

  @Test func `a source short of volts gives what its compliance allows`() {
    let board = ScriptedBoard()
    let circuit = Circuit.powered(board)
    circuit.setRelay(.loopContactor, active: true)
    circuit.driveLoop(current: -350, compliance: 0.5, on: true)
    #expect(circuit.loopAtCompliance)
    #expect(isNear(circuit.loopCurrent, -0.5 / 0.0025, within: 1e-6))
    #expect(isNear(circuit.loopSourceVoltage, -0.5))
    circuit.driveLoop(current: -350, compliance: 2, on: true)
    #expect(!circuit.loopAtCompliance)
    #expect(circuit.loopCurrent == -350)
    #expect(isNear(circuit.voltage(at: .pathDrop), 350 * 0.0005, within: 1e-6))
    #expect(isNear(circuit.voltage(at: .loopShunt), -350 * 0.0001))
  }

  @Test func `an open loop contactor leaves the source at compliance without current`() {
    let circuit = Circuit.powered(ScriptedBoard())
    circuit.driveLoop(current: 10, compliance: 5, on: true)
    #expect(circuit.loopCurrent == 0)
    #expect(circuit.loopAtCompliance)
    #expect(circuit.loopSourceVoltage == 5)
    circuit.driveLoop(current: 10, compliance: 5, on: false)
    #expect(!circuit.loopAtCompliance)
    #expect(circuit.loopSourceVoltage == 0)
  }

  @Test func `the board sees the current at the instant it begins and again after it acted`() {
    let board = ScriptedBoard()
    let circuit = Circuit.powered(board)
    circuit.setRelay(.loopContactor, active: true)
    var seen: [Double] = []
    board.at(2) { board, surroundings in
      seen.append(surroundings.loopCurrent)
      board.chargeSwitchClosed = false
    }
    circuit.driveLoop(current: 50, compliance: 5, on: true)
    board.at(2) { _, surroundings in seen.append(surroundings.loopCurrent) }
    circuit.advance(toSeconds: 1.9)
    #expect(circuit.loopCurrent == 50)
    circuit.advance(toSeconds: 2)
    #expect(seen.first == 50)
    #expect(circuit.loopCurrent < 0.05)
    #expect(board.advances.filter { $0.seconds == 2 }.count == 2)
  }

  @Test func `the port follows the pack through a conducting path and decays through the bleed without one`()
  {
    let board = ScriptedBoard()
    board.supplyCurrent = 0
    let circuit = Circuit.powered(board)
    #expect(isNear(circuit.voltage(at: .portVoltage), circuit.voltage(at: .packVoltage)))
    board.at(1) { board, _ in board.dischargeSwitchClosed = false }
    circuit.advance(toSeconds: 11)
    // τ = 10 kΩ · 1 mF = 10 s, and 10 s have passed.
    #expect(isNear(circuit.voltage(at: .portVoltage), 79.2 * 0.36787944117, within: 1e-6))
    #expect(isNear(circuit.voltage(at: .pathDrop), 79.2 * 0.63212055883, within: 1e-6))
    circuit.setRelay(.dischargeResistors, active: true)
    circuit.advance(toSeconds: 12)
    #expect(circuit.voltage(at: .portVoltage) < 0.01)
  }

  @Test func `an empty socket conducts nothing`() {
    let circuit = Circuit.powered(nil)
    circuit.setRelay(.loopContactor, active: true)
    circuit.driveLoop(current: 10, compliance: 5, on: true)
    #expect(circuit.loopCurrent == 0)
    #expect(circuit.voltage(at: .portVoltage) == 0)
  }
}
