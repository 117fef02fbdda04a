import Model
import Quantities

/// Mean and spread of numbers seen one after the other (Welford).
struct Moments: Codable, Hashable, Sendable {
  private(set) var count = 0
  private var mean = 0.0
  private var squares = 0.0

  mutating func add(_ value: Double) {
    count += 1
    let difference = value - mean
    mean += difference / Double(count)
    squares += difference * (value - mean)
  }

  var spread: MarginFigures.Spread? {
    guard count > 0 else { return nil }
    let deviation = count > 1 ? (squares / Double(count - 1)).squareRoot() : 0
    return MarginFigures.Spread(count: count, mean: mean, deviation: deviation)
  }

  var average: Double { mean }
}

/// What one measurement of a step adds up to over a population.
struct MarginTally: Codable, Hashable, Sendable {
  var step: String
  var measurement: String
  var limit: String
  var requirement: String
  var basis: LimitBasis
  var dimension: Dimension?
  var low = Moments()
  var high = Moments()
  var guardBand = Moments()
  var closest: MarginFigures.Closest?

  init(_ measurement: Measurement, _ limit: ResolvedLimit) {
    step = measurement.step
    self.measurement = measurement.name
    self.limit = limit.id
    requirement = limit.requirement
    basis = limit.basis
    dimension = measurement.dimension
  }

  mutating func add(_ value: Double, _ measurement: Measurement, _ limit: ResolvedLimit, seed: UInt64) {
    let band = (measurement.rule?.guardFactor ?? 0) * (measurement.uncertainty ?? 0)
    // Windows of one measurement differ where they hang on a nominal; as parts of the window they can be compared.
    let scale = Self.scale(limit, band)
    guardBand.add(band / scale)
    var share = Double.infinity
    if let bound = limit.low {
      low.add((value - bound) / scale)
      share = (value - bound - band) / scale
    }
    if let bound = limit.high {
      high.add((bound - value) / scale)
      share = min(share, (bound - value - band) / scale)
    }
    guard share.isFinite, share < closest?.share ?? .infinity else { return }
    closest = MarginFigures.Closest(
      value: value, low: limit.low, high: limit.high, guardBand: band, channel: measurement.channel,
      seed: seed, share: share)
  }

  /// What a distance is compared with: half the window, or the limit itself where there is only one.
  private static func scale(_ limit: ResolvedLimit, _ band: Double) -> Double {
    if let low = limit.low, let high = limit.high, high > low { return (high - low) / 2 }
    let size = (limit.low ?? limit.high ?? 0).magnitude
    return size > 0 ? size : band > 0 ? band : 1
  }

  var figures: MarginFigures? {
    guard let closest else { return nil }
    return MarginFigures(
      step: step, measurement: measurement, limit: limit, requirement: requirement, basis: basis,
      dimension: dimension, low: low.spread, high: high.spread, guardBand: guardBand.average,
      closest: closest)
  }
}

/// Everything a population adds up to so far. Units are added in the order of their seeds, so that the sums do not
/// depend on which run ended first.
struct PopulationTally: Codable, Hashable, Sendable {
  var figures: PopulationFigures
  private var margins: [MarginTally] = []

  init(figures: PopulationFigures) { self.figures = figures }

  mutating func add(_ run: StudyRun, unit: String, seed: UInt64, replay: String) {
    let result = run.result
    let isInOrder = result.rigErrors.isEmpty && result.safeStateConfirmed
    switch result.verdict {
    case .pass where isInOrder: figures.passed += 1
    case .fail where isInOrder: figures.failed += 1
    case .inconclusive where isInOrder: figures.inconclusive += 1
    case .pass, .fail, .inconclusive, .error, .aborted: figures.errors += 1
    }
    figures.seconds += result.seconds
    figures.secondsMin = min(figures.secondsMin ?? .infinity, result.seconds)
    figures.secondsMax = max(figures.secondsMax ?? 0, result.seconds)
    if result.verdict != .pass || !isInOrder, figures.kept.count < PopulationFigures.keptMax {
      figures.kept.append(
        PopulationFigures.KeptUnit(
          seed: seed, unit: unit, verdict: isInOrder ? result.verdict : .error,
          reason: result.rigErrors.first ?? result.reason, requirements: result.failed + result.undecided,
          replay: replay))
    }
    for measurement in run.judged { add(measurement, seed: seed) }
  }

  private mutating func add(_ measurement: Measurement, seed: UInt64) {
    guard case .number(let value) = measurement.observation, let limit = measurement.limit else { return }
    var place = margins.firstIndex { $0.step == measurement.step && $0.measurement == measurement.name }
    if place == nil {
      place = margins.count
      margins.append(MarginTally(measurement, limit))
    }
    margins[place!].add(value, measurement, limit, seed: seed)
  }

  /// The figures with the narrowest margin first.
  var report: PopulationFigures {
    var report = figures
    report.margins = margins.compactMap(\.figures).enumerated().sorted { a, b in
      (a.element.closest.share, a.offset) < (b.element.closest.share, b.offset)
    }.map(\.element)
    report.overkillBound = ClopperPearson.upperBound(events: report.failed, trials: report.done)
    report.notPassedBound = ClopperPearson.upperBound(
      events: report.done - report.passed, trials: report.done)
    return report
  }
}
