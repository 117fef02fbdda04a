import Ports
import Testing

@testable import Simulation

/// Answers every line with its text in capitals after 20 ms; `twice` gets two replies, `mute` none.
final class EchoTwin: InstrumentTwin {
  private var pending: [UInt8] = []
  private(set) var heard: [String] = []
  private(set) var clears = 0
  func receive(_ bytes: [UInt8], at now: WorldInstant) -> [TwinReply] {
    var replies: [TwinReply] = []
    for byte in bytes {
      guard byte == 10 else {
        pending.append(byte)
        continue
      }
      let line = String(decoding: pending, as: UTF8.self)
      pending = []
      heard.append(line)
      if line == "mute" { continue }
      replies.append(TwinReply(bytes: Array("\(line.uppercased())\n".utf8), delay: .milliseconds(20)))
      if line == "twice" { replies.append(TwinReply(bytes: Array("MORE\n".utf8), delay: .milliseconds(5))) }
    }
    return replies
  }
  func clear(at now: WorldInstant) {
    pending = []
    clears += 1
  }
}

@Suite struct SimulatedStreamTests {
  private func world(_ twin: EchoTwin, _ behaviour: LinkBehaviour = .init(), seed: UInt64 = 1)
    -> SimulatedWorld
  {
    let world = SimulatedWorld(circuit: Circuit(parameters: CircuitParameters()), seed: seed)
    world.host(stream: twin, named: "echo", behaviour: behaviour)
    world.host(messages: twin, named: "usb", behaviour: behaviour)
    return world
  }

  private func address(_ text: String) throws -> PortAddress { try PortAddress(parsing: text) }

  @Test func `a reply is readable at its delay and not before`() throws {
    let world = world(EchoTwin())
    try world.run {
      let port = try await world.openStream(address("sim://echo"), deadline: .distantFuture)
      try await port.send(Array("hel".utf8), deadline: world.now)
      try await port.send(Array("lo\n".utf8), deadline: world.now)
      let early = await code { _ = try await port.receive(deadline: world.now + .milliseconds(19)) }
      #expect(early == .deadline)
      #expect(world.now == .start + .milliseconds(19))
      let reply = try await port.receive(deadline: world.now + .seconds(1))
      #expect(String(decoding: reply, as: UTF8.self) == "HELLO\n")
      #expect(world.now == .start + .milliseconds(20))
      #expect(world.circuit.now == world.now)
    }
  }

  @Test func `a later reply does not overtake an earlier one, messages keep their borders`() throws {
    let world = world(EchoTwin())
    try world.run {
      let stream = try await world.openStream(address("sim://echo"), deadline: .distantFuture)
      try await stream.send(Array("twice\n".utf8), deadline: world.now)
      let both = try await stream.receive(deadline: world.now + .seconds(1))
      #expect(String(decoding: both, as: UTF8.self) == "TWICE\nMORE\n")
      let messages = try await world.openMessages(address("sim://usb"), deadline: .distantFuture)
      try await messages.send(Array("twice".utf8), deadline: world.now)
      let first = try await messages.receive(deadline: world.now + .seconds(1))
      let second = try await messages.receive(deadline: world.now + .seconds(1))
      #expect(String(decoding: first, as: UTF8.self) == "TWICE\n")
      #expect(String(decoding: second, as: UTF8.self) == "MORE\n")
    }
  }

  @Test func `a device clear drops what is under way`() throws {
    let twin = EchoTwin()
    let world = world(twin)
    try world.run {
      let port = try await world.openMessages(address("sim://usb"), deadline: .distantFuture)
      try await port.send(Array("old".utf8), deadline: world.now)
      try await port.clear(deadline: world.now)
      #expect(await code { _ = try await port.receive(deadline: world.now + .seconds(1)) } == .deadline)
      #expect(twin.clears == 1)
    }
  }

