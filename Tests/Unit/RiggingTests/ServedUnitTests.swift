import Capabilities
import DUT
import LinuxPorts
import Ports
import Serving
import Simulation
import Testing

@testable import Rigging

/// The unit's ports on links of this computer, in real time; the bus itself is in Tests/Lab.
@Suite(.timeLimit(.minutes(1))) struct `The served ports of a unit` {
  @Test(arguments: RS485Unit.Profile.allCases)
  func `the 485 port answers on a pseudo-terminal`(_ profile: RS485Unit.Profile) throws {
    try LinuxWorld.run(takesSignals: false) { world in
      let plant = LivePlant(circuit: Circuit(parameters: CircuitParameters()), seed: 1, world: world)
      let unit = SimulatedUnit(parameters: UnitParameters())
      plant.circuit.insert(unit)
      for cell in 1...24 {
        plant.circuit.driveCell(cell, volts: 3.3, sourceLimit: 10, sinkLimit: 10, on: true)
      }
      plant.circuit.setRelay(.emulatorContactor, active: true)
      plant.circuit.setRelay(.wakeSwitch, active: true)
      let port = UnitSerialPort(unit: unit, profile: profile, unitNumber: 1)
      let line = try SerialService(
        name: "unit-rs485", twin: port, plant: plant, baud: 115_200, isText: false, world: world)
      let inner = Confined((world, try PortAddress(parsing: line.address)))
      let service = Confined(RigService(plant: plant, links: [line]))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await service.value.run() }
        group.addTask {
          let (world, address) = inner.value
          let reader = RS485Unit(
            world: world, profile: profile, unitNumber: 1, isProfileConfirmed: false
          ) { deadline throws(PortError) in try await world.openStream(address, deadline: deadline) }
          // It answers once it is awake.
          let told = try await reader.broadcast(after: world.now, deadline: world.now + .seconds(30))
          #expect((told.packVoltage - 79.2).magnitude < 0.5)
          // Ten in a row: questions hold line feeds, and pieces come as the line has them.
          for _ in 0..<10 {
            let asked = world.now
            let told = try await reader.broadcast(after: asked, deadline: asked + .seconds(10))
            #expect((told.packVoltage - 79.2).magnitude < 0.5 && told.at > asked)
          }
          reader.close()
        }
        try await group.next()
        group.cancelAll()
        try await group.waitForAll()
      }
    }
  }

  @Test func `a CAN interface that is not there is named, with how to make it`() throws {
    try LinuxWorld.run(takesSignals: false) { world in
      let plant = LivePlant(circuit: Circuit(parameters: CircuitParameters()), seed: 1, world: world)
      let unit = SimulatedUnit(parameters: UnitParameters())
      for (address, advice) in [
        ("can://vcan97", "sudo ip link add dev vcan97 type vcan"), ("can://can97", "adapter is plugged in"),
      ] {
        do throws(PortError) {
          _ = try BusService(name: "unit-bus", node: unit, plant: plant, address: address, world: world)
          Issue.record("\(address) was opened")
        } catch {
          #expect(error.code == .notFound && error.advice.contains(advice), "\(error)")
        }
      }
    }
  }
}
