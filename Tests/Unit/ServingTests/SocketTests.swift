import LinuxPorts
import Ports
import Simulation
import Testing

@testable import Serving

@Suite(.timeLimit(.minutes(1))) struct `A raw socket` {
  @Test func `answers each client its own question, whatever pieces they come in`() throws {
    try serving({ world, plant in
      let twin = ScriptedTwin(["A?": ("1", .milliseconds(3)), "B?": ("2", .zero)])
      return [try await socket(twin, world, plant)]
    }) { world, addresses in
      let left = try await world.openStream(addresses[0], deadline: world.now.patient)
      let right = try await world.openStream(addresses[0], deadline: world.now.patient)
      try await left.say("A", world)
      try await right.say("B?\nB", world)
      #expect(try await right.line(world) == "2")
      try await left.say("?\n", world)
      try await right.say("?\n", world)
      #expect(try await left.line(world) == "1")
      #expect(try await right.line(world) == "2")
    }
  }

  @Test func `lets a reply leave at its instant and not before`() throws {
    try serving({ world, plant in
      [
        try await socket(
          ScriptedTwin(["A?": ("1", .milliseconds(40)), "B?": ("2", .milliseconds(1))]), world, plant)
      ]
    }) { world, addresses in
      let port = try await world.openStream(addresses[0], deadline: world.now.patient)
      let asked = world.now
      try await port.say("A?\nB?\n", world)
      // A reply never overtakes an earlier one.
      #expect(try await port.line(world).hasPrefix("1"))
      #expect(world.now - asked >= .milliseconds(40))
    }
  }

  @Test func `hangs up on one client too many and takes the next when one has left`() throws {
    try serving({ world, plant in
      [try await socket(ScriptedTwin(["A?": ("1", .zero)]), world, plant, clients: 1)]
    }) { world, addresses in
      let first = try await world.openStream(addresses[0], deadline: world.now.patient)
      try await first.say("A?\n", world)
      #expect(try await first.line(world) == "1")
      let second = try await world.openStream(addresses[0], deadline: world.now.patient)
      await #expect(throws: PortError.self) { _ = try await second.line(world) }
      first.close()
      while true {
        let third = try await world.openStream(addresses[0], deadline: world.now.patient)
        defer { third.close() }
        try? await third.say("A?\n", world)
        if let text = try? await third.line(world) {
          #expect(text == "1")
          return
        }
      }
    }
  }

  @Test func `shows the circuit as it is at the moment of the question`() throws {
    try serving({ world, plant in
      let twin = ClockTwin(plant.circuit)
      return [try await socket(twin, world, plant)]
    }) { world, addresses in
      let port = try await world.openStream(addresses[0], deadline: world.now.patient)
      for _ in 0..<3 {
        let before = world.now
        try await port.say("T?\n", world)
        let seen = WorldInstant(nanoseconds: try #require(Int64(try await port.line(world))))
        #expect(seen >= before && seen <= world.now)
        try await world.sleep(for: .milliseconds(5))
      }
    }
  }

  @Test func `says which port another program has`() throws {
    try LinuxWorld.run(takesSignals: false) { world in
      let taken = try await TCPListener.open(host: "127.0.0.1", port: 0, in: world)
      do {
        _ = try await TCPListener.open(host: "127.0.0.1", port: taken.port, in: world)
        Issue.record("the same port was given twice")
      } catch let error as PortError {
        #expect(error.code == .busy && error.port.contains("\(taken.port)"))
      }
    }
  }
}

/// Tells the circuit's time.
private final class ClockTwin: InstrumentTwin {
  private let circuit: Circuit
  init(_ circuit: Circuit) { self.circuit = circuit }
  func receive(_ bytes: [UInt8], at now: WorldInstant) -> [TwinReply] {
    [TwinReply(bytes: Array("\(circuit.now.nanoseconds)\n".utf8), delay: .zero)]
  }
}
