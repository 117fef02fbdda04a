/// Functions of libm that the project needs bit for bit alike on every processor.
public enum DeterministicMath {
  /// ln 2 in two parts, so that whole multiples of the first are exact.
  private static let ln2High = 0x1.62e42feep-1
  private static let ln2Low = 0x1.a39ef35793c76p-33

  /// e^x by splitting off powers of two and a Taylor series: about one unit in the last place.
  ///
  /// - Returns: 0 below -745, infinity above 709, not a number for one.
  public static func exponential(_ x: Double) -> Double {
    guard !x.isNaN else { return x }
    guard x < 709.7 else { return .infinity }
    guard x > -745 else { return 0 }
    let powers = (x / 0.693_147_180_559_945_3).rounded()
    let rest = (x - powers * ln2High) - powers * ln2Low
    // |rest| is at most 0.35: the sixteenth term is below 1e-20. Small terms first keep the last bits.
    var sum = 1.0
    for n in stride(from: 16.0, through: 1, by: -1) { sum = 1 + sum * rest / n }
    // In two halves: the smallest results pass through a power of two that has no normal number.
    let half = Int(powers) / 2
    return sum * Double(sign: .plus, exponent: half, significand: 1)
      * Double(sign: .plus, exponent: Int(powers) - half, significand: 1)
  }
}
