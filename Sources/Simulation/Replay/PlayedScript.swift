import Ports

/// One thing that crossed a port in a recorded run.
public struct PlayedEntry: Hashable, Sendable {
  public enum Content: Hashable, Sendable {
    case bytes([UInt8])
    /// What ports without bytes say: levels of lines, CAN frames, advertisements.
    case word(String)
    /// The port gave or took nothing and said why.
    case problem(PortError)
  }
  /// When the program had it.
  public let at: WorldInstant
  /// When it came; earlier than `at` for what had waited.
  public let arrived: WorldInstant
  public let outgoing: Bool
  public let content: Content

  public init(at: WorldInstant, arrived: WorldInstant? = nil, outgoing: Bool, content: Content) {
    self.at = at
    self.arrived = arrived ?? at
    self.outgoing = outgoing
    self.content = content
  }
}

/// The words that stand in a journal for what a Bluetooth central and a bank of lines do.
public enum PlayedWord {
  public static let connected = "connected"
  public static let lost = "lost"

  public static func heard(_ advertisement: Advertisement) -> String {
    "heard \(advertisement.address) \(advertisement.signalLevelDBm) dBm "
      + "[\(advertisement.services.joined(separator: ","))] \(advertisement.name)"
  }

  static func advertisement(_ word: String, at instant: WorldInstant) -> Advertisement? {
    let parts = word.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0] == "heard", parts[3] == "dBm", let level = Int(parts[2]) else {
      return nil
    }
    let services = parts[4].dropFirst().dropLast().split(separator: ",").map(String.init)
    return Advertisement(
      address: String(parts[1]), name: String(parts[5]), services: services, signalLevelDBm: level,
      at: instant)
  }

  /// `line 3 is high`
  static func level(_ word: String) -> (line: Int, level: Bool)? {
    let parts = word.split(separator: " ")
    guard parts.count == 4, parts[0] == "line", parts[2] == "is", let line = Int(parts[1]) else { return nil }
    return (line, parts[3] == "high")
  }

  /// `line 3 went high at 1200 ns`
  static func edge(_ word: String) -> LineEdge? {
    let parts = word.split(separator: " ")
    guard parts.count == 7, parts[0] == "line", parts[2] == "went", let line = Int(parts[1]),
      let at = Int64(parts[5])
    else { return nil }
    return LineEdge(line: line, level: parts[3] == "high", at: WorldInstant(nanoseconds: at))
  }
}

/// What one port did in a recorded run, played in the order it was recorded.
final class PlayedLink {
  private let incoming: [(entry: PlayedEntry, sentBefore: Int)]
  private let outgoing: [PlayedEntry]
  private var taken = 0
  private(set) var sent = 0
  /// True when the record breaks off: then nothing more comes, and waiting for it is in vain.
  let breaksOff: Bool

  init(_ entries: [PlayedEntry], breaksOff: Bool) {
    var incoming: [(PlayedEntry, Int)] = []
    var outgoing: [PlayedEntry] = []
    for entry in entries {
      if entry.outgoing { outgoing.append(entry) } else { incoming.append((entry, outgoing.count)) }
    }
    self.incoming = incoming
    self.outgoing = outgoing
    self.breaksOff = breaksOff
  }

  /// What comes next; nil behind the end of the record.
  var next: PlayedEntry? { taken < incoming.count ? incoming[taken].entry : nil }
  var nextOutgoing: PlayedEntry? { sent < outgoing.count ? outgoing[sent] : nil }

  /// The next thing that was there by `now`, after as much had been sent as is sent by now.
  func ready(at now: WorldInstant) -> PlayedEntry? {
    guard taken < incoming.count, incoming[taken].entry.at <= now, incoming[taken].sentBefore <= sent else {
      return nil
    }
    return incoming[taken].entry
  }

  func take() { taken += 1 }

  /// Counts one thing sent.
  /// - Returns: Why it failed in the recorded run; nil when it did not.
  func send() -> PortError? {
    sent += 1
    guard let following = nextOutgoing, case .problem(let error) = following.content else { return nil }
    sent += 1
    return error
  }

  /// Why the port could not be opened in the recorded run; nil when it could.
  func open() -> PortError? {
    guard let first = nextOutgoing, case .problem(let error) = first.content else { return nil }
    sent += 1
    return error
  }
}
