import Foundation
import Model
import Ports
import Rigging
import Simulation
import Store
import Testing

/// A rig on which a program that died left something on, and a run that cannot open all of it.
@Suite struct `An instrument that was left on` {
  /// The same world, in which somebody asks for a stop when so many ports were opened.
  private final class Interrupted: World {
    let base: SimulatedWorld
    let opened: Int
    private var count = 0
    init(_ base: SimulatedWorld, after opened: Int) {
      self.base = base
      self.opened = opened
    }
    private func note() {
      if count == opened { base.requestStop(reason: "Ctrl-C") }
      count += 1
    }
    var now: WorldInstant { base.now }
    var calendarStart: String { base.calendarStart }
    var holdStops: Bool {
      get { base.holdStops }
      set { base.holdStops = newValue }
    }
    var stopRequested: String? { base.stopRequested }
    func sleep(until instant: WorldInstant) async throws { try await base.sleep(until: instant) }
    func openStream(_ address: PortAddress, deadline: WorldInstant) async throws(PortError)
      -> any StreamPort
    {
      note()
      return try await base.openStream(address, deadline: deadline)
    }
    func openMessages(_ address: PortAddress, deadline: WorldInstant) async throws(PortError)
      -> any MessagePort
    {
      note()
      return try await base.openMessages(address, deadline: deadline)
    }
    func openLines(_ address: PortAddress, configuration: LineConfiguration, deadline: WorldInstant)
      async throws(PortError) -> any LinePort
    {
      note()
      return try await base.openLines(address, configuration: configuration, deadline: deadline)
    }
    func openRadio(_ address: PortAddress, deadline: WorldInstant) async throws(PortError)
      -> any RadioPort
    { try await base.openRadio(address, deadline: deadline) }
    func openCAN(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any CANPort {
      try await base.openCAN(address, deadline: deadline)
    }
  }

  private struct End {
    let outcome: RunExecution.Outcome
    let wasOn: [Double]
    let isOn: [Double]
    func entry(_ action: SafeStateStep.Action) -> SafeStateResult.Entry? {
      outcome.record.safeState?.entries.first { $0.action == action.rawValue }
    }
  }

  /// Cells 1 to 12 are left on at 3.3 V.
  /// - Parameters:
  ///   - edit: How the rig's file differs from the simulated one's.
  ///   - missing: Instrument of the file that is off the net.
  ///   - stopAfter: A stop is asked for when so many ports were opened.
  private func run(
    edit: ((String) -> String)? = nil, missing: String? = nil, stopAfter: Int? = nil
  ) throws -> End {
    var scenario = Scenario()
    let file = FileManager.default.temporaryDirectory.path + "/bmsrig-left-on-\(UUID().uuidString).yaml"
    defer { try? FileManager.default.removeItem(atPath: file) }
    if let edit {
      let text = try String(contentsOfFile: Scenario.rigFile, encoding: .utf8)
      try edit(text).write(toFile: file, atomically: true, encoding: .utf8)
      scenario.rigPath = file
    }
    let checked = scenario.checkedRun
    var present = checked.rig.rig
    for index in present.instruments.indices where present.instruments[index].name == missing {
      present.instruments[index].address = "sim://unplugged"
    }
    let world = try SimulatedRig.world(
      rig: present, unit: try SimulatedSocket.unit(for: checked, seed: 1), seed: 1,
      calendarStart: SimulatedSocket.calendarStart)
    let folder = FileManager.default.temporaryDirectory.path + "/bmsrig-left-on-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let store = try RunStore(path: folder, durable: false)
    let execution = RunExecution(
      checked: checked, unit: "EK24-000123", seed: 1, program: "scenarios", observer: NoObserver())
    let entered: any World = stopAfter.map { Interrupted(world, after: $0) } ?? world
    return try world.run {
      try await Self.leaveOn(world)
      let wasOn = (1...24).map { world.circuit.cellOutputVoltage($0) }
      let outcome = try await execution.run(
        in: store, world: entered, requestStop: { world.requestStop(reason: $0) })
      return End(
        outcome: outcome, wasOn: wasOn, isOn: (1...24).map { world.circuit.cellOutputVoltage($0) })
    }
  }

