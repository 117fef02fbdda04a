import Ports
import Testing

@testable import Simulation

@Suite struct CircuitEventTests {
  @Test func `terminals fall below the safe voltage in time once the discharge resistors are on`() {
    let board = ScriptedBoard()
    let circuit = Circuit.powered(board, volts: 4.2)
    circuit.setRelay(.emulatorContactor, active: false)
    circuit.setRelay(.dischargeResistors, active: true)
    #expect(circuit.voltage(at: .packVoltage) > 100)
    circuit.advance(toSeconds: 2)
    #expect(circuit.voltage(at: .packVoltage) < 5)
    #expect(circuit.voltage(at: .portVoltage) < 5)
  }

  @Test func `a vanishing supply is shown to the board before it is gone`() {
    let board = ScriptedBoard()
    let circuit = Circuit.powered(board)
    circuit.advance(toSeconds: 1)
    circuit.setRelay(.emulatorContactor, active: false)
    circuit.advance(toSeconds: 60)
    let seen = board.supplySeen.map(\.volts).filter { $0 > 20 && $0 < 30 }
    #expect(!seen.isEmpty)
    for (a, b) in zip(seen, seen.dropFirst()) { #expect(b > a * 0.9) }
    #expect(board.advances.count < 300)
  }

  @Test func `the decay follows the closed form with the board's current as load`() {
    let board = ScriptedBoard()
    board.dischargeSwitchClosed = false
    let circuit = Circuit.powered(board)
    circuit.setRelay(.emulatorContactor, active: false)
    circuit.advance(toSeconds: 1)
    // (79.2 V + 18 mA · 10 kΩ)·e^(−1/10) − 180 V
    #expect(isNear(circuit.supplyVoltage, 259.2 * 0.904837418036 - 180, within: 1e-6))
  }

  @Test func `events run in time order and the board is asked right after every change`() {
    let board = ScriptedBoard()
    let circuit = Circuit.powered(board)
    var order: [String] = []
    board.at(1) { _, surroundings in order.append("a \(surroundings.now.seconds)") }
    board.at(1.5) { _, surroundings in order.append("b \(surroundings.thermistorResistance(1))") }
    circuit.advance(toSeconds: 1.2)
    circuit.setThermistor(1, ohms: 10_000)
    #expect(board.advances.last?.seconds == 1.2)
    circuit.advance(toSeconds: 9)
    #expect(order == ["a 1.0", "b 10000.0"])
    #expect(circuit.now.seconds == 9)
    #expect(circuit.nextEvent == nil)
  }

  @Test func `indicator edges keep their times and repeated levels are no edges`() {
    let board = ScriptedBoard()
    let circuit = Circuit.powered(board)
    for n in 1...4 {
      board.at(Double(n)) { board, surroundings in
        board.light(.red, n % 2 == 1, at: surroundings.now)
        board.light(.green, true, at: surroundings.now)
      }
    }
    circuit.advance(toSeconds: 10)
    #expect(circuit.edges(of: .red).map(\.at.seconds) == [1, 2, 3, 4])
    #expect(circuit.edges(of: .green).map(\.at.seconds) == [1])
    #expect(circuit.isOn(.green))
    circuit.insert(nil)
    #expect(!circuit.isOn(.green))
    #expect(circuit.edges(of: .green).last?.at.seconds == 10)
  }

  @Test func `mirror contacts follow their contactor after 15 ms and show a welded one`() {
    let circuit = Circuit.powered(ScriptedBoard())
    #expect(!circuit.isActive(.emulatorContactorMirror))
    circuit.advance(toSeconds: 0.0149)
    #expect(!circuit.isActive(.emulatorContactorMirror))
    circuit.advance(toSeconds: 0.015)
    #expect(circuit.isActive(.emulatorContactorMirror))
    circuit.stick(.emulatorContactor, active: true)
    circuit.setRelay(.emulatorContactor, active: false)
    circuit.advance(toSeconds: 1)
    #expect(circuit.isActive(.emulatorContactorMirror))
    #expect(circuit.supplyVoltage > 79)
    circuit.unstick(.emulatorContactor)
    circuit.advance(toSeconds: 2)
    #expect(circuit.edges(of: .emulatorContactorMirror).map(\.at.seconds) == [0.015, 1.015])
  }

  @Test func `a bounce shorter than the mirror delay leaves no edge`() {
    let circuit = Circuit(parameters: CircuitParameters())
    circuit.setRelay(.loopContactor, active: true)
    circuit.advance(toSeconds: 0.01)
    circuit.setRelay(.loopContactor, active: false)
    circuit.advance(toSeconds: 1)
    #expect(circuit.edges(of: .loopContactorMirror).isEmpty)
  }

  @Test func `cover and emergency stop begin at rest and record what people do`() {
    let circuit = Circuit(parameters: CircuitParameters())
    #expect(circuit.isActive(.cover))
    #expect(!circuit.isActive(.emergencyStop))
    circuit.advance(toSeconds: 3)
    circuit.setContact(.emergencyStop, active: true)
    circuit.setContact(.emergencyStop, active: true)
    #expect(circuit.edges(of: .emergencyStop).map(\.at.seconds) == [3])
  }

  @Test func `three hours with an event each second cost one step per event`() {
    let board = ScriptedBoard()
    let circuit = Circuit.powered(board)
    let before = board.advances.count
    var remaining = 10_800
    func again(_ board: ScriptedBoard, _ surroundings: any BoardSurroundings) {
      remaining -= 1
      if remaining > 0 { board.at(surroundings.now.seconds + 1, again) }
    }
    board.at(1, again)
    circuit.advance(toSeconds: 20_000)
    #expect(remaining == 0)
    // The mirror contact of the emulator contactor is the one further event.
    #expect(board.advances.count - before == 10_801)
  }
}
