import Foundation
import Ports
import Testing

@testable import Simulation

/// The short-circuit pulse: bank, loop, the unit opening into its clamp.
@Suite("Short pulse", .enabled(if: Spice.isInstalled, "ngspice is not installed; 'make physics' installs it"))
struct ShortPulsePhysics {
  struct Case: Sendable, CustomStringConvertible {
    let volts: Double
    let ohms: Double
    let henries: Double
    let level: Double
    let delay: Double
    var description: String {
      "\(volts) V, \(ohms * 1000) mΩ, \(henries * 1e6) µH, \(level) A, \(delay * 1e6) µs"
    }
  }
  static let cases = [
    Case(volts: 48, ohms: 0.0205, henries: 1e-6, level: 800, delay: 30e-6),
    Case(volts: 48, ohms: 0.0205, henries: 1e-6, level: 800, delay: 5e-6),
    Case(volts: 24, ohms: 0.0205, henries: 1e-6, level: 800, delay: 45e-6),
    Case(volts: 48, ohms: 0.030, henries: 3e-6, level: 1200, delay: 60e-6),
    Case(volts: 36, ohms: 0.021, henries: 0.5e-6, level: 600, delay: 20e-6),
  ]
  static let clamp = 150.0
  static let step = 5e-9

  /// The loop with a switch that opens at `opening`; a clamp stands across it. Without an instant it never opens.
  private func netlist(_ pulse: Case, bank: String, opening: Double?) -> String {
    let control =
      opening.map { "Vc ctl 0 pulse(1 0 \($0) 1n 1n 1 2)" } ?? "Vc ctl 0 1"
    return """
      .model gate sw(vt=0.5 vh=0 ron=1e-6 roff=1e7)
      .model ideal d(is=1e-6 n=0.01)
      \(bank)
      R1 b x \(pulse.ohms)
      L1 x d \(pulse.henries) ic=0
      S1 d s ctl 0 gate
      D1 d k ideal
      V2 k s \(Self.clamp)
      Vsense s 0 0
      \(control)
      """
  }

  private func wave(_ pulse: Case, bank: String, opening: Double?, end: Double) throws -> Spice.Wave {
    try Spice.transient(
      netlist(pulse, bank: bank, opening: opening), "i(vsense)", end: end, step: Self.step)
  }

  @Test func `threshold, peak, response and let-through of the pulse agree`() throws {
    var times = Comparison(
      "time to the comparator's level", unit: "µs", bound: 0.05,
      "the scope's declared time uncertainty is 1.2 µs")
    var peak = Comparison(
      "peak current", unit: "A/A", bound: 0.001, "the current's declared uncertainty is 3 %")
    var response = Comparison(
      "level to 10 % of the peak", unit: "µs", bound: 0.1, "the scope's declared time uncertainty is 1.2 µs")
    var letThrough = Comparison("let-through I²t", unit: "A²s/A²s", bound: 0.003, "information in the record")
    var sag = Comparison(
      "peak current against a bank of 0.2 F", unit: "A/A", bound: 0.02,
      "our bank does not sag; inside the declared 3 % of the current")
    for pulse in Self.cases {
      let stiff = "V1 b 0 \(pulse.volts)"
      let open = try wave(pulse, bank: stiff, opening: nil, end: 150e-6)
      let crossing = open.risesTo(pulse.level)
      let crossed = try #require(crossing)
      let opening = crossed + pulse.delay
      let spice = try wave(pulse, bank: stiff, opening: opening, end: opening + 60e-6)
      let ours = ShortPulse(
        start: .start, volts: pulse.volts, resistance: pulse.ohms, inductance: pulse.henries,
        clampVoltage: Self.clamp, oneShot: 0.002, reaction: (pulse.level, pulse.delay))
      let top = spice.values.max()!
      let after = zip(spice.times, spice.values).first { $0.0 > opening && $0.1 < 0.1 * top }!.0
      let oursAfter = fall(ours, from: opening)
      times.add("\(pulse)", ours: (ours.opening - pulse.delay) * 1e6, spice: crossed * 1e6)
      peak.add("\(pulse)", ours: ours.peak / top, spice: 1)
      response.add("\(pulse)", ours: (oursAfter - crossed) * 1e6, spice: (after - crossed) * 1e6)
      let square = stride(from: 0, to: ours.end, by: Self.step).reduce(0.0) {
        $0 + ours.current($1 + Self.step / 2) * ours.current($1 + Self.step / 2) * Self.step
      }
      letThrough.add("\(pulse)", ours: square / spice.integral { $0 * $0 }, spice: 1)
      let soft = try wave(
        pulse, bank: "C1 b 0 0.2 ic=\(pulse.volts)", opening: opening,
        end: opening + 5e-6)
      sag.add("\(pulse)", ours: ours.peak / soft.values.max()!, spice: 1)
    }
    try Comparison.report("Short-circuit pulse", [times, peak, response, letThrough, sag])
  }

  private func fall(_ pulse: ShortPulse, from opening: Double) -> Double {
    stride(from: opening, to: pulse.end, by: 1e-9).first { pulse.current($0) < 0.1 * pulse.peak } ?? pulse.end
  }
}
