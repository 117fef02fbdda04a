import DUT
import Foundation
import Model
import Ports
import Rigging
import Simulation
import Testing

/// Watchdogs are left without food, and everything goes wrong meanwhile: nothing may stay on unsaid.
@Suite struct ProveScenarios {
  /// The simulated rig, with somebody who sees its outputs without a word on their links.
  private final class Stage: TwinHost {
    let world: SimulatedWorld
    let rig: Rig
    private var reporters: [String: any OutputReporting] = [:]
    /// Instruments with an output that was ever on.
    private(set) var everOn: Set<String> = []
    /// Told what the source hears, after it has done it.
    var sourceHeard: (String) -> Void = { _ in }

    init(_ edit: (inout Rig) -> Void = { _ in }) throws {
      let (file, findings) = RigFile.load(path: Scenario.rigFile)
      var rig = try #require(file?.rig, "\(findings)")
      edit(&rig)
      self.rig = rig
      world = SimulatedWorld(circuit: Circuit(parameters: SimulatedRig.parameters(rig.wiring)), seed: 1)
      try SimulatedRig.populate(self, with: rig, unit: UnitParameters())
    }

    var circuit: Circuit { world.circuit }
    var random: SeededRandom { world.random }
    func schedule(at instant: WorldInstant, _ action: @escaping () -> Void) {
      world.schedule(at: instant, action)
    }
    func host(_ link: HostedLink, named name: String) {
      switch link {
      case .stream(let twin): world.host(.stream(ear(twin, name)), named: name)
      case .messages(let twin): world.host(.messages(ear(twin, name)), named: name)
      case .lines, .radio, .bus: world.host(link, named: name)
      }
    }

    private func ear(_ twin: any InstrumentTwin, _ name: String) -> Ear {
      reporters[name] = (twin as? any OutputReportingHost)?.outputReporter
      return Ear(twin) { [unowned self] text in
        if outputsOn(name) > 0 { everOn.insert(name) }
        if name == "source" { sourceHeard(text) }
      }
    }

    func outputsOn(_ name: String) -> Int { reporters[name]?.outputsOn ?? 0 }
    var allOff: Bool { reporters.values.allSatisfy { $0.outputsOn == 0 } }

    func prove() throws -> WatchdogProver.Outcome {
      try world.run { try await WatchdogProver(rig: self.rig, world: self.world).run() }
    }
  }

  /// Hears what a twin hears.
  private final class Ear: InstrumentTwin {
    private let twin: any InstrumentTwin
    private let heard: (String) -> Void
    init(_ twin: any InstrumentTwin, _ heard: @escaping (String) -> Void) {
      self.twin = twin
      self.heard = heard
    }
    func receive(_ bytes: [UInt8], at now: WorldInstant) -> [TwinReply] {
      let replies = twin.receive(bytes, at: now)
      heard(String(decoding: bytes, as: UTF8.self))
      return replies
    }
    func clear(at now: WorldInstant) { twin.clear(at: now) }
    var nextEvent: WorldInstant? { twin.nextEvent }
    func advance(to now: WorldInstant) { twin.advance(to: now) }
  }

  /// In the middle of the silence: opening takes seconds, the shortest watchdog of the rig a minute.
  private static let midway = WorldInstant.start + .seconds(30)

  @Test func `nobody has to be sent off: each watchdog did it, and all reads off`() throws {
    let stage = try Stage()
    var wasOn = false
    stage.schedule(at: Self.midway) {
      wasOn = stage.outputsOn("source") == 1 && stage.outputsOn("auxiliary") == 1
    }
    let outcome = try stage.prove()
    #expect(wasOn)
    #expect(outcome.isProven && outcome.faults.isEmpty && outcome.stop == nil)
    #expect(outcome.results.filter { $0.proof?.tripped == true }.map(\.name) == ["source", "auxiliary"])
    #expect(stage.everOn == ["source", "auxiliary"])
    #expect(stage.allOff)
  }

