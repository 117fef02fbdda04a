import Glibc
import Ports

/// The charge on a pair of power terminals that nothing feeds: capacitance, resistors across it, a constant load.
///
/// v(t) = (v₀ + I/G)·e^(−tG/C) − I/G, never below 0.
struct TerminalCharge: Equatable {
  /// Below this many volts no further moments are announced.
  static let quiet = 0.5
  /// The unit is told each time the voltage has fallen by this part, so that it notices a vanishing supply.
  static let announcedFall = 0.05

  var volts = 0.0
  var since = WorldInstant.start
  /// Farads, siemens, amperes.
  var capacitance = 1.0
  var conductance = 0.0
  var load = 0.0

  func volts(at instant: WorldInstant) -> Double {
    let seconds = (instant - since).seconds
    guard seconds > 0, volts > 0 else { return volts }
    let asymptote = load / conductance
    return max(0, (volts + asymptote) * exp(-seconds * conductance / capacitance) - asymptote)
  }

  /// When the voltage will have fallen by `announcedFall`; nil once it is quiet.
  var nextFall: WorldInstant? {
    guard volts > Self.quiet else { return nil }
    let asymptote = load / conductance
    let ratio = (volts + asymptote) / (volts * (1 - Self.announcedFall) + asymptote)
    return since + Interval(seconds: capacitance / conductance * log(ratio)) + Interval(nanoseconds: 1)
  }
}
