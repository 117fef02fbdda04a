import Ports
import Testing

@testable import DUT

@Suite struct UnitDetectionTests {
  /// Sixteen cells fed; nodes above carry nothing.
  func sixteen(_ values: [(String, UnitParameterValue)] = []) throws -> UnitBench {
    let bench = UnitBench(try .quiet(values))
    for index in 16..<24 { bench.around.cells[index] = 0 }
    bench.activate()
    return bench
  }

  @Test func `a new unit on sixteen cells flashes red until the count is set`() throws {
    let bench = try sixteen()
    bench.wait(5)
    let frame = try #require(bench.telemetry())
    #expect(frame.operationStatus == .wrongCellCount)
    #expect(frame.faults.cellDetectionFailed == 0xFF0000)
    #expect(bench.pulses(.red) >= 4)
    try bench.write(.cellCount, 16)
    bench.wait(5)
    let corrected = try #require(bench.telemetry())
    #expect(corrected.operationStatus == .systemTestCompleted && corrected.faults.cellDetectionFailed == 0)
    #expect(corrected.cellCount == 16 && !bench.unit.isOn(.red))
    #expect(abs(corrected.averageCellVolts - 3.3) < 0.001)
  }

  @Test func `an open wire is reported for its cells and forbids balancing`() throws {
    let bench = UnitBench(try .quiet([("settings.balancing-enabled", .integer(1))]))
    bench.around.cells[2] = 3.35
    bench.around.cells[9] = 0.1
    bench.around.leads[9] = .infinity
    bench.around.leads[10] = .infinity
    bench.activate()
    bench.wait(10)
    let frame = try #require(bench.telemetry())
    #expect(frame.faults.cellDetectionFailed == 0b110_0000_0000)
    #expect(bench.transfers.isEmpty && bench.pulses(.red) >= 5)
    #expect(bench.dischargeClosed)
  }

  @Test func `a resistive wire is alarmed above the limit and read back with the unit's own part`() throws {
    let bench = UnitBench()
    bench.activate()
    bench.around.leads[4] = 0.2
    bench.wait(3)
    let fine = try #require(bench.telemetry())
    #expect(fine.faults.lineResistanceExcessive == 0)
    #expect(abs(fine.lineOhms[4] - 0.27) < 1e-6)
    bench.around.leads[4] = 0.25
    bench.wait(3)
    let alarmed = try #require(bench.telemetry())
    #expect(alarmed.faults.lineResistanceExcessive == 0b1_0000)
    #expect(alarmed.operationStatus == .lineResistanceTooHigh)
  }

  @Test func `a reversed cell shows as polarity error`() throws {
    let bench = UnitBench()
    bench.activate()
    bench.around.cells[6] = -3.3
    bench.around.supplyOverride = 70
    bench.wait(4)
    #expect(try #require(bench.telemetry()).faults.cellPolarityError == 1 << 6)
  }

  @Test func `units without the checks stay quiet`() throws {
    let bench = try sixteen([
      ("firmware.count-check", .flag(false)), ("firmware.open-wire-detection", .flag(false)),
    ])
    bench.wait(5)
    #expect(try #require(bench.telemetry()).operationStatus == .systemTestCompleted)
    #expect(!bench.unit.isOn(.red))
  }

  @Test func `overcharged cells are named in telemetry`() throws {
    let bench = UnitBench()
    bench.activate()
    bench.around.cells[0] = 3.7
    bench.around.cells[23] = 3.7
    bench.wait(3)
    let frame = try #require(bench.telemetry())
    #expect(frame.faults.cellOvervoltage == 0x800001)
    #expect(frame.faults.cellUndervoltage == 0)
  }
}
