import Ports
import Simulation
import Testing

@testable import Emulation

/// The half that all emulated devices share.
struct USBDeviceTests {
  private let bench = Bench()

  private func control(_ setup: [UInt8], length: Int = 255) -> USBIPReply {
    let request = USBIPRequest(
      sequence: 1, endpoint: 0, isIncoming: setup[0] & 0x80 != 0, length: length, setup: setup, bytes: [])
    return bench.device.handle(.submit(request), at: .start)[0]
  }

  private func read(_ sequence: UInt32, _ length: Int) -> [USBIPReply] {
    let request = USBIPRequest(
      sequence: sequence, endpoint: 0x82, isIncoming: true, length: length,
      setup: [UInt8](repeating: 0, count: 8), bytes: [])
    return bench.device.handle(.submit(request), at: .start)
  }

  @Test func `descriptors say how long they are`() throws {
    let descriptors = bench.instrument.descriptors
    for type: UInt8 in [1, 2, 3] {
      let bytes = try #require(descriptors.descriptor(type: type, index: 0))
      let total = type == 2 ? Int(bytes[2]) | Int(bytes[3]) << 8 : Int(bytes[0])
      #expect(total == bytes.count, "type \(type)")
      // Each descriptor begins with its length: they must meet the end exactly.
      var place = 0
      while place < bytes.count, bytes[place] > 0 { place += Int(bytes[place]) }
      #expect(place == bytes.count, "type \(type)")
    }
    let serial = try #require(descriptors.descriptor(type: 3, index: 3))
    #expect(serial == [10, 3, 0x30, 0, 0x30, 0, 0x30, 0, 0x37, 0])
  }

  @Test func `a descriptor is cut to what the host asks for`() {
    let setup: [UInt8] = [0x80, 6, 0, 1, 0, 0, 8, 0]
    guard case .submitted(_, 0, 8, let bytes) = control(setup) else {
      Issue.record("no 8 bytes")
      return
    }
    #expect(bytes == [18, 1, 0, 2, 0, 0, 0, 64])
  }

  @Test func `what it does not know it refuses`() {
    for setup: [UInt8] in [
      [0x80, 6, 0, 15, 0, 0, 64, 0], [0xC0, 1, 0, 0, 0, 0, 4, 0], [0x80, 99, 0, 0, 0, 0, 1, 0],
    ] {
      guard case .submitted(_, -32, 0, []) = control(setup) else {
        Issue.record("\(setup) was not refused")
        return
      }
    }
  }

  @Test func `a request waits for data, is taken back once, and then no more`() {
    #expect(read(5, 512) == [])
    #expect(
      bench.device.handle(.unlink(sequence: 6, target: 5), at: .start) == [
        .unlinked(sequence: 6, status: -104)
      ])
    #expect(
      bench.device.handle(.unlink(sequence: 7, target: 5), at: .start) == [.unlinked(sequence: 7, status: 0)])
  }

  @Test func `a halted endpoint refuses until its halt ends`() {
    _ = control([0x02, 3, 0, 0, 0x82, 0, 0, 0])
    #expect(read(9, 512) == [.submitted(sequence: 9, status: -32, count: 0, bytes: [])])
    guard case .submitted(_, 0, 2, [1, 0]) = control([0x82, 0, 0, 0, 0x82, 0, 2, 0]) else {
      Issue.record("the halt is not told")
      return
    }
    _ = control([0x02, 1, 0, 0, 0x82, 0, 0, 0])
    #expect(read(10, 512) == [])
  }

  @Test func `commands are read in pieces of any size`() throws {
    // As the kernel sends them: a write of 3 bytes to endpoint 1, then taking it back.
    let submit: [UInt8] =
      [0, 0, 0, 1, 0, 0, 0, 9, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3]
      + [UInt8](repeating: 0, count: 20) + [7, 8, 9]
    let unlink: [UInt8] =
      [0, 0, 0, 2, 0, 0, 0, 10, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9]
      + [UInt8](repeating: 0, count: 24)
    for size in [1, 7, 48, 200] {
      var parser = USBIPParser()
      var commands: [USBIPCommand] = []
      var rest = (submit + unlink)[...]
      while !rest.isEmpty {
        parser.append(Array(rest.prefix(size)))
        rest = rest.dropFirst(size)
        while let command = try parser.next() { commands.append(command) }
      }
      #expect(
        commands == [
          .submit(
            USBIPRequest(
              sequence: 9, endpoint: 1, isIncoming: false, length: 3, setup: [UInt8](repeating: 0, count: 8),
              bytes: [7, 8, 9])),
          .unlink(sequence: 10, target: 9),
        ])
    }
  }

  @Test func `an answer has the kernel's layout`() {
    let reply = USBIPReply.submitted(sequence: 0x01020304, status: -32, count: 2, bytes: [5, 6])
    #expect(
      reply.packed == [0, 0, 0, 3, 1, 2, 3, 4] + [UInt8](repeating: 0, count: 12) + [
        0xFF, 0xFF, 0xFF, 0xE0, 0, 0, 0, 2,
      ]
        + [UInt8](repeating: 0, count: 20) + [5, 6])
    #expect(USBIPReply.unlinked(sequence: 1, status: -104).packed.count == 48)
  }

  @Test func `what is no command ends the parsing`() {
    var parser = USBIPParser()
    parser.append([UInt8](repeating: 0x5A, count: 48))
    #expect(throws: USBIPParser.Malformed.self) { try parser.next() }
  }
}
