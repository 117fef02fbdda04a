import Ports
import Testing

@testable import DUT

@Suite struct UnitBalancerTests {
  /// Cell 3 is 50 mV high, cell 20 is 30 mV low, balancing is on at 4 A.
  func balancing(_ values: [(String, UnitParameterValue)] = [], first: Double = 3.3) throws -> UnitBench {
    let bench = UnitBench(
      try .quiet(
        [
          ("settings.balancing-enabled", .integer(1)),
          ("settings.balance-current", .quantity(.init(4, .current))),
        ] + values))
    bench.setAll(first)
    bench.around.cells[2] = first + 0.05
    bench.around.cells[19] = first - 0.03
    bench.activate()
    return bench
  }

  @Test func `the largest cell gives, then the smallest takes, never both, two to five seconds each`() throws
  {
    let bench = try balancing()
    bench.wait(20)
    let changes = bench.transfers.prefix(8)
    #expect(changes.map(\.cell) == [3, 3, 20, 20, 3, 3, 20, 20])
    #expect(changes.map(\.amperes) == [4, 0, -4, 0, 4, 0, -4, 0])
    for phase in stride(from: 0, to: 8, by: 2) {
      let length = bench.transfers[phase + 1].at - bench.transfers[phase].at
      #expect((2...5).contains(length))
    }
  }

  @Test func `it begins about two seconds after it was switched on, with a beep and yellow flashing`() throws
  {
    let bench = UnitBench()
    bench.around.cells[2] = 3.36
    bench.activate()
    bench.wait(5)
    #expect(bench.transfers.isEmpty)
    bench.connect()
    let began = bench.now
    try bench.write(.balancingEnabled, 1)
    bench.wait(10)
    let first = try #require(bench.transfers.first)
    #expect((1.5...3).contains(first.at - began))
    #expect(bench.pulses(.buzzer, from: began) == 1)
    #expect(bench.pulses(.yellow, from: began) >= 7)
    #expect(bench.unit.status == .balancing)
  }

  @Test func `difference, voltage and first cell must allow it`() throws {
    func transfers(_ prepare: (UnitBench) -> Void) -> Int {
      let bench = UnitBench(try! .quiet([("settings.balancing-enabled", .integer(1))]))
      prepare(bench)
      bench.activate()
      bench.wait(10)
      return bench.transfers.count
    }
    #expect(transfers { $0.around.cells[2] = 3.304 } == 0)
    #expect(transfers { $0.around.cells[2] = 3.306 } > 0)
    #expect(
      transfers {
        $0.setAll(2.95)
        $0.around.cells[2] = 2.98
      } == 0)
    #expect(
      transfers {
        $0.setAll(3.0)
        $0.around.cells[2] = 3.05
      } > 0)
  }

  @Test func `with a first cell of 2,4 V or less nothing happens`() throws {
    for (first, begins) in [(2.35, false), (2.45, true)] {
      let bench = UnitBench(
        try .quiet([("chemistry", .text("LTO")), ("settings.balancing-enabled", .integer(1))]))
      bench.setAll(2.45)
      bench.around.cells[0] = first
      bench.around.cells[5] = 2.5
      bench.activate()
      bench.wait(10)
      #expect(bench.transfers.isEmpty != begins)
    }
  }

  @Test func `a pack converges, reports finished and beeps three minutes later`() throws {
    let bench = try balancing()
    bench.voltsPerCoulomb = 0.000_14
    let time = try #require(bench.time(until: { $0.unit.status == .balancingFinished }, limit: 600))
    let cells = bench.around.cells
    #expect(cells.max()! - cells.min()! <= 0.002_1)
    #expect(time < 400)
    let finished = bench.now
    bench.wait(179)
    #expect(bench.pulses(.buzzer, from: finished) == 0 && bench.unit.isOn(.yellow))
    bench.wait(2)
    #expect(bench.pulses(.buzzer, from: finished) == 1)
  }

  @Test func `the completion beep follows the buzzer setting`() throws {
    let bench = try balancing([("settings.buzzer-mode", .integer(1))])
    bench.voltsPerCoulomb = 0.000_14
    _ = try #require(bench.time(until: { $0.unit.status == .balancingFinished }, limit: 600))
    let finished = bench.now
    bench.wait(300)
    #expect(bench.pulses(.buzzer, from: finished) == 0)
  }

  @Test func `over-balancing waits three minutes, then halves the current`() throws {
    let bench = try balancing()
    for index in 0..<24 { bench.around.cells[index] = 3.3 }
    bench.around.cells[2] = 3.32
    bench.around.cells[19] = 3.28
    // One transfer of about 12 C moves a cell by 60 mV: largest and smallest swap every time.
    bench.voltsPerCoulomb = 0.005
    bench.wait(600)
    let given = bench.transfers.filter { $0.amperes > 0 }
    var levels: [Double] = []
    for transfer in given where levels.last != transfer.amperes { levels.append(transfer.amperes) }
    #expect(levels.prefix(3) == [4, 2, 1])
    #expect((180...200).contains(given[1].at - given[0].at))
  }

  @Test func `without halving the current stays`() throws {
    let bench = try balancing([("balancer.halving", .flag(false))])
    for index in 0..<24 { bench.around.cells[index] = 3.3 }
    bench.around.cells[2] = 3.32
    bench.around.cells[19] = 3.28
    bench.voltsPerCoulomb = 0.005
    bench.wait(400)
    #expect(Set(bench.transfers.map(\.amperes.magnitude)) == [0, 4])
  }

  @Test func `half current, one direction and a missed cell are what their names say`() throws {
    let half = try balancing([("balancer.current-factor", .number(0.5))])
    let oneWay = try balancing([("balancer.one-direction-only", .flag(true))])
    let missed = try balancing([("balancer.cell-error", .integer(1))])
    for bench in [half, oneWay, missed] { bench.wait(20) }
    #expect(half.transfers.first?.amperes == 2)
    #expect(oneWay.transfers.allSatisfy { $0.amperes >= 0 } && oneWay.transfers.count > 4)
    #expect(missed.transfers.prefix(3).map(\.cell) == [4, 4, 21])
  }

  @Test func `no balancing during a fault`() throws {
    let bench = try balancing()
    bench.around.temperatures[0] = 70
    bench.wait(4)
    let count = bench.transfers.count
    bench.wait(30)
    #expect(bench.transfers.count == count && bench.transfers.last?.amperes ?? 0 == 0)
  }

  @Test func `voltages stand still and the current alternates while it runs`() throws {
    let bench = try balancing()
    bench.wait(3)
    bench.connect()
    bench.send(.read(.cellInfo))
    let frames = bench.frames(within: 14).compactMap { CellInfo(decoding: $0.bytes, version: .v2) }
    #expect(frames.contains { $0.balancingAmperes == -4 } && frames.contains { $0.balancingAmperes == 4 })
    #expect(frames.allSatisfy { $0.operationStatus == .balancing })
    #expect(Set(frames.map(\.frameCounter)).count == frames.count)
  }
}
