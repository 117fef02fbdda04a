import Engine
import Ports

/// Staircases that end when balancing does the other thing.
struct BalanceStairs {
  /// Where the unit changed its mind, in volts from the setting.
  enum Found: Hashable {
    case between(Double, Double)
    /// Already at the first stair: the threshold lies outside the window.
    case atOnce(Double)
    /// Not even at the last stair.
    case never
  }

  /// Volts: standard uncertainty of the corrections (noise of the unit's frames over `BalancePair.frames`) together with
  /// the noise of the single sample by which the unit decides.
  static let noise = 0.000_2

  let pair: BalancePair
  let dwell: Double
  let stopDwell: Double
  let quiet: Double

  /// Expanded (k = 2): anywhere between two stairs, and the noise.
  static func uncertainty(step: Double) -> Double {
    2 * (step * step / 12 + noise * noise).squareRoot()
  }
  func uncertainty(step: Double) -> Double { Self.uncertainty(step: step) }

  /// Climbs until current flows.
  func rise(from: Double, to: Double, by step: Double, set: (Double) async throws -> Void) async throws
    -> Found
  {
    for index in 0...Self.count(from, to, step) {
      let here = from + Double(index) * step
      try await set(here)
      guard try await pair.awaitFlow(within: dwell) != nil else { continue }
      return index == 0 ? .atOnce(here) : .between(here - step, here)
    }
    return .never
  }

  /// Descends until current has stopped.
  func fall(from: Double, to: Double, by step: Double, set: (Double) async throws -> Void) async throws
    -> Found
  {
    for index in 0...Self.count(from, to, step) {
      let here = from - Double(index) * step
      try await set(here)
      guard try await pair.awaitQuiet(quiet, within: stopDwell) != nil else { continue }
      return index == 0 ? .atOnce(here) : .between(here + step, here)
    }
    return .never
  }

  private static func count(_ from: Double, _ to: Double, _ step: Double) -> Int {
    Int(((to - from).magnitude / step).rounded())
  }
}
