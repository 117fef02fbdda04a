import Ports
import Quantities
import Testing

@testable import DUT

@Suite struct UnitProtectionTests {
  func active(_ values: [(String, UnitParameterValue)] = []) throws -> UnitBench {
    let bench = UnitBench(try .quiet(values))
    bench.activate()
    return bench
  }

  // MARK: cells

  @Test(arguments: [
    (UnitChemistry.ternary, 4.200, 4.000, 2.900, 3.100), (.ironPhosphate, 3.650, 3.450, 2.600, 2.900),
    (.titanate, 2.700, 2.400, 1.600, 1.800),
  ])
  func `each chemistry cuts and recovers where the manual's table says`(
    chemistry: UnitChemistry, over: Double, overRecovery: Double, under: Double, underRecovery: Double
  ) throws {
    let bench = UnitBench(try .quiet([("chemistry", .text(chemistry.rawValue))]))
    bench.setAll((overRecovery + underRecovery) / 2)
    bench.activate()
    for cell in [0, 11, 23] {
      func hold(_ volts: Double) {
        bench.around.cells[cell] = volts
        bench.wait(2)
      }
      let rest = bench.around.cells[cell]
      hold(over - 0.002)
      #expect(bench.chargeClosed)
      hold(over + 0.002)
      #expect(!bench.chargeClosed && bench.dischargeClosed)
      hold(overRecovery + 0.002)
      #expect(!bench.chargeClosed)
      hold(overRecovery - 0.002)
      #expect(bench.chargeClosed && bench.dischargeClosed)
      hold(under + 0.002)
      #expect(bench.dischargeClosed)
      hold(under - 0.002)
      #expect(!bench.dischargeClosed && bench.chargeClosed)
      hold(underRecovery - 0.002)
      #expect(!bench.dischargeClosed)
      hold(underRecovery + 0.002)
      #expect(bench.dischargeClosed && bench.chargeClosed)
      hold(rest)
    }
  }

  @Test func `overcharge is detected after one second, to the next sample`() throws {
    let bench = try active()
    bench.around.cells[7] = 3.7
    let delay = try #require(bench.time(until: { !$0.chargeClosed }))
    #expect(delay >= 1.0 && delay <= 1.3)
    #expect(bench.unit.isTripped(.overcharge))
  }

  @Test func `a difference of more than a volt opens both directions until it is small again`() throws {
    let bench = try active()
    bench.setAll(3.6)
    bench.around.cells[3] = 2.65
    bench.wait(2)
    #expect(bench.chargeClosed && bench.dischargeClosed)
    bench.around.cells[5] = 3.649
    bench.around.cells[3] = 2.61
    bench.wait(3)
    #expect(!bench.chargeClosed && !bench.dischargeClosed)
    bench.around.cells[3] = 2.96
    bench.wait(3)
    #expect(bench.chargeClosed && bench.dischargeClosed)
  }

  @Test func `a stuck charge switch goes on charging an overcharged cell`() throws {
    let bench = try active([("path.charge-switch", .text("stuck-on"))])
    bench.around.cells[0] = 3.8
    bench.around.demandedCurrent = 5
    bench.wait(5)
    #expect(bench.unit.isTripped(.overcharge) && bench.chargeClosed && bench.around.loopCurrent == 5)
  }

  @Test func `a unit without hysteresis closes just below the trip level`() throws {
    let bench = try active([("protections.overcharge.recovery", .text("no-hysteresis"))])
    bench.around.cells[0] = 3.66
    bench.wait(2)
    #expect(!bench.chargeClosed)
    bench.around.cells[0] = 3.64
    bench.wait(2)
    #expect(bench.chargeClosed)
  }

  @Test func `a unit that never recovers needs a power cycle`() throws {
    let bench = try active([("protections.overcharge.recovery", .text("never"))])
    bench.around.cells[0] = 3.7
    bench.wait(2)
    bench.around.cells[0] = 3.3
    bench.wait(30)
    #expect(!bench.chargeClosed)
    bench.powerCycle()
    #expect(bench.chargeClosed)
  }

  @Test func `disabled, shifted and mirrored protections differ as described`() throws {
    let disabled = try active([("protections.overcharge.enabled", .flag(false))])
    let shifted = try active([("protections.overcharge.threshold-offset", .quantity(.init(0.05, .voltage)))])
    let mirrored = try active([("protections.overcharge.wrong-direction", .flag(true))])
    for bench in [disabled, shifted, mirrored] {
      bench.around.cells[2] = 3.68
      bench.wait(3)
    }
    #expect(disabled.chargeClosed && shifted.chargeClosed)
    #expect(mirrored.chargeClosed && !mirrored.dischargeClosed)
    shifted.around.cells[2] = 3.702
    shifted.wait(3)
    #expect(!shifted.chargeClosed)
  }

  // MARK: current

