import Emulation
import Foundation
import Instruments
import LinuxPorts
import Ports
import Simulation
import Testing

/// Tells how the host set the line that it is behind.
private final class LineTellingTwin: InstrumentTwin {
  weak var line: USBSerialLine?
  private var input: [UInt8] = []

  func receive(_ bytes: [UInt8], at now: WorldInstant) -> [TwinReply] {
    var replies: [TwinReply] = []
    for byte in bytes {
      guard byte == 0x0A else {
        input.append(byte)
        continue
      }
      let question = String(decoding: input, as: UTF8.self)
      input = []
      guard let line else { continue }
      let answer: String
      switch question {
      case "*IDN?": answer = WillingTwin.identity
      case "CODING?":
        answer = "\(line.coding.baud),\(line.coding.dataBits),\(line.coding.parity),\(line.coding.stopBits)"
      case "LINES?":
        let now = line.controlLines.last
        answer = "DTR \(now?.dtr == true ? 1 : 0),RTS \(now?.rts == true ? 1 : 0)"
      default: continue
      }
      replies.append(TwinReply(bytes: Array((answer + "\n").utf8), delay: .milliseconds(1)))
    }
    return replies
  }
}

/// A serial line on USB (CDC-ACM) through the kernel's driver.
@Suite(.inLab, .serialized, .timeLimit(.minutes(5)))
struct USBSerialTests {
  static let node = "/dev/bmsrig/serial-A4A7-00"

  private func plugIn() throws -> PluggedDevice {
    try Lab.load("cdc-acm")
    try Lab.settleDevices()
    let device = try PluggedDevice {
      let twin = LineTellingTwin()
      let line = USBSerialLine(
        twin, vendor: 0x1209, product: 0x0008, maker: "ACME", name: "Line", serial: "A4A7")
      twin.line = line
      return line
    }
    let patience = Date() + 20
    while !FileManager.default.fileExists(atPath: Self.node), Date() < patience { usleep(20_000) }
    try Lab.settleDevices()
    return device
  }

  private func open(_ world: LinuxWorld, _ options: String) async throws -> any StreamPort {
    let address = try PortAddress(parsing: "serial://\(Self.node)?\(options)")
    return try await world.openStream(address, deadline: world.now + .seconds(10))
  }

  @Test func `carries a session, and the other end sees our settings and RTS`() throws {
    let device = try plugIn()
    defer { device.pull() }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await open(world, "baud=19200&parity=even&stop=2")
      let session = SCPISession(instrument: "meter", link: .stream(port), world: world)
      _ = try await session.identify(maker: "ACME", models: ["M-1"], serial: "0007")
      #expect(try await session.query("CODING?") == "19200,8,2,2")
      #expect(try await session.query("LINES?") == "DTR 1,RTS 1")
      session.close()
    }
  }

  @Test func `is closed when its plug is pulled`() throws {
    let device = try plugIn()
    defer { device.pull() }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await open(world, "baud=115200")
      try await port.send(Array("*IDN?\n".utf8), deadline: world.now + .seconds(5))
      _ = try await port.receive(deadline: world.now + .seconds(5))
      device.pull()
      let error = await #expect(throws: PortError.self) {
        try await port.receive(deadline: world.now + .seconds(10))
      }
      #expect(error?.code == .closed)
      #expect(error?.advice.contains("USB plug") == true)
      port.close()
    }
  }
}
