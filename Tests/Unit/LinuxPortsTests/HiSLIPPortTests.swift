import Foundation
import Ports
import Testing

@testable import LinuxPorts

/// An instrument in plain blocking calls: the kernel stands between, and the script says what is answered when.
private final class LateInstrument: Sendable {
  let peer: Peer
  private let second = DispatchSemaphore(value: 0)

  init(_ script: @escaping @Sendable (_ sync: PeerConnection) -> Void) throws {
    let second = second
    peer = try Peer(clients: 2) { index, connection in
      let kind = connection.read(16)
      if index == 0 {
        _ = connection.read(Int(kind[15]))
        connection.send(HiSLIPMessage(.initializeResponse, parameter: 0x0100_0007).bytes)
        second.wait()
        script(connection)
      } else {
        guard kind[2] == 17, kind[7] == 7 else { return }
        connection.send(HiSLIPMessage(.asyncInitializeResponse).bytes)
        _ = connection.read(24)
        connection.send(HiSLIPMessage(.asyncMaximumSizeResponse, payload: HiSLIPMessage.number(4096)).bytes)
        second.signal()
        _ = connection.read(1)
      }
    }
  }

  var address: PortAddress {
    get throws { try PortAddress(parsing: "hislip://127.0.0.1:\(peer.port)/hislip0") }
  }
}

@Suite(.timeLimit(.minutes(1))) struct HiSLIPPortTests {
  @Test func `after a missed deadline the next answer is the right one`() throws {
    let go = DispatchSemaphore(value: 0)
    let instrument = try LateInstrument { sync in
      let first = sync.read(16 + 2)
      go.wait()
      let second = sync.read(16 + 2)
      for (header, text) in [(first, "cell 7\n"), (second, "cell 8\n")] {
        let number = UInt32(HiSLIPMessage.number(header[4..<8]))
        sync.send(HiSLIPMessage(.dataEnd, parameter: number, payload: Array(text.utf8)).bytes)
      }
      _ = sync.read(1)
    }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await world.openMessages(instrument.address, deadline: world.now.patient)
      try await port.send([0x37, 0x0A], deadline: world.now.patient)
      let error = try await portError { _ = try await port.receive(deadline: world.now + .milliseconds(20)) }
      #expect(error.code == .deadline)
      go.signal()
      try await port.send([0x38, 0x0A], deadline: world.now.patient)
      #expect(try await port.receive(deadline: world.now.patient) == Array("cell 8\n".utf8))
      port.close()
    }
  }

  @Test func `an unknown sub-address that is not answered ends at the deadline and is named`() throws {
    let done = DispatchSemaphore(value: 0)
    let peer = try Peer { _ in done.wait() }
    try LinuxWorld.run(takesSignals: false) { world in
      let address = try PortAddress(parsing: "hislip://127.0.0.1:\(peer.port)/hislip7")
      let deadline = world.now + .milliseconds(50)
      let error = try await portError { _ = try await world.openMessages(address, deadline: deadline) }
      #expect(error.code == .deadline)
      #expect(error.cause.contains("'hislip7'") && error.advice.contains("sub-address"))
    }
    done.signal()
  }

  @Test func `a refusal is told in the instrument's words`() throws {
    let peer = try Peer { connection in
      _ = connection.read(16 + 7)
      connection.send(HiSLIPFault(.tooManyClients, "2 sessions are open").message.bytes)
      _ = connection.read(1)
    }
    try LinuxWorld.run(takesSignals: false) { world in
      let address = try PortAddress(parsing: "hislip://127.0.0.1:\(peer.port)")
      let error = try await portError {
        _ = try await world.openMessages(address, deadline: world.now.patient)
      }
      #expect(error.code == .busy)
      #expect(error.cause.contains("2 sessions are open"))
    }
  }

  @Test(
    arguments: [
      ("hislip://192.168.10.23", "192.168.10.23", nil, nil), ("hislip://host:5000", "host", 5000, nil),
      ("hislip://host/hislip1", "host", nil, "hislip1"),
      ("hislip://[fe80::1]/hislip0", "[fe80::1]", nil, "hislip0"),
    ] as [(String, String, Int?, String?)])
  func `addresses are read and written the same`(
    _ text: String, _ host: String, _ port: Int?, _ part: String?
  ) throws {
    let address = try PortAddress(parsing: text)
    #expect(address.target == host && address.number == port && address.part == part)
    #expect(address.description == text)
  }

  @Test(arguments: ["hislip://", "hislip://host:0", "hislip://host:x", "hislip://host/"])
  func `addresses that mean nothing are refused`(_ text: String) {
    #expect(throws: PortError.self) { try PortAddress(parsing: text) }
  }
}
