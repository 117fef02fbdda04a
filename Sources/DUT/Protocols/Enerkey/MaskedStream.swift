/// Recorded notification bytes with a masked password, made to decode again.
///
/// The mask leaves the checksum of the frame as the unit sent it, so the frame no longer fits it. Here the masked
/// bytes take other values, none of them zero, with which the frame fits: the factory's password where it does, which
/// the manual prints. What a customer chose is nowhere. Masking them once more gives the recorded bytes. A frame that
/// was already damaged on the air becomes a whole one, too: that cannot be told from its recording.
public struct MaskedStream: Sendable {
  private var frame: [UInt8] = []
  /// Where the bytes of `frame` lie: chunk and offset.
  private var places: [(chunk: Int, offset: Int)] = []
  private var chunks: [[UInt8]] = []

  public init() {}

  /// - Parameter chunks: Notifications in the order they came.
  public static func mended(_ chunks: [[UInt8]]) -> [[UInt8]] {
    var stream = MaskedStream()
    stream.chunks = chunks
    for (chunk, bytes) in chunks.enumerated() {
      for (offset, byte) in bytes.enumerated() { stream.take(byte, chunk, offset) }
    }
    return stream.chunks
  }

  /// Follows the stream exactly as `PasswordMask` does.
  private mutating func take(_ byte: UInt8, _ chunk: Int, _ offset: Int) {
    let header = PasswordMask.header
    if frame.count < header.count, byte != header[frame.count] {
      frame.removeAll(keepingCapacity: true)
      places.removeAll(keepingCapacity: true)
      guard byte == header[0] else { return }
    }
    frame.append(byte)
    places.append((chunk, offset))
    guard frame.count == DeviceInfo.frameLength else { return }
    mend()
    frame.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
  }

  private mutating func mend() {
    let hidden = DeviceInfo.passwordRange.filter { frame[$0] == PasswordMask.filler }
    guard let first = hidden.first, frame.last == FrameHeader.endByte else { return }
    // The factory's password is no secret, and steps tell it from others.
    let usual = zip(DeviceInfo.passwordRange, BLEUnit.factoryPassword.utf8)
    if hidden.count == BLEUnit.factoryPassword.utf8.count {
      var guess = frame
      for (index, byte) in usual { guess[index] = byte }
      if ChecksumRule.sum.checksum(of: guess) == frame[frame.count - 2] { return put(guess, hidden) }
    }
    let missing = frame[frame.count - 2] &- ChecksumRule.sum.checksum(of: frame)
    guard missing != 0 else { return }
    if frame[first] &+ missing != 0 {
      frame[first] &+= missing
    } else if hidden.count > 1 {
      frame[first] = 1
      frame[hidden[1]] &-= 1
    } else {
      return
    }
    put(frame, hidden)
  }

  private mutating func put(_ frame: [UInt8], _ hidden: [Int]) {
    for index in hidden { chunks[places[index].chunk][places[index].offset] = frame[index] }
  }
}
