import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Currents and phases over the range of settings and differences: PRC-BAL-02.
public enum BalanceCurrent: StepKind {
  public static let id = "balance-current"
  public static let writesSettings = true
  public static let summary =
    "Sets each balancing current and each difference in turn and records the currents of both chosen cells: mean, "
    + "spread over the differences, peak, phases, other cells, telemetry, and no supercapacitor alarm meanwhile."
  public static let parameters = [
    FieldDeclaration(
      "currents", .list(of: .quantity(.current, range: 1...8)), default: "1 A, 4 A, 8 A",
      doc: "balancing currents to set"),
    FieldDeclaration(
      "differences", .list(of: .quantity(.voltage, range: 0.008...0.5)),
      default: "10 mV, 30 mV, 100 mV, 300 mV", doc: "differences between the chosen cells"),
    FieldDeclaration("cycles", .integer(range: 1...10), default: "1", doc: "full cycles at each point"),
    FieldDeclaration(
      "reaction", .quantity(.time, range: 1...60), default: "15 s", doc: "longest wait for the first current"),
  ]
  public static let measurements = [
    MeasurementDeclaration("source-current", .current, "mean of the flat part, out of the highest cell"),
    MeasurementDeclaration("sink-current", .current, "mean of the flat part, into the lowest cell"),
    MeasurementDeclaration(
      "spread", .ratio, "largest less smallest mean over all differences, over the set current"),
    MeasurementDeclaration("peak", .current, "largest current seen at all"),
    MeasurementDeclaration(
      "telemetry-current", .current, "the unit's balancing current against the emulator"),
    MeasurementDeclaration(
      "telemetry-sign", nil, "the unit's current is negative while a cell gives, else positive"),
    MeasurementDeclaration(
      "other-cells", .current, "largest current of any other cell beyond the supply current"),
    MeasurementDeclaration("alternates", nil, "phases alternate and never overlap"),
    MeasurementDeclaration(
      "phase-duration", .time, "each complete phase at the smallest and the largest difference"),
    MeasurementDeclaration(
      "duty", .ratio, optional: true, "time in which the highest cell gives, over a cycle"),
    MeasurementDeclaration(
      "supercapacitor-alarm", .count, "groups of four beeps with the red light while it balanced"),
  ]
  public static let roles = BalancePair.roles + [.cellReference, .buzzer, .redLED]
  public static let uncertainties = BalancePair.uncertainties
  public static let sample = """
    - step: balance-current
      id: balance-current
      title: Balancing current over its range
      currents: [1 A, 4 A, 8 A]
      differences: [10 mV, 30 mV, 100 mV, 300 mV]
      measure:
        source-current: balance-current-error
        sink-current: balance-current-error
        spread: balance-current-spread
        peak: balance-current-peak
        telemetry-current: balance-telemetry-error
        telemetry-sign: balance-telemetry-sign
        other-cells: other-cell-current
        alternates: phases-alternate
        phase-duration: phase-duration
        duty: information
        supercapacitor-alarm: supercapacitor-alarm
    """

  static let differences = (start: 0.005, stop: 0.002)
  /// Beeps of the supercapacitor's over-voltage code (manual section 10.2 no. 3).
  static let alarmBursts = 4

  public static func limitsUsed(_ context: CheckContext) -> [String] { BalancePair.limitsUsed }

  public static func demands(_ context: CheckContext) -> [Demand] {
    [BalancePair.demand(context, context.values.quantities("currents").max() ?? 0, key: "currents")]
  }

  public static func findings(_ context: CheckContext) -> [Finding] {
    ["currents", "differences"].filter { context.values.quantities($0).isEmpty }.map {
      Finding(place: context.values.place($0), message: "'\($0)' is empty", suggestion: "name at least one")
    }
  }

