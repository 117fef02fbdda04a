import Capabilities
import Engine
import Model
import Ports
import Quantities

/// No balancing while anything is wrong, and what happens afterwards: PRC-BAL-06.
///
/// "Nothing flows" also describes a balancer that is dead: only a fault after whose end balancing is seen counts.
public enum BalanceInhibit: StepKind {
  public static let id = "balance-inhibit"
  public static let writesSettings = true
  public static let summary =
    "Provokes one fault after the other while the cells invite balancing, enables it and watches all cells; then "
    + "removes the fault and waits until balancing is seen, which proves that it was the fault that held it back."
  public static let parameters = [
    FieldDeclaration(
      "faults", .list(of: .choice(BalanceFault.allCases.map(\.rawValue))),
      default: BalanceFault.allCases.map(\.rawValue).joined(separator: ", "),
      doc: "faults to provoke, in order"),
    FieldDeclaration(
      "current", .quantity(.current, range: 1...8), default: "1 A", doc: "balancing current to set"),
    FieldDeclaration(
      "difference", .quantity(.voltage, range: 0.01...0.5), default: "50 mV",
      doc: "difference between the chosen cells"),
    FieldDeclaration(
      "watch", .quantity(.time, range: 1...120), default: "10 s", doc: "time in which nothing may flow"),
    FieldDeclaration(
      "limit", .quantity(.time, range: 1...300), default: "20 s",
      doc: "longest wait for a fault to be reported, and for its end"),
    FieldDeclaration(
      "reaction", .quantity(.time, range: 1...60), default: "15 s",
      doc: "longest wait for balancing after the fault"),
  ]
  public static let measurements = [
    MeasurementDeclaration("inhibited", .current, "largest cell current while the fault is reported"),
    MeasurementDeclaration(
      "enable-accepted", nil, optional: true, "the switch reads back as on during the fault"),
    MeasurementDeclaration(
      "resumption", .time, optional: true, "from the cells inviting again to the first current"),
    MeasurementDeclaration(
      "resumes-alone", nil, optional: true, "balancing began without being switched off and on"),
  ]
  public static let roles = BalancePair.roles + [.thermistors, .nodeRelays]
  public static let uncertainties = BalancePair.uncertainties
  public static let sample = """
    - step: balance-inhibit
      id: inhibit
      title: No balancing during a fault
      faults: [string-count, overcharge, over-discharge, hot, open-wire]
      measure:
        inhibited: balance-inhibited
        enable-accepted: information
        resumption: information
        resumes-alone: information
    """

  /// Seconds at rest after a fault is no longer reported: recovery delays of cells are about a second (project
  /// default).
  static let recoveryDwell = 3.0
  static let differences = (start: 0.02, stop: 0.01)

  public static func limitsUsed(_ context: CheckContext) -> [String] {
    BalancePair.limitsUsed + BalanceFault.limitsUsed
  }

  public static func demands(_ context: CheckContext) -> [Demand] {
    let place = context.values.place("faults")
    let volts = context.limits.nominal("ovp-trip").map { $0 + BalanceFault.beyond }
    return [BalancePair.demand(context, context.values.quantity("current"), key: "current")]
      + (volts.map {
        [Demand(role: .cells, quantity: AnyQuantity($0, .voltage), purpose: "overcharge", place: place)]
      } ?? [])
  }

  public static func run(_ context: StepContext) async throws {
    let values = context.values
    let level = context.balanceVoltage
    var pair = BalancePair(context)
    try await pair.begin(level: level)
    try await pair.configure(
      start: differences.start, stop: differences.stop, current: values.quantity("current"), level: level)
    for name in values.texts("faults") {
      guard let fault = BalanceFault(rawValue: name) else { continue }
      try await context.requireSetting("balancing", 0)
      try await pair.set(level: level, difference: values.quantity("difference"))
      try await episode(context, pair, fault, level: level)
    }
    try await pair.end()
  }

  private static func episode(
    _ context: StepContext, _ pair: BalancePair, _ fault: BalanceFault, level: Double
  )
    async throws
  {
    let values = context.values
    let limit = values.quantity("limit")
    try await fault.provoke(context, pair)
    let seen = try await context.waitForTelemetry(within: limit, fault.isReported)
    var worst = 0.0
    if seen != nil {
      // A unit may refuse to be switched on: that is another way of not balancing.
      let proof = try await context.writeSetting("balancing", 1)
      context.measure(
        "enable-accepted", channel: fault.rawValue, .flag(proof.proven), by: ["unit"],
        note: proof.words(.count))
      worst = try await pair.largest(over: values.quantity("watch"))
      // Nothing is left to prove, and no wire may be closed onto a cell that the balancer drives off its voltage.
      if worst > fault.floor { try await context.requireSetting("balancing", 0) }
    }
    try await fault.remove(context)
    // Where balancing is only possible above the recovery level of overcharge, the cells go below it first.
    try await context.bench.setAllCells(context.restVoltage)
    let by = context.bench.instrumentNames(.cells)
    guard seen != nil else {
      context.measure(
        "inhibited", channel: fault.rawValue,
        .missing("the unit does not report the fault within \(TimeSpan(limit))"), by: ["unit"])
      return
    }
    let u = context.uncertainty(.cells, "current")
    var isTelling = worst > fault.floor
    if !isTelling { isTelling = try await resumption(context, pair, fault, level: level) }
    if isTelling {
      context.measure("inhibited", channel: fault.rawValue, .init(reading: worst), uncertainty: u, by: by)
    } else {
      context.measure(
        "inhibited", channel: fault.rawValue,
        .missing("balancing did not come after the fault either: what held it back is not known"), by: by)
    }
  }

  /// Waits for balancing after the fault, with a push when it does not come by itself.
  private static func resumption(
    _ context: StepContext, _ pair: BalancePair, _ fault: BalanceFault, level: Double
  ) async throws -> Bool {
    let values = context.values
    let by = context.bench.instrumentNames(.cells)
    guard
      try await context.waitForTelemetry(within: values.quantity("limit"), { !fault.isReported($0) }) != nil
    else {
      context.note(
        "\(fault.rawValue): still reported \(TimeSpan(values.quantity("limit"))) after it was removed")
      return false
    }
    // The report may end before the protection's own recovery delay has.
    try await context.sleep(recoveryDwell)
    try await pair.set(level: level, difference: values.quantity("difference"))
    let clear = context.world.now
    if let flow = try await pair.awaitFlow(within: values.quantity("reaction")) {
      context.measure("resumes-alone", channel: fault.rawValue, .flag(true), by: by)
      context.measure(
        "resumption", channel: fault.rawValue, .init(reading: (flow - clear).seconds), uncertainty: 1, by: by)
      return true
    }
    try await context.requireSetting("balancing", 0)
    try await context.requireSetting("balancing", 1)
    let pushed = try await pair.awaitFlow(within: values.quantity("reaction")) != nil
    context.measure("resumes-alone", channel: fault.rawValue, .flag(false), by: by)
    context.measure(
      "resumption", channel: fault.rawValue,
      .missing(pushed ? "only after switching off and on" : "not even after switching off and on"), by: by)
    return pushed
  }
}
