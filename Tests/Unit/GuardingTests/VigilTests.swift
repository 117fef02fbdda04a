import Guarding
import Ports
import Simulation
import Testing

/// The listening half with its permit line, in virtual time.
@Suite struct `A guard that watches` {
  private let world = SimulatedWorld(circuit: Circuit(parameters: CircuitParameters()), seed: 1)

  /// How the watch ended, when, and what the line did until then.
  private struct Watched {
    var end: GuardWatch.Decision
    var at: WorldInstant
    var permit: String
    var levels: [Bool]
    var echoes: [UInt8]
  }

  /// - Parameter script: What the controller says after so many milliseconds; after the last the line stays open.
  private func watch(_ script: [(at: Double, bytes: String)], linesDieAt: Double? = nil) throws -> Watched {
    let relay = Relay.indicatorTest
    var link = LinkBehaviour()
    link.dropAt = linesDieAt.map { .start + .milliseconds($0) }
    world.host(lines: [50: .relay(relay)], named: "lines", behaviour: link)
    var levels: [Bool] = []
    world.circuit.relayWillMove = { _, active, _ in levels.append(active) }
    let plan = GuardPlan(
      run: "R-1", silence: .milliseconds(400), proofPath: "", permit: .init(link: 0, line: 50, level: false),
      links: [
        .init(
          name: "lines", address: try PortAddress(parsing: "sim://lines"), medium: .lines, isShared: false,
          gap: .zero)
      ], steps: [])
    let line = SpokenLine(script.map { (.start + .milliseconds($0.at), Array($0.bytes.utf8)) }, world: world)
    return try world.run { [world] in
      let permit = Permit(plan, world: world)
      try await permit.take(deadline: world.now + .seconds(1))
      let (end, words) = await Vigil(line: line, permit: permit, world: world).keep(silence: plan.silence)
      return Watched(end: end, at: world.now, permit: words, levels: levels, echoes: line.heard)
    }
  }

  @Test func `changes the permit line with every beat and drops it with the release`() throws {
    let watched = try watch([(100, "A"), (200, "B"), (300, "AB"), (400, "A"), (500, "R")])
    #expect(watched.end == .released && watched.permit.isEmpty)
    #expect(watched.levels == [true, false, true, false, true, false])
    #expect(watched.echoes == Array("ABABA".utf8))
  }

  @Test func `drops the permit line as soon as beats stay away for too long`() throws {
    let silent = try watch([(100, "A")])
    #expect(silent.end == .act("no heartbeat for 400 ms") && silent.at == .start + .milliseconds(500))
    #expect(silent.levels == [true, false])
  }

  @Test(arguments: [("A", "the heartbeat repeats itself"), ("?", "the controller sent what is no beat (63)")])
  func `drops the permit line when a beat is wrong`(_ bytes: String, _ why: String) throws {
    let watched = try watch([(100, "A"), (200, bytes)])
    #expect(watched.end == .act(why) && watched.levels == [true, false])
  }

  @Test func `drops the permit line before it takes over from a living controller`() throws {
    let watched = try watch([(100, "A"), (200, "X")])
    #expect(watched.end == .handedOver && watched.levels == [true, false])
  }

  @Test func `says so when the permit line cannot be dropped`() throws {
    let watched = try watch([(100, "A")], linesDieAt: 300)
    #expect(watched.levels == [true])
    #expect(watched.permit.contains("sim://lines"), "\(watched.permit)")
  }

  /// The controller's end of the line, played from a script.
  private final class SpokenLine: StreamPort {
    let address = try! PortAddress(parsing: "terminal://controller")
    private(set) var heard: [UInt8] = []
    private var script: ArraySlice<(at: WorldInstant, bytes: [UInt8])>
    private let world: SimulatedWorld

    init(_ script: [(at: WorldInstant, bytes: [UInt8])], world: SimulatedWorld) {
      self.script = script[...]
      self.world = world
    }

    func send(_ bytes: [UInt8], deadline: WorldInstant) async throws(PortError) { heard += bytes }

    func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8] {
      guard let next = script.first, next.at <= deadline else {
        try? await world.sleep(until: deadline)
        throw PortError(.deadline, attempted: "hear", port: "controller")
      }
      script.removeFirst()
      try? await world.sleep(until: next.at)
      return next.bytes
    }

    func close() {}
  }
}
