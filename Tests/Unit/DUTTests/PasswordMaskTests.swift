import DUT
import Testing

@Suite struct PasswordMaskTests {
  @Test func `only the six bytes change, at any chunk size`() {
    let info = CaptureFile.named("ek-b24s8e200a-sw2.0.0-device-info").bytes
    let stream = CaptureFile.frames.flatMap(\.bytes) + [0x55, 0x55, 0xAA, 0x55] + info + info
    var whole = PasswordMask()
    let expected = whole.masked(stream)
    let changed = zip(stream, expected).count { $0 != $1 }
    // Three captured units have a password (six bytes each); it comes twice more at the end.
    #expect(changed == 6 * 5)
    for size in 1...120 {
      var mask = PasswordMask()
      var out: [UInt8] = []
      for start in stride(from: 0, to: stream.count, by: size) {
        out += mask.masked(Array(stream[start..<min(stream.count, start + size)]))
      }
      #expect(out == expected)
    }
  }

  @Test func `a broken link ends the hiding`() {
    let info = CaptureFile.named("ek-b24s8e200a-sw2.0.0-device-info").bytes
    var mask = PasswordMask()
    _ = mask.masked(Array(info[..<76]))
    mask.reset()
    #expect(mask.masked([0x31, 0x32]) == [0x31, 0x32])
  }
}
