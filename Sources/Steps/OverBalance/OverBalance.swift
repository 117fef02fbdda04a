import Capabilities
import CellModel
import Engine
import Model
import Ports
import Quantities

/// Cells so small that one transfer makes the highest the lowest: PRC-BAL-05.
public enum OverBalance: StepKind {
  public static let id = "over-balance"
  public static let writesSettings = true
  public static let summary =
    "Imitates cells of which one transfer swaps the highest and the lowest; the unit must then wait without current, "
    + "look again and go on with half the current. Records the lowest current seen and what it is after switching "
    + "off and on."
  public static let parameters = [
    FieldDeclaration(
      "capacity", .quantity(.charge, range: 18...3600), default: "0.05 Ah", doc: "of each modelled cell"),
    FieldDeclaration(
      "imbalance", .quantity(.charge, range: 0.36...360), default: "0.002 Ah", doc: "extra charge of one cell"
    ),
    FieldDeclaration(
      "state-of-charge", .quantity(.ratio, range: 0...1), required: false,
      doc: "of all other cells; left out, the one that rests where the chemistry may balance"),
    FieldDeclaration(
      "resistance", .quantity(.resistance, range: 0...0.01), default: "0.5 mΩ",
      doc: "series resistance of a cell"),
    FieldDeclaration(
      "current", .quantity(.current, range: 1...8), default: "4 A", doc: "balancing current to set"),
    FieldDeclaration(
      "start-difference", .quantity(.voltage, range: 0.001...0.5), default: "10 mV",
      doc: "start difference to set"),
    FieldDeclaration(
      "stop-difference", .quantity(.voltage, range: 0.001...0.5), default: "2 mV",
      doc: "stop difference to set; small, so that balancing does not end before the current was halved"),
    FieldDeclaration(
      "halvings", .integer(range: 1...6), default: "2", doc: "waits to go through, three minutes each"),
    FieldDeclaration(
      "period", .quantity(.time, range: 0.05...2), default: "500 ms", doc: "one turn of the loop"),
    FieldDeclaration(
      "gap-limit", .quantity(.time, range: 0.2...10), default: "2 s",
      doc: "longest time between two looks; a slower emulator is a rig error"),
    FieldDeclaration(
      "limit", .quantity(.time, range: 10...86_400), default: "1200 s", doc: "longest time for all of it"),
  ]
  public static let measurements = [
    MeasurementDeclaration(
      "wait", .time, "from the end of a transfer that swapped the cells to the next current"),
    MeasurementDeclaration("wait-current", .current, "largest cell current during the waits"),
    MeasurementDeclaration("halving", .ratio, "mean current after a wait over the one before"),
    MeasurementDeclaration("lowest-current", .current, optional: true, "lowest mean current of a transfer"),
    MeasurementDeclaration(
      "reset-current", .current, optional: true, "mean current after balancing was switched off and on"),
  ]
  public static let roles: [RoleName] = [.cells, .cellReference, .supplyCurrent]
  public static let uncertainties = BalancePair.uncertainties
  public static let sample = """
    - step: over-balance
      id: over-balance
      title: Too much moved at once
      measure:
        wait: overbalance-wait
        wait-current: overbalance-current
        halving: halving-ratio
        lowest-current: information
        reset-current: information
    """

  /// Manual section 7.2-1: shortest transfer.
  static let shortestTransfer = 2.0
  /// Difference with which the reset of the reduction is looked for.
  static let resetDifference = 0.05

  public static func limitsUsed(_ context: CheckContext) -> [String] {
    BalancePair.limitsUsed
  }

  public static func demands(_ context: CheckContext) -> [Demand] {
    guard let design = ConvergenceDesign(context.values, context.limits) else { return [] }
    let place = context.values.place("imbalance")
    return [
      Demand(
        role: .cells, quantity: design.highest.measured, purpose: "modelled cell with the most charge",
        place: place),
      BalancePair.demand(context, context.values.quantity("current"), key: "current"),
    ]
  }

  public static func findings(_ context: CheckContext) -> [Finding] {
    let values = context.values
    var findings = ConvergenceDesign(values, context.limits)?.findings(values) ?? []
    let least = values.quantity("current") * shortestTransfer
    if least < values.quantity("imbalance") {
      findings.append(
        Finding(
          place: values.place("imbalance"),
          message:
            "a transfer of \(TimeSpan(shortestTransfer)) moves \(Charge(least)), less than the imbalance: "
            + "the cells would not swap",
          suggestion: "choose a smaller imbalance or a larger current"))
    }
    return findings
  }

