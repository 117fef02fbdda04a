import DUT
import Model
import Ports
import Quantities
import Simulation
import Testing

@testable import Rigging

/// Sends what a test wrote down, again every second.
private final class ScriptedNode: BusNodeModel {
  private let frames: [String]
  private var next = WorldInstant.start
  init(_ frames: [String]) { self.frames = frames }
  var nextBusFrame: WorldInstant? { frames.isEmpty ? nil : next }
  func listen(at now: WorldInstant) { next = now + .seconds(1) }
  func takeBusFrames(upTo now: WorldInstant) -> [CANFrame] {
    guard !frames.isEmpty, next <= now else { return [] }
    defer { next = next + .seconds(1) }
    return frames.map { CANFrame(text: $0, at: next)! }
  }
}

@Suite struct `A probe of the unit's ports` {
  private static let day = CalendarDate("2026-06-01")!

  /// The links of the simulated rig alone, with a unit that is switched on when `on`.
  private func probe(
    on: Bool, frames: [String]? = nil, _ edit: (inout Rig) -> Void = { _ in }
  ) throws -> [String: ProbeResult] {
    var rig = try ServedRig.file.rig
    rig.instruments = []
    edit(&rig)
    let circuit = Circuit(parameters: CircuitParameters())
    let unit = SimulatedUnit(parameters: UnitParameters())
    circuit.insert(unit)
    for cell in 1...24 { circuit.driveCell(cell, volts: 3.3, sourceLimit: 10, sinkLimit: 10, on: on) }
    circuit.setRelay(.emulatorContactor, active: true)
    let world = SimulatedWorld(circuit: circuit, seed: 1, calendarStart: SimulatedSocket.calendarStart)
    world.host(.radio([unit]), named: "unit")
    world.host(.bus(frames.map(ScriptedNode.init) ?? unit), named: "unit-can")
    world.host(
      .stream(UnitSerialPort(unit: unit, profile: .native, unitNumber: 1)), named: "unit-rs485")
    let checked = rig
    let results = try world.run {
      circuit.setRelay(.wakeSwitch, active: true)
      try await world.sleep(for: .seconds(4))
      return try await RigProbe(rig: checked, world: world, date: Self.day).run()
    }
    #expect(results.map(\.name) == ["unit", "unit-bus", "unit-rs485"])
    return Dictionary(uniqueKeysWithValues: results.map { ($0.name, $0) })
  }

  @Test func `a unit that speaks is recognised on each`() throws {
    let results = try probe(on: true)
    let bus = try #require(results["unit-bus"])
    #expect(bus.state == .ok && bus.message.contains("is recognised, 79"), "\(bus)")
    #expect(!bus.message.contains("not heard"), "\(bus)")
    let serial = try #require(results["unit-rs485"])
    #expect(serial.state == .ok && serial.message.contains("it answers by the profile"), "\(serial)")
    #expect(serial.message.contains("79"))
  }

  @Test func `without supply nothing is heard, which is no fault`() throws {
    let results = try probe(on: false)
    #expect(results.values.allSatisfy { $0.state == .ok }, "\(results)")
    #expect(results["unit-bus"]?.message.contains("it is silent") == true)
    #expect(results["unit-rs485"]?.message.contains("nobody answers by the profile") == true)
  }

  @Test func `strange frames are named, and a fault where the profile was confirmed`() throws {
    let strange = ["100#01", "18F128F4#0102030405060708"]
    for confirmed in [true, false] {
      let results = try probe(on: true, frames: strange) { $0.unitBus?.confirmed = confirmed }
      let bus = try #require(results["unit-bus"])
      #expect(bus.state == (confirmed ? .unrecognised : .ok))
      #expect(bus.message.contains("is not recognised; of no message that it reads: 100, 18F128F4"), "\(bus)")
      #expect(bus.advice.contains("bmsrig can dump"))
    }
  }

  @Test func `frames of the profile that are missing are named`() throws {
    let results = try probe(on: true, frames: ["356#f01e0000fa00", "359#0000000001504e"])
    let bus = try #require(results["unit-bus"])
    #expect(bus.state == .ok && bus.message.contains("79.2"), "\(bus)")
    #expect(bus.message.contains("not heard: 351, 355, 35C, 35E"), "\(bus)")
  }

  @Test func `another profile than the one at the 485 port is not answered`() throws {
    let results = try probe(on: true) { $0.unitSerial?.profile = "jk-modbus" }
    let serial = try #require(results["unit-rs485"])
    #expect(
      serial.state == .ok && serial.message.contains("nobody answers by the profile 'Modbus"), "\(serial)")
  }
}
