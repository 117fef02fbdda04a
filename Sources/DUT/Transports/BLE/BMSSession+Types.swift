import Ports

extension BMSSession {
  /// Every waiting time of a session.
  public struct Timing: Hashable, Sendable {
    /// A read is asked again after this long without its answer (3 s, BLE protocol notes section 4.2).
    public var askAgainAfter = Interval.seconds(3)
    /// How often a read is asked in all, at least 1: as often as 10 s allow. Writes are never repeated.
    public var readAttempts = 4
    /// A unit acknowledges a write within 19–30 ms (3.5); this is how long it is waited for.
    public var acknowledgeWait = Interval.seconds(1)
    public init() {}
  }

  /// What the link did since the session was made.
  public struct Statistics: Hashable, Sendable {
    /// Frames with a right checksum.
    public var frames = 0
    public var checksumErrors = 0
    /// Jumps of the cell info counter; the step from FE to 00 is none.
    public var counterGaps = 0
    /// Frames missing in those jumps.
    public var framesMissed = 0
    /// Longest time between two notifications.
    public var silenceMax = Interval.zero
    /// Times that the frame borders had to be searched for.
    public var resynchronisations = 0
    public var junkBytes = 0
    /// Reads that were asked again.
    public var readsRepeated = 0
    public var writes = 0
    public var acknowledgesMissed = 0
    public init() {}
  }

  /// A frame with a right checksum.
  public struct ReceivedFrame: Hashable, Sendable {
    /// As received; a device info frame holds the password in clear text.
    public let bytes: [UInt8]
    /// Arrival of the first byte.
    public let startedAt: WorldInstant
    /// Arrival of the last byte.
    public let at: WorldInstant
  }

  public struct ReceivedCellInfo: Hashable, Sendable {
    public let cellInfo: CellInfo
    /// Arrival of the first byte; the values are not newer than this.
    public let startedAt: WorldInstant
    /// Arrival of the last byte.
    public let at: WorldInstant
  }

  public enum Direction: String, Hashable, Sendable { case sent, received }

  /// What a write came to.
  public struct WriteProof: Hashable, Sendable {
    public let register: SettingsRegister
    public let requested: RegisterValue
    /// As read before the write; nil when the unit does not show the register.
    public let before: RegisterValue?
    /// The unit said that it heard the request, which is not yet success.
    public let acknowledged: Bool
    /// As read after the write; nil when the unit does not show the register.
    public let readBack: RegisterValue?
    /// False when the place of the value in the settings is not settled: the proof is as weak as that.
    public let slotSettled: Bool
    public let at: WorldInstant

    /// The unit shows the requested value.
    public var proven: Bool { readBack?.agrees(with: requested) ?? false }
  }
}

extension BMSSession.ReceivedFrame: CustomStringConvertible {
  /// Never the bytes: a device info frame holds the password.
  public var description: String { "frame of \(bytes.count) bytes at \(at.seconds) s" }
}

extension BMSSession.WriteProof: CustomStringConvertible {
  public var description: String {
    let seen = readBack.map { "reads \($0)" } ?? "is not shown by the unit"
    return "\(register) \(proven ? "is proven" : "is not proven"): asked \(requested), \(seen), "
      + (acknowledged ? "acknowledged" : "not acknowledged") + (slotSettled ? "" : "; place not settled")
  }
}
