import Testing

@testable import Engine

/// Chance for the tests: a seed gives the same units for ever.
private struct Dice {
  var state: UInt64
  mutating func unit() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) * 0x1p-53
  }
  mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * unit() }
  mutating func normal() -> Double { (0..<12).reduce(-6.0) { sum, _ in sum + unit() } }
}

/// A unit with a known threshold that looks every `period` and acts `delay` after it first saw a level beyond.
private struct Sample {
  var threshold: Double
  var direction = 1.0
  var delay: Double
  var period: Double
  var phase: Double
  /// What the stimulus really is less what the rig believes, constant over a search.
  var stimulusError = 0.0
  /// Error of the unit's own reading, and noise of one frame.
  var readingError = 0.0
  var noise = 0.0
  var time = 0.0
  var resets = 0
  /// Since when the unit has seen levels beyond its threshold.
  var since: Double?

  /// Holds `level` for `seconds`; the event's time when it came.
  mutating func hold(_ level: Double, _ seconds: Double) -> Double? {
    let end = time + seconds
    let beyond = (level + stimulusError - threshold) * direction > 0
    if !beyond { since = nil }
    var sample = ((time - phase) / period).rounded(.down) * period + phase
    while sample < time { sample += period }
    if beyond, since == nil, sample <= end { since = sample }
    if let since, since + delay <= end, beyond {
      time = max(time, since + delay)
      self.since = nil
      return time
    }
    time = end
    return nil
  }
}

private let delay = 0.9
private let period = 0.4
private let stimulus = 0.001

private func plan(_ method: ThresholdMethod, direction: Double = 1) -> ThresholdPlan {
  ThresholdPlan(
    method: method, near: direction > 0 ? 3.630 : 3.670, far: direction > 0 ? 3.670 : 3.630,
    resolution: 0.002, rate: 0.005, rampInterval: 0.1,
    reaction: .init(delay: delay, delayUncertainty: 0.1, samplingPeriod: period),
    stimulusUncertainty: stimulus, setting: 3.650)
}

/// Runs a search on a sample unit.
private func search(_ plan: ThresholdPlan, _ unit: inout Sample, _ dice: inout Dice) -> ThresholdResult {
  var machine = ThresholdMachine(plan)
  var action = machine.begin()
  while true {
    switch action {
    case .finish(let result): return result
    case .reset:
      unit.resets += 1
      unit.time += 1
      action = machine.next(.isReset)
    case .read:
      let frames = 3
      let mean = (0..<frames).reduce(0.0) { sum, _ in sum + unit.noise * dice.normal() } / Double(frames)
      action = machine.next(
        .reading(
          error: unit.readingError - unit.stimulusError + mean, noise: unit.noise, frames: frames,
          quantum: 0.001))
    case .probe(let level, let seconds, _):
      let from = unit.time
      if let at = unit.hold(level, seconds) {
        action = machine.next(.event(level: level, from: from, at: at, gap: 0.01))
      } else {
        action = machine.next(.held(level: level, from: from))
      }
    }
  }
}

private func sample(_ dice: inout Dice, direction: Double = 1) -> Sample {
  var unit = Sample(
    threshold: dice.uniform(3.636, 3.664), direction: direction, delay: delay + 0.1 * dice.normal(),
    period: period, phase: dice.uniform(0, period))
  unit.stimulusError = stimulus / 2 * dice.normal()
  // The unit compares its own reading with its setting.
  unit.noise = 0.000_3
  unit.readingError = 3.650 - unit.threshold
  return unit
}

