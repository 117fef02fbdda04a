import Engine
import Foundation
import Model
import Ports
import Quantities
import Rigging
import Simulation
import Store
import TestKit
import Testing

/// A rig that somebody left as it was is made safe without a run.
@Suite struct `Making a rig safe` {
  /// A simulated rig whose outputs are on and whose contactors are closed, and nobody holds it any more.
  private final class LeftRig {
    let rig: Rig
    let world: SimulatedWorld
    /// Raw traffic while it was made safe: port and text, in order.
    private(set) var sent: [(port: String, text: String)] = []
    /// Amperes through the loop contactor when it was told to open.
    private(set) var openedUnder: Double?

    init() throws {
      rig = Scenario().checkedRun.rig.rig
      world = try SimulatedRig.world(
        rig: rig, unit: try SimulatedSocket.unit(for: Scenario().checkedRun, seed: 1), seed: 1,
        calendarStart: SimulatedSocket.calendarStart)
      world.circuit.insert(ConductingBoard())
    }

    func leaveOn() async throws {
      let working = try WorkingRig(rig: rig, world: world, cellCount: 24, restVoltage: 3.3, record: { _ in })
      try await working.open { _ in }
      let bench = working.bench
      try await bench.setCellCurrentLimit(Current(1))
      try await bench.setAllCells(3.2)
      try await bench.setCellOutputs(true)
      try await bench.setLine(.emulatorContactor, active: true)
      try await bench.chargeShortBank(volts: 12, current: 0.5)
      try await bench.closeLoop()
      try await bench.setLoop(current: 20, compliance: 2)
      await working.close()
      // A bank that keeps its levels when its program is gone, as many do.
      for relay in [Relay.emulatorContactor, .loopContactor] { world.circuit.setRelay(relay, active: true) }
      try await world.sleep(for: .milliseconds(100))
    }

    /// What is on, as the plant has it.
    var isOn: [String] {
      let cells = (1...24).filter { world.circuit.cellOutputVoltage($0).magnitude > 0.1 }.map { "cell \($0)" }
      let relays = [Relay.emulatorContactor, .loopContactor, .shortTrigger].filter(world.circuit.isActive)
      return cells + relays.map { "\($0)" }
    }

    /// - Parameter missing: Instrument that is off the net.
    func makeSafe(without missing: String = "") async throws -> SafeStateProver.Outcome {
      var rig = rig
      for index in rig.instruments.indices where rig.instruments[index].name == missing {
        rig.instruments[index].address = "sim://nowhere"
      }
      world.circuit.relayWillMove = { [unowned self] relay, active, _ in
        if relay == .loopContactor, !active, openedUnder == nil { openedUnder = world.circuit.loopCurrent }
      }
      return try await SafeStateProver(rig: rig, world: world) { [unowned self] in
        if case .traffic(let traffic) = $0, traffic.outgoing { sent.append((traffic.port, traffic.bytes)) }
      }.run()
    }
  }

  @Test func `outputs that are on are found, told OFF before a relay moves, and proven off`() throws {
    let left = try LeftRig()
    let outcome = try left.world.run {
      try await left.leaveOn()
      #expect(left.isOn.count == 26, "\(left.isOn)")
      #expect(left.world.circuit.loopCurrent > 15)
      return try await left.makeSafe()
    }
    #expect(outcome.safeState.confirmed, "\(outcome.safeState.entries)")
    #expect(outcome.safeState.entries.map(\.action) == left.rig.safeState.map(\.action.rawValue))
    #expect(left.isOn.isEmpty, "\(left.isOn)")
    for name in ["source", "emulator"] {
      #expect(outcome.notes.contains { $0.hasPrefix("\(name): ") && $0.contains(" on ") }, "\(outcome.notes)")
    }
    let off = try #require(left.sent.firstIndex { $0.port == "source" && $0.text.contains("OUTP OFF") })
    let lines = try #require(left.sent.firstIndex { $0.port == "lines" })
    #expect(off < lines)
    #expect(try #require(left.openedUnder).magnitude < 1)
  }

  @Test func `a source that does not answer keeps nothing else on, and is named`() throws {
    let left = try LeftRig()
    let outcome = try left.world.run {
      try await left.leaveOn()
      var dead = LinkBehaviour()
      dead.dropAfter = 0
      left.world.setLink(dead, of: "source")
      return try await left.makeSafe()
    }
    let open = outcome.safeState.entries.filter { !$0.confirmed }
    #expect(open.map(\.action) == ["loop-off"], "\(outcome.safeState.entries)")
    #expect(left.isOn.isEmpty, "\(left.isOn)")
    #expect(outcome.notes.contains { $0.contains("source") }, "\(outcome.notes)")
  }

  @Test
  func
    `a source that cannot be reached is waited for: the loop contactor opens when it has stopped by itself`()
    throws
  {
    let left = try LeftRig()
    let outcome = try left.world.run {
      try await left.leaveOn()
      #expect(left.world.circuit.loopCurrent > 15)
      return try await left.makeSafe(without: "source")
    }
    #expect(try #require(left.openedUnder).magnitude < 1)
    let open = outcome.safeState.entries.filter { !$0.confirmed }
    #expect(open.map(\.action) == ["loop-off"], "\(outcome.safeState.entries)")
    #expect(left.isOn.isEmpty, "\(left.isOn)")
  }

