import Ports
import Testing

@testable import DUT

@Suite struct UnitPowerTests {
  @Test func `half a second of wake switch starts the unit with four beeps and green`() {
    let bench = UnitBench()
    bench.wait(5)
    #expect(!bench.unit.isActive && !bench.chargeClosed && !bench.dischargeClosed)
    bench.activate()
    bench.wait(3)
    #expect(bench.unit.isActive && bench.chargeClosed && bench.dischargeClosed)
    #expect(bench.pulses(.buzzer) == 4)
    #expect(bench.unit.isOn(.green))
    #expect(!bench.unit.isOn(.red) && bench.pulses(.red) == 0)
  }

  @Test func `a short touch of the switch and a pack below 25 V do nothing`() {
    let bench = UnitBench()
    bench.around.wakeSwitchClosed = true
    bench.wait(0.2)
    bench.around.wakeSwitchClosed = false
    bench.wait(5)
    #expect(!bench.unit.isActive)
    bench.around.supplyOverride = 24.0
    bench.activate()
    #expect(!bench.unit.isActive)
    bench.around.supplyOverride = 25.0
    bench.activate()
    #expect(bench.unit.isActive)
  }

  @Test func `the first advertisement comes within two seconds of activation`() {
    let bench = UnitBench()
    bench.around.wakeSwitchClosed = true
    bench.wait(0.3)
    #expect(bench.unit.nextAdvertisement(after: bench.around.now) == nil)
    bench.wait(2)
    let first = bench.unit.nextAdvertisement(after: .start)
    #expect(first?.name == "EK-24S300A")
    #expect((first?.at.seconds ?? 99) - 0.3 <= 2)
  }

  @Test func `without supply everything is off and the wake switch is needed again`() {
    let bench = UnitBench()
    bench.activate()
    bench.connect()
    bench.around.connected = false
    bench.wait(0.01)
    #expect(!bench.chargeClosed && !bench.dischargeClosed && !bench.unit.isConnected)
    #expect(!bench.unit.isOn(.green) && !bench.unit.isOn(.blue))
    #expect(bench.unit.supplyCurrent == 0)
    bench.around.connected = true
    bench.wait(10)
    #expect(!bench.unit.isActive)
    bench.activate()
    #expect(bench.unit.isActive)
  }

  @Test func `blue flashes once a second until somebody connects, then stays on`() {
    let bench = UnitBench()
    bench.activate()
    let began = bench.now
    bench.wait(10)
    #expect(bench.pulses(.blue, from: began) == 10)
    bench.connect()
    let connected = bench.now
    bench.wait(10)
    #expect(bench.unit.isOn(.blue))
    #expect(bench.pulses(.blue, from: connected + 0.001) == 0)
  }

  @Test func `defective lights and buzzer do as their defect says`() throws {
    let bench = UnitBench(
      try .quiet([
        ("indicators.green", .text("dead")), ("indicators.red", .text("stuck-on")),
        ("indicators.buzzer", .text("mute")),
      ]))
    bench.activate()
    bench.wait(2)
    #expect(bench.unit.isActive && !bench.unit.isOn(.green) && bench.unit.isOn(.red))
    #expect(bench.pulses(.buzzer) == 0)
    let three = UnitBench(try .quiet([("indicators.beep-count", .integer(3))]))
    three.activate()
    three.wait(2)
    #expect(three.pulses(.buzzer) == 3)
  }

  @Test func `a data store fault beeps twice a second with red lit while it sounds`() throws {
    let bench = UnitBench(try .quiet([("firmware.hardware-alarm", .text("data-store"))]))
    bench.activate()
    bench.wait(5)
    let began = bench.now
    bench.wait(10)
    #expect((18...22).contains(bench.pulses(.buzzer, from: began)))
    #expect(bench.pulses(.red, from: began) == bench.pulses(.buzzer, from: began))
  }

  @Test func `an over-discharged unit goes dormant and comes back when charged above recovery`() throws {
    let bench = UnitBench(try .quiet([("supply.dormancy-delay", .quantity(.init(60, .time)))]))
    bench.setAll(2.9)
    bench.activate()
    bench.around.cells[4] = 2.55
    bench.wait(5)
    #expect(!bench.dischargeClosed && bench.chargeClosed)
    bench.wait(60)
    #expect(!bench.unit.isActive && bench.unit.supplyCurrent == 0.000_4)
    #expect(bench.unit.nextAdvertisement(after: bench.around.now) == nil)
    bench.around.cells[4] = 2.88
    bench.wait(60)
    #expect(!bench.unit.isActive && !bench.dischargeClosed)
    bench.around.cells[4] = 2.95
    bench.wait(60)
    #expect(!bench.unit.isActive)
    bench.around.demandedCurrent = 1
    let wake = bench.time(until: { $0.dischargeClosed }, limit: 20)
    #expect(try #require(wake) < 5)
  }

  @Test func `charging does not release an over-discharged cell before the recovery voltage`() throws {
    let bench = UnitBench(try .quiet([("supply.dormancy-delay", .quantity(.init(20, .time)))]))
    bench.setAll(2.95)
    bench.activate()
    bench.around.cells[4] = 2.55
    bench.wait(30)
    bench.around.demandedCurrent = 1
    bench.around.cells[4] = 2.85
    bench.wait(10)
    #expect(bench.unit.isActive && bench.chargeClosed && !bench.dischargeClosed)
  }
}
