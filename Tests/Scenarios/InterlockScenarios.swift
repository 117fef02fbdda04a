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
    #expect(result.record.trips.map(\.words).contains { $0.contains(words) }, "\(result.record.trips)")
    // No closing phase: it would keep the cells live.
    #expect(result.record.measurements.filter { $0.name == "restored" }.map(\.outcome) == [.notMeasured])
  }

  /// Instants of the usual run at which the cells are live: while it times something, dwells, drives current, writes
  /// settings, and in the middle of the closing phase.
  static let live: [(step: String, seconds: Double)] = [
    ("power-up", 2), ("cells", 1), ("chemistries", 0.7), ("hot", 3.3), ("charge-overcurrent", 1.234),
    ("balancing", 5), ("restore", 0.4), ("restore", 2.5),
  ]

  /// Somebody's hand may be inside, and a cover cuts nothing by itself.
  @Test(arguments: live.indices) func `has every cell dead within half a second`(_ index: Int) throws {
    let instant = Scenario.instant(of: Self.live[index].step, plus: Self.live[index].seconds)
    let seen = Seen()
    var scenario = Scenario()
    scenario.arrange = { world in
      world.schedule(at: instant) {
        seen.before = Self.highestCell(world.circuit)
        world.circuit.setContact(.cover, active: false)
      }
      world.schedule(at: instant + .milliseconds(500)) { seen.after = Self.highestCell(world.circuit) }
    }
    let result = try scenario.run()
    #expect(seen.before > 1, "nothing was live: another instant shows more")
    #expect(seen.after < 0.1, "\(result.complaints)")
    #expect(result.verdict == .aborted, "\(result.complaints)")
    #expect(result.outcome.conclusion.reason == "cover open")
    #expect(result.outcome.conclusion.safeStateConfirmed, "\(result.record.safeState?.entries ?? [])")
    #expect(result.failedRequirements.isEmpty, "\(result.complaints)")
    #expect(result.record.measurements.filter { $0.name == "restored" }.map(\.outcome) == [.notMeasured])
  }

  private final class Seen {
    var before = 0.0
    var after = Double.infinity
  }

  private static func highestCell(_ circuit: Circuit) -> Double {
    (1...24).map { circuit.cellOutputVoltage($0).magnitude }.max() ?? .infinity
  }

  /// At that time the test levels of the current protections stand in the unit.
  @Test func `leaves test settings in the unit, and the record names them`() throws {
    var scenario = Scenario()
    scenario.arrange = { world in
      world.schedule(at: Scenario.instant(of: "charge-overcurrent")) {
        world.circuit.setContact(.cover, active: false)
      }
    }
    let result = try scenario.run()
    #expect(
      result.record.measurements.contains { $0.name == "written" && $0.channel == "charge-overcurrent" })
    let notes = result.record.steps.filter { $0.id == "restore" }.flatMap(\.notes)
    #expect(
      notes.contains { $0.hasPrefix("settings not restored") && $0.contains("'charge-overcurrent'") },
      "\(notes)")
  }

  /// A person who stops the run is not in its danger: the unit gets its settings back.
  @Test func `is no operator's stop, after which the settings are restored`() throws {
    var scenario = Scenario()
    scenario.arrange = { world in
      world.schedule(at: Scenario.instant(of: "charge-overcurrent")) { world.requestStop(reason: "Ctrl-C") }
    }
    let result = try scenario.run()
    #expect(result.verdict == .aborted, "\(result.complaints)")
    #expect(result.record.measurements.contains { $0.name == "restored" && $0.outcome == .pass })
  }

  @Test func `ends the closing phase that a stop had led to`() throws {
    var scenario = Scenario()
    let stop = Scenario.instant(of: "charge-overcurrent")
    let seen = Seen()
    scenario.arrange = { world in
      world.schedule(at: stop) { world.requestStop(reason: "Ctrl-C") }
      world.schedule(at: stop + .seconds(1)) {
        seen.before = Self.highestCell(world.circuit)
        world.circuit.setContact(.cover, active: false)
      }
      world.schedule(at: stop + .seconds(1.5)) { seen.after = Self.highestCell(world.circuit) }
    }
    let result = try scenario.run()
    #expect(result.verdict == .aborted && result.outcome.conclusion.reason == "Ctrl-C")
    #expect(seen.before > 1 && seen.after < 0.1, "\(seen.before) V, then \(seen.after) V")
    #expect(result.record.trips.count == 1)
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
