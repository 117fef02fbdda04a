import Quantities

/// What no event of a run can say.
///
/// A journal whose chain is whole may still hold numbers that nobody measured, put there by somebody who made the chain
/// anew. Whoever reads a line asks here before anything counts with its numbers; whoever writes one asks, too, so that
/// nothing is written that cannot be read.
extension RunEvent {
  /// No run has more events.
  public static let sequenceMax = 1 << 40
  /// No run lasts longer, seconds: ten years. Sums and differences of such instants fit in nanoseconds.
  public static let secondsMax = 10.0 * 366 * 86_400
  /// No quantity is larger in its base unit, instruments' marks for overload included; squares and sums stay finite.
  public static let magnitudeMax = 1e100
  public static let cellsMax = 1000
  /// Years in which a run may begin.
  public static let years = 1970...2200

  static let nanosecondsMax = Int64(secondsMax) * 1_000_000_000

  /// The first thing in it that cannot be, in words; nil when there is none.
  public var oddity: String? {
    if !(0...Self.sequenceMax).contains(sequence) { return "its number is \(sequence)" }
    if !(0...Self.nanosecondsMax).contains(nanoseconds) { return "its instant is \(nanoseconds) ns" }
    return body.oddity
  }
}

extension RunEvent.Body {
  fileprivate var oddity: String? {
    switch self {
    case .runStarted(let header): header.oddity
    case .measured(let measurement): measurement.oddity
    case .trace(let trace): trace.series.lazy.compactMap(\.oddity).first
    case .traffic(let traffic): traffic.oddity
    case .tripped(let trip):
      trip.samples.lazy.compactMap { odd(instant: $0.at, "a sample of '\(trip.watch)'") }.first
    case .recovered(let recovery): recovery.cutBytes < 0 ? "\(recovery.cutBytes) bytes were cut off" : nil
    case .instrumentIdentified, .unitIdentified, .phaseStarted, .phaseEnded, .stepStarted, .answered, .note,
      .settings,
      .stepEnded, .rigError, .stopRequested, .safeState, .startConditions, .fences, .runEnded:
      nil
    }
  }
}

extension RunHeader {
  fileprivate var oddity: String? {
    let isDate =
      CalendarDate(String(startedAt.prefix(10))).map { RunEvent.years.contains($0.year) } ?? false
    if !isDate || !startedAt.dropFirst(10).hasPrefix("T") { return "it began at '\(startedAt)'" }
    if !(1...RunEvent.cellsMax).contains(cellCount) { return "its unit has \(cellCount) cells" }
    if !(0...RunEvent.secondsMax).contains(expectedSeconds) { return "it was to last \(expectedSeconds) s" }
    for rule in [criticalRule, otherRule] {
      if let why = odd(rule.guardFactor, "the guard factor") { return why }
    }
    for instrument in instruments {
      for (name, quantity) in instrument.uncertainty.sorted(by: { $0.key < $1.key }) {
        if let why = odd(quantity.base, "uncertainty '\(name)' of '\(instrument.name)'") { return why }
      }
    }
    return nil
  }
}

extension Measurement {
  fileprivate var oddity: String? {
    let what = "'\(name)' of step '\(step)'"
    if let why = odd(instant: at, what) { return why }
    if channel.hasPrefix("cell "), let cell = Int(channel.dropFirst(5)),
      cell.magnitude > UInt(RunEvent.cellsMax)
    {
      return "\(what) is of \(channel)"
    }
    let numbers = [
      observation.base, nominal?.base, uncertainty, limit?.low, limit?.high, limit?.nominal,
      rule?.guardFactor,
    ]
    return numbers.lazy.compactMap { number in number.flatMap { odd($0, what) } }.first
  }
}

extension Observation {
  fileprivate var base: Double? {
    switch self {
    case .number(let number), .atLeast(let number): number
    case .text, .flag, .missing: nil
    }
  }
}

extension Traffic {
  fileprivate var oddity: String? {
    // Kernels stamp what came a little before the run began: it may be negative.
    guard let at, at.magnitude > UInt64(RunEvent.nanosecondsMax) else { return nil }
    return "bytes crossed port '\(port)' at \(at) ns"
  }
}

extension Trace.Series {
  fileprivate var oddity: String? {
    let what = "curve '\(name)'"
    if times.count != values.count { return "\(what) has \(times.count) times and \(values.count) values" }
    return times.lazy.compactMap { odd(instant: $0, what) }.first
      ?? values.lazy.compactMap { odd($0, what) }.first
  }
}

private func odd(_ number: Double, _ what: String) -> String? {
  number.magnitude <= RunEvent.magnitudeMax ? nil : "\(what) is \(number)"
}

private func odd(instant seconds: Double, _ what: String) -> String? {
  seconds.magnitude <= RunEvent.secondsMax ? nil : "\(what) is at \(seconds) s"
}