  public static func run(_ context: StepContext) async throws {
    let level = context.balanceVoltage
    var pair = BalancePair(context)
    let begin = context.world.now
    try await pair.begin(level: level)
    var peak = 0.0
    for current in context.values.quantities("currents") {
      peak = max(peak, try await point(context, pair, current, level: level))
    }
    let by = context.bench.instrumentNames(.cells)
    context.measure(
      "peak", .init(reading: peak > 0 ? peak : .nan),
      uncertainty: context.uncertainty(.cells, "current", at: peak),
      by: by)
    try await pair.end()
    try await alarms(context, since: begin, balanced: peak > 0)
  }

  /// All differences at one current.
  /// - Returns: The largest current seen, 0 when none flowed.
  private static func point(_ context: StepContext, _ pair: BalancePair, _ current: Double, level: Double)
    async throws -> Double
  {
    let name = context.text(current, .current)
    try await context.requireSetting("balancing", 0)
    try await pair.configure(
      start: differences.start, stop: differences.stop, current: current, level: level)
    let wanted = context.values.quantities("differences")
    try await pair.set(level: level, difference: wanted[0])
    try await context.requireSetting("balancing", 1)
    guard try await pair.awaitFlow(within: context.values.quantity("reaction")) != nil else {
      missing(context, channel: name)
      return 0
    }
    var means: [(source: Double, sink: Double)] = []
    var peak = 0.0
    for (index, difference) in wanted.enumerated() {
      try await pair.set(level: level, difference: difference)
      let log = try await BalanceLog.record(
        context, high: pair.high, low: pair.low, cycles: context.values.integer("cycles"),
        supply: pair.supply,
        comparing: index == 0)
      let channel = "\(name), \(context.text(difference, .voltage))"
      let judgement = BalanceJudgement(context: context, log: log, setting: current, channel: channel)
      means.append(judgement.means())
      var recording: TransferRecording?
      if index == 0 || index == wanted.count - 1 {
        let timed = try await TransferRecording.record(
          context, pair, cycles: context.values.integer("cycles") + 1, limit: BalanceLog.cycleLimit)
        judgement.durations(timed)
        recording = timed
      }
      judgement.order(recording)
      if index == 0 {
        judgement.comparisons(channel: name)
        log.plot(context, title: "balancing currents at \(channel)")
      }
      peak = max(peak, log.samples.map { max($0.source, $0.sink) }.max() ?? 0)
    }
    spread(context, means, current, channel: name)
    return peak
  }

  private static func missing(_ context: StepContext, channel: String) {
    for name in [
      "source-current", "sink-current", "spread", "telemetry-current", "telemetry-sign", "other-cells",
      "alternates", "phase-duration",
    ] {
      context.measure(
        name, channel: channel, .missing("balancing did not start"), by: context.bench.instrumentNames(.cells)
      )
    }
  }

  private static func spread(
    _ context: StepContext, _ means: [(source: Double, sink: Double)], _ current: Double, channel: String
  ) {
    for (side, values) in [("out", means.map(\.source)), ("in", means.map(\.sink))] {
      let known = values.allSatisfy(\.isFinite)
      let spread = known ? (values.max()! - values.min()!) / current : .nan
      // The emulator's gain is the same for all; its offset counts twice.
      context.measure(
        "spread", channel: "\(channel), \(side)", .init(reading: spread),
        uncertainty: 2.0.squareRoot() * context.uncertainty(.cells, "current") / current,
        by: context.bench.instrumentNames(.cells), note: "\(values.count) differences")
    }
  }

  private static func alarms(_ context: StepContext, since begin: WorldInstant, balanced: Bool) async throws {
    let bench = context.bench
    let by = bench.instrumentNames(.buzzer) + bench.instrumentNames(.redLED)
    guard balanced else {
      context.measure("supercapacitor-alarm", .missing("it did not balance"), by: by)
      return
    }
    let sound = try await bench.buzzer(from: begin, to: context.world.now)
    let red = try await bench.edges(.redLED, since: .start)
    let alarms = sound.groups(gap: IndicatorWatch.groupGap).filter { group in
      group.count == alarmBursts && group.allSatisfy { IndicatorWatch.isLit(red, during: $0) }
    }
    context.measure("supercapacitor-alarm", .number(Double(alarms.count)), uncertainty: 0, by: by)
  }
}
