import Engine
import Model
import Ports
import Simulation
import Testing

@testable import Rigging

/// A recorded run through today's program, without the simulation.
@Suite struct ReplayScenarios {
  static func replay(_ result: Scenario.Result, _ events: [RunEvent]? = nil) throws -> ReplayComparison {
    let run = try #require(ReplayRun(checked: result.checked, recorded: events ?? result.events))
    return try run.run()
  }

  /// The usual run once for all.
  nonisolated(unsafe) static let usual = Result { try Scenario().run() }

  static func words(_ comparison: ReplayComparison) -> String {
    comparison.differences.map { "\($0.kind) \($0.place): \($0.recorded ?? "-") / \($0.replayed ?? "-")" }
      .joined(separator: "\n")
  }

  @Test func `the whole end-of-line test replays identically, to the nanosecond`() throws {
    let result = try Self.usual.get()
    let comparison = try Self.replay(result)
    #expect(comparison.isIdentical, "\(Self.words(comparison))")
    #expect(comparison.clockShift == 0)
    #expect(comparison.measurements == result.record.measurements.count)
    #expect(comparison.exchanges == result.record.trafficCount)
  }

  /// Changes the first reply that fits.
  static func changed(
    _ events: [RunEvent], where fits: (Traffic) -> Bool, _ change: (inout Traffic) -> Void
  ) throws -> [RunEvent] {
    var events = events
    let index = try #require(
      events.firstIndex { if case .traffic(let traffic) = $0.body { fits(traffic) } else { false } })
    guard case .traffic(var traffic) = events[index].body else { return events }
    change(&traffic)
    events[index].body = .traffic(traffic)
    return events
  }

  @Test func `a reply that decodes to another value shows in the measurement`() throws {
    let result = try Self.usual.get()
    let measurement = try #require(result.record.measurements.first { $0.name == "cell-error" })
    // The last reading of the meter before it was measured.
    let index = try #require(
      result.events.lastIndex { event in
        guard case .traffic(let traffic) = event.body, Double(event.nanoseconds) / 1e9 <= measurement.at
        else {
          return false
        }
        return traffic.port == "reference" && !traffic.outgoing && traffic.bytes.contains("E+00")
      })
    var events = result.events
    guard case .traffic(var traffic) = events[index].body else { return }
    traffic.bytes = traffic.bytes.replacing("E+00", with: "E-01")
    events[index].body = .traffic(traffic)
    let comparison = try Self.replay(result, events)
    #expect(comparison.count[.measurement] ?? 0 > 0, "\(Self.words(comparison))")
  }

  @Test func `a command that today's driver does not send is named with its port`() throws {
    let result = try Self.usual.get()
    let events = try Self.changed(
      result.events, where: { $0.port == "emulator" && $0.outgoing && $0.bytes.contains("SOUR") }
    ) { $0.bytes = "SOUR:VOLT 1.0000(@7)\n" }
    let comparison = try Self.replay(result, events)
    #expect(comparison.count[.sent] == 1, "\(Self.words(comparison))")
    let difference = try #require(comparison.differences.first { $0.kind == .sent })
    #expect(difference.place.hasPrefix("emulator"))
    #expect(difference.recorded == "SOUR:VOLT 1.0000(@7)\\n")
  }

  @Test func `another limit shows as another verdict`() throws {
    let result = try Self.usual.get()
    var checked = result.checked
    var specification = checked.limits.specification
    let index = try #require(specification.limits.firstIndex { $0.id == "cell-error" })
    for number in specification.limits[index].cases.indices {
      specification.limits[index].cases[number].rule = .window(low: 1, high: 2)
    }
    checked.limits = LimitResolver(
      specification: specification, chemistry: checked.limits.chemistry, workflow: checked.limits.workflow)
    let comparison = try #require(ReplayRun(checked: checked, recorded: result.events)).run()
    #expect(comparison.count[.verdict] == 1)
    #expect(comparison.count[.measurement] ?? 0 > 0)
  }

  @Test(arguments: [3.7, 44.2, 131.4])
  func `a stopped run replays identically`(_ seconds: Double) throws {
    let result = try Scenario(arrange: { world in
      world.schedule(at: .start + .seconds(seconds)) { world.requestStop(reason: "Ctrl-C") }
    }).run()
    let comparison = try Self.replay(result)
    #expect(comparison.isIdentical, "\(Self.words(comparison))")
  }

  @Test func `a lost radio link, a silent unit and a dead instrument replay identically`() throws {
    for (link, name) in [("lost", "unit"), ("silent", "unit"), ("dead", "reference")] {
      let result = try Scenario(arrange: { world in
        world.schedule(at: Scenario.instant(of: "cells")) {
          var behaviour = LinkBehaviour()
          if link == "silent" {
            behaviour.silent = true
          } else {
            behaviour.dropAt = world.now + .seconds(0.5)
          }
          world.setLink(behaviour, of: name)
        }
      }).run()
      let comparison = try Self.replay(result)
      #expect(comparison.isIdentical, "\(link): \(Self.words(comparison))")
    }
  }

  @Test func `a record that breaks off is compared as far as it goes`() throws {
    let result = try Self.usual.get()
    for part in [0.1, 0.5, 0.9] {
      let events = Array(result.events.prefix(Int(Double(result.events.count) * part)))
      let comparison = try Self.replay(result, events)
      #expect(!comparison.isWhole)
      #expect(comparison.isIdentical, "\(part): \(Self.words(comparison))")
    }
  }

  @Test(arguments: [
    ["--override-start", "line is waiting"], ["--override-start", "nobody is there", "--without-guard"],
  ])
  func `a run that was begun in spite of a start condition replays identically`(_ arguments: [String]) throws
  {
    let desk = try Desk(steps: 2)
    try desk.edit("rig.yaml") {
      $0 + "\ngolden-unit: {serial: GOLD-1, every: 24 h}\nself-test: {every: 24 h}\n"
    }
    #expect(try desk.run(arguments).code == 5)
    let end = try Program.run([
      "replay", "U1-1", "--procedure", desk.path("procedure.yaml"), "--rig", desk.path("rig.yaml"), "--store",
      desk.store,
    ])
    #expect(end.code == 0, "\(end.output)\(end.errors)")
    #expect(end.output.contains("Identical"))
  }

  @Test func `a start condition that the run looks at itself is found out again, not believed`() throws {
    let result = try Self.usual.get()
    var events = result.events
    let index = try #require(
      events.firstIndex { if case .startConditions = $0.body { true } else { false } })
    guard case .startConditions(var conditions) = events[index].body else { return }
    let mirrors = try #require(conditions.firstIndex { $0.name == "contactor mirrors" })
    conditions[mirrors].isMet = false
    events[index].body = .startConditions(conditions)
    let comparison = try Self.replay(result, events)
    #expect(comparison.differences.map(\.place) == ["start condition"], "\(Self.words(comparison))")
  }

  @Test func `a customer's password is in no replayed byte, and the frames decode`() throws {
    let result = try Scenario(unitText: "identity: {password: '271828'}").run()
    let scripts = try RecordedTraffic(result.events).scripts(for: result.checked.rig.rig)
    let address = try PortAddress(parsing: result.checked.rig.rig.unitLink.address).description
    let heard = try #require(scripts[address]).flatMap { entry -> [UInt8] in
      if case .bytes(let bytes) = entry.content, !entry.outgoing { bytes } else { [] }
    }
    #expect(heard.count > 10_000)
    #expect(heard.firstRange(of: Array("271828".utf8)) == nil)
    let comparison = try Self.replay(result)
    #expect(comparison.isIdentical, "\(Self.words(comparison))")
    #expect(result.record.unit?.model.isEmpty == false)
  }
}
