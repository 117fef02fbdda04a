/// Deterministic chance: SplitMix64. Streams for different purposes are forked by name, so that a new consumer
/// does not change what the others draw.
public struct SeededRandom: RandomNumberGenerator, Hashable, Sendable {
  private var state: UInt64
  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// An independent stream for `purpose`; drawing from it does not advance this one.
  public func fork(_ purpose: String) -> SeededRandom {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ state
    for byte in purpose.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var mixed = SeededRandom(seed: hash)
    return SeededRandom(seed: mixed.next())
  }

  /// Uniform in 0 ..< 1 with 53 bits.
  public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
  public mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * unit() }
  /// Normal with mean 0 and standard deviation 1: the sum of twelve uniforms less six. Bounded at ±6 and free of
  /// libm, whose results differ between processors.
  public mutating func normal() -> Double {
    var sum = -6.0
    for _ in 0..<12 { sum += unit() }
    return sum
  }
}