  @Test func `somebody who wants to stop does not cut it short`() throws {
    let left = try LeftRig()
    let outcome = try left.world.run {
      try await left.leaveOn()
      left.world.requestStop(reason: "Ctrl-C")
      return try await left.makeSafe()
    }
    #expect(outcome.safeState.confirmed, "\(outcome.safeState.entries)")
    #expect(left.isOn.isEmpty, "\(left.isOn)")
  }

  // MARK: the command

  private func safe(_ desk: Desk, _ more: [String] = []) throws -> Program.End {
    try Program.run(["rig", "safe", desk.path("rig.yaml"), "--store", desk.store] + more)
  }

  @Test func `the command lists every step and ends well`() throws {
    let desk = try Desk()
    let end = try safe(desk)
    #expect(end.code == 0, "\(end.output) \(end.errors)")
    for step in ["disable-short", "loop-off", "cells-to-rest", "connect-discharge", "terminals-dead"] {
      #expect(end.output.contains(try Regex("(?m)^\(step) +confirmed  ")), "\(end.output)")
    }
    #expect(end.output.contains("Safe state of rig 'simulated' confirmed"))
    let json = try OrderedJSON(parsing: try safe(desk, ["--format", "json"]).output)
    #expect(json["ok"]?.boolValue == true && json["rig"]?.stringValue == "simulated")
    #expect(json["results"]?.arrayValue?.count == 11)
    #expect(json["results"]?[1]?["name"]?.stringValue == "loop-off")
  }

  @Test func `a step that is not confirmed is shouted and ends with 6`() throws {
    let desk = try Desk()
    try desk.edit("rig.yaml") {
      $0.replacing(
        "    address: sim://source\n", with: "    address: sim://source\n    simulated: {fault: silent}\n")
    }
    let end = try safe(desk)
    #expect(end.code == 6, "\(end.output) \(end.errors)")
    #expect(end.output.contains("*** SAFE STATE NOT CONFIRMED"))
    #expect(end.output.contains(try Regex("(?m)^loop-off +NOT CONFIRMED  ")), "\(end.output)")
    #expect(end.output.contains(try Regex("(?m)^cells-to-rest +confirmed  ")), "\(end.output)")
    let json = try safe(desk, ["--format", "json"])
    #expect(json.code == 6)
    #expect(try OrderedJSON(parsing: json.output)["ok"]?.boolValue == false)
  }

  @Test
  func `no run begins on a rig of which that is not known, until it is or a person has acknowledged it`()
    throws
  {
    let desk = try Desk()
    let whole = try String(contentsOfFile: desk.path("rig.yaml"), encoding: .utf8)
    let silent = whole.replacing(
      "    address: sim://source\n", with: "    address: sim://source\n    simulated: {fault: silent}\n")
    for isAcknowledged in [false, true] {
      try desk.write("rig.yaml", silent)
      #expect(try safe(desk).code == 6)
      try desk.write("rig.yaml", whole)
      let refused = try desk.run(["--override-start", "the line is waiting"])
      #expect(refused.code == 3, "\(refused.output) \(refused.errors)")
      for word in [
        "'bmsrig rig safe' at 2", "could not confirm", "loop-off: ", "bmsrig rig acknowledge simulated",
      ] {
        #expect(refused.errors.contains(word), "\(word) is missing: \(refused.errors)")
      }
      if isAcknowledged {
        let done = try desk.acknowledge()
        #expect(done.code == 0 && done.output.contains("SAFE STATE NOT CONFIRMED"), "\(done.output)")
      } else {
        #expect(try safe(desk).code == 0)
      }
      #expect(try desk.run().code == 0)
    }
  }

  @Test func `a rig without a run, too, remembers who acknowledged it`() throws {
    let desk = try Desk()
    let whole = try String(contentsOfFile: desk.path("rig.yaml"), encoding: .utf8)
    try desk.write(
      "rig.yaml",
      whole.replacing(
        "    address: sim://source\n", with: "    address: sim://source\n    simulated: {fault: silent}\n"))
    #expect(try safe(desk).code == 6)
    try desk.write("rig.yaml", whole)
    #expect(try desk.acknowledge().code == 0)
    let next = try desk.run(["--json"])
    #expect(next.code == 0 && next.output.contains("how this rig was left was acknowledged by M. Weber"))
  }

  @Test func `a desk has nothing to switch off, and a wrong file opens nothing`() throws {
    let desk = try Desk(rig: "desk.yaml")
    let end = try safe(desk)
    #expect(end.code == 0 && end.output.contains("nothing that could be switched off"), "\(end.errors)")
    try desk.edit("rig.yaml") { $0.replacing("safe-state:", with: "save-state:") }
    let wrong = try safe(desk)
    #expect(wrong.code == 2 && wrong.errors.contains("save-state"), "\(wrong.errors)")
  }

  @Test func `who acknowledges sees what came of it`() throws {
    let desk = try Desk(steps: 20)
    _ = try Program.start(desk.arguments(unit: "K") + ["--json"]).kill(afterLines: 40)
    #expect(try safe(desk).code == 0)
    #expect(try desk.run().code == 3, "a proof is no person")
    let done = try desk.acknowledge()
    #expect(done.output.contains("safe state confirmed"), "\(done.output)")
    #expect(!done.output.contains("NOBODY"))
    #expect(try desk.run().code == 0)
  }
}
