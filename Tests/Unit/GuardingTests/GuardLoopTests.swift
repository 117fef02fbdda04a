import Guarding
import Ports
import Simulation
import Testing

/// What may not wait and what must: the short-circuit trigger and the loop contactor beside a source that is silent.
@Suite struct `A guard with a silent source` {
  private struct Bench {
    let world = SimulatedWorld(circuit: Circuit(parameters: CircuitParameters()), seed: 1)
    let shunt = ShuntMeter()

    /// Trigger and contactor active, as the controller left them.
    init() {
      world.host(stream: shunt, named: "source", behaviour: Self.dead)
      world.host(stream: shunt, named: "meter")
      world.host(lines: [4: .relay(.shortTrigger)], named: "trigger")
      world.host(lines: [1: .relay(.loopContactor), 2: .contact(.loopContactorMirror)], named: "contactor")
      world.circuit.setRelay(.shortTrigger, active: true)
      world.circuit.setRelay(.loopContactor, active: true)
    }

    private static var dead: LinkBehaviour {
      var link = LinkBehaviour()
      link.dropAfter = 0
      return link
    }

    var isTriggered: Bool { world.circuit.isActive(.shortTrigger) }
    var isClosed: Bool { world.circuit.isActive(.loopContactor) }

    /// - Parameter falls: When the current does, after the source's own watchdog.
    func act(currentFallsAfter falls: Interval, answerWithin limit: Interval? = nil) throws -> GuardProof {
      try world.run {
        shunt.fallsAt = world.now + falls
        let duty = GuardDuty(plan: plan, world: world)
        return await duty.act(
          reason: "a test", noticed: world.now, clock: { $0.nanoseconds }, realtime: "2026-01-05T06:00:00Z",
          answerBy: limit.map { world.now + $0 })
      }
    }

    private var plan: GuardPlan {
      func link(_ name: String, _ medium: GuardPlan.Link.Medium) -> GuardPlan.Link {
        .init(
          name: name, address: try! PortAddress(parsing: "sim://\(name)"), medium: medium, isShared: false,
          gap: .milliseconds(5))
      }
      let off = GuardPlan.Order(
        link: 0, messages: [Array("OUTP OFF\n".utf8)],
        looks: [.init(question: Array("OUTP?\n".utf8), expected: .off)])
      let low = GuardPlan.Order(
        link: 1, messages: [],
        looks: [.init(question: Array("READ?\n".utf8), expected: .below(0.005, count: 1, stride: 1))])
      return GuardPlan(
        run: "R-1", silence: .milliseconds(400), proofPath: "",
        links: [
          link("source", .stream), link("meter", .stream), link("trigger", .lines), link("contactor", .lines),
        ],
        steps: [
          .init(
            name: "disable-short", within: .milliseconds(50),
            drives: [.init(link: 2, line: 4, level: false)], drivesAtOnce: true),
          .init(name: "loop-off", within: .milliseconds(500), orders: [off]),
          .init(name: "loop-current-falls", within: .milliseconds(500), hold: .seconds(7), waits: [low]),
          .init(
            name: "open-loop-contactor", within: .milliseconds(200),
            drives: [.init(link: 3, line: 1, level: false)], senses: [.init(link: 3, line: 2, level: false)]),
        ])
    }
  }

  /// Source and meter in one: 100 A through 5 mΩ, until the current falls or OFF is heard.
  private final class ShuntMeter: InstrumentTwin {
    var fallsAt = WorldInstant.start
    func receive(_ bytes: [UInt8], at now: WorldInstant) -> [TwinReply] {
      if bytes == Array("OUTP OFF\n".utf8) { fallsAt = min(fallsAt, now) }
      guard bytes.contains(UInt8(ascii: "?")) else { return [] }
      if bytes == Array("OUTP?\n".utf8) {
        return [TwinReply(bytes: Array((now < fallsAt ? "1\n" : "0\n").utf8), delay: .milliseconds(1))]
      }
      let answer = now < fallsAt ? "+5.00000000E-01\n" : "+1.0E-06\n"
      return [TwinReply(bytes: Array(answer.utf8), delay: .milliseconds(1))]
    }
  }

  @Test func `lets go of the short-circuit trigger at once and holds the contactor while a current flows`()
    throws
  {
    let bench = Bench()
    bench.world.schedule(at: .start + .milliseconds(10)) {
      #expect(!bench.isTriggered, "the trigger waited for a source that does not answer")
    }
    bench.world.schedule(at: .start + .milliseconds(5_900)) {
      #expect(bench.isClosed, "the contactor opened under load")
    }
    bench.world.schedule(at: .start + .milliseconds(6_500)) {
      #expect(!bench.isClosed, "the contactor was held although nothing flows")
    }
    let proof = try bench.act(currentFallsAfter: .seconds(6))
    #expect(!bench.isTriggered && !bench.isClosed)
    #expect(proof.steps.filter { !$0.confirmed }.map(\.name) == ["loop-off"], "\(proof.words)")
  }

  @Test func `opens the contactor in the end, whatever flows, and does not confirm it`() throws {
    let bench = Bench()
    bench.world.schedule(at: .start + .seconds(7)) { #expect(bench.isClosed) }
    bench.world.schedule(at: .start + .seconds(9)) { #expect(!bench.isClosed) }
    let proof = try bench.act(currentFallsAfter: .seconds(600))
    #expect(
      proof.steps.filter { !$0.confirmed }.map(\.name) == ["loop-off", "loop-current-falls"], "\(proof.words)"
    )
    #expect(proof.words.contains("loop-current-falls: meter answers +5.00000000E-01"), "\(proof.words)")
  }

  @Test func `answers a controller that hands over while it still waits`() throws {
    let bench = Bench()
    bench.world.schedule(at: .start + .seconds(3)) { #expect(!bench.isClosed) }
    let proof = try bench.act(currentFallsAfter: .seconds(600), answerWithin: .seconds(50))
    #expect((48_000_000_000..<50_500_000_000).contains(proof.finished - proof.noticed))
    #expect(!proof.confirmed)
  }

  @Test func `tells the source again while it waits for the current`() throws {
    let bench = Bench()
    // Before its own watchdog: the connection of the dead controller was counted until then.
    bench.world.schedule(at: .start + .seconds(2)) { bench.world.setLink(LinkBehaviour(), of: "source") }
    bench.world.schedule(at: .start + .milliseconds(1_900)) { #expect(bench.isClosed) }
    bench.world.schedule(at: .start + .milliseconds(4_500)) { #expect(!bench.isClosed) }
    let proof = try bench.act(currentFallsAfter: .seconds(600))
    #expect(proof.confirmed, "\(proof.words)")
  }
}
