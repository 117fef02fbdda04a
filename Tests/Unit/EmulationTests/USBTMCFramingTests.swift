import Emulation
import Ports
import Testing

@testable import LinuxPorts

private func bytes(_ hex: String) -> [UInt8] { hex.split(separator: " ").map { UInt8($0, radix: 16)! } }

/// Vectors of the instrument protocol notes, section 14: made by PyVISA-py.
struct USBTMCFramingTests {
  @Test func `a command is the vector's, to the byte`() throws {
    var sending = USBTMCSending(Array("*IDN?\n".utf8), tags: USBTMCTags())
    let action = try sending.next(nil)
    #expect(action == .write(bytes("01 01 FE 00 06 00 00 00 01 00 00 00 2A 49 44 4E 3F 0A 00 00")))
    #expect(try sending.next(.done) == nil)
  }

  @Test func `a request is the vector's, to the byte`() throws {
    let tags = USBTMCTags()
    _ = tags.next()
    var receiving = USBTMCReceiving(
      tags: tags, quirks: USBQuirks(readSizeMax: 1024), packetSize: 512, lengthMax: 4096)
    #expect(try receiving.next(nil) == .write(bytes("02 02 FD 00 00 04 00 00 00 00 00 00")))
  }

  @Test func `the vector's answer is read`() throws {
    let tags = USBTMCTags()
    _ = tags.next()
    var receiving = USBTMCReceiving(tags: tags, quirks: USBQuirks(), packetSize: 512, lengthMax: 4096)
    _ = try receiving.next(nil)
    #expect(try receiving.next(.done) == .read(capacity: 512, limit: nil))
    let answer = bytes("02 02 FD 00 06 00 00 00 01 00 00 00 33 2E 33 30 30 0A 00 00")
    #expect(try receiving.next(.bytes(answer)) == nil)
    #expect(receiving.message == Array("3.300\n".utf8))
    #expect(receiving.openTag == nil)
  }

  @Test func `tags never are 0 and never the same twice in a row`() {
    let tags = USBTMCTags()
    let numbers = (0..<600).map { _ in tags.next() }
    #expect(!numbers.contains(0))
    #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 != $1 })
    #expect(Set(numbers).count == 255)
  }

  @Test func `control requests go to the endpoint or interface that they are about`() {
    let interface = USBTMCInterface(
      number: 3, isUSB488: true, outgoing: 0x05, incoming: 0x86, interrupt: nil, packetSize: 64)
    #expect(interface.control(.initiateAbortIn, value: 9).setup == bytes("A2 03 09 00 86 00 02 00"))
    #expect(interface.control(.initiateAbortOut, value: 9).setup == bytes("A2 01 09 00 05 00 02 00"))
    #expect(interface.control(.checkAbortIn).setup == bytes("A2 04 00 00 86 00 08 00"))
    #expect(interface.control(.initiateClear).setup == bytes("A1 05 00 00 03 00 01 00"))
    #expect(interface.control(.checkClear).setup == bytes("A1 06 00 00 03 00 02 00"))
    #expect(interface.control(.capabilities).setup == bytes("A1 07 00 00 03 00 18 00"))
  }

  @Test func `quirks hold for the product, else for its vendor, else not at all`() {
    #expect(USBQuirks.of(vendor: 0x1AB1, product: 0x04CE).isAskedOncePerBlock)
    let anotherRigol = USBQuirks.of(vendor: 0x1AB1, product: 0x0642)
    #expect(anotherRigol.isNotClearedOnOpen)
    #expect(!anotherRigol.isAskedOncePerBlock)
    #expect(USBQuirks.of(vendor: 0xF4EC, product: 0x1430).gap == .milliseconds(20))
    #expect(USBQuirks.of(vendor: 0x2A8D, product: 0x0101) == USBQuirks())
  }
}
