import Model
import Ports
import Quantities

/// What was seen from outside while a stand-in for the controller fell silent, and what it proves of the guard.
public struct GuardTrial: Hashable, Sendable {
  /// CLOCK_MONOTONIC in nanoseconds when the last beat left; nil: it never came to that.
  public var silent: Int64?
  /// Whether the stand-in was killed, and not by whoever started it.
  public var wasKilled = false
  /// What the stand-in said before it ended by itself.
  public var said = ""
  /// The text of the guard's proof; nil when none came.
  public var proof: String?
  /// Why the permit line is not known to be at rest; nil when it is, or the rig has none.
  public var permit: String?
  /// What was wrong with the rig when it was opened again afterwards.
  public var afterwards: [String] = []
  /// From the last beat to the end of the guard's work.
  public var limit: Interval

  /// - Parameter rig: Its silence and the time limits of its steps are what the guard may take.
  public init(rig: Rig) {
    limit =
      rig.safeState.reduce(Interval(seconds: rig.guardSilence.base) + Self.takeOver) {
        $0 + Interval(seconds: $1.within.base)
      }
  }

  /// For taking over connections that the controller held, and for telling and asking everything once.
  private static let takeOver = Interval.seconds(2)

  public struct Verdict: Hashable, Sendable {
    public let isProven: Bool
    public let words: String
  }

  public var verdict: Verdict {
    let found = proof.flatMap(Found.init)
    if let found, found.noticed < silent ?? .max {
      return no(
        "not proven: it acted while it was still fed (\(found.reason)). This computer left no time, or 'guard: "
          + "silence' of the rig file is too short; prove again")
    }
    guard let silent else {
      return no("not proven: \(said.isEmpty ? "the stand-in for the controller ended early" : said)")
    }
    guard wasKilled else { return no("DID NOT ACT: \(said)") }
    guard proof != nil else {
      return no("DID NOT ACT: it ended the controller, and left no proof within \(Self.text(limit))")
    }
    guard let found else { return no("not proven: its proof cannot be read") }
    let acted = "acted after \(Self.milliseconds(found.acted - silent))"
    if let open = found.open { return no("\(acted), NOT CONFIRMED: \(open)") }
    let took = found.finished - silent
    guard took <= limit.nanoseconds else {
      return no("\(acted), confirmed after \(Self.milliseconds(took)) only, \(Self.text(limit)) are allowed")
    }
    if let permit = found.permit ?? permit {
      return no("\(acted), confirmed, but the permit line is not seen to be at rest: \(permit)")
    }
    if !afterwards.isEmpty {
      return no("\(acted), confirmed, but afterwards: \(afterwards.joined(separator: "; "))")
    }
    return Verdict(
      isProven: true,
      words: "\(acted), confirmed after \(Self.milliseconds(took)): \(found.steps) steps read back")
  }

  /// Whether the guard says that everything is off: while it cannot, it tries again and holds its connections.
  public var isConfirmed: Bool { proof.flatMap(Found.init).map { $0.open == nil } ?? false }

  private func no(_ words: String) -> Verdict { Verdict(isProven: false, words: words) }

  private static func milliseconds(_ nanoseconds: Int64) -> String { "\(nanoseconds / 1_000_000) ms" }
  private static func text(_ interval: Interval) -> String { "\(TimeSpan(interval.seconds))" }

  /// The parts of a guard's proof that count here (format: `GuardProof`).
  private struct Found {
    let reason: String
    let noticed: Int64
    /// When the last message left that switches something off; when it was noticed, for a guard that has lines only.
    let acted: Int64
    /// Why the permit line could not be dropped; nil when it could.
    let permit: String?
    let finished: Int64
    let steps: Int
    /// What was not confirmed; nil when everything was.
    let open: String?

    init?(_ text: String) {
      guard let json = try? OrderedJSON(parsing: text), let reason = json["reason"]?.stringValue,
        let noticed = json["noticed"]?.intValue, let finished = json["finished"]?.intValue,
        let steps = json["steps"]?.arrayValue, let confirmed = json["confirmed"]?.boolValue
      else { return nil }
      self.reason = reason
      self.noticed = Int64(noticed)
      self.finished = Int64(finished)
      self.steps = steps.count
      acted = Int64(json["told"]?.intValue ?? noticed)
      permit = json["permit"]?.stringValue
      let unproven = steps.filter { $0["confirmed"]?.boolValue != true }.map {
        "\($0["step"]?.stringValue ?? "a step"): \($0["words"]?.stringValue ?? "")"
      }
      open =
        unproven.isEmpty && confirmed && !steps.isEmpty
        ? nil : unproven.isEmpty ? "it says so itself" : unproven.joined(separator: "; ")
    }
  }
}
