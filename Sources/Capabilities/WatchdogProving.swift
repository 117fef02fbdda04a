import Ports

/// What became of a watchdog that was deliberately not fed.
public struct WatchdogProof: Hashable, Sendable {
  /// What was armed and read back.
  public var delay: Interval
  /// How long the instrument was left without a word before it was asked.
  public var silence: Interval
  /// Whether its output was off by then, and for that reason.
  public var tripped: Bool
  /// For people.
  public var words: String
  public init(delay: Interval, silence: Interval, tripped: Bool, words: String) {
    self.delay = delay
    self.silence = silence
    self.tripped = tripped
    self.words = words
  }
}

/// An instrument that switches its outputs off by itself when nobody speaks to it, and can show it.
///
/// Both calls energise: whoever makes one makes the instrument safe afterwards, whatever came of it.
public protocol WatchdogProving: Instrument {
  /// Arms the watchdog, reads it back and switches the output on at 0 A and 0 V.
  /// - Throws: What failed; the output may be on all the same.
  func energiseAtZero() async throws(InstrumentError)
  /// Energises at zero, says nothing for longer than the delay, and looks. Leaves the output off and the trip cleared.
  /// Blocks for the delay and about two seconds.
  /// - Throws: What failed; the output may be on all the same.
  func proveWatchdog() async throws(InstrumentError) -> WatchdogProof
}
