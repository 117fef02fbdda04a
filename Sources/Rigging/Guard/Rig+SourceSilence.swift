import Instruments
import Model
import Ports

extension Rig {
  /// What a source's watchdog may be late.
  private static let watchdogMargin = Interval.seconds(2)

  /// How long a loop source must hear nothing before it is sure to have stopped by itself, as the rig file sets it.
  ///
  /// What cannot be told to stop is waited for, so that no loop contactor opens under load. nil for a rig without such
  /// a contactor, or with a source that goes on for ever.
  var sourceSilence: Interval? {
    guard role(.loopContactor) != nil else { return nil }
    let limits = (role(.loopSource)?.instruments ?? []).compactMap(instrument).compactMap {
      InstrumentCatalog.entry($0.driver)?.silenceLimit($0.options)
    }
    return limits.max().map { $0 + Self.watchdogMargin }
  }
}
