import Capabilities
import Engine
import Model
import Ports
import Quantities

/// One search on one subject, from rest to rest: delay, threshold, cause, proof that the unit kept running.
struct ThresholdRun {
  struct Outcome {
    var result: ThresholdResult
    /// Step to event, with expanded uncertainty; nil when it could not be timed.
    var delay: (seconds: Double, uncertainty: Double)?
    var cause: (isRight: Bool?, words: String)?
    /// The searched span.
    var near: Double
    var far: Double
    /// The path conducted again afterwards.
    var isAtRest: Bool
  }

  let probe: ThresholdProbe
  let method: ThresholdMethod
  /// Edges of what the search may find, in the order they are approached.
  let window: (low: Double, high: Double)
  let resolution: Double
  let rate: Double

  private var context: StepContext { probe.context }
  private var quantity: ThresholdQuantity { probe.quantity }

  /// Seconds of detection delay that released units were seen to need at most, unless the procedure names them.
  static func reaction(_ quantity: ThresholdQuantity, _ settings: UnitSettings) -> Double {
    switch quantity.stimulus {
    case .cells: 1.0
    case .thermistors: 2.0
    case .loop: settings.value(quantity.setting + "-delay") ?? 1
    }
  }

  /// First and last level.
  ///
  /// A bracket stands inside the window by the guard band, so that a pass proves something; a search begins three
  /// uncertainties before the window, and ends as far behind it (procedure catalogue, section 4).
  static func span(
    _ probe: ThresholdProbe, _ method: ThresholdMethod, _ window: (low: Double, high: Double), reach: Double
  ) throws(RigFault) -> (near: Double, far: Double) {
    let u = probe.uncertainty(at: max(window.low.magnitude, window.high.magnitude))
    var (low, high) = window
    if method == .bracket {
      let w = probe.context.guardBand(u)
      guard high - low > 2 * w else {
        throw RigFault(
          instrument: "rig", message: "its uncertainty leaves no room inside '\(probe.quantity.limit)'")
      }
      (low, high) = (low + w, high - w)
    } else {
      let margin = 3 * u + reach * (high - low)
      (low, high) = (low - margin, high + margin)
    }
    return probe.quantity.rising ? (low, high) : (high, low)
  }

  func run(settings: UnitSettings, reach: Double) async throws -> Outcome {
    let (near, far) = try Self.span(probe, method, window, reach: reach)
    guard try await probe.rest() else {
      throw StepEnough(why: "the path did not conduct before the stimulus \(probe.subject.channel)")
    }
    let proof = try await TripProof.begin(context)
    var reaction = ThresholdPlan.Reaction(
      delay: context.values.optionalQuantity("reaction") ?? Self.reaction(quantity, settings),
      samplingPeriod: context.values.quantity("sampling"))
    let delay = try await timedStep(reaction)
    if delay != nil { _ = try await proof.telemetry() }
    // What this unit really needs counts where it is slower than released ones.
    let measured = delay.map { $0.seconds - reaction.samplingPeriod / 2 } ?? 0
    if method == .ramp, let delay {
      reaction.delay = max(0, measured)
      // One look at a latency that lies anywhere within a sampling period.
      let sampling = reaction.samplingPeriod / 12.0.squareRoot()
      reaction.delayUncertainty = hypotenuse(sampling, delay.uncertainty / 2)
    } else {
      reaction.delay = max(reaction.delay, measured)
    }
    let plan = ThresholdPlan(
      method: method, near: near, far: far, resolution: resolution, rate: rate,
      rampInterval: context.values.quantity("ramp-interval"), reaction: reaction,
      stimulusUncertainty: probe.uncertainty(at: far, settled: method != .ramp), setting: probe.setting)
    let (result, cause) = try await search(plan, proof)
    let isAtRest = try await probe.rest()
    try await proof.confirm()
    return Outcome(
      result: result, delay: delay, cause: cause, near: near, far: far, isAtRest: isAtRest)
  }

  private func timedStep(_ reaction: ThresholdPlan.Reaction) async throws -> (
    seconds: Double, uncertainty: Double
  )? {
    guard try await probe.reset() else { return nil }
    return try await probe.timeStep(dwell: 1.5 * (reaction.delay + reaction.samplingPeriod))
  }

  private func search(_ plan: ThresholdPlan, _ proof: TripProof) async throws -> (
    ThresholdResult, (isRight: Bool?, words: String)?
  ) {
    var machine = ThresholdMachine(plan)
    var cause: (isRight: Bool?, words: String)?
    guard try await probe.reset() else {
      let why = quantity.isRecovery ? "it did not trip before" : "it did not come back after the timed step"
      _ = machine.begin()
      guard case .finish(let result) = machine.next(.spoiled(why)) else { preconditionFailure("goes on") }
      return (result, nil)
    }
    var action = machine.begin()
    while true {
      switch action {
      case .finish(let result): return (result, cause)
      case .reset: action = machine.next(try await probe.reset() ? .isReset : .cannotReset)
      case .read(let level):
        action = machine.next(try await probe.read(level, frames: context.values.integer("frames")))
      case .probe(let level, let seconds, let settles):
        let seen = try await probe.probe(level, seconds: seconds, settles: settles)
        if case .event = seen {
          // The stimulus is still there: the unit must say why it opened the path, and that it never stopped running.
          let frame = try await proof.telemetry()
          if !quantity.isRecovery { cause = probe.cause(frame) }
        }
        action = machine.next(seen)
      }
    }
  }
}

extension ThresholdRun.Outcome {
  /// How the value came about, for the reader of a record.
  func words(_ quantity: ThresholdQuantity) -> String {
    switch result.finding {
    case .value, .inside:
      let between = result.between.map {
        ", between \(quantity.text($0.lowerBound)) and \(quantity.text($0.upperBound))"
      }
      return "\(result.method.rawValue), \(result.dwells) levels\(between ?? "")"
    case .beforeNear: return "bound only: the event came at the first level already"
    case .beyondFar: return "bound only: no event up to here"
    case .spoiled(let why): return why
    }
  }

  /// The threshold with its expanded uncertainty, or the bound that was found instead of one; nil without either.
  func value(boundUncertainty: Double) -> (value: Double, uncertainty: Double)? {
    switch result.finding {
    case .value(let value, let uncertainty): return (value, uncertainty)
    case .beforeNear: return (near, boundUncertainty)
    case .beyondFar: return (far, boundUncertainty)
    case .inside, .spoiled: return nil
    }
  }
}
