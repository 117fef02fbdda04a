import Model
import Ports
import Simulation
import Testing

/// A stop at any instant: verdict aborted, nothing live, settings back or the record says that they are not.
@Suite struct StopScenarios {
  @Test(arguments: [0.4, 3.7, 9.3, 17.1, 27.9, 44.2, 61.8, 96.3, 131.4, 166.6, 190.2])
  func `a stop leaves the rig dead and the settings restored`(_ seconds: Double) throws {
    let result = try Scenario(
      seed: 4,
      arrange: { world in
        world.schedule(at: .start + .seconds(seconds)) { world.requestStop(reason: "operator") }
      }
    ).run()
    #expect(result.verdict == .aborted, "\(result.complaints)")
    #expect(result.outcome.conclusion.reason == "operator")
    #expect(result.record.safeStateConfirmed, "\(result.record.safeState?.entries ?? [])")
    #expect(result.failedRequirements.isEmpty, "\(result.complaints)")
    let restored = result.record.measurements.filter { $0.name == "restored" }
    let archived = result.record.settings.contains { $0.moment == .asReceived }
    if archived {
      #expect(
        restored.map(\.outcome) == [.pass], "\(result.complaints)\n\(result.record.steps.flatMap(\.notes))")
    } else {
      #expect(restored.count == 1 && restored[0].outcome != .pass, "\(result.complaints)")
    }
  }

  @Test func `a lost unit is not said to be restored`() throws {
    let result = try Scenario(arrange: { world in
      world.schedule(at: Scenario.instant(of: "cells")) {
        var link = LinkBehaviour()
        link.silent = true
        world.setLink(link, of: "unit")
      }
    }).run()
    let restored = result.record.measurements.filter { $0.name == "restored" }
    #expect(restored.map(\.outcome) == [.notMeasured])
    #expect(result.verdict == .error, "\(result.complaints)")
  }
}
