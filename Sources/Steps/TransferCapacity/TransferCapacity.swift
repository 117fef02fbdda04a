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
      "cycles", .integer(range: 1...50), default: "3", doc: "full cycles at each current"),
    FieldDeclaration(
      "reaction", .quantity(.time, range: 1...60), default: "15 s", doc: "longest wait for the first current"),
  ]
  public static let measurements = [
    MeasurementDeclaration("transfer-time", .time, "charge of each transfer over the set current"),
    MeasurementDeclaration("transfer-charge", .charge, optional: true, "mean charge of a transfer"),
    MeasurementDeclaration(
      "efficiency", .ratio, "energy into the lowest cell over energy out of the highest, at the connector"),
  ]
  public static let roles = BalancePair.roles + [.cellReference]
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
        context, high: pair.high, low: pair.low, cycles: 1, supply: pair.supply, comparing: false)
      let recording = try await TransferRecording.record(
        context, pair, cycles: values.integer("cycles"), limit: BalanceLog.cycleLimit)
      judge(context, TransferCount(log: log, recording: recording), current)
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

  private static func judge(_ context: StepContext, _ count: TransferCount, _ current: Double) {
    let by = context.bench.instrumentNames(.cells) + context.bench.instrumentNames(.cellReference)
    let name = context.text(current, .current)
    let gain = context.uncertainty(.cells, "current", at: current) / current
    let transfers = count.transfers
    if let why = count.obstacle { return missing(context, current, why) }
    for (index, transfer) in transfers.enumerated() {
      let seconds = transfer.charge / current
      context.measure(
        "transfer-time", channel: "\(name), \(transfer.isOut ? "out" : "in") \(index + 1)",
        .init(reading: seconds), uncertainty: hypotenuse(transfer.edgeUncertainty, gain * seconds), by: by,
        note: AnyQuantity(transfer.charge, .charge).formatted(significant: 4))
    }
    for (side, isOut) in [("out", true), ("in", false)] {
      let mine = transfers.filter { $0.isOut == isOut }
      guard !mine.isEmpty else { continue }
      let mean = mine.map(\.charge).reduce(0, +) / Double(mine.count)
      let edges = mine.map { current * $0.edgeUncertainty }.reduce(0, hypotenuse) / Double(mine.count)
      context.measure(
        "transfer-charge", channel: "\(name), \(side)", .init(reading: mean),
        uncertainty: hypotenuse(edges, gain * mean), by: by, note: "mean of \(mine.count)")
    }
    guard let efficiency = count.efficiency else {
      context.measure("efficiency", channel: name, .missing("no complete cycle"), by: by)
      return
    }
    context.measure(
      "efficiency", channel: name, .init(reading: efficiency.value), uncertainty: efficiency.uncertainty,
      by: by,
      note: "\(efficiency.cycles) cycles, voltages at the unit's connector")
  }
}
