import Engine
import Foundation
import Guarding
import Model
import Ports
import Rigging
import Simulation
import Store
import Testing

/// The guard's place in whole runs, in virtual time.
@Suite struct GuardScenarios {
  /// Keeps the world of a scenario.
  private final class Stage {
    var world: SimulatedWorld?
    var watched: SimulatedGuard? { world?.guards.last }
  }

  @Test func `watches a run from the open rig to the proven safe state, and is fed all the time`() throws {
    let stage = Stage()
    let result = try Scenario(arrange: { stage.world = $0 }).run()
    #expect(result.verdict == .pass, "\(result.complaints)")
    let watched = try #require(stage.watched)
    #expect(stage.world?.guards.count == 1)
    #expect(watched.isReleased && watched.acted == nil)
    #expect(Double(watched.beats) > result.record.elapsedSeconds * 5)
  }

  @Test func `that dies makes the run an error that names it, and the rig safe`() throws {
    let stage = Stage()
    let result = try Scenario(
      arrange: { world in
        stage.world = world
        world.schedule(at: .start + .seconds(60)) { world.guards.last?.die() }
      }
    ).run()
    #expect(result.verdict == .error, "\(result.complaints)")
    #expect(result.outcome.conclusion.reason.contains("guard"), "\(result.outcome.conclusion.reason)")
    #expect(result.record.safeStateConfirmed)
  }

  @Test func `would send the bytes that the run itself sends`() throws {
    let stage = Stage()
    let result = try Scenario(
      arrange: { world in
        stage.world = world
        world.schedule(at: .start + .seconds(60)) { world.requestStop(reason: "operator") }
      }
    ).run()
    let plan = try #require(stage.watched).plan
    let orders = plan.steps.flatMap(\.orders)
    #expect(Set(orders.map { plan.links[$0.link].name }) == ["emulator", "source", "auxiliary", "bank"])
    var sent: Set<String> = []
    for event in result.events {
      guard case .traffic(let traffic) = event.body, traffic.outgoing, traffic.isText else { continue }
      sent.insert("\(traffic.port) \(traffic.bytes)")
    }
    for order in orders {
      let texts = order.messages + order.looks.map(\.question)
      for text in texts.map({ String(decoding: $0, as: UTF8.self) }) {
        #expect(sent.contains("\(plan.links[order.link].name) \(text)"), "\(text)")
      }
    }
    #expect(plan.steps.map(\.name) == result.checked.rig.rig.safeState.map(\.action.rawValue))
    let driven = plan.steps.filter { !$0.drives.isEmpty }.map(\.name)
    #expect(
      driven == [
        "disable-short", "open-loop-contactor", "release-fixture", "open-emulator-contactor",
        "connect-discharge",
      ])
    #expect(try #require(plan.permit).line == 50)
    #expect(try GuardPlan(text: plan.text) == plan)
  }

  /// The plan for a rig that differs in one thing.
  private func plan(_ change: (inout Rig) -> Void) throws -> GuardPlan {
    let checked = Scenario().checkedRun
    var rig = checked.rig.rig
    change(&rig)
    let changed = rig
    let world = try SimulatedRig.world(
      rig: changed, unit: try SimulatedSocket.unit(for: checked, seed: 1), seed: 1,
      calendarStart: SimulatedSocket.calendarStart)
    let plan = try world.run {
      let working = try WorkingRig(rig: changed, world: world, cellCount: 24, restVoltage: 3.2) { _ in }
      try await working.open { _ in }
      let plan = try working.guardPlan(run: "R-1")
      await working.close()
      return plan
    }
    return try #require(plan)
  }

  @Test func `holds the loop contactor for as long as the source's own watchdog takes`() throws {
    let plan = try plan { rig in
      rig.instruments[rig.instruments.firstIndex { $0.name == "source" }!].options["watchdog"] = "10 s"
    }
    #expect(plan.steps.filter { $0.hold > .zero }.map(\.name) == ["loop-current-falls"])
    #expect(plan.steps.first { $0.name == "loop-current-falls" }?.hold == .seconds(12))
    #expect(plan.steps.filter(\.drivesAtOnce).map(\.name) == ["disable-short"])
  }

  @Test
  func `confirms nothing that the rig has no voltmeter for, and gives the current its time all the same`()
    throws
  {
    let plan = try plan { rig in
      rig.roles.removeAll { [.loopCurrent, .portVoltage].contains($0.name) }
      rig.safeState.removeAll { $0.action == .loopCurrentFalls }
      rig.watches.removeAll { _ in true }
    }
    let falls = try #require(plan.steps.firstIndex { $0.name == "loop-current-falls" })
    let opens = try #require(plan.steps.firstIndex { $0.name == "open-loop-contactor" })
    #expect(falls == opens - 1)
    #expect(plan.steps[falls].lack == "no voltmeter for 'loop-current'" && plan.steps[falls].hold > .zero)
    let asked = plan.steps[falls].waits.map { plan.links[$0.link].name }
    #expect(asked == ["source"] && plan.steps[falls].waits.allSatisfy { $0.messages.isEmpty })
    let dead = try #require(plan.steps.last)
    #expect(dead.lack == "no voltmeter for 'port-voltage'" && dead.waits.count == 1)
  }

  @Test func `is refused on a rig whose voltmeter it cannot read`() {
    let error = #expect(throws: RigFault.self) {
      try plan { rig in
        let role = rig.roles.firstIndex { $0.name == .loopCurrent }!
        rig.roles[role].members = [ChannelReference("scope", 1)]
      }
    }
    #expect(error?.instrument == "scope" && error?.message.contains("'loop-current'") == true)
  }

  @Test func `scans quickly, however long the rig file lets the voltmeter integrate`() throws {
    let plan = try plan { rig in
      rig.instruments[rig.instruments.firstIndex { $0.name == "reference" }!].options["nplc"] = "10"
    }
    let scans = plan.steps.flatMap(\.waits).flatMap(\.looks).flatMap(\.prepare)
    let texts = scans.map { String(decoding: $0, as: UTF8.self) }.filter { $0.contains("NPLC") }
    #expect(texts == ["SENS:VOLT:DC:NPLC 0.2,(@208)\n", "SENS:VOLT:DC:NPLC 0.2,(@205:206)\n"])
  }

  @Test func `that was refused leaves no run a pass`() throws {
    let checked = Scenario().checkedRun
    let folder = FileManager.default.temporaryDirectory.path + "/bmsrig-unguarded-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let execution = RunExecution(
      checked: checked, unit: "EK24-000123", seed: 1, program: "scenarios", observer: NoObserver(),
      withGuard: false)
    let outcome = try execution.run(
      in: try RunStore(path: folder, durable: false), worlds: SmallProcedure.Simulated.self)
    #expect(outcome.conclusion.verdict == .inconclusive)
    #expect(outcome.conclusion.reason == "start condition 'guard': refused: nobody watches this run besides")
    #expect(outcome.conclusion.safeStateConfirmed)
  }

  /// A process that energises served instruments is told to end, is killed, crashes: nothing may stay on or be lost.
  @Test func `leaves nothing on when a run on real links is ended, killed or crashes`() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/bmsrig-kill-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let program = URL(fileURLWithPath: Program.path).deletingLastPathComponent().appending(
      path: "bmsrig-bench")
    let process = Process()
    let output = Pipe()
    process.executableURL = program
    process.arguments = ["campaign", "1", folder, "SIGTERM", "SIGKILL", "SIGABRT"]
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
    #expect(
      text.split(separator: "\n").count { $0.contains("left on 0, records damaged 0, without proof 0") } == 6)
  }
}
