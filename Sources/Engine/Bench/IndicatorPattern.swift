import Ports

/// What a light did in a window of time.
public enum LightPattern: Hashable, Sendable {
  case off
  case steady
  /// Full periods per second.
  case flashing(hertz: Double)

  /// The word limits use.
  public var word: String {
    switch self {
    case .off: "off"
    case .steady: "steady"
    case .flashing: "flashing"
    }
  }

  /// Slowest and fastest rate that counts as flashing (project default of SPEC-LED-01 … -03).
  public static let flashRates = 0.2...5.0

  /// Classifies a window. `edges` may begin before the window; `level` is the level before the first edge.
  public init(edges: [LineEdge], level before: Bool, from start: WorldInstant, to end: WorldInstant) {
    var level = before
    var changes: [LineEdge] = []
    for edge in edges.debounced(from: before) where edge.at <= end {
      if edge.at < start { level = edge.level } else { changes.append(edge) }
    }
    let rises = changes.filter(\.level)
    let falls = changes.filter { !$0.level }
    // A flash needs a full period; a single change is a light that was switched.
    if rises.count >= 2 || falls.count >= 2 {
      let same = rises.count >= falls.count ? rises : falls
      let span = (same[same.count - 1].at - same[0].at).seconds
      let hertz = span > 0 ? Double(same.count - 1) / span : .infinity
      self =
        Self.flashRates.contains(hertz) ? .flashing(hertz: hertz) : (changes.last!.level ? .steady : .off)
    } else {
      self = (changes.last?.level ?? level) ? .steady : .off
    }
  }
}

/// Sounds of the buzzer in a window: begin and length of each burst.
public struct BuzzerPattern: Hashable, Sendable {
  public struct Burst: Hashable, Sendable {
    public let at: WorldInstant
    public let length: Interval
  }
  public let bursts: [Burst]

  /// Only bursts that begin inside the window count; one that has not ended is cut at its end.
  public init(edges: [LineEdge], from start: WorldInstant, to end: WorldInstant) {
    var bursts: [Burst] = []
    var begin: WorldInstant?
    for edge in edges.debounced(from: false) where edge.at <= end {
      if edge.level {
        begin = begin ?? edge.at
      } else if let at = begin {
        if at >= start { bursts.append(Burst(at: at, length: edge.at - at)) }
        begin = nil
      }
    }
    if let at = begin, at >= start { bursts.append(Burst(at: at, length: end - at)) }
    self.bursts = bursts
  }

  /// Bursts in groups: a gap above `gap` begins a new one.
  public func groups(gap: Interval) -> [[Burst]] {
    var groups: [[Burst]] = []
    for burst in bursts {
      if let last = groups.last?.last, burst.at - (last.at + last.length) <= gap {
        groups[groups.count - 1].append(burst)
      } else {
        groups.append([burst])
      }
    }
    return groups
  }
}

extension [LineEdge] {
  /// Changes that lasted; the comparator of a sensor chatters while a light comes on. Half a millisecond is far below
  /// the shortest burst and the fastest flash, and far above the settling of an optical sensor.
  static let chatter = Interval.microseconds(500)

  /// Each change at its last edge, without repetitions and without levels shorter than `chatter`.
  func debounced(from before: Bool) -> [LineEdge] {
    var kept: [LineEdge] = []
    for edge in self where edge.level != (kept.last?.level ?? before) {
      if let last = kept.last, edge.at - last.at < Self.chatter {
        kept.removeLast()
      } else {
        kept.append(edge)
      }
    }
    return kept
  }
}

extension Bench {
  /// What a light did from `start` until now. A sensor that saw nothing must prove that it can see.
  public func light(_ role: Light, from start: WorldInstant) async throws -> LightPattern {
    let all = try await edges(role.role, since: .start)
    let pattern = LightPattern(edges: all, level: false, from: start, to: world.now)
    if pattern == .off { try await proveSensors([role.role]) }
    return pattern
  }

  /// Sounds that began in the window. A microphone that heard nothing must prove that it can hear.
  public func buzzer(from start: WorldInstant, to end: WorldInstant) async throws -> BuzzerPattern {
    let pattern = BuzzerPattern(edges: try await edges(.buzzer, since: .start), from: start, to: end)
    if pattern.bursts.isEmpty { try await proveSensors([.buzzer]) }
    return pattern
  }
}
