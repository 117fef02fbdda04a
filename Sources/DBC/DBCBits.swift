/// Where a signal's bits are in the bytes of a frame.
extension DBCSignal {
  /// The signal's bits counted from the first byte on, in the direction in which they follow each other: little-endian
  /// from the lowest bit of byte 0 upward, big-endian from the highest bit of byte 0 downward.
  private var first: Int { isBigEndian ? start / 8 * 8 + 7 - start % 8 : start }

  /// Bytes that a frame must have for the signal to be whole.
  var bytesNeeded: Int { (first + length + 7) / 8 }

  func fits(in bytes: Int) -> Bool { bytesNeeded <= bytes }

  /// The bits as a number, unsigned; nil when the frame is too short.
  public func bits(of bytes: [UInt8]) -> UInt64? {
    guard fits(in: bytes.count) else { return nil }
    var value: UInt64 = 0
    for piece in isBigEndian ? pieces : pieces.reversed() {
      let part = UInt64(bytes[piece.byte] >> UInt8(piece.shift)) & (1 << UInt64(piece.count) - 1)
      value = value << UInt64(piece.count) | part
    }
    return value
  }

  /// Puts the lowest bits of a number into a frame that is long enough.
  func place(_ bits: UInt64, in bytes: inout [UInt8]) {
    var rest = bits
    // From the least significant piece on.
    for piece in isBigEndian ? pieces.reversed() : pieces {
      let mask = UInt8(truncatingIfNeeded: (1 << UInt64(piece.count) - 1) as UInt64)
      bytes[piece.byte] &= ~(mask << UInt8(piece.shift))
      bytes[piece.byte] |= (UInt8(truncatingIfNeeded: rest) & mask) << UInt8(piece.shift)
      rest >>= UInt64(piece.count)
    }
  }

  /// Up to 9 runs of bits, each within a byte, in the order of the bytes.
  private var pieces: [(byte: Int, shift: Int, count: Int)] {
    var all: [(Int, Int, Int)] = []
    var bit = first
    let end = first + length
    while bit < end {
      let within = bit % 8
      let count = min(8 - within, end - bit)
      all.append((bit / 8, isBigEndian ? 8 - within - count : within, count))
      bit += count
    }
    return all
  }
}
