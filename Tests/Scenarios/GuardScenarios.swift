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
    #expect(outcome.conclusion.reason.contains("no guard watched this run"))
    #expect(outcome.conclusion.safeStateConfirmed)
  }

  /// A process that energises served instruments is told to end, and killed: nothing may stay on, nothing may be lost.
  @Test func `leaves nothing on when a run on real links is ended or killed`() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/bmsrig-kill-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let program = URL(fileURLWithPath: Program.path).deletingLastPathComponent().appending(
      path: "bmsrig-bench")
    let process = Process()
    let output = Pipe()
    process.executableURL = program
    process.arguments = ["campaign", "1", folder, "SIGTERM", "SIGKILL"]
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
    #expect(
      text.split(separator: "\n").count { $0.contains("left on 0, records damaged 0, without proof 0") } == 4)
  }
}
