import DUT
import Testing

@Suite struct ChecksumTests {
  @Test(arguments: [(1, 0x26, 0xFA), (2, 0x27, 0xF9), (3, 0x28, 0xF8), (4, 0x29, 0xFF)] as [(UInt8, UInt8, UInt8)])
  func `read requests carry the published checksums`(command: UInt8, sum: UInt8, xor: UInt8) {
    let frame: [UInt8] = [0xAA, 0x55, 0x11, 1, command, 0, 0x14] + [UInt8](repeating: 0, count: 13)
    #expect(ChecksumRule.sum.checksum(of: frame) == sum)
    #expect(ChecksumRule.xor.checksum(of: frame) == xor)
  }
}
