import Ports
import Testing

@testable import LinuxPorts

/// Answers of instruments that the emulated one does not give.
struct USBRecoveryMachineTests {
  private let interface = USBTMCInterface(
    number: 0, isUSB488: true, outgoing: 0x01, incoming: 0x82, interrupt: nil, packetSize: 64)

  @Test func `an abort waits while the instrument is busy, and reads on when it is told to`() throws {
    var abort = USBTMCAborting(.incoming, tag: 7, interface: interface)
    #expect(try abort.next(nil) == .control(interface.control(.initiateAbortIn, value: 7)))
    let drain = USBTMCAction.read(capacity: 4096, limit: .milliseconds(300))
    #expect(try abort.next(.bytes([1, 7])) == drain)
    // Full: more may follow.
    #expect(try abort.next(.bytes([UInt8](repeating: 0, count: 4096))) == drain)
    #expect(try abort.next(.bytes([1, 2, 3])) == .control(interface.control(.checkAbortIn)))
    #expect(try abort.next(.bytes([2, 0, 0, 0, 0, 0, 0, 0])) == .pause(.milliseconds(50)))
    #expect(try abort.next(.done) == .control(interface.control(.checkAbortIn)))
    #expect(try abort.next(.bytes([2, 1, 0, 0, 0, 0, 0, 0])) == drain)
    #expect(try abort.next(.silent) == .control(interface.control(.checkAbortIn)))
    #expect(try abort.next(.bytes([1, 0, 0, 0, 0, 0, 0, 0])) == nil)
  }

  @Test func `an abort of a command ends the halt`() throws {
    var abort = USBTMCAborting(.outgoing, tag: 7, interface: interface)
    _ = try abort.next(nil)
    #expect(try abort.next(.bytes([1, 7])) == .control(interface.control(.checkAbortOut)))
    #expect(try abort.next(.bytes([1, 0, 0, 0, 9, 0, 0, 0])) == .clearHalt(.outgoing))
    #expect(try abort.next(.done) == nil)
  }

  @Test func `a transfer that the instrument does not know of needs no abort`() throws {
    for status: UInt8 in [0x80, 0x81] {
      var abort = USBTMCAborting(.incoming, tag: 7, interface: interface)
      _ = try abort.next(nil)
      #expect(try abort.next(.bytes([status, 0])) == nil)
    }
  }

  @Test func `a clear drains what the instrument says is left`() throws {
    var clear = USBTMCClearing(interface: interface)
    #expect(try clear.next(nil) == .control(interface.control(.initiateClear)))
    #expect(try clear.next(.bytes([1])) == .control(interface.control(.checkClear)))
    #expect(try clear.next(.bytes([2, 1])) == .read(capacity: 4096, limit: .milliseconds(300)))
    #expect(try clear.next(.bytes([])) == .control(interface.control(.checkClear)))
    #expect(try clear.next(.bytes([2, 0])) == .pause(.milliseconds(50)))
    #expect(try clear.next(.done) == .control(interface.control(.checkClear)))
    #expect(try clear.next(.bytes([1, 0])) == .clearHalt(.outgoing))
    #expect(try clear.next(.done) == nil)
  }

  @Test func `an instrument that stays busy is given up after a hundred questions`() throws {
    var clear = USBTMCClearing(interface: interface)
    _ = try clear.next(nil)
    var action = try clear.next(.bytes([1]))
    #expect(throws: USBTMCFault.neverEnds("clear itself")) {
      while let now = action {
        action = try clear.next(now == .pause(.milliseconds(50)) ? .done : .bytes([2, 0]))
      }
    }
  }
}
