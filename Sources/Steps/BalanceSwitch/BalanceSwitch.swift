import Capabilities
import Engine
import Model
import Ports
import Quantities

/// The switch of the balancer: it reads back, and what it says happens. SPEC-BAL-17, with the beep and the light of
/// PRC-IND-02.
public enum BalanceSwitch: StepKind {
  public static let id = "balance-switch"
  public static let writesSettings = true
  public static let summary =
    "With cells that invite balancing, toggles the balancing switch off, on and off: each reads back, nothing flows "
    + "while it is off, current flows, the buzzer sounds and the yellow light flashes while it is on."
  public static let parameters = [
    FieldDeclaration(
      "current", .quantity(.current, range: 1...8), default: "1 A", doc: "balancing current to set"),
    FieldDeclaration(
      "difference", .quantity(.voltage, range: 0.01...0.5), default: "50 mV",
      doc: "difference between the chosen cells"),
    FieldDeclaration(
      "watch", .quantity(.time, range: 3...60), default: "6 s",
      doc: "time in which nothing may flow while off"),
    FieldDeclaration(
      "reaction", .quantity(.time, range: 1...60), default: "15 s",
      doc: "longest wait for current and for its end"),
  ]
  public static let measurements = [
    MeasurementDeclaration("toggles", nil, "the switch reads back as written"),
    MeasurementDeclaration("off-current", .current, "largest cell current while it is off"),
    MeasurementDeclaration("works", nil, "current flows when it is on and ends when it is off"),
    MeasurementDeclaration(
      "beeps", .count, "bursts from switching on to some seconds after the first current"),
    MeasurementDeclaration("beep-time", .time, "from switching on to the first burst"),
    MeasurementDeclaration("yellow-light", nil, "yellow light while balancing"),
    MeasurementDeclaration("status", nil, "the unit reports balancing while current flows"),
    MeasurementDeclaration("start-delay", .time, optional: true, "from switching on to the first current"),
  ]
  public static let roles = BalancePair.roles + [.yellowLED, .buzzer]
  public static let uncertainties = BalancePair.uncertainties
  public static let sample = """
    - step: balance-switch
      id: balance-switch
      title: Balancing switch
      measure:
        toggles: balance-switch
        off-current: balance-off-current
        works: balance-switch
        beeps: balance-beep
        beep-time: balance-beep-time
        yellow-light: yellow-led-balancing
        status: balance-status
        start-delay: information
    """

  static let differences = (start: 0.02, stop: 0.01)
  /// Seconds of light that are classified, longer than two telemetry periods.
  static let lightWindow = 2.2
  /// Sensors' and link's part in the time of a beep.
  static let beepUncertainty = 0.1

  public static func limitsUsed(_ context: CheckContext) -> [String] { BalancePair.limitsUsed }

  public static func demands(_ context: CheckContext) -> [Demand] {
    [BalancePair.demand(context, context.values.quantity("current"), key: "current")]
  }

  public static func run(_ context: StepContext) async throws {
    let values = context.values
    let level = context.balanceVoltage
    var pair = BalancePair(context)
    try await pair.begin(level: level)
    try await pair.configure(
      start: differences.start, stop: differences.stop, current: values.quantity("current"), level: level)
    try await toggle(context, to: 0, channel: "off")
    try await pair.set(level: level, difference: values.quantity("difference"))
    let before = try await offCurrent(context, pair, channel: "before")
    let asked = context.world.now
    try await toggle(context, to: 1, channel: "on")
    let flow = try await pair.awaitFlow(within: values.quantity("reaction"))
    let by = context.bench.instrumentNames(.cells)
    if let flow {
      context.measure("works", channel: "on", .flag(true), by: by)
      context.measure(
        "start-delay", .init(reading: (flow - asked).seconds), uncertainty: 1, by: by)
      try await signs(
        context, asked: asked, flow: context.world.now, balancedBefore: before > BalancePair.floor)
    } else {
      context.measure("works", channel: "on", .flag(false), by: by, note: "no current")
      for name in ["beeps", "beep-time", "yellow-light", "status"] {
        context.measure(name, .missing("balancing did not start"), by: by)
      }
    }
    try await toggle(context, to: 0, channel: "off again")
    if flow != nil {
      let ended = try await pair.awaitQuiet(3, within: values.quantity("reaction"))
      context.measure("works", channel: "off again", .flag(ended != nil), by: by)
      _ = try await offCurrent(context, pair, channel: "after")
    }
    try await context.bench.setAllCells(context.restVoltage)
  }

  private static func toggle(_ context: StepContext, to value: Double, channel: String) async throws {
    let proof = try await context.writeSetting("balancing", value)
    context.measure(
      "toggles", channel: channel, .flag(proof.proven), by: ["unit"], note: proof.words(.count))
  }

  private static func offCurrent(_ context: StepContext, _ pair: BalancePair, channel: String) async throws
    -> Double
  {
    let worst = try await pair.largest(over: context.values.quantity("watch"))
    context.measure(
      "off-current", channel: channel, .init(reading: worst),
      uncertainty: context.uncertainty(.cells, "current"),
      by: context.bench.instrumentNames(.cells))
    return worst
  }

  private static func signs(
    _ context: StepContext, asked: WorldInstant, flow: WorldInstant, balancedBefore: Bool
  ) async throws {
    try await context.sleep(lightWindow)
    let frame = try await context.freshTelemetry()
    context.measure("status", .flag(frame.isBalancing), by: ["unit"], note: frame.status)
    try await context.measureLight("yellow-light", .yellow, from: flow)
    let by = context.bench.instrumentNames(.buzzer)
    guard !balancedBefore else {
      for name in ["beeps", "beep-time"] { context.measure(name, .missing("it balanced before"), by: by) }
      return
    }
    let bursts = try await context.bench.buzzer(from: asked, to: context.world.now).bursts
    context.measure("beeps", .number(Double(bursts.count)), uncertainty: 0, by: by)
    if let first = bursts.first {
      context.measure(
        "beep-time", .init(reading: (first.at - asked).seconds), uncertainty: beepUncertainty, by: by)
    } else {
      context.measure("beep-time", .missing("no beep"), by: by)
    }
  }
}