  @Test func `Ctrl-C in the silence switches off at once, and that is read back`() throws {
    let stage = try Stage()
    var wasOn = false
    stage.schedule(at: Self.midway) {
      wasOn = stage.outputsOn("source") == 1
      stage.world.requestStop(reason: "Ctrl-C")
    }
    let outcome = try stage.prove()
    #expect(wasOn)
    #expect(outcome.stop == "Ctrl-C" && !outcome.isProven)
    #expect(outcome.safety.confirmed, "\(outcome.safety.problems)")
    #expect(stage.allOff)
    #expect(stage.world.now < Self.midway + .seconds(5), "it was not left to the watchdog")
  }

  @Test func `a cover that opens in the silence ends it`() throws {
    let stage = try Stage()
    stage.schedule(at: Self.midway) { stage.circuit.setContact(.cover, active: false) }
    let outcome = try stage.prove()
    #expect(outcome.stop == "cover open" && !outcome.isProven)
    #expect(outcome.safety.confirmed && stage.allOff)
    #expect(stage.world.now < Self.midway + .seconds(5))
  }

  @Test func `an answer that is lost behind OUTP ON leaves nothing on until the others are done`() throws {
    let stage = try Stage()
    var isOffSoon = false
    stage.sourceHeard = { text in
      guard text.contains("OUTP ON") else { return }
      let begin = stage.world.now
      stage.schedule(at: begin) {
        var link = LinkBehaviour()
        link.silent = true
        stage.world.setLink(link, of: "source")
      }
      stage.schedule(at: begin + .seconds(3)) { isOffSoon = stage.outputsOn("source") == 0 }
      stage.schedule(at: begin + .seconds(20)) { stage.world.setLink(LinkBehaviour(), of: "source") }
    }
    let outcome = try stage.prove()
    #expect(stage.everOn.contains("source"))
    #expect(isOffSoon)
    #expect(!outcome.isProven && outcome.results.first { $0.name == "source" }?.isGood == false)
    #expect(outcome.results.first { $0.name == "auxiliary" }?.proof?.tripped == true)
    #expect(outcome.safety.confirmed && stage.allOff, "\(outcome.safety.problems)")
  }

  @Test func `a link that is lost in the silence leaves the output off, and the read-back unconfirmed`()
    throws
  {
    let stage = try Stage()
    var link = LinkBehaviour()
    link.dropAt = Self.midway
    stage.world.setLink(link, of: "source")
    let outcome = try stage.prove()
    #expect(stage.everOn.contains("source") && stage.allOff)
    #expect(!outcome.safety.confirmed && !outcome.isProven)
    #expect(outcome.safety.problems.count == 1 && outcome.safety.problems[0].hasPrefix("source: "))
  }

  @Test func `a dead watchdog is found out, and switched off by whoever asked`() throws {
    let stage = try Stage { rig in
      let index = rig.instruments.firstIndex { $0.name == "auxiliary" }!
      rig.instruments[index].simulated["watchdog-dead"] = "yes"
    }
    let outcome = try stage.prove()
    #expect(!outcome.isProven)
    #expect(outcome.results.first { $0.name == "auxiliary" }?.proof?.tripped == false)
    #expect(outcome.results.first { $0.name == "source" }?.proof?.tripped == true)
    #expect(outcome.safety.confirmed && stage.allOff)
  }

  /// Each with a word of what must be told, and whether the rig file forgets the mirror contact.
  @Test(arguments: ["cover open", "emergency stop pressed", "loop-contactor-mirror", "no mirror"])
  func `nothing is switched on while something stands against it`(_ what: String) throws {
    let stage = try Stage { rig in
      if what == "no mirror" { rig.roles.removeAll { $0.name == .loopContactorMirror } }
    }
    switch what {
    case "cover open": stage.circuit.setContact(.cover, active: false)
    case "emergency stop pressed": stage.circuit.setContact(.emergencyStop, active: true)
    default: if what != "no mirror" { stage.circuit.stick(.loopContactor, active: true) }
    }
    let outcome = try stage.prove()
    let word = what == "no mirror" ? "nobody sees whether 'loop-contactor' is open" : what
    #expect(outcome.faults.count == 1 && outcome.faults[0].contains(word), "\(outcome.faults)")
    #expect(outcome.results.isEmpty && !outcome.isProven)
    #expect(stage.everOn.isEmpty && outcome.safety.confirmed)
  }