  @Test func `split replies arrive byte by byte and read the same`() throws {
    var behaviour = LinkBehaviour()
    behaviour.splitReplies = true
    let world = world(EchoTwin(), behaviour)
    try world.run {
      let port = try await world.openStream(address("sim://echo"), deadline: .distantFuture)
      try await port.send(Array("hello\n".utf8), deadline: world.now)
      var chunks: [[UInt8]] = []
      while chunks.last?.last != 10 {
        chunks.append(try await port.receive(deadline: world.now + .seconds(1)))
      }
      #expect(chunks.count == 6)
      #expect(String(decoding: chunks.flatMap { $0 }, as: UTF8.self) == "HELLO\n")
    }
  }

  @Test func `a link that drops ends in closed for the wait in progress and for all that follows`() throws {
    let twin = EchoTwin()
    var behaviour = LinkBehaviour()
    behaviour.dropAfter = 2
    let world = world(twin, behaviour)
    try world.run {
      let port = try await world.openStream(address("sim://echo"), deadline: .distantFuture)
      try await port.send(Array("a\n".utf8), deadline: world.now)
      _ = try await port.receive(deadline: world.now + .seconds(1))
      try await port.send(Array("b\n".utf8), deadline: world.now)
      #expect(await code { _ = try await port.receive(deadline: world.now + .seconds(1)) } == .closed)
      #expect(await code { try await port.send([10], deadline: world.now) } == .closed)
      #expect(twin.heard == ["a", "b"])
      world.setLink(LinkBehaviour(), of: "echo")
      try await port.send(Array("c\n".utf8), deadline: world.now)
      #expect(try await port.receive(deadline: world.now + .seconds(1)) == Array("C\n".utf8))
    }
  }

  @Test func `a link may die at an instant, also under a waiting reader`() throws {
    var behaviour = LinkBehaviour()
    behaviour.dropAt = .start + .milliseconds(10)
    let world = world(EchoTwin(), behaviour)
    try world.run {
      let port = try await world.openStream(address("sim://echo"), deadline: .distantFuture)
      try await port.send(Array("a\n".utf8), deadline: world.now)
      #expect(await code { _ = try await port.receive(deadline: world.now + .seconds(1)) } == .closed)
      #expect(world.now == .start + .milliseconds(10))
    }
  }

  @Test func `a silent link runs into the deadline, latency moves the reply, garbling flips one bit`() throws
  {
    func reply(_ behaviour: LinkBehaviour) throws -> (PortError.Code?, [UInt8], WorldInstant) {
      let world = world(EchoTwin(), behaviour)
      return try world.run {
        let port = try await world.openStream(address("sim://echo"), deadline: .distantFuture)
        try await port.send(Array("abc\n".utf8), deadline: world.now)
        var bytes: [UInt8] = []
        let code = await code { bytes = try await port.receive(deadline: world.now + .seconds(1)) }
        return (code, bytes, world.now)
      }
    }
    var behaviour = LinkBehaviour()
    behaviour.silent = true
    #expect(try reply(behaviour).0 == .deadline)
    behaviour = LinkBehaviour()
    behaviour.extraLatency = .milliseconds(300)
    #expect(try reply(behaviour).2 == .start + .milliseconds(320))
    behaviour = LinkBehaviour()
    behaviour.garble = 1
    let garbled = try reply(behaviour).1
    let flipped = zip(garbled, Array("ABC\n".utf8)).map { ($0 ^ $1).nonzeroBitCount }.reduce(0, +)
    #expect(flipped == 1)
    #expect(try reply(behaviour).1 == garbled)
  }

  @Test func `a second task's command wakes the first one's wait`() throws {
    let world = world(EchoTwin())
    let shared = Shared(world)
    try world.run {
      let port = Shared(try await world.openStream(address("sim://echo"), deadline: .distantFuture))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          try await shared.value.sleep(for: .seconds(2))
          try await port.value.send(Array("x\n".utf8), deadline: shared.value.now)
        }
        let bytes = try await port.value.receive(deadline: .start + .seconds(60))
        #expect(bytes == Array("X\n".utf8))
        #expect(world.now == .start + .milliseconds(2020))
        try await group.waitForAll()
      }
    }
  }
}

/// Hands a value to a child task of the same executor.
struct Shared<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}

/// The code with which `body` failed; nil when it did not.
func code(_ body: () async throws -> Void) async -> PortError.Code? {
  do {
    try await body()
    return nil
  } catch { return (error as? PortError)?.code }
}
