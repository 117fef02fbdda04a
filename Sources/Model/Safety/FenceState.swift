import Quantities

/// What became of one fence in a run: a limit that does not depend on the step that is performed.
public struct FenceState: Hashable, Sendable, Codable {
  public enum Kind: String, Hashable, Sendable, Codable {
    /// A trip level inside an instrument.
    case instrument
    /// A live limit of this program on another channel.
    case watch
  }
  public enum State: String, Hashable, Sendable, Codable {
    /// In force and proven so: read back, or sampled.
    case armed
    /// `fence: off` in the rig file.
    case off
    /// The instrument has none that the rig could program.
    case none
    /// It was to be in force and is not, or nothing was seen of it.
    case lost
  }

  /// `emulator over-voltage`, `cell-voltage`.
  public var name: String
  public var kind: Kind
  public var state: State
  /// Who keeps it.
  public var instruments: [String]
  /// Level or band as it was programmed, and as it read back; empty where there is none.
  public var programmed: String
  public var readBack: String
  /// Samples, worst value, longest time without a sample, pauses and their reasons.
  public var note: String
  /// True when something of the rig that drives energy is left without any fence.
  public var forbidsPass: Bool

  public init(
    name: String, kind: Kind, state: State, instruments: [String], programmed: String = "",
    readBack: String = "", note: String = "", forbidsPass: Bool = false
  ) {
    self.name = name
    self.kind = kind
    self.state = state
    self.instruments = instruments
    self.programmed = programmed
    self.readBack = readBack
    self.note = note
    self.forbidsPass = forbidsPass
  }

  /// Why a run with this fence cannot pass; nil when it can.
  public var obstacle: String? {
    guard forbidsPass else { return nil }
    let word =
      switch state {
      case .armed: "is armed"
      case .off: "is switched off"
      case .none: "does not exist"
      case .lost: "was not in force"
      }
    return "fence '\(name)' \(word)\(note.isEmpty ? "" : ": \(note)")"
  }
}

/// A live limit that was crossed.
public struct WatchTrip: Hashable, Sendable, Codable {
  public struct Sample: Hashable, Sendable, Codable {
    /// As a person reads it, or why there is no value.
    public var text: String
    /// World time, seconds.
    public var at: Double
    public init(text: String, at: Double) {
      self.text = text
      self.at = at
    }
  }
  /// Name of the limit.
  public var watch: String
  public var instrument: String
  /// Which of several channels, in words; empty where there is one.
  public var channel: String
  public var band: String
  public var samples: [Sample]
  public var verdict: WatchRule.Verdict

  public init(
    watch: String, instrument: String, channel: String, band: String, samples: [Sample],
    verdict: WatchRule.Verdict
  ) {
    self.watch = watch
    self.instrument = instrument
    self.channel = channel
    self.band = band
    self.samples = samples
    self.verdict = verdict
  }

  /// `live limit 'cell-voltage' tripped: cell 7: 4.71 V at 12.300 s, 4.72 V at 13.301 s, allowed ≤ 4.59 V`
  public var words: String {
    let seen = samples.map { "\($0.text) at \(DecimalText.fixed($0.at, decimals: 3)) s" }.joined(
      separator: ", ")
    let place = channel.isEmpty ? "" : "\(channel): "
    return "live limit '\(watch)' tripped: \(place)\(seen), allowed \(band)"
  }
}

/// One thing that had to hold before a run was allowed to begin.
public struct StartCondition: Hashable, Sendable, Codable {
  public var name: String
  public var isMet: Bool
  /// What was found, or why it is not met and what to do.
  public var words: String
  public init(name: String, isMet: Bool, words: String) {
    self.name = name
    self.isMet = isMet
    self.words = words
  }
}

/// What must have been done lately before a rig may be used, from its file. The last self-test and the last decided
/// run of the golden unit count, and each must have passed.
public struct StartRules: Hashable, Sendable, Codable {
  public struct GoldenUnit: Hashable, Sendable, Codable {
    public var serial: String
    public var every: TimeSpan
    public init(serial: String, every: TimeSpan) {
      self.serial = serial
      self.every = every
    }
  }
  /// nil: not required.
  public var selfTestEvery: TimeSpan?
  public var goldenUnit: GoldenUnit?
  public init(selfTestEvery: TimeSpan? = nil, goldenUnit: GoldenUnit? = nil) {
    self.selfTestEvery = selfTestEvery
    self.goldenUnit = goldenUnit
  }
}
