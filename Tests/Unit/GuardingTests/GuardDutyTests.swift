import Guarding
import Instruments
import Ports
import Simulation
import Testing

/// The acting half against the simulated instruments, in virtual time: the same code as in the guard's process.
@Suite struct `A guard on duty` {
  private struct Bench {
    let world: SimulatedWorld
    let source: SCPITwin
    var on: Int { source.outputReporter?.outputsOn ?? -1 }

    init(options: [String: String] = [:]) throws {
      world = SimulatedWorld(circuit: Circuit(parameters: CircuitParameters()), seed: 1)
      let entry = InstrumentCatalog.entry("itech-it6000c")!
      source =
        try entry.makeTwin!(
          TwinContext(
            name: "source", serial: "1", circuit: world.circuit, terminals: [1: .loopSource],
            random: world.random.fork("twin"), options: options)) as! SCPITwin
      world.host(stream: source, named: "source")
    }

    var plan: GuardPlan {
      GuardPlan(
        run: "R-1", silence: .milliseconds(400), proofPath: "",
        links: [
          .init(
            name: "source", address: try! PortAddress(parsing: "sim://source"), medium: .stream,
            isShared: false,
            gap: .milliseconds(20))
        ],
        steps: [
          .init(
            name: "loop-off", within: .milliseconds(500),
            orders: [
              .init(
                link: 0, messages: [Array("CURR 0\n".utf8), Array("OUTP OFF\n".utf8)],
                looks: [.init(question: Array("OUTP?\n".utf8), expected: .off)])
            ])
        ])
    }

    /// The output switched on as a run would, then left alone.
    func energise() async throws {
      let port = try await world.openStream(
        PortAddress(parsing: "sim://source"), deadline: world.now + .seconds(1))
      for command in ["SYST:REM", "FUNC CURR", "VOLT:LIM 2", "CURR 10", "OUTP ON"] {
        try await port.send(Array((command + "\n").utf8), deadline: world.now + .seconds(1))
        try await world.sleep(for: .milliseconds(50))
      }
    }

    func act(permit: String = "", walked: (GuardProof) -> Void = { _ in }) async -> GuardProof {
      let duty = GuardDuty(plan: plan, world: world)
      let proof = await duty.act(
        reason: "a test", noticed: world.now, clock: { $0.nanoseconds }, realtime: "2026-01-05T06:00:00Z",
        permit: permit, walked: walked)
      duty.close()
      return proof
    }
  }

  @Test func `switches off, proves it, and says what it sent`() throws {
    let bench = try Bench()
    let proof = try bench.world.run {
      try await bench.energise()
      #expect(bench.on == 1)
      return await bench.act()
    }
    #expect(bench.on == 0)
    #expect(proof.confirmed, "\(proof.words)")
    #expect(
      proof.sent.map { String(decoding: $0.bytes, as: UTF8.self) }.prefix(2) == ["CURR 0\n", "OUTP OFF\n"])
    #expect(proof.json.contains("\"confirmed\":true") && proof.json.contains("OUTP OFF"))
  }

  @Test func `tells an instrument again that lost what came too soon after the controller's last command`()
    throws
  {
    let world = SimulatedWorld(circuit: Circuit(parameters: CircuitParameters()), seed: 1)
    let emulator =
      try InstrumentCatalog.entry("ngi-n83624")!.makeTwin!(
        TwinContext(
          name: "emulator", serial: "1", circuit: world.circuit, terminals: [1: .cell(1)],
          random: world.random.fork("twin"), options: ["tolerated-gap": "15 ms"])) as! SCPITwin
    world.host(stream: emulator, named: "emulator")
    let address = try PortAddress(parsing: "sim://emulator")
    let off = "OUTP:ONOFF 0(@1)\n"
    let plan = GuardPlan(
      run: "R-1", silence: .milliseconds(400), proofPath: "",
      links: [
        .init(
          name: "emulator", address: address, medium: .stream, isShared: false, gap: .milliseconds(20))
      ],
      steps: [
        .init(
          name: "cells-to-rest", within: .seconds(2),
          orders: [
            .init(
              link: 0, messages: [Array(off.utf8)],
              looks: [
                .init(question: Array("OUTP:STAT?(@1)\n".utf8), expected: .bitsClear(1, count: 1))
              ])
          ])
      ])
    let proof = try world.run {
      let port = try await world.openStream(address, deadline: world.now + .seconds(1))
      for command in ["SOUR:VOLT 3.3(@1)", "OUTP:ONOFF 1(@1)"] {
        try await world.sleep(for: .milliseconds(50))
        try await port.send(Array((command + "\n").utf8), deadline: world.now + .seconds(1))
      }
      #expect(emulator.outputReporter?.outputsOn == 1)
      let duty = GuardDuty(plan: plan, world: world)
      defer { duty.close() }
      return await duty.act(
        reason: "a test", noticed: world.now, clock: { $0.nanoseconds }, realtime: "2026-01-05T06:00:00Z")
    }
    #expect(emulator.outputReporter?.outputsOn == 0)
    #expect(proof.confirmed, "\(proof.words)")
    #expect(proof.sent.count { $0.bytes == Array(off.utf8) } == 2)
  }

  @Test func `says that it is not confirmed when the instrument is silent, and gives up after a minute`()
    throws
  {
    let bench = try Bench()
    let proof = try bench.world.run {
      try await bench.energise()
      var link = LinkBehaviour()
      link.silent = true
      bench.world.setLink(link, of: "source")
      return await bench.act()
    }
    #expect(!proof.confirmed)
    #expect(proof.words.contains("NOT CONFIRMED: loop-off"), "\(proof.words)")
    #expect((60_000_000_000..<65_000_000_000).contains(proof.finished - proof.noticed))
    #expect(
      proof.sent.count == 100 && proof.json.utf8.count < 20_000, "a proof that grows is cut where it is read")
  }

  @Test func `tells an instrument again whose link came back after the walk, and then has the better proof`()
    throws
  {
    let bench = try Bench()
    var early: [GuardProof] = []
    let proof = try bench.world.run {
      try await bench.energise()
      var link = LinkBehaviour()
      link.dropAt = bench.world.now
      bench.world.setLink(link, of: "source")
      bench.world.schedule(at: bench.world.now + .seconds(10)) {
        #expect(bench.on == 1 && early.map(\.confirmed) == [false])
        bench.world.setLink(LinkBehaviour(), of: "source")
      }
      return await bench.act { early.append($0) }
    }
    #expect(bench.on == 0 && proof.confirmed && early.count == 1, "\(proof.words)")
    #expect((10_000_000_000..<12_000_000_000).contains(proof.finished - proof.noticed))
    #expect(proof.words.contains("told to go off after 1"), "\(proof.words)")
  }

  @Test func `counts orders, not looks, as the moment at which outputs were told`() throws {
    let bench = try Bench()
    let proof = try bench.world.run { await bench.act() }
    let orders = proof.sent.filter { !$0.bytes.contains(UInt8(ascii: "?")) }
    #expect(proof.told == orders.last?.at)
    #expect(proof.sent.last!.at > proof.told!)
  }

  @Test func `says when no instrument could be told, and that the permit line hangs`() throws {
    let bench = try Bench()
    let proof = try bench.world.run {
      var link = LinkBehaviour()
      link.dropAfter = 0
      bench.world.setLink(link, of: "source")
      return await bench.act(permit: "lines: gone")
    }
    #expect(
      proof.words.contains("no instrument could be told to go off; the permit line could not be dropped"))
    #expect(proof.json.contains("\"permit\":\"lines: gone\"") && !proof.json.contains("\"told\""))
  }
}
