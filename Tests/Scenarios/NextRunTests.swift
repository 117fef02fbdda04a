import Engine
import Model
import Ports
import Quantities
import Rigging
import Simulation
import Testing

/// Instruments keep what they were told when a program has ended; a line tests one unit after the other.
@Suite struct `One run after another` {
  private static let relays = [Relay.emulatorContactor, .loopContactor, .shortTrigger, .dischargeResistors]

  @Test func `finds the rig as the safe state before it left it, and opens it`() throws {
    let checked = Scenario().checkedRun
    let rig = checked.rig.rig
    let world = try SimulatedRig.world(
      rig: rig, unit: try SimulatedSocket.unit(for: checked, seed: 1), seed: 1,
      calendarStart: SimulatedSocket.calendarStart)
    try world.run {
      for number in 1...3 {
        let working = try WorkingRig(
          rig: rig, world: world, cellCount: 24, restVoltage: 3.3, record: { _ in })
        try await working.open { _ in }
        try await energise(working.bench)
        let safe = await SafeStateSequence(bench: working.bench).makeSafe()
        #expect(safe.confirmed, "run \(number): \(safe)")
        let left = Self.relays.filter(world.circuit.isActive)
        await working.close()
        // A bank that keeps its levels when its program is gone, as many do.
        for relay in left { world.circuit.setRelay(relay, active: true) }
      }
    }
  }

  private func energise(_ bench: Bench) async throws {
    try await bench.setThermistors(celsius: 40)
    try await bench.setCellCurrentLimit(Current(1))
    try await bench.setAllCells(3.2)
    try await bench.setCellOutputs(true)
    try await bench.setLine(.emulatorContactor, active: true)
    try await bench.chargeShortBank(volts: 12, current: 0.5)
    try await bench.closeLoop()
    try await bench.setLoop(current: 2, compliance: 2)
  }
}
