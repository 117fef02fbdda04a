import Foundation
import Ports
import Testing

@testable import LinuxPorts

/// RS485: who switches the direction, in which order, and what a line says that cannot. A pseudo terminal has neither
/// RTS nor RS485, so the order is watched on a scripted line.
@Suite(.timeLimit(.minutes(1))) struct SerialDirectionTests {
  /// Remembers what was done to it, together with what went through the stream.
  private final class ScriptedLine: DirectionLine {
    var log: [String] = []
    var unsentLooks = 2
    func letDriver(highToSend: Bool, before: UInt32, after: UInt32) -> Int32 { -ENOTTY }
    func setRTS(_ high: Bool) -> Int32 {
      log.append(high ? "RTS high" : "RTS low")
      return 0
    }
    func unsent() -> Int32 {
      unsentLooks -= 1
      if unsentLooks < 0 { log.append("all out") }
      return unsentLooks < 0 ? 0 : 5
    }
    func isShiftedOut() -> Int32 { -ENOTTY }
  }

  private final class ScriptedStream: StreamPort {
    let address: PortAddress
    let line: ScriptedLine
    var answers: [[UInt8]] = []
    var fails = false
    init(_ address: PortAddress, _ line: ScriptedLine) {
      self.address = address
      self.line = line
    }
    func send(_ bytes: [UInt8], deadline: WorldInstant) async throws(PortError) {
      line.log.append("sent \(bytes.count)")
      if fails { throw PortError(.closed, attempted: "send", port: "x") }
    }
    func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8] {
      guard !answers.isEmpty else { throw PortError(.deadline, attempted: "receive", port: "x") }
      return answers.removeFirst()
    }
    func close() {}
  }

  private static func bench(_ world: LinuxWorld, _ options: String) throws -> (
    DirectedStream, ScriptedStream, ScriptedLine
  ) {
    let address = try PortAddress(parsing: "serial:///dev/ttyUSB0?baud=9600&\(options)")
    let line = ScriptedLine()
    let inner = ScriptedStream(address, line)
    return (
      DirectedStream(inner, line: line, settings: try SerialSettings(address), world: world), inner, line
    )
  }

  @Test func `RTS frames every message and comes back only when the last bit is out`() throws {
    try LinuxWorld.run(takesSignals: false) { world in
      let (stream, _, line) = try Self.bench(world, "rs485=rts&before=1&after=2")
      let begin = world.now
      try await stream.send(Array(repeating: 7, count: 10), deadline: world.now.patient)
      #expect(line.log == ["RTS high", "sent 10", "all out", "RTS low"])
      // Ten characters of ten bits at 9600 baud, and the two delays.
      #expect(world.now - begin >= .milliseconds(10.4 + 3))
    }
  }

  @Test func `an adapter whose transmitter is on while RTS is low`() throws {
    try LinuxWorld.run(takesSignals: false) { world in
      let (stream, inner, line) = try Self.bench(world, "rs485=rts&rts=low")
      inner.fails = true
      let error = try await portError { try await stream.send([1], deadline: world.now.patient) }
      #expect(error.code == .closed)
      #expect(line.log == ["RTS low", "sent 1", "RTS high"], "the bus is let go also after a failure")
      stream.close()
      #expect(line.log.last == "RTS high")
    }
  }

  @Test func `an adapter's own echo is taken off, and told when it is damaged`() throws {
    try LinuxWorld.run(takesSignals: false) { world in
      let (stream, inner, line) = try Self.bench(world, "echo=yes")
      inner.answers = [[1, 2], [3, 9, 8]]
      try await stream.send([1, 2, 3], deadline: world.now.patient)
      #expect(try await stream.receive(deadline: world.now.patient) == [9, 8])
      inner.answers = [[1, 7, 3]]
      let damaged = try await portError { try await stream.send([1, 2, 3], deadline: world.now.patient) }
      #expect(damaged.code == .malformed)
      let none = try await portError { try await stream.send([1, 2, 3], deadline: world.now.patient) }
      #expect(none.advice.contains("echo=no"))
      #expect(line.log.allSatisfy { $0.hasPrefix("sent") })
    }
  }

  @Test(arguments: [("rs485=kernel", "rs485=rts"), ("rs485=rts", "rs485=none")])
  func `a line that cannot do it says so, with a way out`(_ option: String, _ advice: String) throws {
    let terminal = PseudoTerminal()
    let address = try terminal.address("baud=115200&\(option)")
    try LinuxWorld.run(takesSignals: false) { world in
      let error = try await portError { _ = try await world.openStream(address, deadline: world.now.patient) }
      #expect(error.code == .unsupported)
      #expect(error.advice.contains(advice), "\(error)")
      // The line was let go again.
      let plain = try PortAddress(parsing: "serial://\(terminal.path)?baud=115200")
      let port = try await world.openStream(plain, deadline: world.now.patient)
      port.close()
    }
  }

  @Test func `a line without direction control works as before, with echo too`() throws {
    let terminal = PseudoTerminal()
    let address = try terminal.address("baud=115200&rs485=none&echo=yes")
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await world.openStream(address, deadline: world.now.patient)
      // The adapter hears itself: the other end has written it before.
      terminal.write([1, 2, 3, 42])
      try await port.send([1, 2, 3], deadline: world.now.patient)
      #expect(try await port.receive(deadline: world.now.patient) == [42])
      #expect(terminal.read(3) == [1, 2, 3])
      port.close()
    }
  }

  @Test(arguments: [
    "rs485=maybe", "rts=high", "before=5", "rs485=rts&before=101", "rs485=rts&before=-1", "rs485=rts&rts=up",
    "echo=1",
  ]) func `an option that makes no sense is a bad address`(_ options: String) throws {
    let address = try PortAddress(parsing: "serial:///dev/ttyUSB0?baud=9600&\(options)")
    let error = #expect(throws: PortError.self) { _ = try SerialSettings(address) }
    #expect(error?.code == .badAddress)
    #expect(error?.advice.isEmpty == false)
  }
}