@Suite struct `The search for a threshold` {
  /// Levels and times come from instruments; a driver that lets one through that is no number must not end in a value.
  @Test(arguments: ThresholdMethod.allCases, [Double.nan, .infinity, -.infinity, 9.9e37])
  func `finds nothing by a reading that is no number`(method: ThresholdMethod, broken: Double) {
    for place in 0..<6 {
      var machine = ThresholdMachine(plan(method))
      var action = machine.begin()
      var readings = 0
      for turn in 0..<60 {
        if case .finish(let result) = action {
          if readings > place { #expect(isNothing(result), "\(method) \(broken) at \(place): \(result)") }
          break
        }
        // A reset is no reading.
        let isBroken = action != .reset && readings == place
        if action != .reset { readings += 1 }
        action = machine.next(answer(action, isBroken ? broken : nil, turn))
      }
    }
  }

  private func answer(_ action: ThresholdMachine.Action, _ broken: Double?, _ count: Int)
    -> ThresholdMachine.Observation
  {
    let time = Double(count) * 10
    switch action {
    case .reset, .finish: return .isReset
    case .read:
      return .reading(error: broken ?? 0, noise: 0.0003, frames: 3, quantum: 0.001)
    case .probe(let level, _, _):
      if level < 3.65 { return .held(level: broken ?? level, from: time) }
      return .event(level: broken ?? level, from: time, at: time + 1, gap: 0.01)
    }
  }

  private func isNothing(_ result: ThresholdResult) -> Bool {
    switch result.finding {
    case .value(let value, let uncertainty): !value.isFinite || !uncertainty.isFinite
    case .inside: result.between.map { !$0.lowerBound.isFinite || !$0.upperBound.isFinite } ?? true
    default: true
    }
  }

  @Test(arguments: [ThresholdMethod.ramp, .staircase, .bisection, .predictive], [1.0, -1.0])
  func `covers the truth in at least 95 of 100 units`(method: ThresholdMethod, direction: Double) {
    var dice = Dice(state: 7)
    var covered = 0
    let count = 5000
    for _ in 0..<count {
      var unit = sample(&dice, direction: direction)
      let result = search(plan(method, direction: direction), &unit, &dice)
      guard case .value(let value, let uncertainty) = result.finding else {
        Issue.record("\(result)")
        continue
      }
      if (value - unit.threshold).magnitude <= uncertainty { covered += 1 }
      // An uncertainty that covers everything says nothing.
      #expect(uncertainty < 0.004)
    }
    #expect(covered >= count * 95 / 100, "\(covered) of \(count)")
  }

  @Test(arguments: [1.0, -1.0]) func `a bracket encloses what it says`(direction: Double) {
    var dice = Dice(state: 3)
    for _ in 0..<300 {
      var unit = sample(&dice, direction: direction)
      unit.stimulusError = 0
      let result = search(plan(.bracket, direction: direction), &unit, &dice)
      #expect(result.finding == .inside)
      #expect(result.between?.contains(unit.threshold) == true)
      #expect(result.dwells == 2)
    }
  }

  @Test func `needs as many dwells as the table says`() {
    var dice = Dice(state: 11)
    for _ in 0..<200 {
      var unit = sample(&dice)
      unit.stimulusError = 0
      var other = unit
      var third = unit
      let stairs = search(plan(.staircase), &unit, &dice)
      let expected = ((unit.threshold - 3.630) / 0.002).rounded(.up) + 1
      #expect((Double(stairs.dwells) - expected).magnitude <= 1)
      #expect(unit.time <= Double(stairs.dwells) * plan(.staircase).dwell)
      let halving = search(plan(.bisection), &other, &dice)
      // ceil(log2(40 mV / 2 mV)) = 5, and one more when an end of the interval was never seen.
      #expect((5...6).contains(halving.dwells))
      #expect(other.resets <= halving.dwells)
      let predicted = search(plan(.predictive), &third, &dice)
      #expect(predicted.dwells == 2)
    }
  }

  @Test func `a ramp takes its range over its rate and the delay`() {
    var dice = Dice(state: 5)
    var unit = sample(&dice)
    _ = search(plan(.ramp), &unit, &dice)
    #expect(unit.time < plan(.ramp).dwell + 0.040 / 0.005 + delay + period + 0.6)
  }

  @Test(arguments: ThresholdMethod.allCases)
  func `says when the event comes before the search begins, and when it never comes`(
    method: ThresholdMethod
  ) {
    var dice = Dice(state: 2)
    for (threshold, finding) in [(3.5, ThresholdResult.Finding.beforeNear), (3.8, .beyondFar)] {
      var unit = sample(&dice)
      unit.threshold = threshold
      unit.readingError = 0
      #expect(search(plan(method), &unit, &dice).finding == finding)
    }
  }

  @Test func `noise in the levels does not keep a bisection from ending`() {
    var dice = Dice(state: 21)
    var machine = ThresholdMachine(plan(.bisection))
    var action = machine.begin()
    for _ in 0..<20 {
      switch action {
      case .finish(let result):
        #expect((5...6).contains(result.dwells))
        return
      case .probe(let level, _, _):
        let real = level + 0.002 * dice.normal()
        action = machine.next(
          level > 3.6501
            ? .event(level: real, from: 0, at: 1, gap: 0.01) : .held(level: real, from: 0))
      case .reset: action = machine.next(.isReset)
      case .read: break
      }
    }
    Issue.record("the bisection never ended")
  }

  @Test func `a prediction that the bracket contradicts becomes a staircase with the true value`() {
    var dice = Dice(state: 9)
    for threshold in [3.640, 3.660] {
      var unit = sample(&dice)
      unit.threshold = threshold
      unit.stimulusError = 0
      // A comparator of its own: the reading says nothing about it.
      unit.readingError = 0
      let result = search(plan(.predictive), &unit, &dice)
      #expect(result.method == .staircase)
      guard case .value(let value, let uncertainty) = result.finding else {
        Issue.record("\(result)")
        continue
      }
      #expect((value - threshold).magnitude <= uncertainty)
    }
  }

  @Test func `uncertainties follow the procedure catalogue`() {
    let reaction = ThresholdPlan.Reaction(delay: 1, delayUncertainty: 0.2, samplingPeriod: 0.5)
    let ramp = ThresholdUncertainty.ramp(
      rate: 0.005, interval: 0, gap: 0, reaction: reaction, stimulus: 0)
    #expect((ramp - 0.001_2).magnitude < 0.000_05)
    #expect((ThresholdUncertainty.interval(0.002, stimulus: 0) - 0.000_58).magnitude < 0.000_01)
    let predicted = ThresholdUncertainty.prediction(
      noise: 0.000_5, frames: 3, quantum: 0.001, stimulus: 0.000_5)
    #expect((predicted - 0.000_65).magnitude < 0.000_05)
  }

  @Test func `what is not the event ends the search without a value`() {
    var machine = ThresholdMachine(plan(.staircase))
    _ = machine.begin()
    guard case .finish(let result) = machine.next(.spoiled("the unit restarted")) else {
      Issue.record("the search went on")
      return
    }
    #expect(result.finding == .spoiled("the unit restarted"))
    #expect(result.between == nil)
  }
}
