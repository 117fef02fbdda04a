import Capabilities
import Ports
import Quantities

/// Whether a unit started anew between two times it was heard. Pure.
///
/// Running time that fell is a new start. A higher power-on count alone is not: running time must fit a start within
/// the gap, or a unit that counts something else would be accused.
enum RestartEvidence: Hashable, Sendable {
  case wentOn(words: String)
  case restarted(words: String)

  /// Seconds by which the unit's clock may be off over a gap: whole seconds on both ends and one frame.
  static let lag = 2.5

  static func compare(_ before: UnitRunning, _ after: UnitRunning) -> RestartEvidence {
    let gap = (after.at - before.at).seconds
    let fell = after.uptimeSeconds + 1 < before.uptimeSeconds
    let countRose = after.powerOnCount > before.powerOnCount
    let startedInGap = Double(after.uptimeSeconds) <= gap + lag
    let expected = Double(before.uptimeSeconds) + gap
    var words =
      "running time \(TimeSpan(Double(after.uptimeSeconds))), expected \(TimeSpan(expected.rounded()))"
    words += ", power-on count \(before.powerOnCount), then \(after.powerOnCount)"
    return fell || (countRose && startedInGap) ? .restarted(words: words) : .wentOn(words: words)
  }
}