  private static func leaveOn(_ world: SimulatedWorld) async throws {
    let port = try await world.openStream(
      try PortAddress(parsing: "sim://emulator"), deadline: world.now + .seconds(1))
    let channels = "(@" + (1...12).map(String.init).joined(separator: ",") + ")"
    for command in ["SOUR:VOLT 3.3000\(channels)", "OUTP:ONOFF 1\(channels)"] {
      try await port.send(Array("\(command)\n".utf8), deadline: world.now + .seconds(1))
      try await world.sleep(for: .milliseconds(200))
    }
    port.close()
  }

  /// The driver leaves it alone and says so; the way to the safe state does not.
  @Test func `refuses the run and is switched off all the same`() throws {
    let end = try run()
    #expect(end.wasOn.prefix(12).allSatisfy { $0 > 3.2 })
    #expect(end.outcome.conclusion.verdict == .error)
    #expect(end.outcome.conclusion.reason.contains("on although nothing switched"))
    #expect(end.isOn.allSatisfy { $0.magnitude < 0.1 }, "\(end.isOn)")
    #expect(end.outcome.conclusion.safeStateConfirmed, "\(end.outcome.record.safeState?.entries ?? [])")
  }

  /// Cells 13 to 24 on an emulator of their own.
  private static func split(_ text: String) -> String {
    let members = (1...24).map { $0 <= 12 ? "emulator/\($0)" : "emulator-2/\($0 - 12)" }
    return text.replacing(
      "instruments:\n",
      with: """
        instruments:
          emulator-2:
            driver: ngi-n83624
            options: {range: 06-10, gap: 20 ms}
            address: sim://emulator-2
            serial: A-0099
            calibration: {certificate: SIM-EMULATOR-2, date: "2026-01-01", due: "2099-12-31"}
            uncertainty: {voltage: 0.7 mV, current: 2 mA, current-relative: 0.25 %}

        """, maxReplacements: 1
    ).replacing(
      "cells: {instrument: emulator, channels: 1-24}",
      with: "cells: {members: [\(members.joined(separator: ", "))]}")
  }

  @Test func `is switched off although the other emulator of its role is off the net, which is named`()
    throws
  {
    let end = try run(edit: Self.split, missing: "emulator-2")
    #expect(end.wasOn.prefix(12).allSatisfy { $0 > 3.2 })
    #expect(end.isOn.allSatisfy { $0.magnitude < 0.1 }, "\(end.isOn)")
    #expect(end.outcome.conclusion.verdict == .error)
    #expect(!end.outcome.conclusion.safeStateConfirmed)
    let entry = end.entry(.cellsToRest)
    #expect(entry?.confirmed == false)
    #expect(entry?.message.contains("emulator: all outputs off") == true, "\(entry?.message ?? "")")
    #expect(entry?.message.contains("emulator-2 was never reached") == true, "\(entry?.message ?? "")")
  }

  /// Ctrl-C before the first port, after the emulator's, among the last.
  @Test(arguments: [0, 1, 5, 10])
  func `is switched off when somebody stops the run while it connects, and that is confirmed`(
    _ ports: Int
  ) throws {
    let end = try run(stopAfter: ports)
    #expect(end.wasOn.prefix(12).allSatisfy { $0 > 3.2 })
    #expect(end.outcome.conclusion.verdict == .aborted && end.outcome.conclusion.reason == "Ctrl-C")
    #expect(end.isOn.allSatisfy { $0.magnitude < 0.1 }, "\(end.isOn)")
    #expect(end.outcome.conclusion.safeStateConfirmed, "\(end.outcome.record.safeState?.entries ?? [])")
    #expect(end.outcome.record.errors.isEmpty, "\(end.outcome.record.errors)")
  }
}
