import LinuxPorts
import Ports
import Simulation
import Testing

@testable import Serving

private func hislip(_ twin: any InstrumentTwin, _ world: LinuxWorld, _ plant: LivePlant) async throws
  -> [any ServedLink]
{
  plant.host(.messages(twin), named: "instrument")
  return [
    HiSLIPService(
      name: "instrument", twin: twin, plant: plant,
      listener: try await TCPListener.open(host: "127.0.0.1", port: 0, in: world), sessionMax: 1, world: world
    )
  ]
}

@Suite(.timeLimit(.minutes(1))) struct `HiSLIP served and asked` {
  @Test func `carries a block of a megabyte and more`() throws {
    let long = String(repeating: "0123456789", count: 250_000)
    try serving({ world, plant in
      try await hislip(ScriptedTwin(["A?": (long, .zero)]), world, plant)
    }) { world, addresses in
      let port = try await world.openMessages(addresses[0], deadline: world.now.patient)
      try await port.send(Array("A?".utf8), deadline: world.now.patient)
      #expect(try await port.receive(deadline: world.now.patient) == Array((long + "\n").utf8))
    }
  }

  @Test func `never takes the late answer for the next one`() throws {
    try serving({ world, plant in
      try await hislip(
        ScriptedTwin(["LATE?": ("old", .milliseconds(60)), "A?": ("new", .zero)]), world, plant)
    }) { world, addresses in
      let port = try await world.openMessages(addresses[0], deadline: world.now.patient)
      try await port.send(Array("LATE?".utf8), deadline: world.now.patient)
      await #expect(throws: PortError.self) { try await port.receive(deadline: world.now + .milliseconds(5)) }
      for _ in 0..<20 {
        try await port.send(Array("A?".utf8), deadline: world.now.patient)
        #expect(try await port.receive(deadline: world.now.patient) == Array("new\n".utf8))
        try await world.sleep(for: .milliseconds(5))
      }
    }
  }

  @Test func `clears, and works afterwards`() throws {
    let twin = Confined(ScriptedTwin(["LATE?": ("old", .seconds(20)), "A?": ("new", .zero)]))
    try serving({ world, plant in try await hislip(twin.value, world, plant) }) { world, addresses in
      let port = try await world.openMessages(addresses[0], deadline: world.now.patient)
      try await port.send(Array("LATE?".utf8), deadline: world.now.patient)
      try await port.clear(deadline: world.now.patient)
      #expect(twin.value.clears == 1)
      try await port.send(Array("A?".utf8), deadline: world.now.patient)
      #expect(try await port.receive(deadline: world.now.patient) == Array("new\n".utf8))
    }
  }

  @Test func `refuses a sub-address that is not there and a session too many, in words`() throws {
    try serving({ world, plant in try await hislip(ScriptedTwin(), world, plant) }) { world, addresses in
      let place = "hislip://127.0.0.1:\(addresses[0].number!)"
      do {
        _ = try await world.openMessages(
          try PortAddress(parsing: place + "/hislip3"), deadline: world.now.patient)
        Issue.record("there is no hislip3")
      } catch let error as PortError {
        #expect(error.code == .refused && error.cause.contains("'hislip3'"))
      }
      let port = try await world.openMessages(addresses[0], deadline: world.now.patient)
      do {
        _ = try await world.openMessages(addresses[0], deadline: world.now.patient)
        Issue.record("there is one session only")
      } catch let error as PortError {
        #expect(error.code == .busy && error.cause.contains("1 sessions"))
      }
      port.close()
    }
  }
}

@Suite struct `The instrument's half of HiSLIP` {
  @Test func `tells the controller that its question came before the answer was read`() {
    var machine = HiSLIPServerMachine(session: 1)
    let question = HiSLIPMessage(.dataEnd, parameter: 8, payload: Array("B?".utf8))
    #expect(
      machine.heardSync(question, hasReplies: true) == [
        .dropReplies, .onSync(HiSLIPMessage(.interrupted, parameter: 8)),
        .onAsync(HiSLIPMessage(.asyncInterrupted, parameter: 8)), .deliver(Array("B?".utf8), number: 8),
      ])
  }

  @Test func `takes nothing between the two halves of a device clear`() {
    var machine = HiSLIPServerMachine(session: 1)
    #expect(machine.heardAsync(HiSLIPMessage(.asyncDeviceClear), hasReplies: false).first == .clear)
    #expect(
      machine.heardSync(HiSLIPMessage(.dataEnd, parameter: 8, payload: [0x41]), hasReplies: false).isEmpty)
    #expect(
      machine.heardSync(HiSLIPMessage(.deviceClearComplete), hasReplies: false)
        == [.onSync(HiSLIPMessage(.deviceClearAcknowledge))])
    #expect(
      machine.heardSync(HiSLIPMessage(.dataEnd, parameter: 0xFFFF_FF00, payload: [0x42]), hasReplies: false)
        == [.deliver([0x42], number: 0xFFFF_FF00)])
  }

  @Test func `answers what it does not know with an error and goes on`() {
    var machine = HiSLIPServerMachine(session: 1)
    let actions = machine.heardAsync(
      HiSLIPMessage(type: 200, control: 0, parameter: 0, payload: []), hasReplies: false)
    guard case .onAsync(let message)? = actions.first else {
      Issue.record("nothing was said")
      return
    }
    #expect(message.kind == .error && message.control == 1)
  }
}
