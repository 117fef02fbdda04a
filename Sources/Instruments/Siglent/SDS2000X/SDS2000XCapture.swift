/// Stages of one single-shot record: configured → armed → triggered → stopped → transferred. Decides from the
/// oscilloscope's own words; nothing is fired before it said *armed*, nothing is read before it said *stopped*.
struct SDS2000XCapture: Hashable {
  enum Stage: String, Hashable { case idle, configured, armed, triggered, stopped, transferred }

  /// Replies to `:TRIG:STAT?`.
  enum Status: String, Hashable, CaseIterable {
    case arm = "Arm"
    case ready = "Ready"
    case triggered = "Trig'd"
    case stop = "Stop"
    case auto = "Auto"
    case roll = "Roll"

    init?(reply: String) {
      guard let match = Self.allCases.first(where: { $0.rawValue.lowercased() == reply.lowercased() }) else {
        return nil
      }
      self = match
    }
  }

  /// What to do after a status.
  enum Verdict: Hashable {
    /// Ask again.
    case wait
    /// The stage that was waited for is reached.
    case reached
    case fault(String)
  }

  private(set) var stage = Stage.idle
  private var hasArmed = false

  /// Settings were written and read back, single-shot mode was asked for.
  mutating func configure() {
    stage = .configured
    hasArmed = false
  }

  /// A status while waiting for *armed*. `Stop` straight after the command may still be the state before it.
  mutating func armed(_ status: Status) -> Verdict {
    precondition(stage == .configured, "waiting for the trigger to arm in stage \(stage.rawValue)")
    switch status {
    case .ready:
      stage = .armed
      return .reached
    case .arm:
      hasArmed = true
      return .wait
    case .stop where !hasArmed: return .wait
    case .stop, .triggered:
      return .fault("the record was triggered before anything was fired")
    case .auto, .roll:
      return .fault("the trigger runs by itself ('\(status.rawValue)') instead of single shot")
    }
  }

  /// A status while waiting for the record.
  mutating func completed(_ status: Status) -> Verdict {
    precondition(stage == .armed || stage == .triggered, "waiting for a record in stage \(stage.rawValue)")
    switch status {
    case .stop:
      stage = .stopped
      return .reached
    case .triggered:
      stage = .triggered
      return .wait
    case .ready where stage == .armed: return .wait
    case .ready, .arm, .auto, .roll:
      return .fault("the trigger reads '\(status.rawValue)' while a record is awaited")
    }
  }

  mutating func transferred() {
    precondition(stage == .stopped, "a record was transferred in stage \(stage.rawValue)")
    stage = .transferred
  }

  /// Whatever the instrument holds belongs to no record of ours.
  mutating func abandon() { stage = .idle }
}
