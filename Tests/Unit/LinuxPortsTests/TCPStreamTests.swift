import Foundation
import Ports
import Testing

@testable import LinuxPorts

@Suite(.timeLimit(.minutes(1))) struct TCPStreamTests {
  @Test func `a question is sent and its answer read`() throws {
    let peer = try Peer { connection in
      let question = connection.read(6)
      if question == Array("*IDN?\n".utf8) { connection.send("ACME,9000\n") }
    }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await world.openStream(peer.address, deadline: world.now.patient)
      try await port.send(Array("*IDN?\n".utf8), deadline: world.now.patient)
      #expect(try await port.receive(10, deadline: world.now.patient) == Array("ACME,9000\n".utf8))
    }
  }

  @Test func `a name from the hosts file connects like its number`() throws {
    let peer = try Peer { $0.send("hello") }
    try LinuxWorld.run(takesSignals: false) { world in
      let address = try PortAddress(parsing: "tcp://localhost:\(peer.port)")
      let port = try await world.openStream(address, deadline: world.now.patient)
      #expect(try await port.receive(5, deadline: world.now.patient) == Array("hello".utf8))
    }
  }

  @Test func `a split reply arrives in its pieces, in order`() throws {
    let peer = try Peer { connection in
      for piece in ["3.6", "50", "\n"] {
        connection.send(piece)
        _ = connection.read(1)
      }
    }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await world.openStream(peer.address, deadline: world.now.patient)
      for piece in ["3.6", "50", "\n"] {
        #expect(try await port.receive(piece.utf8.count, deadline: world.now.patient) == Array(piece.utf8))
        try await port.send([0], deadline: world.now.patient)
      }
    }
  }

  @Test func `a late reply misses its deadline and is still there afterwards`() throws {
    let go = DispatchSemaphore(value: 0)
    let peer = try Peer { connection in
      go.wait()
      connection.send("late")
    }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await world.openStream(peer.address, deadline: world.now.patient)
      let deadline = world.now + .milliseconds(20)
      let error = try await portError { _ = try await port.receive(deadline: deadline) }
      #expect(error.code == .deadline)
      #expect(world.now >= deadline)
      go.signal()
      #expect(try await port.receive(4, deadline: world.now.patient) == Array("late".utf8))
    }
  }

  @Test func `bytes that wait are given even when the deadline has passed`() throws {
    let peer = try Peer { connection in
      connection.send("ab")
      _ = connection.read(1)
      connection.send("cd")
    }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await world.openStream(peer.address, deadline: world.now.patient)
      _ = try await port.receive(2, deadline: world.now.patient)
      try await port.send([0], deadline: world.now.patient)
      // The end of the connection proves that everything before it has arrived.
      var rest: [UInt8] = []
      let error = try await portError {
        while true {
          if let bytes = try? await port.receive(deadline: .start) {
            rest += bytes
          } else if rest.count == 2 {
            _ = try await port.receive(deadline: world.now.patient)
          }
        }
      }
      #expect(error.code == .closed)
      #expect(rest == Array("cd".utf8))
    }
  }

  @Test func `a refused port says so and what to check`() throws {
    try LinuxWorld.run(takesSignals: false) { world in
      let address = try PortAddress(parsing: "tcp://127.0.0.1:\(Peer.unusedPort())")
      let error = try await portError { _ = try await world.openStream(address, deadline: world.now.patient) }
      #expect(error.code == .refused)
      #expect(error.description.contains("refuses port \(address.number!)"))
      #expect(error.advice.contains("remote control"))
    }
  }

  @Test func `a host that does not answer ends at the deadline`() throws {
    // With its queue full the kernel drops further requests to connect, like a host that is switched off.
    let peer = try Peer(backlog: 0)
    try LinuxWorld.run(takesSignals: false) { world in
      var crowd: [any StreamPort] = []
      let error = try await portError {
        for _ in 0..<8 {
          let deadline = world.now + .milliseconds(200)
          do {
            crowd.append(try await world.openStream(peer.address, deadline: deadline))
          } catch {
            #expect(world.now >= deadline)
            throw error
          }
        }
      }
      #expect(error.code == .deadline)
      #expect(error.advice.contains("power"))
      for port in crowd { port.close() }
    }
  }

  @Test func `an unknown name ends within the deadline and names the name`() throws {
    try LinuxWorld.run(takesSignals: false) { world in
      let address = try PortAddress(parsing: "tcp://no-such-instrument.invalid:7000")
      let error = try await portError {
        _ = try await world.openStream(address, deadline: world.now + .milliseconds(500))
      }
      #expect(error.code == .notFound || error.code == .deadline)
      #expect(error.cause.contains("'no-such-instrument.invalid'"))
    }
  }

  @Test func `what came before the other end closed is read, then the stream is closed`() throws {
    let peer = try Peer { $0.send("bye") }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await world.openStream(peer.address, deadline: world.now.patient)
      #expect(try await port.receive(3, deadline: world.now.patient) == Array("bye".utf8))
      for _ in 0..<2 {
        let error = try await portError { _ = try await port.receive(deadline: world.now.patient) }
        #expect(error.code == .closed)
      }
    }
  }

  @Test func `sending to an end that is gone is an error, not a signal`() throws {
    let peer = try Peer { _ in }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await world.openStream(peer.address, deadline: world.now.patient)
      _ = try await portError { _ = try await port.receive(deadline: world.now.patient) }
      let error = try await portError {
        while true { try await port.send([1, 2, 3], deadline: world.now.patient) }
      }
      #expect(error.code == .closed)
    }
  }

  @Test func `more than the kernel takes at once is sent whole and in order`() throws {
    let payload = (0..<6_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
    let peer = try Peer { connection in
      let same = connection.read(payload.count) == payload
      connection.send(same ? "same" : "diff")
    }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await world.openStream(peer.address, deadline: world.now.patient)
      try await port.send(payload, deadline: world.now.patient)
      #expect(try await port.receive(4, deadline: world.now.patient) == Array("same".utf8))
    }
  }

  @Test func `an end that takes nothing stops a send at its deadline and says how far it came`() throws {
    let done = DispatchSemaphore(value: 0)
    let peer = try Peer { _ in done.wait() }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await world.openStream(peer.address, deadline: world.now.patient)
      let deadline = world.now + .milliseconds(50)
      let error = try await portError {
        try await port.send([UInt8](repeating: 0, count: 64_000_000), deadline: deadline)
      }
      #expect(error.code == .deadline)
      #expect(world.now >= deadline)
      #expect(error.cause.contains("of 64000000 bytes"))
    }
    done.signal()
  }

  @Test func `nothing is sent when the deadline has passed already`() throws {
    let peer = try Peer { connection in connection.send(connection.read(2)) }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await world.openStream(peer.address, deadline: world.now.patient)
      let error = try await portError { try await port.send([9], deadline: world.now) }
      #expect(error.code == .deadline)
      try await port.send([1, 2], deadline: world.now.patient)
      #expect(try await port.receive(2, deadline: world.now.patient) == [1, 2])
    }
  }

  @Test func `closing twice is fine and later use says that this end closed it`() throws {
    let peer = try Peer { _ = $0.read(1) }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await world.openStream(peer.address, deadline: world.now.patient)
      port.close()
      port.close()
      let receiving = try await portError { _ = try await port.receive(deadline: world.now.patient) }
      let sending = try await portError { try await port.send([1], deadline: world.now.patient) }
      #expect(receiving.code == .closed && sending.code == .closed)
      #expect(receiving.cause.contains("this end"))
    }
  }

  @Test func `a tcp address with options is refused before anything is opened`() throws {
    try LinuxWorld.run(takesSignals: false) { world in
      let address = try PortAddress(parsing: "tcp://127.0.0.1:7000?baud=9600")
      let error = try await portError { _ = try await world.openStream(address, deadline: world.now.patient) }
      #expect(error.code == .badAddress)
      #expect(error.cause.contains("'baud'"))
    }
  }
}
