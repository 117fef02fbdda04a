import Model
import Ports
import Quantities

/// One live limit as a pure machine: samples in, at most one trip out. No clock, no I/O.
///
/// Each subject (a cell, a channel) counts for itself: two samples in a row outside the band trip. A sample that is
/// missing, not a number, an overload or older than it may be lies outside.
struct WatchMachine {
  enum Sample: Hashable {
    case value(Double)
    /// Why there is no number.
    case missing(String)
  }

  private struct Subject {
    var outside: [WatchTrip.Sample] = []
    var last: WorldInstant?
    /// Time without a sample while the subject was to be watched.
    var since: WorldInstant
  }

  /// Samples in a row outside the band that trip.
  static let tripCount = 2

  let rule: WatchRule
  /// What each subject is called; one empty name where there is only one.
  let subjects: [String]
  private var states: [Subject]
  /// Subjects whose last sample lay outside.
  private var suspicions = 0
  private(set) var count = 0
  /// Farthest value seen: the one nearest to, or farthest beyond, an edge of the band.
  private(set) var worst: Double?
  /// Longest time between two samples of the same subject, pauses left out; seconds.
  private(set) var longestGap = 0.0

  init(_ rule: WatchRule, subjects: [String], at start: WorldInstant) {
    self.rule = rule
    self.subjects = subjects
    states = Array(repeating: Subject(since: start), count: subjects.count)
  }

  /// - Parameter at: When the instrument finished the reading.
  /// - Parameter now: A reading older than `staleAfter` is as good as none.
  /// - Returns: The samples that trip, oldest first; nil while nothing does.
  mutating func take(_ sample: Sample, of subject: Int, at: WorldInstant, now: WorldInstant) -> [WatchTrip
    .Sample]?
  {
    // The same reading a second time says nothing new.
    if let last = states[subject].last, at == last, case .value = sample { return nil }
    let judged: Sample = now - at > staleAfter ? .missing("a reading of \(Self.seconds(at)) s") : sample
    count += 1
    longestGap = max(longestGap, (at - states[subject].since).seconds)
    states[subject].since = max(states[subject].since, at)
    states[subject].last = at
    guard let text = outside(judged) else {
      forgive(subject)
      return nil
    }
    if states[subject].outside.isEmpty { suspicions += 1 }
    states[subject].outside.append(WatchTrip.Sample(text: text, at: at.seconds))
    return states[subject].outside.count >= Self.tripCount ? states[subject].outside : nil
  }

  /// Two periods, and never less than a second: a scan of all channels takes part of that.
  var staleAfter: Interval { .seconds(max(1, 2 * rule.every.base)) }

  /// Nothing is asked of a subject until now: it was switched off, its wires are open, or its link is timing something.
  mutating func excuse(_ subject: Int, at now: WorldInstant) {
    states[subject].since = max(states[subject].since, now)
    forgive(subject)
  }

  private mutating func forgive(_ subject: Int) {
    guard !states[subject].outside.isEmpty else { return }
    states[subject].outside = []
    suspicions -= 1
  }

  /// Time in which nothing could be asked does not count as time without a sample.
  mutating func resume(_ subject: Int, after pause: Interval) {
    states[subject].since = states[subject].since + pause
  }

  /// The last sample lay outside: the next one decides and is wanted soon.
  var isSuspicious: Bool { suspicions > 0 }

  func isDue(_ subject: Int, at now: WorldInstant) -> Bool {
    !states[subject].outside.isEmpty || now - states[subject].since >= .seconds(rule.every.base)
  }

  /// Since when a subject has no sample.
  func age(_ subject: Int, at now: WorldInstant) -> Interval { now - states[subject].since }

  /// The value in words when it lies outside the band, nil inside.
  private mutating func outside(_ sample: Sample) -> String? {
    guard case .value(let value) = sample, value.isFinite, value.magnitude < Self.overload else {
      if case .missing(let why) = sample { return why }
      return "no number"
    }
    if worst.map({ distance(value) > distance($0) }) ?? true { worst = value }
    let inside = value >= rule.low ?? -.infinity && value <= rule.high ?? .infinity
    return inside ? nil : text(value)
  }

  /// Instruments answer this for an input beyond their range.
  static let overload = 9.9e37

  /// How far towards or beyond an edge.
  private func distance(_ value: Double) -> Double {
    max(rule.high.map { value - $0 } ?? -.infinity, rule.low.map { $0 - value } ?? -.infinity)
  }

  func text(_ value: Double) -> String {
    rule.subject.dimension.map { AnyQuantity(value, $0).formatted() }
      ?? DecimalText.shortest(value, significant: 6)
  }

  private static func seconds(_ instant: WorldInstant) -> String {
    DecimalText.fixed(instant.seconds, decimals: 3)
  }
}