  @Test func `charge overcurrent opens after its delay and closes after its recovery time`() throws {
    let bench = try active([
      ("settings.charge-overcurrent", .quantity(.init(50, .current))),
      ("settings.charge-overcurrent-delay", .quantity(.init(1, .time))),
      ("settings.charge-overcurrent-recovery", .quantity(.init(2, .time))),
    ])
    bench.around.demandedCurrent = 49
    bench.wait(10)
    #expect(bench.chargeClosed)
    bench.around.demandedCurrent = 55
    let delay = try #require(bench.time(until: { !$0.chargeClosed }))
    #expect((0.999...1.02).contains(delay))
    #expect(bench.dischargeClosed && bench.around.loopCurrent == 0)
    bench.around.demandedCurrent = 0
    let recovery = try #require(bench.time(until: { $0.chargeClosed }))
    #expect((1.99...2.01).contains(recovery))
  }

  @Test func `the second discharge stage is faster and has its own level`() throws {
    let bench = try active()
    bench.around.demandedCurrent = -130
    #expect((4.9...5.1).contains(try #require(bench.time(until: { !$0.dischargeClosed }))))
    #expect(bench.chargeClosed && bench.unit.isTripped(.dischargeOvercurrent))
    bench.around.demandedCurrent = 0
    #expect((119...121).contains(try #require(bench.time(until: { $0.dischargeClosed }, limit: 200))))
    bench.around.demandedCurrent = -450
    #expect((0.99...1.02).contains(try #require(bench.time(until: { !$0.dischargeClosed }))))
    #expect(bench.unit.isTripped(.dischargeOvercurrentStage2))
    #expect(!bench.unit.isTripped(.dischargeOvercurrent))
  }

  @Test func `a charge current never trips the discharge stages`() throws {
    let bench = try active()
    bench.around.demandedCurrent = 290
    bench.wait(20)
    #expect(bench.chargeClosed && bench.dischargeClosed)
  }

  @Test func `swapped stages exchange their delays`() throws {
    let bench = try active([("protections.discharge-stages-swapped", .flag(true))])
    bench.around.demandedCurrent = -130
    #expect((0.99...1.02).contains(try #require(bench.time(until: { !$0.dischargeClosed }))))
  }

  @Test func `a short opens both switches and releases five seconds after the current is gone`() throws {
    let bench = try active()
    let reaction = try #require(bench.unit.shortCircuitReaction)
    #expect(reaction.level == 800 && reaction.delay < 50e-6)
    bench.unit.shortCircuitTripped(at: bench.around.now + .microseconds(30))
    #expect(!bench.chargeClosed && !bench.dischargeClosed)
    bench.wait(4.9)
    #expect(!bench.dischargeClosed)
    bench.wait(0.2)
    #expect(bench.chargeClosed && bench.dischargeClosed)
  }

  @Test func `a dead comparator does not answer and too much energy shorts the switches`() throws {
    let dead = try active([("short-circuit.alive", .flag(false))])
    #expect(dead.unit.shortCircuitReaction == nil)
    let bench = try active()
    bench.unit.absorbed(energy: 2)
    bench.unit.shortCircuitTripped(at: bench.around.now)
    #expect(!bench.dischargeClosed)
    bench.unit.absorbed(energy: 50)
    #expect(bench.dischargeClosed && bench.chargeClosed)
  }

  // MARK: temperature

  @Test func `the cold ladder opens and closes each direction at its own limit`() throws {
    let bench = try active()
    let ladder: [(Double, Bool, Bool)] = [
      (0, true, true), (-4, false, true), (-8, false, true), (-12, false, false), (-7, false, false),
      (-3, false, true), (0, false, true), (4, true, true),
    ]
    for (celsius, charge, discharge) in ladder {
      bench.around.temperatures = [celsius, celsius, celsius, celsius]
      bench.wait(3)
      #expect(bench.chargeClosed == charge, "charge at \(celsius) °C")
      #expect(bench.dischargeClosed == discharge, "discharge at \(celsius) °C")
    }
  }

  @Test(arguments: 0..<4) func `any one hot sensor opens both directions`(sensor: Int) throws {
    let bench = try active()
    for (celsius, closed) in [(58.0, true), (62, false), (52, false), (48, true)] {
      bench.around.temperatures[sensor] = celsius
      bench.wait(3)
      #expect(bench.chargeClosed == closed && bench.dischargeClosed == closed, "at \(celsius) °C")
    }
  }

  @Test(arguments: [Double.infinity, 0]) func `a broken or shorted sensor opens the path and lights red`(
    ohms: Double
  ) throws {
    let bench = try active()
    bench.around.sensorOhms[2] = ohms
    #expect(try #require(bench.time(until: { !$0.chargeClosed })) < 5)
    bench.wait(3)
    #expect(bench.unit.isOn(.red))
  }

  @Test func `a swapped sensor shows the other pair's temperature`() throws {
    let bench = try active([("ntc.1.input", .integer(3)), ("ntc.3.input", .integer(1))])
    bench.around.temperatures = [20, 20, 40, 40]
    bench.wait(3)
    let frame = try #require(bench.telemetry())
    #expect(abs(frame.temperature1Celsius - 30) < 0.01)
    #expect(abs(frame.temperature2Celsius - 30) < 0.01)
  }
}
