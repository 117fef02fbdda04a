import Capabilities
import Engine
import Model
import Ports
import Quantities

/// What one transfer moves, against the manual's formula, and what is lost on the way: PRC-BAL-04.
///
/// The manual's I / 3600 × t with t = 2 … 5 s is judged as charge over set current, which must then be 2 … 5 s.
public enum TransferCapacity: StepKind {
  public static let id = "transfer-capacity"
  public static let writesSettings = true
  public static let summary =
    "Counts the charge of each transfer out of the highest and into the lowest cell at each set current, compares it "
    + "with the manual's formula and divides the energies at the unit's connector."
  public static let parameters = [
    FieldDeclaration(
      "currents", .list(of: .quantity(.current, range: 1...8)), default: "1 A, 4 A, 8 A",
      doc: "balancing currents to set"),
    FieldDeclaration(
      "difference", .quantity(.voltage, range: 0.01...0.5), default: "50 mV",
      doc: "difference between the chosen cells"),
    FieldDeclaration(
      "cycles", .integer(range: 1...50), default: "5",
      doc: "full cycles at each current; the error of the efficiency falls with their root"),
    FieldDeclaration(
      "reaction", .quantity(.time, range: 1...60), default: "15 s", doc: "longest wait for the first current"),
  ]
  public static let measurements = [
    MeasurementDeclaration("transfer-time", .time, "charge of each transfer over the set current"),
    MeasurementDeclaration("transfer-charge", .charge, optional: true, "mean charge of a transfer"),
    MeasurementDeclaration(
      "efficiency", .ratio, "energy into the lowest cell over energy out of the highest, at the connector"),
  ]
  public static let roles = BalancePair.roles
  public static let uncertainties = BalancePair.uncertainties
  public static let sample = """
    - step: transfer-capacity
      id: transfer-capacity
      title: Charge of a transfer and efficiency
      measure:
        transfer-time: transfer-time
        transfer-charge: information
        efficiency: balance-efficiency
    """

  static let differences = (start: 0.005, stop: 0.002)

  public static func limitsUsed(_ context: CheckContext) -> [String] { BalancePair.limitsUsed }

  public static func demands(_ context: CheckContext) -> [Demand] {
    [BalancePair.demand(context, context.values.quantities("currents").max() ?? 0, key: "currents")]
  }

  public static func run(_ context: StepContext) async throws {
    let values = context.values
    let level = context.balanceVoltage
    var pair = BalancePair(context)
    try await pair.begin(level: level)
    for current in values.quantities("currents") {
      try await context.requireSetting("balancing", 0)
      try await pair.configure(
        start: differences.start, stop: differences.stop, current: current, level: level)
      try await pair.set(level: level, difference: values.quantity("difference"))
      try await context.requireSetting("balancing", 1)
      guard try await pair.awaitFlow(within: values.quantity("reaction")) != nil else {
        missing(context, current, "balancing did not start")
        continue
      }
      let log = try await BalanceLog.record(
        context, high: pair.high, low: pair.low, cycles: values.integer("cycles"), supply: pair.supply,
        comparing: false)
      judge(context, log, current, level: level)
      log.plot(context, title: "transfers at \(context.text(current, .current))")
    }
    try await pair.end()
  }

  private static func missing(_ context: StepContext, _ current: Double, _ why: String) {
    for name in ["transfer-time", "efficiency"] {
      context.measure(
        name, channel: context.text(current, .current), .missing(why),
        by: context.bench.instrumentNames(.cells))
    }
  }

  private static func judge(_ context: StepContext, _ log: BalanceLog, _ current: Double, level: Double) {
    let by = context.bench.instrumentNames(.cells)
    let name = context.text(current, .current)
    let complete = log.phases().filter(\.complete)
    let gain = context.uncertainty(.cells, "current", at: current) / current
    guard !complete.isEmpty else { return missing(context, current, "no complete phase") }
    for (index, phase) in complete.enumerated() {
      let seconds = phase.charge / current
      context.measure(
        "transfer-time", channel: "\(name), \(phase.sourcing ? "out" : "in") \(index + 1)",
        .init(reading: seconds), uncertainty: hypotenuse(phase.edgeUncertainty, gain * seconds), by: by,
        note: AnyQuantity(phase.charge, .charge).formatted(significant: 4))
    }
    for (side, sourcing) in [("out", true), ("in", false)] {
      let mine = complete.filter { $0.sourcing == sourcing }
      guard !mine.isEmpty else { continue }
      let mean = mine.map(\.charge).reduce(0, +) / Double(mine.count)
      let edges = mine.map { current * $0.edgeUncertainty }.reduce(0, hypotenuse) / Double(mine.count)
      context.measure(
        "transfer-charge", channel: "\(name), \(side)", .init(reading: mean),
        uncertainty: hypotenuse(edges, gain * mean), by: by, note: "mean of \(mine.count)")
    }
    efficiency(context, log, current, level: level)
  }

  /// Energies at the unit's connector: the leads between emulator and unit are the rig's. Their voltage drop is taken
  /// from the rig file's resistance of a lead; each cell has two.
  private static func efficiency(_ context: StepContext, _ log: BalanceLog, _ current: Double, level: Double)
  {
    let name = context.text(current, .current)
    let by = context.bench.instrumentNames(.cells)
    let complete = log.phases().filter(\.complete)
    let out = complete.filter(\.sourcing)
    let into = complete.filter { !$0.sourcing }
    let count = min(out.count, into.count)
    guard count > 0, log.disorder == nil else {
      context.measure(
        "efficiency", channel: name, .missing(log.disorder ?? "no complete cycle"), by: by)
      return
    }
    let leads = 2 * context.bench.rig.wiring.cellLeadResistance.base
    let half = context.values.quantity("difference") / 2
    func energy(_ phases: ArraySlice<BalanceLog.Phase>, _ volts: Double, _ sign: Double) -> Double {
      phases.map { $0.charge * (volts + sign * leads * $0.mean) }.reduce(0, +)
    }
    let taken = energy(out.prefix(count), level + half, -1)
    let given = energy(into.prefix(count), level - half, 1)
    // Edges are independent from phase to phase; the emulator's gain cancels.
    let relative =
      (out.prefix(count) + into.prefix(count)).map { $0.edgeUncertainty / $0.duration }
      .reduce(0, hypotenuse) / Double(count)
    context.measure(
      "efficiency", channel: name, .init(reading: given / taken), uncertainty: relative * given / taken,
      by: by,
      note: "\(count) cycles; leads of \(Resistance(leads)) per cell taken out")
  }
}

extension BalanceLog.Phase {
  /// Seconds, expanded (k = 2): both edges lie anywhere between two looks.
  var edgeUncertainty: Double { 2 * gap / 6.0.squareRoot() }
}
