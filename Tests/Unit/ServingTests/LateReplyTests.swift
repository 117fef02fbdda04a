import Capabilities
import Instruments
import LinuxPorts
import Ports
import Simulation
import Testing

@testable import Serving

/// A real late reply over a real connection: what a raw socket makes of it, and what the session does about it.
@Suite(.timeLimit(.minutes(1))) struct `After a late reply` {
  private static func instrument() -> ScriptedTwin {
    ScriptedTwin([
      "*IDN?": ("ACME,M1,123,1.0", .zero), "CELL? 7": ("3.707", .milliseconds(150)),
      "CELL? 8": ("3.808", .zero),
    ])
  }

  private static let dialect = SCPIDialect(
    queryDeadline: .milliseconds(60), errorQuery: nil, quiet: .milliseconds(120))

  @Test func `a raw socket hands cell 7 over as cell 8`() throws {
    try serving({ world, plant in [try await socket(Self.instrument(), world, plant)] }) { world, addresses in
      let port = try await world.openStream(addresses[0], deadline: world.now.patient)
      try await port.say("CELL? 7\n", world)
      await #expect(throws: PortError.self) {
        try await port.receive(deadline: world.now + .milliseconds(20))
      }
      try await port.say("CELL? 8\n", world)
      // This is why nothing above may use a stream after a missed deadline without proof.
      #expect(try await port.line(world).hasPrefix("3.707"))
    }
  }

  @Test func `the session refuses every question until it has proved itself, then answers rightly`() throws {
    let twin = Confined(Self.instrument())
    try serving({ world, plant in [try await socket(twin.value, world, plant)] }) { world, addresses in
      let port = try await world.openStream(addresses[0], deadline: world.now.patient)
      let session = SCPISession(instrument: "meter", link: .stream(port), world: world, dialect: Self.dialect)
      _ = try await session.identify(maker: "acme", models: ["M1"], serial: "123")
      await #expect(throws: InstrumentError.self) { try await session.query("CELL? 7") }
      await #expect(throws: InstrumentError.self) { try await session.query("CELL? 8") }
      #expect(!twin.value.heard.contains("CELL? 8"), "the question was sent on a link that is not trusted")
      try await session.writeSafe("OUTP OFF")
      try await session.resynchronise()
      #expect(twin.value.heard.contains("OUTP OFF"))
      for _ in 0..<3 {
        let answer = try await session.query("CELL? 8")
        #expect(answer == "3.808")
      }
    }
  }

  @Test func `HiSLIP needs the same proof and gets it by a device clear`() throws {
    let twin = Confined(Self.instrument())
    try serving({ world, plant in
      [
        HiSLIPService(
          name: "meter", twin: twin.value, plant: plant,
          listener: try await TCPListener.open(host: "127.0.0.1", port: 0, in: world), sessionMax: 1,
          world: world)
      ]
    }) { world, addresses in
      let port = try await world.openMessages(addresses[0], deadline: world.now.patient)
      let session = SCPISession(
        instrument: "meter", link: .messages(port), world: world, dialect: Self.dialect)
      _ = try await session.identify(maker: "acme", models: ["M1"], serial: "123")
      await #expect(throws: InstrumentError.self) { try await session.query("CELL? 7") }
      try await session.resynchronise()
      #expect(twin.value.clears == 1)
      let answer = try await session.query("CELL? 8")
      #expect(answer == "3.808")
    }
  }
}
