import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Currents of the two chosen cells over some cycles, and what they say about the phases.
struct BalanceLog {
  struct Sample {
    let at: WorldInstant
    /// Amperes out of the highest cell and into the lowest, without the supply current.
    let source: Double
    let sink: Double
  }
  struct Phase {
    let sourcing: Bool
    let samples: [Sample]
    /// Begin and end lie between two samples each; `gap` is the longer distance of two.
    let begin: Double
    let end: Double
    let gap: Double
    /// Cut off by the begin or the end of the log.
    let complete: Bool

    var duration: Double { end - begin }
    /// Mean over the flat 60 % in the middle.
    var mean: Double {
      let low = begin + 0.2 * duration
      let high = end - 0.2 * duration
      let flat = samples.filter { (low...high).contains($0.at.seconds) }
      let used = flat.isEmpty ? samples : flat
      return used.map { sourcing ? $0.source : $0.sink }.reduce(0, +) / Double(used.count)
    }
  }

  let high: Int
  let low: Int
  private(set) var samples: [Sample] = []
  private(set) var otherCells = 0.0
  /// Telemetered current against the emulator's at the same moment, both magnitudes.
  private(set) var telemetry: [(unit: Double, rig: Double)] = []
  /// Frames inside one phase whose current had the sign of the other: rig's value and unit's, magnitudes.
  private(set) var contrary: [(unit: Double, rig: Double)] = []

  /// A current that is balancing and not leakage.
  static let floor = 0.3
  /// Longest phase plus pauses that is waited for, per cycle.
  static let cycleLimit = 14.0
  /// Looks at the other cells, and seconds between them: further apart than any pause, closer than any phase.
  static let looks = 3
  static let betweenLooks = 0.8
  /// Frames of the wrong sign after which it is the unit's and not a late frame.
  static let contraryMax = 4

  /// Current of the two cells beyond the supply current when balancing flows now, nil when it does not.
  ///
  /// - Parameter supply: Amperes that the unit draws through every cell, measured beforehand: reading
  ///   it each time would
  ///   halve the rate.
  static func flow(_ context: StepContext, high: Int, low: Int, supply: Double) async throws -> Sample? {
    let asked = context.world.now
    let readings = try await context.bench.cellCurrents([high, low])
    // The emulator does not say when inside the exchange it measured.
    let at = asked + (context.world.now - asked) * 0.5
    let source = try context.bench.number(readings[0], role: .cells, member: high - 1) - supply
    let sink = supply - (try context.bench.number(readings[1], role: .cells, member: low - 1))
    guard max(source.magnitude, sink.magnitude) > floor else { return nil }
    return Sample(at: at, source: source, sink: sink)
  }

  /// Records until `cycles` source phases and as many sink phases are complete; then looks at the other cells and
  /// compares telemetry, which takes too long to be done in between.
  ///
  /// - Parameter comparing: False leaves out what takes as long as the cycles themselves.
  static func record(
    _ context: StepContext, high: Int, low: Int, cycles: Int, supply: Double, comparing: Bool = true
  ) async throws -> BalanceLog {
    var log = BalanceLog(high: high, low: low)
    let end = context.world.now + .seconds(cycleLimit * Double(cycles + 1))
    while context.world.now < end {
      let asked = context.world.now
      let sample = try await flow(context, high: high, low: low, supply: supply)
      log.samples.append(sample ?? Sample(at: asked + (context.world.now - asked) * 0.5, source: 0, sink: 0))
      let done = log.phases().filter(\.complete)
      if done.filter(\.sourcing).count >= cycles, done.filter({ !$0.sourcing }).count >= cycles { break }
    }
    if comparing { try await log.compare(context, supply: supply) }
    return log
  }

  /// What `record` left out.
  mutating func compare(_ context: StepContext, supply: Double) async throws {
    try await lookAtOthers(context, supply: supply)
    try await compareTelemetry(context, supply: supply)
  }

  /// Looks several times: a single look may fall into a pause, in which nothing flows anywhere.
  private mutating func lookAtOthers(_ context: StepContext, supply: Double) async throws {
    let others = context.bench.fedCells.filter { $0 != high && $0 != low }
    for _ in 0..<Self.looks {
      for (index, reading) in try await context.bench.cellCurrents(others).enumerated() {
        let value = try context.bench.number(reading, role: .cells, member: others[index] - 1)
        otherCells = max(otherCells, (value - supply).magnitude)
      }
      try await context.sleep(Self.betweenLooks)
    }
  }

