import LinuxPorts
import Ports
import Testing

@testable import Emulation

/// The other end of a cable: what the host says, piece by piece, then the end.
private final class ScriptedUSBHost: StreamPort {
  let address: PortAddress
  var script: [[UInt8]]
  private(set) var answers: [UInt8] = []
  private(set) var isClosed = false

  init(_ script: [[UInt8]]) throws {
    address = try PortAddress(parsing: "usb://0000:0000/script")
    self.script = script
  }

  func send(_ bytes: [UInt8], deadline: WorldInstant) async throws(PortError) { answers += bytes }

  func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8] {
    guard !script.isEmpty, !isClosed else {
      throw PortError(.closed, attempted: "receive", port: address.description)
    }
    return script.removeFirst()
  }

  func close() { isClosed = true }
}

struct USBCableTests {
  /// GET_DESCRIPTOR of the device, 18 bytes.
  private let question: [UInt8] =
    [0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 18]
    + [UInt8](repeating: 0, count: 12) + [0x80, 6, 0, 1, 0, 0, 18, 0]

  @Test func `a device answers through the cable until the host lets go`() throws {
    let question = question
    try LinuxWorld.run(takesSignals: false) { world in
      let host = try ScriptedUSBHost([Array(question.prefix(30)), Array(question.dropFirst(30))])
      let bench = Bench()
      try await EmulatedUSBCable(bench.device, port: host, world: world).serve()
      #expect(host.answers.count == 48 + 18)
      #expect(host.answers.suffix(18).starts(with: [18, 1, 0, 2, 0, 0, 0, 64, 0x8D, 0x2A, 0x01, 0x01]))
      #expect(host.isClosed)
    }
  }

  @Test func `a host that speaks something else is refused`() throws {
    try LinuxWorld.run(takesSignals: false) { world in
      let host = try ScriptedUSBHost([
        Array("GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: something longer\r\n".utf8)
      ])
      let bench = Bench()
      let error = await #expect(throws: PortError.self) {
        try await EmulatedUSBCable(bench.device, port: host, world: world).serve()
      }
      #expect(error?.code == .malformed)
      #expect(host.isClosed)
    }
  }
}
