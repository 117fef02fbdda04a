import Engine
import Model
import Ports
import Quantities
import Simulation
import Testing

@Suite struct `An interlock of the rig` {
  @Test(arguments: [(Contact.emergencyStop, true, "emergency stop pressed"), (.cover, false, "cover open")])
  func `refuses the start of a run`(_ contact: Contact, _ active: Bool, _ words: String) throws {
    var scenario = Scenario()
    scenario.arrange = { $0.circuit.setContact(contact, active: active) }
    let result = try scenario.run()
    #expect(result.verdict == .error, "\(result.complaints)")
    #expect(result.outcome.conclusion.reason.contains(words))
    #expect(result.outcome.conclusion.safeStateConfirmed)
    #expect(result.record.measurements.allSatisfy { $0.outcome == .notMeasured })
  }

  @Test(arguments: [(Contact.emergencyStop, true, "emergency stop pressed"), (.cover, false, "cover open")])
  func `aborts a run in progress and leaves it safe`(_ contact: Contact, _ active: Bool, _ words: String)
    throws
  {
    var scenario = Scenario()
    scenario.arrange = { world in
      world.schedule(at: Scenario.instant(of: "cells")) { world.circuit.setContact(contact, active: active) }
    }
    let result = try scenario.run()
    #expect(result.verdict == .aborted, "\(result.complaints)")
    #expect(result.outcome.conclusion.reason == words)
    #expect(result.outcome.conclusion.safeStateConfirmed)
    // What could be put back without energising anything was put back.
    #expect(result.record.measurements.contains { $0.name == "restored" && $0.outcome == .pass })
  }

  /// At that time the test levels of the current protections stand in the unit; a power cycle would be refused.
  @Test func `leaves no test settings in a unit that still answers`() throws {
    var scenario = Scenario()
    scenario.arrange = { world in
      world.schedule(at: Scenario.instant(of: "charge-overcurrent")) {
        world.circuit.setContact(.cover, active: false)
      }
    }
    let result = try scenario.run()
    #expect(result.verdict == .aborted, "\(result.complaints)")
    #expect(
      result.record.measurements.contains { $0.name == "written" && $0.channel == "charge-overcurrent" })
    #expect(result.record.measurements.contains { $0.name == "restored" && $0.outcome == .pass })
    #expect(result.outcome.conclusion.safeStateConfirmed)
  }

  @Test func `that trips only for a moment is noticed, too`() throws {
    var scenario = Scenario()
    scenario.arrange = { world in
      world.schedule(at: Scenario.instant(of: "cells")) { world.circuit.setContact(.cover, active: false) }
      world.schedule(at: Scenario.instant(of: "cells", plus: 1.05)) {
        world.circuit.setContact(.cover, active: true)
      }
    }
    #expect(try scenario.run().outcome.conclusion.reason == "cover open")
  }
}

@Suite struct `A voltmeter that dies` {
  @Test func `ends the run as the rig's error, in a safe state that other evidence confirms`() throws {
    var scenario = Scenario()
    scenario.arrange = { world in
      world.schedule(at: Scenario.instant(of: "cells")) {
        var behaviour = LinkBehaviour()
        behaviour.dropAt = world.now
        world.setLink(behaviour, of: "reference")
      }
    }
    let result = try scenario.run()
    #expect(result.verdict == .error, "\(result.complaints)")
    #expect(result.outcome.conclusion.reason.contains("reference"))
    let entries = result.record.safeState?.entries ?? []
    #expect(result.outcome.conclusion.safeStateConfirmed, "\(entries)")
    for action in ["loop-current-falls", "terminals-dead"] {
      let entry = entries.first { $0.action == action }
      #expect(
        entry?.message.contains("voltmeter is silent") == true, "\(action): \(entry?.message ?? "missing")")
    }
  }
}
