import Foundation
import Ports
import Testing

@testable import Simulation

@Suite struct ShortPulseTests {
  /// 48 V, 1 µH, 20 mΩ + 0.5 mΩ, comparator at 800 A and 30 µs later.
  private func fired(_ board: ScriptedBoard, bank: Double = 48) -> Circuit {
    let circuit = Circuit.powered(board)
    circuit.setShortBank(volts: bank)
    circuit.advance(toSeconds: 1)
    circuit.setRelay(.shortTrigger, active: true)
    return circuit
  }

  @Test func `the pulse rises, trips and falls as the closed form says`() throws {
    let board = ScriptedBoard()
    let circuit = fired(board)
    circuit.advance(toSeconds: 2)
    let pulse = try #require(circuit.shortPulse)
    let crossing = -1e-6 / 0.0205 * log(1 - 800 * 0.0205 / 48)
    let opening = crossing + 30e-6
    let peak = 48 / 0.0205 * (1 - exp(-opening * 0.0205 / 1e-6))
    #expect(pulse.start.seconds == 1)
    #expect(isNear(pulse.current(crossing), 800, within: 1e-6))
    #expect(isNear(pulse.current(opening), peak, within: 1e-6))
    let target = (150 - 48) / 0.0205
    let fall = 1e-6 / 0.0205 * log(1 + peak / target)
    let half = (peak + target) * exp(-fall / 2 * 0.0205 / 1e-6) - target
    #expect(isNear(pulse.current(opening + fall / 2), half, within: 1e-3))
    #expect(pulse.current(opening + 0.999 * fall) > 0)
    #expect(pulse.current(opening + 1.001 * fall) == 0)
    #expect(pulse.current(-1e-6) == 0)
    #expect(board.tripped.count == 1)
    #expect(isNear(board.tripped[0].seconds, 1 + opening, within: 1e-9))
    #expect(board.energies.count == 1)
    // Without the loop's resistance the clamp would take all of this; the resistance takes its share.
    let inductive = 0.5 * 1e-6 * peak * peak * 150 / (150 - 48)
    #expect(board.energies[0] > inductive * 0.8)
    #expect(board.energies[0] < inductive * 1.1)
    #expect(circuit.voltage(at: .shortCurrent) == 0)
  }

  @Test func `without a comparator the one-shot of the fixture ends the pulse`() throws {
    let board = ScriptedBoard()
    board.shortCircuitReaction = nil
    let circuit = fired(board)
    circuit.advance(to: WorldInstant.start + .seconds(1.001))
    #expect(isNear(circuit.voltage(at: .shortCurrent), 48 / 0.0205 * 0.001, within: 1e-3))
    circuit.advance(toSeconds: 2)
    let pulse = try #require(circuit.shortPulse)
    #expect(pulse.current(0.00199) > 2000)
    #expect(pulse.current(0.0021) == 0)
    #expect(board.tripped.isEmpty)
    #expect(board.dischargeSwitchClosed)
    #expect(board.energies.count == 1)
  }

  @Test func `a pulse below the comparator's level trips nothing`() {
    let board = ScriptedBoard()
    let circuit = fired(board, bank: 10)
    circuit.advance(toSeconds: 2)
    #expect(board.tripped.isEmpty)
  }

  @Test func `a blocked path carries no pulse`() throws {
    let board = ScriptedBoard()
    board.dischargeSwitchClosed = false
    let circuit = fired(board)
    circuit.advance(toSeconds: 2)
    let pulse = try #require(circuit.shortPulse)
    #expect(pulse.current(1e-5) == 0)
    #expect(board.tripped.isEmpty && board.energies.isEmpty)
  }

  @Test func `the energy agrees with a numerical integral of the conduction loss`() {
    let pulse = ShortPulse(
      start: .start, volts: 40, resistance: 0.02, inductance: 1e-6, clampVoltage: 150, oneShot: 1e-4,
      reaction: nil)
    let step = 1e-8
    var sum = 0.0
    for n in 0..<10_000 {
      let i = pulse.current((Double(n) + 0.5) * step)
      sum += i * i * 0.0005 * step
    }
    #expect(isNear(pulse.energy(pathResistance: 0.0005), sum, within: sum * 1e-4))
  }
}