  @Test func `everything that stands against it is told at once`() throws {
    let stage = try Stage()
    stage.circuit.setContact(.cover, active: false)
    stage.circuit.stick(.emulatorContactor, active: true)
    stage.circuit.stick(.loopContactor, active: true)
    #expect(try stage.prove().faults.count == 3)
  }

  // MARK: the guard's half

  @Test
  func
    `the stand-in for a controller feeds the guard, falls silent with outputs on, and makes safe if let live`()
    throws
  {
    let stage = try Stage()
    var signs: [GuardStandIn.Sign] = []
    var wasOn = false
    let ending = try stage.world.run {
      let standIn = try GuardStandIn(rig: stage.rig, world: stage.world, proofPath: "")
      return await standIn.run { sign in
        signs.append(sign)
        guard case .silent(let since) = sign else { return }
        stage.schedule(at: since + .seconds(4)) {
          wasOn = stage.outputsOn("source") == 1 && stage.outputsOn("auxiliary") == 1
        }
      }
    }
    #expect(wasOn)
    #expect(signs.count == 2)
    let watched = try #require(stage.world.guards.first)
    #expect(watched.beats >= 5 && watched.acted == nil && watched.isReleased)
    #expect(ending.why.contains("5.4 s was let live"), "\(ending.why)")
    #expect(ending.safety.confirmed && stage.allOff)
  }

  @Test func `a guard that dies while it is fed is no proof, and nothing stays on`() throws {
    let stage = try Stage()
    stage.sourceHeard = { text in
      if text.contains("OUTP ON") { stage.world.guards.first?.die() }
    }
    let ending = try stage.world.run {
      try await GuardStandIn(rig: stage.rig, world: stage.world, proofPath: "").run { sign in
        if case .silent = sign { Issue.record("it fell silent without a guard") }
      }
    }
    #expect(ending.why.contains("the guard has ended"), "\(ending.why)")
    #expect(stage.everOn.contains("source") && stage.allOff && ending.safety.confirmed)
  }

  @Test func `a rig that is as it should be is found so afterwards, and one that is not is named`() throws {
    let stage = try Stage()
    let (found, safety) = try stage.world.run {
      await RigAfterwards(rig: stage.rig, world: stage.world).look()
    }
    #expect(found.isEmpty && safety.confirmed)
    let left = try Stage()
    let (wrong, after) = try left.world.run {
      // What a guard that does nothing leaves behind.
      let source = try await left.world.openStream(
        PortAddress(parsing: "sim://source"), deadline: left.world.now + .seconds(1))
      try await source.send(Array("OUTP ON\n".utf8), deadline: left.world.now + .seconds(1))
      source.close()
      return await RigAfterwards(rig: left.rig, world: left.world).look()
    }
    #expect(wrong.count == 1 && wrong[0].contains("source: the output is on"), "\(wrong)")
    #expect(after.confirmed && left.allOff)
  }

  @Test func `a contactor that a guard left closed is found before anybody opens it`() throws {
    let left = try Stage()
    // A bank that keeps its levels when its program is gone.
    left.circuit.setRelay(.loopContactor, active: true)
    let (wrong, after) = try left.world.run {
      await RigAfterwards(rig: left.rig, world: left.world).look()
    }
    #expect(wrong == ["lines: 'loop-contactor' is closed, as its mirror contact shows"])
    #expect(after.confirmed && !left.circuit.isActive(.loopContactor))
  }
}
