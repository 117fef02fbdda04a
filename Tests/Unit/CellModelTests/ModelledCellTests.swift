import CellModel
import Foundation
import Quantities
import Testing

@Suite struct ModelledCellTests {
  let pairs = [
    RelaxationPair(resistance: Resistance(0.012), timeConstant: .seconds(8)),
    RelaxationPair(resistance: Resistance(0.020), timeConstant: .seconds(150)),
  ]

  func cell(_ stateOfCharge: Double = 0.5, capacity: Charge = .ampereHours(2)) -> ModelledCell {
    ModelledCell(
      capacity: capacity, stateOfCharge: stateOfCharge, curve: .ncm, resistance: Resistance(0.02),
      pairs: pairs)
  }

  @Test func `an ampere for an hour takes an ampere-hour`() {
    var cell = cell()
    cell.advance(current: .amperes(0.5), seconds: 3600)
    #expect(cell.charge == .ampereHours(0.5))
    #expect(cell.stateOfCharge == 0.25)
    cell.advance(current: .amperes(-1), seconds: 1800)
    #expect(cell.charge == .ampereHours(1))
    #expect(cell.openCircuitVoltage == OpenCircuitCurve.ncm.voltage(at: 0.5))
  }

  @Test func `one long step ends where a hundred short ones end`() {
    var (once, often) = (cell(), cell())
    once.advance(current: .amperes(4), seconds: 100)
    for _ in 0..<100 { often.advance(current: .amperes(4), seconds: 1) }
    #expect((once.stateOfCharge - often.stateOfCharge).magnitude < 1e-12)
    for (a, b) in zip(once.relaxations, often.relaxations) { #expect((a - b).magnitude.base < 1e-12) }
    let current = Current(4)
    #expect(
      (once.terminalVoltage(current: current) - often.terminalVoltage(current: current)).magnitude.base
        < 1e-12)
  }

  @Test func `under load the terminals follow the closed form`() {
    var cell = cell(0.6)
    let current = Current(3)
    for seconds in [0.5, 7.5, 40, 400] as [Double] {
      var loaded = cell
      loaded.advance(current: current, seconds: seconds)
      let drop = pairs.reduce(0) { $0 + 3 * $1.resistance.base * (1 - exp(-seconds / $1.timeConstant.base)) }
      let rest = OpenCircuitCurve.ncm.voltage(at: 0.6 - 3 * seconds / 7200).base
      #expect((loaded.terminalVoltage(current: current).base - (rest - 3 * 0.02 - drop)).magnitude < 1e-12)
    }
    // Once loaded for long, it relaxes back to the rest voltage of what is left.
    cell.advance(current: current, seconds: 600)
    let before = cell.relaxations
    cell.advance(current: .zero, seconds: 20)
    for (index, pair) in pairs.enumerated() {
      let expected = before[index].base * exp(-20 / pair.timeConstant.base)
      #expect((cell.relaxations[index].base - expected).magnitude < 1e-12)
    }
    cell.advance(current: .zero, seconds: 1e6)
    #expect(cell.terminalVoltage(current: .zero) == cell.openCircuitVoltage)
  }

  @Test func `current shows at the terminals at once, charging raises them`() {
    let cell = cell()
    let rest = cell.openCircuitVoltage
    #expect((cell.terminalVoltage(current: .amperes(5)) - (rest - Voltage(0.1))).magnitude.base < 1e-12)
    #expect((cell.terminalVoltage(current: .amperes(-5)) - (rest + Voltage(0.1))).magnitude.base < 1e-12)
  }

  @Test func `a cell driven out of its range says so and goes on counting`() {
    var empty = cell(0.01)
    empty.advance(current: .amperes(1), seconds: 72)
    #expect(!empty.isOutOfRange)
    empty.advance(current: .amperes(1), seconds: 36)
    #expect(empty.isOutOfRange)
    #expect((empty.stateOfCharge + 0.005).magnitude < 1e-12)
    #expect(empty.openCircuitVoltage < OpenCircuitCurve.ncm.points[0].voltage)
    empty.advance(current: .amperes(-1), seconds: 72)
    #expect(!empty.isOutOfRange)
    var full = cell(1)
    #expect(!full.isOutOfRange)
    full.advance(current: .amperes(-1), seconds: 1)
    #expect(full.isOutOfRange)
  }

  @Test func `a cycle gives back less energy than it took, by the heat in the resistances`() {
    var cell = cell()
    let step = 0.05
    var (taken, given, heat) = (0.0, 0.0, 0.0)
    for (current, count) in [(Current(-2), 6000), (Current(2), 6000)] {
      for _ in 0..<count {
        let before = cell
        cell.advance(current: current, seconds: step)
        let mean =
          (before.terminalVoltage(current: current) + cell.terminalVoltage(current: current)).base / 2
        if current > .zero {
          given += mean * current.base * step
        } else {
          taken -= mean * current.base * step
        }
        let over = zip(before.relaxations, cell.relaxations).reduce(0) { $0 + ($1.0 + $1.1).base / 2 }
        heat += (current.base * cell.resistance.base + over) * current.base * step
      }
    }
    #expect((cell.stateOfCharge - 0.5).magnitude < 1e-9)
    #expect(given < taken)
    #expect((taken - given - heat).magnitude < 1e-3 * heat)
  }
}

@Suite struct ModelledPackTests {
  let template = ModelledCell(
    capacity: .ampereHours(2), stateOfCharge: 0.2, curve: .lfp, resistance: Resistance(0.001),
    pairs: [RelaxationPair(resistance: Resistance(0.002), timeConstant: .seconds(10))])

  @Test func `each cell carries its own deviation`() {
    let pack = ModelledPack(
      like: template,
      deviations: [
        .init(), .init(extraCharge: .ampereHours(0.05)), .init(capacityFactor: 0.5, resistanceFactor: 3),
      ])
    #expect(pack.statesOfCharge == [0.2, 0.225, 0.2])
    #expect(pack.cells[2].capacity == .ampereHours(1))
    #expect(pack.cells[2].resistance == template.resistance * 3)
    #expect(pack.cells[2].pairs[0].resistance == template.pairs[0].resistance * 3)
    let volts = pack.terminalVoltages(currents: [.zero, .zero, .zero])
    #expect(volts[1] > volts[0])
    #expect(volts[2] == volts[0])
  }

  @Test func `charge moved from one cell to another brings them together`() {
    var pack = ModelledPack(like: template, deviations: [.init(), .init(extraCharge: .ampereHours(0.05))])
    pack.advance(currents: [.amperes(-1), .amperes(1)], seconds: 90)
    let states = pack.statesOfCharge
    #expect((states[0] - states[1]).magnitude < 1e-12)
    #expect(pack.outOfRangeCells == [])
    pack.advance(currents: [.zero, .amperes(4)], seconds: 500)
    #expect(pack.outOfRangeCells == [2])
  }
}