  public static func run(_ context: StepContext) async throws {
    let values = context.values
    let design = ConvergenceDesign(values, context.limits)!
    let extra = CellChoice.rotating(context.header.unit, count: context.cellCount)
    try await context.requireSetting("balancing", 0)
    try await context.requireSetting("balance-start-difference", values.quantity("start-difference"))
    try await context.requireSetting("balance-stop-difference", values.quantity("stop-difference"))
    try await context.requireSetting("balance-stop-voltage", design.others.base - 0.6)
    try await context.requireSetting("balance-start-voltage", design.others.base - 0.15)
    try await context.requireSetting("balance-current", values.quantity("current"))
    var loop = BalanceLoop(
      context: context, pack: design.pack(count: context.cellCount, extra: extra),
      corrections: context.memory.baseline["cell-error"] ?? [], feedsUnit: false)
    try await loop.begin()
    try await context.requireSetting("balancing", 1)
    var history = OverBalanceHistory(margin: values.quantity("stop-difference") + ConvergenceDesign.margin)
    try await follow(context, &loop, &history)
    judge(context, loop, history)
    loop.log.plot(context)
    try await reset(context)
  }

  private static func follow(
    _ context: StepContext, _ loop: inout BalanceLoop, _ history: inout OverBalanceHistory
  ) async throws {
    let begin = context.world.now
    let limit = begin + .seconds(context.values.quantity("limit"))
    let wanted = context.values.integer("halvings")
    var lastSurvey = begin
    while context.world.now < limit, history.halvings(loop.log).count < wanted {
      _ = try await loop.turn()
      history.follow(loop)
      if let cell = loop.pack.outOfRangeCells.first {
        return context.note("\(context.cell(cell)) left the range of its model; what follows says nothing")
      }
      guard let last = loop.log.lastFlow else {
        if context.world.now - begin > BalanceConvergence.reaction { return }
        continue
      }
      let quiet = context.world.now - last
      if quiet > OverBalanceHistory.silence { return }
      if quiet > OverBalanceHistory.beforeSurvey,
        context.world.now - lastSurvey > OverBalanceHistory.surveyInterval
      {
        lastSurvey = context.world.now
        history.surveyed(try await loop.survey(), loop.log)
      }
    }
  }

  private static func judge(_ context: StepContext, _ loop: BalanceLoop, _ history: OverBalanceHistory) {
    let by = context.bench.instrumentNames(.cells)
    let waits = history.waits(loop.log)
    let halvings = history.halvings(loop.log)
    let why = loop.log.firstFlow == nil ? "balancing did not start" : "no transfer swapped the cells"
    for (index, wait) in waits.enumerated() {
      context.measure(
        "wait", channel: "\(index + 1)", .init(reading: wait.seconds), uncertainty: wait.gap, by: by,
        note: wait.note)
    }
    if waits.isEmpty { context.measure("wait", .missing(why), by: by) }
    if let worst = history.worstWhileWaiting {
      context.measure(
        "wait-current", .init(reading: worst), uncertainty: context.uncertainty(.cells, "current"), by: by,
        note: "\(history.surveys) looks at all cells")
    } else {
      context.measure("wait-current", .missing("there was no wait to look into"), by: by)
    }
    for (index, pair) in halvings.enumerated() {
      let u = 2.0.squareRoot() * context.uncertainty(.cells, "current") / pair.after
      context.measure(
        "halving", channel: "\(index + 1)", .init(reading: pair.after / pair.before), uncertainty: u, by: by,
        note: "\(context.text(pair.before, .current)), then \(context.text(pair.after, .current))")
    }
    if halvings.isEmpty { context.measure("halving", .missing(why), by: by) }
    if let lowest = loop.log.transfers.map(\.mean).filter(\.isFinite).min() {
      context.measure(
        "lowest-current", .init(reading: lowest),
        uncertainty: context.uncertainty(.cells, "current", at: lowest),
        by: by, note: "the manual names no lower end")
    }
  }

  /// What the current is after the switch was off: the manual does not say when the reduction ends.
  private static func reset(_ context: StepContext) async throws {
    let level = context.balanceVoltage
    var pair = BalancePair(context)
    try await pair.begin(level: level)
    try await pair.set(level: level, difference: resetDifference)
    try await context.requireSetting("balancing", 1)
    let by = context.bench.instrumentNames(.cells)
    if try await pair.awaitFlow(within: BalanceConvergence.reaction.seconds) != nil {
      let log = try await BalanceLog.record(
        context, high: pair.high, low: pair.low, cycles: 1, supply: pair.supply, comparing: false)
      let phases = log.phases().filter(\.complete)
      let mean = phases.map(\.mean).reduce(0, +) / Double(phases.count)
      context.measure(
        "reset-current", .init(reading: mean), uncertainty: context.uncertainty(.cells, "current", at: mean),
        by: by)
    } else {
      context.measure("reset-current", .missing("balancing did not start again"), by: by)
    }
    try await pair.end()
  }
}