  /// A frame counts only when the emulator shows the same phase before and after it.
  private mutating func compareTelemetry(_ context: StepContext, supply: Double) async throws {
    let end = context.world.now + .seconds(2 * Self.cycleLimit)
    while telemetry.count < 2, contrary.count < Self.contraryMax, context.world.now < end {
      guard let before = try await Self.flow(context, high: high, low: low, supply: supply) else { continue }
      // The first frame may still carry what the unit sampled before the phase began.
      _ = try await context.freshTelemetry()
      let frame = try await context.freshTelemetry()
      guard let after = try await Self.flow(context, high: high, low: low, supply: supply) else { continue }
      let sourcing = before.source > Self.floor
      guard sourcing == (after.source > Self.floor) else { continue }
      let pair = (frame.balancingCurrent.magnitude, sourcing ? after.source : after.sink)
      if frame.balancingCurrent.isFinite, (frame.balancingCurrent < 0) != sourcing {
        contrary.append(pair)
      } else {
        telemetry.append(pair)
      }
    }
  }

  /// Runs of samples with one direction of current, in order of time.
  func phases() -> [Phase] {
    var phases: [Phase] = []
    var start = 0
    while start < samples.count {
      let direction = Self.direction(samples[start])
      var end = start
      while end + 1 < samples.count, Self.direction(samples[end + 1]) == direction { end += 1 }
      if let direction { phases.append(phase(start...end, sourcing: direction)) }
      start = end + 1
    }
    return phases
  }

  /// True while the highest cell gives, false while the lowest takes, nil while nothing flows.
  private static func direction(_ sample: Sample) -> Bool? {
    sample.source > floor ? true : sample.sink > floor ? false : nil
  }

  private func phase(_ range: ClosedRange<Int>, sourcing: Bool) -> Phase {
    let before = range.lowerBound > 0 ? samples[range.lowerBound - 1].at.seconds : nil
    let after = range.upperBound + 1 < samples.count ? samples[range.upperBound + 1].at.seconds : nil
    let first = samples[range.lowerBound].at.seconds
    let last = samples[range.upperBound].at.seconds
    let gaps = [before.map { first - $0 }, after.map { $0 - last }].compactMap { $0 }
    return Phase(
      sourcing: sourcing, samples: Array(samples[range]), begin: before.map { ($0 + first) / 2 } ?? first,
      end: after.map { ($0 + last) / 2 } ?? last, gap: gaps.max() ?? 0,
      complete: before != nil && after != nil)
  }

  /// What is wrong with the emulator's currents when the voltmeter at the unit's connector sees all in order; nil when
  /// they agree, or it cannot tell.
  func contradiction(_ recording: TransferRecording) -> String? {
    guard recording.alternates == true else { return nil }
    if let disorder {
      return "\(disorder) by the emulator, both in turn by the voltmeter at the unit's connector"
    }
    for phase in phases() where phase.complete {
      let seen = recording.durations(isOut: phase.sourcing)
      guard let nearest = seen.min(by: { ($0 - phase.duration).magnitude < ($1 - phase.duration).magnitude }),
        (nearest - phase.duration).magnitude > max(nearest, phase.duration) / 2
      else { continue }
      return "a phase of \(AnyQuantity(phase.duration, .time)) by the emulator, "
        + "of \(AnyQuantity(nearest, .time)) by the voltmeter at the unit's connector"
    }
    return nil
  }

  /// Whether the emulator's currents would fail the unit: worth asking another instrument while they flow.
  func isDoubtful(_ context: StepContext, setting: Double) -> Bool {
    if disorder != nil { return true }
    let u = context.uncertainty(.cells, "current", at: setting)
    let complete = phases().filter(\.complete)
    let fails = complete.contains {
      context.foresee("phase-duration", .init(reading: $0.duration), uncertainty: $0.edgeUncertainty) == .fail
        || context.foresee(
          "transfer-time", .init(reading: $0.charge / $0.mean), uncertainty: $0.edgeUncertainty)
          == .fail
    }
    return fails
      || ["source-current": true, "sink-current": false].contains { name, sourcing in
        let mean = mean(of: complete.filter { $0.sourcing == sourcing })
        return context.foresee(name, .init(reading: mean), uncertainty: u, nominal: .number(setting)) == .fail
      }
  }

  private func mean(of phases: [Phase]) -> Double {
    phases.map(\.mean).reduce(0, +) / Double(phases.count)
  }

  /// - Parameter witness: What the voltmeter saw when the emulator's currents were doubtful.
  func judge(_ context: StepContext, setting: Double, witness: TransferRecording?) {
    let by = context.bench.instrumentNames(.cells)
    let u = context.uncertainty(.cells, "current", at: setting)
    let complete = phases().filter(\.complete)
    for (name, sourcing) in [("source-current", true), ("sink-current", false)] {
      let mine = complete.filter { $0.sourcing == sourcing }
      context.measure(
        name, .init(reading: mean(of: mine)), uncertainty: u, nominal: .number(setting), by: by,
        note: "\(mine.count) phases")
    }
    durations(context, complete, witness)
    overlap(context, witness)
    context.measure("other-cells", .init(reading: otherCells), uncertainty: u, by: by)
    judgeTelemetry(context, u)
    plot(context)
  }

