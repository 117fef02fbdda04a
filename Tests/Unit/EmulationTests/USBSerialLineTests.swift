import Ports
import Simulation
import Testing

@testable import Emulation

struct USBSerialLineTests {
  private let twin = LineTwin()
  private let line: USBSerialLine
  private let device: EmulatedUSBDevice

  init() {
    line = USBSerialLine(twin, vendor: 0x2EC7, product: 0xA4A7, maker: "ACME", name: "Line", serial: nil)
    device = EmulatedUSBDevice(line)
  }

  private func submit(
    _ endpoint: UInt8, _ setup: [UInt8] = [UInt8](repeating: 0, count: 8), _ bytes: [UInt8] = []
  )
    -> [USBIPReply]
  {
    let isIncoming = endpoint == 0 ? setup[0] & 0x80 != 0 : endpoint & 0x80 != 0
    return device.handle(
      .submit(
        USBIPRequest(
          sequence: 1, endpoint: endpoint, isIncoming: isIncoming, length: isIncoming ? 512 : bytes.count,
          setup: setup, bytes: bytes)), at: .start)
  }

  @Test func `settings of the line are kept and told`() {
    // 19200 baud, one stop bit, even parity, 8 data bits.
    let coding: [UInt8] = [0x00, 0x4B, 0, 0, 0, 2, 8]
    _ = submit(0, [0x21, 0x20, 0, 0, 0, 0, 7, 0], coding)
    #expect(line.coding == USBSerialLine.Coding(baud: 19200, stopBits: 0, parity: 2, dataBits: 8))
    #expect(
      submit(0, [0xA1, 0x21, 0, 0, 0, 0, 7, 0]) == [
        .submitted(sequence: 1, status: 0, count: 7, bytes: coding)
      ])
  }

  @Test func `control lines are seen with the bytes sent under them`() {
    _ = submit(0, [0x21, 0x22, 3, 0, 0, 0, 0, 0])
    send("a")
    _ = submit(0, [0x21, 0x22, 1, 0, 0, 0, 0, 0])
    send("b")
    #expect(line.controlLines.map(\.rts) == [true, false])
    #expect(line.controlLines.map(\.dtr) == [true, true])
    #expect(line.received.map(\.rts) == [true, false])
  }

  @Test func `a question is answered when the twin is ready`() throws {
    #expect(submit(0x82) == [])
    send("*IDN?\n")
    let ready = try #require(device.nextEvent)
    #expect(device.advance(to: ready - Interval(nanoseconds: 1)) == [])
    let answer = Array((LineTwin.identity + "\n").utf8)
    #expect(
      device.advance(to: ready) == [.submitted(sequence: 1, status: 0, count: answer.count, bytes: answer)])
  }

  private func send(_ text: String) { _ = submit(0x01, [UInt8](repeating: 0, count: 8), Array(text.utf8)) }
}
