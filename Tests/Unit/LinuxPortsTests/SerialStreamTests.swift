import Foundation
import Ports
import Testing

@testable import LinuxPorts

@Suite(.timeLimit(.minutes(1))) struct SerialStreamTests {
  @Test func `every byte value passes unchanged in both directions`() throws {
    // Carriage return, line feed, Ctrl-C, Ctrl-S, end of file: all are only bytes here.
    let all = (0...255).map { UInt8($0) }
    let terminal = PseudoTerminal()
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await world.openStream(terminal.address(), deadline: world.now.patient)
      try await port.send(all, deadline: world.now.patient)
      #expect(terminal.read(256) == all)
      terminal.write(all)
      #expect(try await port.receive(256, deadline: world.now.patient) == all)
    }
  }

  @Test func `nothing that is received is echoed`() throws {
    let terminal = PseudoTerminal()
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await world.openStream(terminal.address(), deadline: world.now.patient)
      terminal.write(Array("echo?\n".utf8))
      _ = try await port.receive(6, deadline: world.now.patient)
      try await port.send(Array("ok".utf8), deadline: world.now.patient)
      #expect(terminal.read(2) == Array("ok".utf8))
    }
  }

  @Test func `what came before the line was opened is thrown away`() throws {
    let terminal = PseudoTerminal()
    terminal.write(Array("stale\n".utf8))
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await world.openStream(terminal.address(), deadline: world.now.patient)
      terminal.write(Array("new".utf8))
      #expect(try await port.receive(3, deadline: world.now.patient) == Array("new".utf8))
    }
  }

  @Test func `silence ends at the deadline`() throws {
    let terminal = PseudoTerminal()
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await world.openStream(terminal.address(), deadline: world.now.patient)
      let deadline = world.now + .milliseconds(10)
      let error = try await portError { _ = try await port.receive(deadline: deadline) }
      #expect(error.code == .deadline)
      #expect(world.now >= deadline)
      #expect(error.advice.contains("baud"))
    }
  }

  @Test func `a hang-up closes the line for both directions`() throws {
    let terminal = PseudoTerminal()
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await world.openStream(terminal.address(), deadline: world.now.patient)
      async let pulled = Self.pull(terminal.instrument)
      let receiving = try await portError { _ = try await port.receive(deadline: world.now.patient) }
      let sending = try await portError { try await port.send([1], deadline: world.now.patient) }
      #expect(receiving.code == .closed)
      #expect(sending.code == .closed)
      _ = await pulled
    }
  }

  @Test func `more than the line holds is sent whole while the other end reads`() throws {
    let terminal = PseudoTerminal()
    let payload = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }
    let arrived = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      if terminal.read(payload.count) == payload {
        terminal.write(Array("same".utf8))
      } else {
        terminal.write([0])
      }
      arrived.wait()
    }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await world.openStream(terminal.address(), deadline: world.now.patient)
      try await port.send(payload, deadline: world.now.patient)
      #expect(try await port.receive(4, deadline: world.now.patient) == Array("same".utf8))
    }
    arrived.signal()
  }

  @Test func `a line that takes no more stops a send at its deadline`() throws {
    let terminal = PseudoTerminal()
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await world.openStream(terminal.address(), deadline: world.now.patient)
      let deadline = world.now + .milliseconds(20)
      let error = try await portError {
        try await port.send([UInt8](repeating: 85, count: 1_000_000), deadline: deadline)
      }
      #expect(error.code == .deadline)
      #expect(world.now >= deadline)
    }
  }

  @Test func `a line is opened once, and again after it was closed`() throws {
    let terminal = PseudoTerminal()
    try LinuxWorld.run(takesSignals: false) { world in
      let first = try await world.openStream(terminal.address(), deadline: world.now.patient)
      for _ in 0..<2 {
        let error = try await portError {
          _ = try await world.openStream(terminal.address(), deadline: world.now.patient)
        }
        #expect(error.code == .busy)
        #expect(error.description.contains("another program has \(terminal.path)"))
      }
      first.close()
      let again = try await world.openStream(terminal.address("baud=9600"), deadline: world.now.patient)
      try await again.send([7], deadline: world.now.patient)
      #expect(terminal.read(1) == [7])
    }
  }

  @Test func `a setting the line cannot do is an error, not a surprise`() throws {
    let terminal = PseudoTerminal()
    try LinuxWorld.run(takesSignals: false) { world in
      let error = try await portError {
        _ = try await world.openStream(terminal.address("baud=9600&parity=even"), deadline: world.now.patient)
      }
      #expect(error.code == .unsupported)
      #expect(error.cause.contains("even parity"))
    }
  }

  @Test func `a line that is not there says where to look`() throws {
    try LinuxWorld.run(takesSignals: false) { world in
      let address = try PortAddress(parsing: "serial:///dev/ttyNone9?baud=9600")
      let error = try await portError { _ = try await world.openStream(address, deadline: world.now.patient) }
      #expect(error.code == .notFound)
      #expect(error.advice.contains("/dev/serial/by-id"))
    }
  }

  @Test(arguments: ["/dev/null", "/etc/hostname", "/tmp"])
  func `something that is no serial line is named so`(path: String) throws {
    try LinuxWorld.run(takesSignals: false) { world in
      let address = try PortAddress(parsing: "serial://\(path)?baud=9600")
      let error = try await portError { _ = try await world.openStream(address, deadline: world.now.patient) }
      #expect(error.code == .badAddress || (error.code == .permission && getuid() != 0))
    }
  }

  @Test(.enabled(if: getuid() != 0, "root may open everything"))
  func `a line of another group names the group and udev`() throws {
    let terminal = PseudoTerminal()
    chmod(terminal.path, 0)
    try LinuxWorld.run(takesSignals: false) { world in
      let error = try await portError {
        _ = try await world.openStream(terminal.address(), deadline: world.now.patient)
      }
      #expect(error.code == .permission)
      #expect(error.advice.contains("dialout") && error.advice.contains("udev"))
    }
  }

  private static func pull(_ descriptor: Int32) async { close(descriptor) }
}

struct SerialSettingsTests {
  @Test func `settings are read from the address`() throws {
    let settings = try SerialSettings(
      PortAddress(parsing: "serial:///dev/ttyUSB0?baud=9600&parity=odd&stop=2&data=7"))
    #expect(settings.baud == 9600)
    #expect(settings.parity == .odd)
    #expect(settings.stopBits == 2)
    #expect(settings.dataBits == 7)
  }

  @Test func `parity, stop and data bits have the usual defaults`() throws {
    let settings = try SerialSettings(PortAddress(parsing: "serial:///dev/ttyUSB0?baud=115200"))
    #expect(settings.parity == .none && settings.stopBits == 1 && settings.dataBits == 8)
  }

  @Test(arguments: [
    ("", "baud rate is missing"), ("?baud=12345", "baud=12345"), ("?baud=9600&parity=mark", "parity=mark"),
    ("?baud=9600&stop=3", "stop=3"), ("?baud=9600&data=5", "data=5"), ("?baud=9600&flow=rts", "'flow'"),
    ("?baud=9600&baud=19200", "twice"),
  ])
  func `a wrong setting is named`(options: String, part: String) throws {
    let address = try PortAddress(parsing: "serial:///dev/ttyUSB0\(options)")
    let error = try #require(throws: PortError.self) { try SerialSettings(address) }
    #expect(error.code == .badAddress)
    #expect(error.cause.contains(part))
  }
}