  /// The unit's current by magnitude; whether its sign follows the phase is another question.
  func judgeTelemetry(_ context: StepContext, _ u: Double, channel: String = "") {
    let by = ["unit"] + context.bench.instrumentNames(.cells)
    let frames = telemetry.isEmpty ? contrary : telemetry
    let difference = context.worst(frames.map { $0.unit - $0.rig })
    if let worst = frames.first(where: { $0.unit - $0.rig == difference }) {
      context.measure(
        "telemetry-current", channel: channel, .init(reading: worst.unit), uncertainty: u,
        nominal: .number(worst.rig), by: by, note: "worst of \(frames.count) frames")
    } else {
      context.measure(
        "telemetry-current", channel: channel, .missing("no frame fell into a steady phase"), by: by)
    }
  }

  /// Nil when no frame fell into a steady phase.
  var signFollowsPhase: Bool? {
    telemetry.isEmpty && contrary.isEmpty ? nil : telemetry.count > contrary.count
  }

  private func durations(_ context: StepContext, _ complete: [Phase], _ witness: TransferRecording?) {
    let by = context.bench.instrumentNames(.cells)
    // Without the other phase in between, a pause shorter than the sampling joins two phases.
    let obstacle = witness.flatMap(contradiction) ?? disorder
    let timed = obstacle == nil ? complete : []
    for (index, phase) in timed.enumerated() {
      let channel =
        "phase \(index + 1), \(phase.sourcing ? "out of" : "into") cell \(phase.sourcing ? high : low)"
      context.measure(
        "phase-duration", channel: channel, .init(reading: phase.duration),
        uncertainty: phase.edgeUncertainty,
        by: by
      )
      let charge = phase.charge
      context.measure(
        "transfer-time", channel: channel, .init(reading: charge / phase.mean),
        uncertainty: phase.edgeUncertainty,
        by: by,
        note: "\(AnyQuantity(charge, .charge))")
    }
    if timed.isEmpty {
      let why = obstacle ?? "no complete phase"
      context.measure("phase-duration", .missing(why), by: by)
      context.measure("transfer-time", .missing(why), by: by)
    }
  }

  /// Why the phases are not what a cycle looks like; nil when they are.
  var disorder: String? {
    if samples.contains(where: { $0.source > Self.floor && $0.sink > Self.floor }) {
      return "both cells carry current at once"
    }
    let order = phases().map(\.sourcing)
    if zip(order, order.dropFirst()).contains(where: { $0 == $1 }) {
      return "two phases of one direction in a row"
    }
    return order.contains(true) && order.contains(false) ? nil : "one direction only"
  }

  private func overlap(_ context: StepContext, _ witness: TransferRecording?) {
    let by = context.bench.instrumentNames(.cells)
    guard !phases().isEmpty else {
      context.measure("alternates", .missing("no current at the chosen cells"), by: by)
      return
    }
    if let why = witness.flatMap(contradiction) {
      context.measure("alternates", .missing(why), by: by + context.bench.instrumentNames(.cellReference))
    } else {
      context.measure("alternates", .flag(disorder == nil), by: by, note: disorder ?? "")
    }
  }

  func plot(_ context: StepContext, title: String = "balancing currents") {
    let times = samples.map(\.at.seconds)
    context.trace(
      title,
      [
        Trace.Series(
          name: "out of cell \(high)", dimension: .current, times: times, values: samples.map(\.source)),
        Trace.Series(
          name: "into cell \(low)", dimension: .current, times: times, values: samples.map(\.sink)),
      ])
  }
}

extension BalanceLog.Phase {
  /// Seconds, expanded (k = 2): each edge lies anywhere between two looks.
  var edgeUncertainty: Double { 2 * gap / 6.0.squareRoot() }

  /// Coulombs by the trapezoidal rule, with the edges half way to the neighbouring samples.
  var charge: Double {
    let values = samples.map { sourcing ? $0.source : $0.sink }
    guard let first = samples.first, let last = samples.last else { return 0 }
    var sum = values[0] * (first.at.seconds - begin) + values[values.count - 1] * (end - last.at.seconds)
    for index in values.indices.dropFirst() {
      sum += (values[index] + values[index - 1]) / 2 * (samples[index].at - samples[index - 1].at).seconds
    }
    return sum
  }
}
