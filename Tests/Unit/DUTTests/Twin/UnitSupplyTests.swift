import Ports
import Simulation
import Testing

@testable import DUT

/// Supply input, auxiliary input, order of connection, dormancy: what a good unit does and what its defects do.
@Suite struct UnitSupplyTests {
  @Test func `below 25 V the auxiliary input lets the unit run and feeds it`() {
    let bench = UnitBench()
    bench.around.supplyOverride = 24
    bench.around.auxiliary = 30
    bench.activate()
    #expect(bench.unit.isActive)
    #expect(bench.unit.supplyCurrent == 0 && bench.unit.auxiliaryCurrent > 0.01)
    bench.around.supplyOverride = 26
    bench.wait(0.1)
    #expect(bench.unit.isActive && bench.unit.supplyCurrent > 0.01 && bench.unit.auxiliaryCurrent == 0)
  }

  @Test(arguments: [28.0, 0]) func `a voltage below 30 V there does not`(_ volts: Double) {
    let bench = UnitBench()
    bench.around.supplyOverride = 24
    bench.around.auxiliary = volts
    bench.activate()
    #expect(!bench.unit.isActive)
  }

  @Test func `the supply input fills with a current below half an ampere and then rests`() {
    let bench = UnitBench()
    bench.wait(0.1)
    #expect((0.05..<0.5).contains(bench.unit.supplyCurrent))
    bench.wait(1)
    #expect(bench.unit.supplyCurrent < 0.001)
  }

  @Test func `a wire that comes before the one below it does nothing to a good unit`() throws {
    let good = UnitBench()
    good.around.open = [3]
    good.wait(1)
    #expect(good.unit.balanceCurrent(cell: 4) == 0)
    let bad = UnitBench(
      try .quiet([
        ("inputs.clamp-leak", .quantity(.init(0.7, .current))),
        ("inputs.order-damage", .quantity(.init(0.004, .voltage))),
      ]))
    bad.around.open = [2, 3]
    // Cell 4 has its own voltage and those of the two cells whose wires are missing at its channel.
    let own = bad.around.cells[3]
    bad.around.cells[3] = 3 * own
    bad.wait(1)
    #expect((1...6).map { bad.unit.balanceCurrent(cell: $0) } == [0, 0.7, 0.7, 0.7, 0, 0])
    bad.around.open = []
    bad.around.cells[3] = own
    bad.wait(1)
    #expect(bad.unit.balanceCurrent(cell: 4) == 0)
    bad.activate()
    let cells = try #require(bad.telemetry()).cellVolts
    #expect(abs(cells[3] - 3.304) < 1e-5 && abs(cells[4] - 3.3) < 1e-5)
  }

  @Test func `crossed wires raise the alarm at the right cell, a blind unit stays silent`() throws {
    func flagged(_ parameters: UnitParameters) throws -> Int {
      let bench = UnitBench(parameters)
      bench.activate()
      (bench.around.cells[7], bench.around.cells[8], bench.around.cells[9]) = (6.6, -3.3, 6.6)
      bench.wait(3)
      return try #require(bench.telemetry()).faults.cellDetectionFailed
    }
    #expect(try flagged(.quiet) == 0b11_1000_0000)
    #expect(try flagged(.quiet([("firmware.crossed-wire-detection", .flag(false))])) == 0)
    #expect(try flagged(.quiet([("firmware.alarm-cell-error", .integer(1))])) == 0b111_0000_0000)
  }

  @Test func `a slow count check comes late`() throws {
    let slow = UnitBench(
      try .quiet([
        ("firmware.count-delay", .quantity(.init(20, .time))), ("settings.cell-count", .integer(20)),
      ]))
    slow.activate()
    slow.wait(15)
    #expect(try #require(slow.telemetry()).faults.cellDetectionFailed == 0)
    slow.wait(10)
    #expect(try #require(slow.telemetry()).operationStatus == .wrongCellCount)
  }

  @Test func `a channel without protection lets its cell overcharge, others still trip`() throws {
    let bench = UnitBench(try .quiet([("channels.6.protected", .flag(false))]))
    bench.activate()
    bench.around.cells[5] = 3.8
    bench.wait(3)
    #expect(bench.chargeClosed)
    bench.around.cells[6] = 3.8
    bench.wait(3)
    #expect(!bench.chargeClosed)
  }

  @Test func `telemetry defects show nothing but themselves`() throws {
    func frame(_ values: [(String, UnitParameterValue)]) throws -> CellInfo {
      let bench = UnitBench(try .quiet(values))
      bench.activate()
      bench.wait(20)
      return try #require(bench.telemetry())
    }
    let good = try frame([])
    #expect(try frame([("telemetry.missing", .text("total-voltage"))]).totalVolts == 0)
    #expect(
      try frame([("telemetry.missing", .text("total-voltage"))]).averageCellVolts == good.averageCellVolts)
    let fast = try frame([("telemetry.running-time-rate", .number(1.5))])
    #expect(abs(Double(fast.uptimeSeconds) - 1.5 * Double(good.uptimeSeconds)) <= 1)
    #expect(try frame([("telemetry.status-frozen", .flag(true))]).operationStatus == .systemTestCompleted)
  }

  @Test func `frozen telemetry stands still while the frames go on`() throws {
    let bench = UnitBench(try .quiet([("telemetry.freezes-after", .quantity(.init(5, .time)))]))
    bench.activate()
    bench.wait(10)
    let first = try #require(bench.telemetry())
    bench.around.cells[2] = 3.4
    let second = try #require(bench.telemetry(after: 3))
    #expect(first.cellVolts == second.cellVolts && first.frameCounter != second.frameCounter)
  }

  @Test func `a flashing light can be stuck steady, the green one late, beeps uncalled`() throws {
    let bench = UnitBench(
      try .quiet([
        ("indicators.blue", .text("steady")), ("indicators.green-delay", .quantity(.init(6, .time))),
        ("indicators.spurious-beep-interval", .quantity(.init(10, .time))),
      ]))
    bench.activate()
    #expect(!bench.unit.isOn(.green))
    bench.wait(8)
    #expect(bench.unit.isOn(.green) && bench.unit.isOn(.blue))
    let began = bench.now
    bench.wait(20)
    #expect(bench.pulses(.blue, from: began) == 0)
    #expect(bench.pulses(.buzzer, from: began) == 2)
  }

  @Test func `the first short circuit leaves its mark on a weak unit`() throws {
    let bench = UnitBench(try .quiet([("path.stress-resistance", .quantity(.init(0.001, .resistance)))]))
    bench.activate()
    let before = bench.unit.pathResistance
    bench.unit.absorbed(energy: 0.5)
    bench.unit.absorbed(energy: 0.5)
    #expect(abs(bench.unit.pathResistance - before - 0.001) < 1e-9)
  }
}
