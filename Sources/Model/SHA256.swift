/// SHA-256 (FIPS 180-4) of bytes: content hashes of documents and the chain of the journal.
///
/// Feed with `update`, end with `finish`; not for secrets (no constant-time promise). Every byte of the journal goes
/// through here, so the inner loops use pointers and no calls: they must be fast in a debug build, too.
public struct SHA256: Sendable {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  /// The block that is being filled, and how many of its bytes are; fewer than 64 between calls.
  private var pending = [UInt8](repeating: 0, count: 64)
  private var filled = 0
  private var byteCount: UInt64 = 0
  /// Scratch for the message schedule, kept so that a block needs no memory of its own.
  private var schedule = [UInt32](repeating: 0, count: 64)

  public init() {}

  /// 64 lower-case hex digits.
  public static func hex(of bytes: some Collection<UInt8>) -> String {
    var hash = SHA256()
    hash.update(bytes)
    return String(decoding: hash.finishHex(), as: UTF8.self)
  }

  public mutating func update(_ bytes: some Collection<UInt8>) {
    if bytes.withContiguousStorageIfAvailable({ update($0) }) == nil {
      Array(bytes).withUnsafeBufferPointer { update($0) }
    }
  }

  public mutating func update(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard var next = bytes.baseAddress else { return }
    var left = bytes.count
    byteCount += UInt64(left)
    if filled > 0 {
      let taken = min(64 - filled, left)
      fill(from: next, count: taken)
      next += taken
      left -= taken
      guard filled == 64 else { return }
      compressPending()
    }
    let whole = left / 64
    compress(next, blocks: whole)
    fill(from: next + 64 * whole, count: left - 64 * whole)
  }

  /// The 32 bytes of the digest. The hash must not be updated afterwards.
  public mutating func finish() -> [UInt8] {
    pad()
    return [UInt8](unsafeUninitializedCapacity: 32) { digest, count in
      let out = digest.baseAddress!
      var i = 0
      while i < 32 {
        out[i] = UInt8(truncatingIfNeeded: state[i &>> 2] &>> UInt32(truncatingIfNeeded: 24 &- 8 &* (i & 3)))
        i += 1
      }
      count = 32
    }
  }

  /// The digest as 64 lower-case hex digits in ASCII.
  public mutating func finishHex() -> [UInt8] {
    pad()
    return [UInt8](unsafeUninitializedCapacity: 64) { text, count in
      let out = text.baseAddress!
      var i = 0
      while i < 64 {
        let digit = UInt8(
          truncatingIfNeeded: state[i &>> 3] &>> UInt32(truncatingIfNeeded: 28 &- 4 &* (i & 7)) & 15)
        out[i] = digit &+ (digit < 10 ? 0x30 : 0x57)
        i += 1
      }
      count = 64
    }
  }

  /// Ends the message: a one bit, zeros, the number of bits, FIPS 180-4 section 5.1.1.
  private mutating func pad() {
    let bits = byteCount &* 8
    pending[filled] = 0x80
    filled += 1
    if filled > 56 {
      zero(upTo: 64)
      compressPending()
    }
    zero(upTo: 56)
    pending.withUnsafeMutableBytes { $0.storeBytes(of: bits.bigEndian, toByteOffset: 56, as: UInt64.self) }
    compressPending()
  }

  private mutating func zero(upTo end: Int) {
    guard filled < end else { return }
    pending.withUnsafeMutableBufferPointer {
      ($0.baseAddress! + filled).update(repeating: 0, count: end - filled)
    }
    filled = end
  }

  private mutating func fill(from bytes: UnsafePointer<UInt8>, count: Int) {
    pending.withUnsafeMutableBufferPointer { ($0.baseAddress! + filled).update(from: bytes, count: count) }
    filled += count
  }

  private mutating func compressPending() {
    pending.withUnsafeBufferPointer { compress($0.baseAddress!, blocks: 1) }
    filled = 0
  }

  private mutating func compress(_ bytes: UnsafePointer<UInt8>, blocks: Int) {
    guard blocks > 0 else { return }
    state.withUnsafeMutableBufferPointer { state in
      schedule.withUnsafeMutableBufferPointer { schedule in
        Self.constants.withUnsafeBufferPointer { constants in
          var block = 0
          while block < blocks {
            Self.expand(bytes + 64 * block, into: schedule.baseAddress!)
            Self.mix(schedule.baseAddress!, constants.baseAddress!, into: state.baseAddress!)
            block += 1
          }
        }
      }
    }
  }

  /// The message schedule of one block, FIPS 180-4 section 6.2.2 step 1.
  private static func expand(_ b: UnsafePointer<UInt8>, into w: UnsafeMutablePointer<UInt32>) {
    let words = UnsafeRawPointer(b)
    var i = 0
    while i < 16 {
      w[i] = words.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self).bigEndian
      i += 1
    }
    while i < 64 {
      let x = w[i - 15]
      let y = w[i - 2]
      let s0 = (x &>> 7 | x &<< 25) ^ (x &>> 18 | x &<< 14) ^ x &>> 3
      let s1 = (y &>> 17 | y &<< 15) ^ (y &>> 19 | y &<< 13) ^ y &>> 10
      w[i] = w[i - 16] &+ s0 &+ w[i - 7] &+ s1
      i += 1
    }
  }

  /// The 64 rounds of one block, FIPS 180-4 section 6.2.2 steps 2 to 4.
  private static func mix(
    _ w: UnsafePointer<UInt32>, _ k: UnsafePointer<UInt32>, into state: UnsafeMutablePointer<UInt32>
  ) {
    var a = state[0]
    var b = state[1]
    var c = state[2]
    var d = state[3]
    var e = state[4]
    var f = state[5]
    var g = state[6]
    var h = state[7]
    var i = 0
    while i < 64 {
      let s1 = (e &>> 6 | e &<< 26) ^ (e &>> 11 | e &<< 21) ^ (e &>> 25 | e &<< 7)
      let t1 = h &+ s1 &+ ((e & f) ^ (~e & g)) &+ k[i] &+ w[i]
      let s0 = (a &>> 2 | a &<< 30) ^ (a &>> 13 | a &<< 19) ^ (a &>> 22 | a &<< 10)
      let t2 = s0 &+ ((a & b) ^ (a & c) ^ (b & c))
      h = g
      g = f
      f = e
      e = d &+ t1
      d = c
      c = b
      b = a
      a = t1 &+ t2
      i += 1
    }
    state[0] &+= a
    state[1] &+= b
    state[2] &+= c
    state[3] &+= d
    state[4] &+= e
    state[5] &+= f
    state[6] &+= g
    state[7] &+= h
  }

  /// FIPS 180-4 section 4.2.2.
  private static let constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]
}
