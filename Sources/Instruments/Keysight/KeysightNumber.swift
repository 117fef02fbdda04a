/// Numbers in the exponent form that Keysight instruments answer with: `+3.30000000E+00`.
enum KeysightNumber {
  /// - Parameter decimals: digits after the point, 8 on the DAQ970A and the E36300 series.
  static func text(_ value: Double, decimals: Int = 8) -> String {
    guard value.isFinite else { return value < 0 ? "-9.90000000E+37" : "+9.90000000E+37" }
    var unit = 1.0
    for _ in 0..<decimals { unit *= 10 }
    var exponent = 0
    if value != 0 {
      while value.magnitude >= power(exponent + 1) { exponent += 1 }
      while value.magnitude < power(exponent) { exponent -= 1 }
    }
    var digits = (scaled(value.magnitude, by: -exponent) * unit).rounded()
    // 9.999999999 rounds up into the next decade.
    if digits >= 10 * unit {
      exponent += 1
      digits = unit
    }
    let whole = String(UInt64(digits))
    let padded = String(repeating: "0", count: max(0, decimals + 1 - whole.count)) + whole
    let tail = String(exponent.magnitude)
    return (value < 0 ? "-" : "+") + padded.prefix(1) + "." + padded.dropFirst(1) + "E"
      + (exponent < 0 ? "-" : "+") + (tail.count < 2 ? "0" : "") + tail
  }

  private static func power(_ n: Int) -> Double { scaled(1, by: n) }

  private static func scaled(_ value: Double, by n: Int) -> Double {
    var out = value
    for _ in 0..<n.magnitude { out = n < 0 ? out / 10 : out * 10 }
    return out
  }
}
