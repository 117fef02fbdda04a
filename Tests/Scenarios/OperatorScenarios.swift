import Model
import Ports
import Rigging
import Simulation
import Testing

/// Procedures in which a person answers, on the simulated rig: the simulated person looks at the simulated article.
@Suite struct OperatorScenarios {
  @Test(arguments: ["incoming-visual", "warranty-admission", "design-evidence"])
  func `a good article passes, and nothing is energised`(procedure: String) throws {
    let result = try Scenario(procedure: procedure).run()
    #expect(result.verdict == .pass, "\(result.complaints)")
    #expect(result.record.safeStateConfirmed)
    #expect(result.record.measurements.allSatisfy { $0.outcome == .pass || $0.outcome == .information })
    let switchedOn = result.events.contains { event in
      guard case .traffic(let traffic) = event.body, traffic.outgoing else { return false }
      return ["emulator", "source", "bank"].contains(traffic.port)
        && (traffic.bytes.contains("OUTP ON") || traffic.bytes.contains("ONOFF 1"))
    }
    #expect(!switchedOn)
    #expect((1...24).allSatisfy { result.circuit.cellOutputVoltage($0) == 0 })
  }

  /// Every article file says which requirement it breaks; that one must fail and no other.
  @Test(arguments: articles)
  func `a visible defect fails at its own requirement and nowhere else`(_ name: String) throws {
    let breaks = try #require(UnitCatalogue.entry(name).reading.value).breaks
    var found = false
    for procedure in ["incoming-visual", "design-evidence"] {
      let scenario = Scenario(unitFile: name, procedure: procedure)
      guard breaks.allSatisfy(Scenario.judged(scenario.checkedRun).contains) else { continue }
      let result = try scenario.run()
      #expect(result.failedRequirements == breaks, "\(procedure): \(result.complaints)")
      #expect(result.verdict == .fail)
      found = true
    }
    #expect(found, "no procedure of questions judges \(breaks)")
  }

  /// The rig reads over the link what an article's label says wrong: it cannot see that, a person has to.
  @Test func `what design validation judges over the link a person compares with the article`() throws {
    let rig = Scenario(procedure: "design-validation").checkedRun.judgedRequirements
    let person = Scenario(procedure: "design-evidence").checkedRun.judgedRequirements
    for name in Self.articles {
      let breaks = try #require(UnitCatalogue.entry(name).reading.value).breaks
      #expect(
        !breaks.contains(where: rig.contains) || breaks.allSatisfy(person.contains), "\(name): \(breaks)")
    }
  }

  @Test func `answers are in the record with who gave them and from where`() throws {
    let record = try Scenario(procedure: "incoming-visual").run().record
    let screws = try #require(record.answers.first { $0.prompt == "kit-screws" })
    #expect(screws.answer == "4" && screws.step == "kit" && screws.person == "Simulated operator")
    #expect(screws.origin == "sim://operator")
    // Looking takes time.
    #expect(record.elapsedSeconds > 3 * Double(record.answers.count))
    let length = record.measurements.filter { $0.name == "length" }
    #expect(length.map(\.channel) == ["1", "2", "3"])
    #expect(length.allSatisfy { $0.instruments == ["caliper"] && $0.uncertainty == 0.000_05 })
  }

  @Test func `the same seed gives the same journal, another one another article`() throws {
    let runs = try [3, 3, 4].map { try Scenario(seed: $0, procedure: "incoming-visual").run().journal }
    #expect(runs[0] == runs[1])
    #expect(runs[0] != runs[2])
  }

  @Test func `where nobody can be asked everything is not measured`() throws {
    let result = try Scenario(procedure: "incoming-visual", rig: { $0.operatorAddress = nil }).run()
    #expect(result.verdict == .inconclusive, "\(result.complaints)")
    #expect(result.record.measurements.allSatisfy { $0.outcome == .notMeasured })
    #expect(result.record.answers.isEmpty)
  }

  @Test func `an interlock is seen while a person thinks`() throws {
    let result = try Scenario(
      procedure: "incoming-visual",
      arrange: { world in
        world.schedule(at: WorldInstant.start + Interval.seconds(30)) {
          world.circuit.setContact(.emergencyStop, active: true)
        }
      }
    ).run()
    #expect(result.verdict == .aborted, "\(result.complaints)")
    #expect(result.outcome.conclusion.reason == "emergency stop pressed")
    #expect(result.record.elapsedSeconds < 45)
  }

  @Test func `a person who is stopped while thinking leaves the rest unmeasured`() throws {
    let result = try Scenario(
      procedure: "incoming-visual",
      arrange: { world in
        world.schedule(at: WorldInstant.start + Interval.seconds(30)) { world.requestStop(reason: "Ctrl-C") }
      }
    ).run()
    #expect(result.verdict == .aborted)
    #expect(result.record.safeStateConfirmed)
    #expect(result.record.elapsedSeconds < 60)
  }

  static let articles = UnitCatalogue.entries.filter { $0.group == "article" }.map(\.name)
}
