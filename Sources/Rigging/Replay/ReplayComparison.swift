import Model
import Quantities

/// A recorded run beside its replay: what today's program does otherwise.
///
/// Compared are, each in its own order: what was sent and received on every port; every measurement with value,
/// uncertainty, limit and outcome; settings, identities, answers, curves, errors and start conditions; safe state,
/// verdict and reason.
/// Instants are compared apart: on a real rig the program's own computing time lies between them.
public struct ReplayComparison: Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    case documents, sent, received, measurement, event, verdict
  }
  public struct Difference: Hashable, Sendable {
    public let kind: Kind
    /// Port, measurement or kind of event, with the step it was in.
    public let place: String
    /// nil when only the other has it.
    public let recorded: String?
    public let replayed: String?
  }

  /// More than these per port or kind are counted, not listed.
  static let listMax = 5
  /// Durations that a program measures by its own clock may differ by so much where the instants differ at all,
  /// seconds.
  static let clockTolerance = 0.01

  public private(set) var differences: [Difference] = []
  /// All of them, also those that are not listed.
  public private(set) var count: [Kind: Int] = [:]
  public private(set) var exchanges = 0
  public private(set) var measurements = 0
  /// Largest distance between the instants of one event, nanoseconds; nil when the events are not the same ones.
  public private(set) var clockShift: Int64?
  /// Durations that differ by no more than the clock.
  public private(set) var clockMeasurements = 0
  public let isWhole: Bool

  public var isIdentical: Bool { count.isEmpty }
  var total: Int { count.values.reduce(0, +) }

  /// - Parameter isWhole: False when the recorded run broke off: what the replay does behind its end is no difference,
  ///   and the end that the run was closed with is not compared.
  init(recorded: [RunEvent], replayed: [RunEvent], isWhole: Bool) {
    self.isWhole = isWhole
    let old = Sorted(recorded)
    let new = Sorted(replayed)
    if recorded.count == replayed.count {
      clockShift = zip(recorded, replayed).map { abs($0.nanoseconds - $1.nanoseconds) }.max()
    }
    compareDocuments(old.header, new.header)
    for port in Set(old.traffic.keys).union(new.traffic.keys).sorted() {
      compare(port, old.traffic[port] ?? [], new.traffic[port] ?? [])
    }
    compareMeasurements(old.measurements, new.measurements)
    // The end of a run that broke off was written by whoever closed it; no program ever came to it.
    let kinds = Set(old.others.keys).union(new.others.keys).filter { isWhole || $0 != Self.verdictKind }
    for kind in kinds.sorted() {
      compareOthers(kind, old.others[kind] ?? [], new.others[kind] ?? [])
    }
    exchanges = old.traffic.values.reduce(0) { $0 + $1.count }
    measurements = old.measurements.count
  }

  private mutating func add(_ kind: Kind, _ place: String, _ recorded: String?, _ replayed: String?) {
    // What a run that broke off does not have, it may have had.
    if !isWhole, recorded == nil { return }
    count[kind, default: 0] += 1
    let listed = differences.count { $0.kind == kind && $0.place.prefix(12) == place.prefix(12) }
    guard listed < Self.listMax else { return }
    differences.append(Difference(kind: kind, place: place, recorded: recorded, replayed: replayed))
  }

  private mutating func compareDocuments(_ old: RunHeader?, _ new: RunHeader?) {
    guard let old, let new else { return }
    for (name, a, b) in [
      ("procedure", old.procedure, new.procedure), ("rig", old.rig, new.rig),
      ("specification", old.specification, new.specification),
    ] where a != b { add(.documents, name, Self.words(a), Self.words(b)) }
    if old.answers != new.answers {
      add(.documents, "answers", old.answers.map(Self.words) ?? "none", new.answers.map(Self.words) ?? "none")
    }
  }

  private static func words(_ document: DocumentReference) -> String {
    "\(document.name) revision \(document.revision), SHA-256 \(document.contentHash)"
  }

  /// Walks along both; after a difference it looks a little ahead on both sides for where they agree again.
  private mutating func compare(_ port: String, _ old: [Sorted.Exchange], _ new: [Sorted.Exchange]) {
    var (i, j) = (0, 0)
    while i < old.count || j < new.count {
      if i < old.count, j < new.count, old[i].isSame(as: new[j]) {
        i += 1
        j += 1
        continue
      }
      let (skipOld, skipNew) = Self.resume(old, i, new, j)
      if skipOld == 1, skipNew == 1 {
        add(old[i].kind, "\(port), step \(old[i].step)", old[i].words, new[j].words)
      } else {
        for exchange in old[i..<i + skipOld] {
          add(exchange.kind, "\(port), step \(exchange.step)", exchange.words, nil)
        }
        for exchange in new[j..<j + skipNew] {
          add(exchange.kind, "\(port), step \(exchange.step)", nil, exchange.words)
        }
      }
      i += skipOld
      j += skipNew
    }
  }

  private static let lookAhead = 32
  /// What `Sorted` calls the end of a run.
  private static let verdictKind = "verdict"

  /// How many of each side do not fit before both go on alike; at least one in all.
  private static func resume(
    _ old: [Sorted.Exchange], _ i: Int, _ new: [Sorted.Exchange], _ j: Int
  ) -> (Int, Int) {
    let (oldLeft, newLeft) = (old.count - i, new.count - j)
    if oldLeft == 0 || newLeft == 0 { return (oldLeft, newLeft) }
    for distance in 1...lookAhead {
      for skipOld in 0...distance {
        let skipNew = distance - skipOld
        guard skipOld < oldLeft, skipNew < newLeft, old[i + skipOld].isSame(as: new[j + skipNew]) else {
          continue
        }
        return (skipOld, skipNew)
      }
    }
    return (1, 1)
  }

  private mutating func compareMeasurements(_ old: [Measurement], _ new: [Measurement]) {
    var pending: [String: [Measurement]] = [:]
    for measurement in new.reversed() { pending[Self.key(measurement), default: []].append(measurement) }
    for measurement in old {
      let key = Self.key(measurement)
      guard let other = pending[key]?.popLast() else {
        add(.measurement, key, Self.words(measurement), nil)
        continue
      }
      if isSame(measurement, other) { continue }
      add(.measurement, key, Self.words(measurement), Self.words(other))
    }
    for (key, rest) in pending.sorted(by: { $0.key < $1.key }) {
      for measurement in rest { add(.measurement, key, nil, Self.words(measurement)) }
    }
  }

  private static func key(_ measurement: Measurement) -> String {
    ([measurement.step, measurement.name] + (measurement.channel.isEmpty ? [] : [measurement.channel]))
      .joined(separator: " ")
  }

  private mutating func isSame(_ old: Measurement, _ new: Measurement) -> Bool {
    var (a, b) = (old, new)
    a.at = 0
    b.at = 0
    if a == b { return true }
    guard clockShift != 0, old.dimension == .time, case .number(let x) = old.observation,
      case .number(let y) = new.observation, (x - y).magnitude <= Self.clockTolerance
    else { return false }
    b.observation = a.observation
    guard a == b else { return false }
    clockMeasurements += 1
    return true
  }

  private static func words(_ measurement: Measurement) -> String {
    var text = MeasurementText.value(measurement)
    if let limit = measurement.limit {
      text += ", limit \(MeasurementText.limit(limit, dimension: measurement.dimension))"
    }
    if let uncertainty = measurement.uncertainty { text += ", U \(uncertainty)" }
    return "\(text), \(measurement.outcome.rawValue)"
      + (measurement.note.isEmpty ? "" : " (\(measurement.note))")
  }

  private mutating func compareOthers(_ kind: String, _ old: [Sorted.Other], _ new: [Sorted.Other]) {
    for index in 0..<max(old.count, new.count) {
      let a = index < old.count ? old[index] : nil
      let b = index < new.count ? new[index] : nil
      if a?.body == b?.body { continue }
      let step = (a ?? b)?.step ?? ""
      add(
        kind == Self.verdictKind ? .verdict : .event, kind + (step.isEmpty ? "" : ", step \(step)"), a?.words,
        b?.words)
    }
  }
}
