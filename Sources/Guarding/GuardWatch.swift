import Ports

/// Decides from the controller's bytes alone when the guard must act. No clock, no I/O.
///
/// A line that repeats one token is no sign of life: beats come in turn (see `GuardSignal`).
public struct GuardWatch: Sendable {
  public enum Decision: Hashable, Sendable {
    /// How many beats were in this.
    case goOn(beats: Int)
    case released
    /// The controller lives and cannot do it itself.
    case handedOver
    /// Something is wrong with the controller, in words for the proof: it is ended first.
    case act(String)
  }

  private let silence: Interval
  private var lastByte: UInt8?
  private var lastBeat: WorldInstant

  /// Armed at `now`: the first beat is due from then on.
  public init(silence: Interval, now: WorldInstant) {
    self.silence = silence
    lastBeat = now
  }

  /// Until when the next beat must be here.
  public var deadline: WorldInstant { lastBeat + silence }

  public mutating func heard(_ bytes: [UInt8], at now: WorldInstant) -> Decision {
    var beats = 0
    for byte in bytes {
      if byte == GuardSignal.release { return .released }
      if byte == GuardSignal.handOver { return .handedOver }
      guard byte == GuardSignal.beats.0 || byte == GuardSignal.beats.1 else {
        return .act("the controller sent what is no beat (\(byte))")
      }
      guard byte != lastByte else { return .act("the heartbeat repeats itself") }
      lastByte = byte
      beats += 1
    }
    // What stopped for too long may have sent its beats just now, all at once.
    guard now <= deadline else { return silent(at: now) }
    if beats > 0 { lastBeat = now }
    return .goOn(beats: beats)
  }

  public func silent(at now: WorldInstant) -> Decision {
    .act("no heartbeat for \(Int((now - lastBeat).seconds * 1e3)) ms")
  }

  public func lineEnded() -> Decision { .act("the controller is gone and did not release the guard") }
}
