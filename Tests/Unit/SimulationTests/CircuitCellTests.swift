import Ports
import Testing

@testable import Simulation

@Suite struct CircuitCellTests {
  @Test func `the supply is the sum of the fed cells and draws through every channel`() {
    let board = ScriptedBoard()
    let circuit = Circuit.powered(board, volts: 3.3, cells: 16)
    #expect(isNear(circuit.voltage(at: .packVoltage), 16 * 3.3))
    #expect(isNear(circuit.supplyVoltage, 16 * 3.3 - 0.018 * 0.02))
    #expect(isNear(circuit.voltage(at: .supplyShunt), 0.018))
    let bleed = 16 * 3.3 / circuit.parameters.bleedResistance
    #expect(isNear(circuit.cellOutputCurrent(1), 0.018 + bleed))
    #expect(isNear(circuit.cellOutputCurrent(16), 0.018 + bleed))
    #expect(circuit.cellOutputCurrent(17) == 0)
    #expect(circuit.senseVoltage(cell: 24) == 0)
  }

  @Test func `balancing drops volts in the leads of its cell and lifts the neighbours`() {
    let board = ScriptedBoard()
    board.supplyCurrent = 0
    board.balance[5] = 4
    let circuit = Circuit.powered(board)
    #expect(isNear(circuit.senseVoltage(cell: 5), 3.3 - 4 * 0.02))
    #expect(isNear(circuit.senseVoltage(cell: 4), 3.3 + 4 * 0.01))
    #expect(isNear(circuit.senseVoltage(cell: 6), 3.3 + 4 * 0.01))
    #expect(isNear(circuit.cellOutputCurrent(5) - circuit.cellOutputCurrent(9), 4))
    #expect(circuit.voltage(at: .cell(5)) == 3.3)
  }

  @Test func `a channel beyond its source limit holds the limit and sags`() {
    let board = ScriptedBoard()
    board.balance[3] = 0.4
    let circuit = Circuit.powered(board)
    circuit.driveCell(3, volts: 3.3, sourceLimit: 0.1, sinkLimit: 0.1, on: true)
    #expect(circuit.cellOutputCurrent(3) == 0.1)
    #expect(circuit.cellOutputVoltage(3) < 1)
    board.balance[3] = -0.2
    circuit.boardChanged()
    #expect(circuit.cellOutputCurrent(3) == -0.1)
    #expect(circuit.cellOutputVoltage(3) > 3.3)
    #expect(circuit.cellOutputVoltage(3) <= 3.3 * 1.5)
  }

  @Test func `an open node empties the cell below and fills the cell above`() {
    let circuit = Circuit.powered(ScriptedBoard())
    circuit.setRelay(.nodeOpen(7), active: true)
    #expect(circuit.senseVoltage(cell: 7) == 0)
    #expect(isNear(circuit.senseVoltage(cell: 8), 6.6))
    #expect(circuit.voltage(at: .cellSense(8)) == circuit.senseVoltage(cell: 8))
    #expect(circuit.leadResistance(cell: 7) == .infinity)
    #expect(circuit.leadResistance(cell: 8) == .infinity)
    #expect(isNear(circuit.leadResistance(cell: 9), 0.02))
    circuit.setRelay(.nodeOpen(7), active: false)
    #expect(isNear(circuit.senseVoltage(cell: 7), 3.3))
  }

  @Test func `open ends read nothing in the outer cell, and B24 carries the supply`() {
    let circuit = Circuit.powered(ScriptedBoard())
    circuit.setRelay(.nodeOpen(0), active: true)
    #expect(circuit.senseVoltage(cell: 1) == 0)
    #expect(isNear(circuit.senseVoltage(cell: 2), 3.3))
    #expect(circuit.supplyVoltage > 79)
    circuit.setRelay(.nodeOpen(24), active: true)
    #expect(circuit.senseVoltage(cell: 24) == 0)
    #expect(circuit.supplyVoltage == 0)
    #expect(circuit.voltage(at: .packVoltage) > 79)
  }

  @Test func `crossed nodes reverse the cell between them`() {
    let board = ScriptedBoard()
    board.supplyCurrent = 0
    let circuit = Circuit.powered(board)
    circuit.crossNodes(10, 11)
    #expect(isNear(circuit.senseVoltage(cell: 10), 6.6))
    #expect(isNear(circuit.senseVoltage(cell: 11), -3.3))
    #expect(isNear(circuit.senseVoltage(cell: 12), 6.6))
  }

  @Test func `extra ohms in a node wire show in the lead resistance`() {
    let circuit = Circuit.powered(ScriptedBoard())
    circuit.setNodeResistance(4, ohms: 0.5)
    #expect(isNear(circuit.leadResistance(cell: 4), 0.52))
    #expect(isNear(circuit.leadResistance(cell: 5), 0.52))
    #expect(isNear(circuit.leadResistance(cell: 6), 0.02))
  }

  @Test func `cells reach the connector while the emulator contactor is open`() {
    let circuit = Circuit.powered(ScriptedBoard())
    circuit.setRelay(.emulatorContactor, active: false)
    circuit.advance(toSeconds: 100)
    #expect(isNear(circuit.senseVoltage(cell: 12), 3.3))
    #expect(circuit.supplyVoltage == 0)
    #expect(circuit.voltage(at: .supplyShunt) == 0)
  }
}
