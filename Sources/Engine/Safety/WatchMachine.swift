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
    /// Since when it has no sample although it was to be watched.
    var since: WorldInstant
    var isExcused = true
    /// It was to be watched while something was switched on.
    var wasWanted = false
    /// One sample at least was a number.
    var hasNumber = false
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
  /// The longest of them since anything was switched on.
  private(set) var longestLiveGap = 0.0
  /// Until when nothing had been switched on.
  private var idleUntil: WorldInstant
  private var pausedSince: WorldInstant?

  init(_ rule: WatchRule, subjects: [String], at start: WorldInstant) {
    self.rule = rule
    self.subjects = subjects
    idleUntil = start
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
    noteGap(subject, until: at)
    states[subject].isExcused = false
    states[subject].since = max(states[subject].since, at)
    states[subject].last = at
    if number(judged) != nil { states[subject].hasNumber = true }
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
    if !states[subject].isExcused {
      // When it began is not known: all the time since the last sample counts.
      noteGap(subject, until: now)
      states[subject].isExcused = true
    }
    states[subject].since = max(states[subject].since, now)
    forgive(subject)
  }

  private mutating func forgive(_ subject: Int) {
    guard !states[subject].outside.isEmpty else { return }
    states[subject].outside = []
    suspicions -= 1
  }

  /// A subject is to be watched.
  /// - Parameter isLive: Something has been switched on.
  mutating func want(_ subject: Int, isLive: Bool) {
    states[subject].isExcused = false
    if isLive { states[subject].wasWanted = true }
  }

  /// Nothing has been switched on until now.
  mutating func idle(at now: WorldInstant) { idleUntil = now }

  mutating func pause(at now: WorldInstant) { pausedSince = pausedSince ?? now }

  /// Time in which nothing could be asked does not count as time without a sample; samples that came all the same do.
  mutating func resume(at now: WorldInstant) {
    guard let begin = pausedSince else { return }
    pausedSince = nil
    for subject in states.indices {
      states[subject].since = min(states[subject].since + (now - begin), now)
    }
  }

  /// Nothing is sampled any more: what is without a sample by now has been so until now.
  mutating func end(at now: WorldInstant) {
    for subject in states.indices where !states[subject].isExcused { noteGap(subject, until: now) }
  }

  private mutating func noteGap(_ subject: Int, until instant: WorldInstant) {
    let end = min(instant, pausedSince ?? instant)
    let since = states[subject].since
    longestGap = max(longestGap, (end - since).seconds)
    longestLiveGap = max(longestLiveGap, (end - max(since, idleUntil)).seconds)
  }

  /// A subject was to be watched while something was switched on, and no sample of it was a number.
  var hasBlindSubject: Bool { states.contains { $0.wasWanted && !$0.hasNumber } }

  /// The last sample lay outside: the next one decides and is wanted soon.
  var isSuspicious: Bool { suspicions > 0 }

  func isDue(_ subject: Int, at now: WorldInstant) -> Bool {
    !states[subject].outside.isEmpty || now - states[subject].since >= .seconds(rule.every.base)
  }

  /// Since when a subject has no sample.
  func age(_ subject: Int, at now: WorldInstant) -> Interval { now - states[subject].since }

  /// The value in words when it lies outside the band, nil inside.
  private mutating func outside(_ sample: Sample) -> String? {
    guard let value = number(sample) else {
      if case .missing(let why) = sample { return why }
      return "no number"
    }
    if worst.map({ distance(value) > distance($0) }) ?? true { worst = value }
    let inside = value >= rule.low ?? -.infinity && value <= rule.high ?? .infinity
    return inside ? nil : text(value)
  }

  /// nil for what is missing, not a number or an overload.
  private func number(_ sample: Sample) -> Double? {
    guard case .value(let value) = sample, value.isFinite, value.magnitude < Self.overload else { return nil }
    return value
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
