/// Looks for the level at which something happens: says which level is next, takes what was seen there, ends with a
/// value and its uncertainty. No input or output of its own.
///
/// The event is whatever the owner watches for: a path that opens, or one that closes again.
public struct ThresholdMachine: Sendable {
  public enum Action: Hashable, Sendable {
    /// Apply a level, let it settle unless it is part of a ramp, watch for so many seconds.
    case probe(level: Double, seconds: Double, settles: Bool)
    /// Apply a level at which nothing happens and compare the unit's reading with the reference.
    case read(level: Double)
    /// Bring the unit back to where it was before the event.
    case reset
    case finish(ThresholdResult)
  }

  public enum Observation: Hashable, Sendable {
    /// Nothing happened. `level` as it really was; `from`: when it was applied, in seconds.
    case held(level: Double, from: Double)
    /// It happened at `at`, seen with a resolution of `gap`, in seconds.
    case event(level: Double, from: Double, at: Double, gap: Double)
    /// The unit reads `error` more than the reference, with this noise in each of the frames.
    case reading(error: Double, noise: Double, frames: Int, quantum: Double)
    case isReset
    case cannotReset
    /// What was seen is not what is looked for.
    case spoiled(String)
  }

  private enum State: Hashable {
    case bracketNear
    case bracketFar(held: Double)
    case reading
    case predictedNear(Double, u: Double)
    case predictedFar(Double, u: Double, held: Double)
    case stairs(index: Int, origin: Double, held: Double?)
    case ramp(index: Int)
    case halving
    /// Both ends of an interval must have been seen, not assumed.
    case provingNear, provingFar
    case finished
  }

  public let plan: ThresholdPlan
  private var method: ThresholdMethod
  private var state: State
  /// What comes after a reset.
  private var afterReset: Action?
  private var dwells = 0
  /// Ramp: when each level was applied.
  private var steps: [(level: Double, from: Double)] = []
  /// Bisection: an end of the interval as it was asked for, and as it really was; nil while it was not seen. Halving
  /// goes by what was asked, or the noise of the readings would never let it end.
  private struct End {
    var asked: Double
    var level: Double?
  }
  private var low: End
  private var high: End
  private var middle: Double { (low.asked + high.asked) / 2 }

  public init(_ plan: ThresholdPlan) {
    self.plan = plan
    method = plan.method
    low = End(asked: plan.near)
    high = End(asked: plan.far)
    state =
      switch plan.method {
      case .bracket: .bracketNear
      case .predictive: .reading
      case .ramp: .ramp(index: 0)
      case .staircase: .stairs(index: 0, origin: plan.near, held: nil)
      case .bisection: .halving
      }
  }

  private var stimulus: Double { plan.stimulusUncertainty / 2 }

  /// The first action.
  public mutating func begin() -> Action {
    switch state {
    case .reading: .read(level: plan.near)
    case .ramp: rampProbe(0)
    case .halving: halve()
    default: hold(plan.near)
    }
  }

  /// The action after an observation.
  public mutating func next(_ observation: Observation) -> Action {
    switch observation {
    case .spoiled(let why): return finish(.spoiled(why))
    case .cannotReset: return finish(.spoiled("it did not come back after the event"))
    case .isReset:
      defer { afterReset = nil }
      return afterReset ?? finish(.spoiled("a reset that nobody asked for"))
    case .reading(let error, let noise, let frames, let quantum):
      return predict(error: error, noise: noise, frames: frames, quantum: quantum)
    case .held(let level, let from):
      guard [level, from].allSatisfy(Self.isReading) else { return finish(.spoiled(Self.noNumber)) }
      dwells += 1
      return held(level, from)
    case .event(let level, let from, let at, let gap):
      guard [level, from, at, gap].allSatisfy(Self.isReading) else { return finish(.spoiled(Self.noNumber)) }
      dwells += 1
      return event(level, from: from, at: at, gap: gap)
    }
  }

  /// Not NaN, not infinite, none of the instruments' marks for overload and not-a-number.
  private static func isReading(_ value: Double) -> Bool { value.isFinite && value.magnitude < 9.9e37 }
  private static let noNumber = "a level or time that is no number"

  // MARK: nothing happened

  private mutating func held(_ level: Double, _ from: Double) -> Action {
    switch state {
    case .bracketNear:
      state = .bracketFar(held: level)
      return hold(plan.far)
    case .bracketFar: return finish(.beyondFar)
    case .predictedNear(let predicted, let u):
      state = .predictedFar(predicted, u: u, held: level)
      return hold(predicted + plan.direction * 3 * u)
    case .predictedFar: return startStairs(from: level, held: level)
    case .stairs(let index, let origin, _):
      let last = stair(index, origin)
      guard last != plan.far else { return finish(.beyondFar) }
      state = .stairs(index: index + 1, origin: origin, held: level)
      return hold(stair(index + 1, origin))
    case .ramp(let index):
      if index > 0 { climb(to: level, from) }
      guard rampLevel(index) != plan.far else { return finish(.beyondFar) }
      state = .ramp(index: index + 1)
      return rampProbe(index + 1)
    case .halving:
      low = End(asked: middle, level: level)
      return halve()
    case .provingNear:
      low.level = level
      return halve()
    case .provingFar: return finish(.beyondFar)
    case .reading, .finished: return finish(.spoiled("an observation out of turn"))
    }
  }

  // MARK: it happened

