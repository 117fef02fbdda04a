import Ports
import Simulation
import Testing

@testable import DUT

/// The simulated unit in the real circuit, spoken to by the rig's own session over the simulated radio.
@Suite struct UnitInWorldTests {
  let circuit: Circuit
  let unit: SimulatedUnit
  let world: SimulatedWorld

  init() {
    circuit = Circuit(parameters: CircuitParameters())
    var parameters = UnitParameters.seeded(SeededRandom(seed: 11))
    parameters.settingOverrides = [
      SettingOverride(.dischargeOvercurrentDelay, 1), SettingOverride(.balancingEnabled, 1),
    ]
    unit = SimulatedUnit(parameters: parameters)
    circuit.insert(unit)
    for k in 1...24 { circuit.driveCell(k, volts: 3.3, sourceLimit: 10, sinkLimit: 10, on: true) }
    for n in 1...4 { circuit.setThermistor(n, ohms: 10_000) }
    circuit.setRelay(.emulatorContactor, active: true)
    circuit.setRelay(.loopContactor, active: true)
    world = SimulatedWorld(circuit: circuit, seed: 3, calendarStart: "2026-11-22T08:00:00Z")
    world.host(radio: [unit], named: "radio")
  }

  func activate() async throws {
    circuit.setRelay(.wakeSwitch, active: true)
    try await world.sleep(for: .seconds(0.5))
    circuit.setRelay(.wakeSwitch, active: false)
    try await world.sleep(for: .seconds(3))
  }

  func session() async throws -> BMSSession {
    let radio = try await world.openRadio(PortAddress(parsing: "sim://radio"), deadline: world.now)
    let heard = try await radio.scan(deadline: world.now + .seconds(5))
    let port = try await radio.connect(
      to: heard.address, service: "FFE0", characteristic: "FFE1", deadline: world.now + .seconds(5))
    let session = BMSSession(port: port, world: world)
    try await session.open(deadline: world.now + .seconds(10))
    return session
  }

  @Test func `power-on code, session, reading and proven write work together`() throws {
    try world.run {
      try await activate()
      #expect(circuit.edges(of: .buzzer).count { $0.level } == 4)
      let session = try await session()
      #expect(circuit.isOn(.blue) && session.version == .v2 && session.anomaly == nil)
      let live = try await session.nextCellInfo(after: nil, deadline: world.now + .seconds(5)).cellInfo
      for k in 0..<24 { #expect(abs(live.cellVolts[k] - 3.3) < 0.005) }
      #expect(abs(live.totalVolts - 79.2) < 0.3 && abs(live.temperature1Celsius - 25) < 0.5)
      #expect(live.faults == FaultMasks())
      _ = try await session.write(
        try #require(.named("cell_overvoltage_protection_v")), value: 3.6, deadline: world.now + .seconds(5))
      #expect(Float(unit.settings[.cellOvervoltageProtection]) == 3.6)
    }
  }

  @Test func `an overcharged cell blocks charging and leaves discharging through the diode`() throws {
    try world.run {
      try await activate()
      circuit.driveLoop(current: 20, compliance: 5, on: true)
      #expect(abs(circuit.loopCurrent - 20) < 0.01)
      circuit.driveCell(5, volts: 3.66, sourceLimit: 10, sinkLimit: 10, on: true)
      try await world.sleep(for: .seconds(2))
      #expect(circuit.loopCurrent < 0.05 && circuit.loopAtCompliance)
      circuit.driveLoop(current: -20, compliance: 5, on: true)
      #expect(abs(circuit.loopCurrent + 20) < 0.01)
      #expect((0.2...1.2).contains(circuit.voltage(at: .pathDrop).magnitude))
    }
  }

  @Test func `discharge overcurrent opens after its delay, a short within microseconds`() throws {
    try world.run {
      try await activate()
      circuit.driveLoop(current: -140, compliance: 5, on: true)
      try await world.sleep(for: .seconds(0.9))
      #expect(unit.dischargeSwitchClosed)
      try await world.sleep(for: .seconds(0.2))
      #expect(!unit.dischargeSwitchClosed && unit.chargeSwitchClosed)
      circuit.driveLoop(current: 0, compliance: 5, on: false)
      try await world.sleep(for: .seconds(125))
      #expect(unit.dischargeSwitchClosed)
      circuit.setShortBank(volts: 48)
      circuit.setRelay(.shortTrigger, active: true)
      try await world.sleep(for: .seconds(0.1))
      let pulse = try #require(circuit.shortPulse)
      #expect(pulse.current(20e-6) > 500 && pulse.current(100e-6) == 0)
      #expect(!unit.dischargeSwitchClosed && !unit.chargeSwitchClosed)
      try await world.sleep(for: .seconds(6))
      #expect(unit.dischargeSwitchClosed && unit.chargeSwitchClosed)
    }
  }

  @Test func `the emulator sees the balancing current of the right cells`() throws {
    try world.run {
      try await activate()
      circuit.driveCell(8, volts: 3.35, sourceLimit: 10, sinkLimit: 10, on: true)
      circuit.driveCell(15, volts: 3.25, sourceLimit: 10, sinkLimit: 10, on: true)
      var seen: [Int] = []
      for _ in 0..<300 {
        try await world.sleep(for: .milliseconds(50))
        for k in 1...24 where circuit.cellOutputCurrent(k).magnitude > 1 && seen.last != k { seen.append(k) }
      }
      #expect(seen.prefix(4) == [8, 15, 8, 15])
    }
  }

  @Test func `one open wire is found and named`() throws {
    try world.run {
      try await activate()
      circuit.setRelay(.nodeOpen(7), active: true)
      try await world.sleep(for: .seconds(4))
      let session = try await session()
      let live = try await session.nextCellInfo(after: nil, deadline: world.now + .seconds(5)).cellInfo
      #expect(live.faults.cellDetectionFailed == 0b1100_0000)
      #expect(live.operationStatus == .wrongCellCount)
      circuit.setRelay(.nodeOpen(7), active: false)
      try await world.sleep(for: .seconds(4))
      let healed = try await session.nextCellInfo(after: nil, deadline: world.now + .seconds(5)).cellInfo
      #expect(healed.faults.cellDetectionFailed == 0)
    }
  }
}