  private mutating func event(_ level: Double, from: Double, at: Double, gap: Double) -> Action {
    switch state {
    case .bracketNear, .provingNear: return finish(.beforeNear)
    case .bracketFar(let held): return finish(.inside, between: held, level)
    case .predictedNear:
      // The unit decides by something else than what it reports: look for its threshold from the safe side.
      method = .staircase
      state = .stairs(index: 0, origin: plan.near, held: nil)
      return reset(then: hold(plan.near))
    case .predictedFar(let predicted, let u, let held):
      return finish(.value(predicted, uncertainty: 2 * u), between: held, level)
    case .stairs(_, _, let held):
      guard let held else { return finish(.beforeNear) }
      return finishInterval(held, level)
    case .ramp(let index):
      guard index > 0 else { return finish(.beforeNear) }
      climb(to: level, from)
      return finishRamp(at: at, gap: gap)
    case .halving:
      high = End(asked: middle, level: level)
      return halve(afterEvent: true)
    case .provingFar:
      high.level = level
      return halve(afterEvent: true)
    case .reading, .finished: return finish(.spoiled("an event out of turn"))
    }
  }

  // MARK: prediction

  private mutating func predict(error: Double, noise: Double, frames: Int, quantum: Double) -> Action {
    guard let setting = plan.setting, [error, noise, quantum].allSatisfy(Self.isReading) else {
      return finish(.spoiled("there is no stored setting or no reading to predict from"))
    }
    let u = ThresholdUncertainty.prediction(
      noise: noise, frames: frames, quantum: quantum, stimulus: stimulus)
    let predicted = setting - error
    let before = (predicted - plan.direction * 3 * u - plan.near) * plan.direction
    let after = (plan.far - predicted - plan.direction * 3 * u) * plan.direction
    // A prediction outside of what may be searched is no reason to leave it.
    guard before >= 0, after >= 0 else { return startStairs(from: plan.near, held: nil) }
    state = .predictedNear(predicted, u: u)
    return hold(predicted - plan.direction * 3 * u)
  }

  // MARK: staircase

  private mutating func startStairs(from origin: Double, held: Double?) -> Action {
    method = .staircase
    let index = held == nil ? 0 : 1
    state = .stairs(index: index, origin: origin, held: held)
    guard origin != plan.far || held == nil else { return finish(.beyondFar) }
    return hold(stair(index, origin))
  }

  private func stair(_ index: Int, _ origin: Double) -> Double {
    clipped(origin + plan.direction * Double(index) * plan.resolution)
  }

  private func clipped(_ level: Double) -> Double {
    plan.direction > 0 ? min(level, plan.far) : max(level, plan.far)
  }

  private mutating func finishInterval(_ held: Double, _ event: Double) -> Action {
    let u = ThresholdUncertainty.interval((event - held).magnitude, stimulus: stimulus)
    return finish(.value((held + event) / 2, uncertainty: 2 * u), between: held, event)
  }

  // MARK: ramp

  private func rampLevel(_ index: Int) -> Double {
    clipped(plan.near + plan.direction * Double(index) * plan.rate * plan.rampInterval)
  }

  private func rampProbe(_ index: Int) -> Action {
    let level = rampLevel(index)
    // The first level is held until its silence proves something, the last until the unit must have acted.
    let held = index == 0 || level == plan.far
    return .probe(level: level, seconds: held ? plan.dwell : plan.rampInterval, settles: index == 0)
  }

  private mutating func climb(to level: Double, _ from: Double) {
    // The ramp begins with its second level; the hold before it is no part of the climb.
    if steps.isEmpty { steps.append((plan.near, from - plan.rampInterval)) }
    steps.append((level, from))
  }

  private mutating func finishRamp(at: Double, gap: Double) -> Action {
    // The first level was held, so the threshold is not before it, whatever the delay was this time.
    let first = steps[0]
    let crossed = max(first.from, at - gap / 2 - plan.reaction.delay - plan.reaction.samplingPeriod / 2)
    // Between two levels the ramp is taken as straight; the threshold lies half a level below on average.
    let index = steps.lastIndex { $0.from <= crossed } ?? 0
    let here = steps[index]
    let step = plan.direction * plan.rate * plan.rampInterval
    var level = here.level
    if index + 1 < steps.count {
      let after = steps[index + 1]
      level += (after.level - here.level) * (crossed - here.from) / max(after.from - here.from, 1e-9)
    }
    let u = ThresholdUncertainty.ramp(
      rate: plan.rate, interval: plan.rampInterval, gap: gap, reaction: plan.reaction, stimulus: stimulus)
    return finish(.value(level - step / 2, uncertainty: 2 * u), between: first.level, steps.last!.level)
  }

  // MARK: bisection

  private mutating func halve(afterEvent: Bool = false) -> Action {
    let after: Action
    if (high.asked - low.asked).magnitude > plan.resolution * (1 + 1e-9) {
      state = .halving
      after = hold(middle)
    } else if let held = low.level, let event = high.level {
      return finishInterval(held, event)
    } else if low.level == nil {
      state = .provingNear
      after = hold(plan.near)
    } else {
      state = .provingFar
      after = hold(plan.far)
    }
    return afterEvent ? reset(then: after) : after
  }

  // MARK: pieces

  private func hold(_ level: Double) -> Action {
    .probe(level: level, seconds: plan.dwell, settles: true)
  }

  private mutating func reset(then action: Action) -> Action {
    afterReset = action
    return .reset
  }

  private mutating func finish(
    _ finding: ThresholdResult.Finding, between a: Double? = nil, _ b: Double? = nil
  ) -> Action {
    state = .finished
    let between = a.flatMap { a in b.map { min(a, $0)...max(a, $0) } }
    return .finish(ThresholdResult(finding: finding, method: method, between: between, dwells: dwells))
  }
}
