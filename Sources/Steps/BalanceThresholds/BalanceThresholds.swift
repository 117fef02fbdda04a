import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Where balancing begins and ends: differences and voltages, PRC-BAL-01.
///
/// Staircases from the side where the unit must stay as it is. The two-sided experiment of SPEC-BAL-10: start and stop
/// voltage are found apart from each other, the start while rising, the stop while falling.
public enum BalanceThresholds: StepKind {
  public static let id = "balance-thresholds"
  public static let writesSettings = true
  public static let summary =
    "Finds by staircases, as the unit sees its cells, the differences at which balancing starts and stops and the "
    + "common voltages at which it may start and must stop; looks at status and yellow light before and after."
  public static let parameters = [
    FieldDeclaration(
      "start-differences", .list(of: .quantity(.voltage, range: 0.004...0.5)), default: "5 mV, 10 mV, 50 mV",
      doc: "start differences to set, one staircase each"),
    FieldDeclaration(
      "stop-difference", .quantity(.voltage, range: 0.004...0.5), default: "5 mV",
      doc: "stop difference to set and to find"),
    FieldDeclaration(
      "window", .quantity(.voltage, range: 0.001...0.02), default: "3 mV",
      doc: "a staircase begins and ends this far from a difference"),
    FieldDeclaration(
      "difference-step", .quantity(.voltage, range: 0.0002...0.005), default: "1 mV",
      doc: "step of the differences"),
    FieldDeclaration(
      "voltages", .choice(["both", "start", "none"]), default: "both", doc: "which voltages to find too"),
    FieldDeclaration(
      "voltage-window", .quantity(.voltage, range: 0.002...0.05), default: "8 mV",
      doc: "a staircase begins and ends this far from a voltage"),
    FieldDeclaration(
      "voltage-step", .quantity(.voltage, range: 0.0005...0.01), default: "2 mV", doc: "step of the voltages"),
    FieldDeclaration(
      "current", .quantity(.current, range: 1...8), default: "1 A", doc: "balancing current to set"),
    FieldDeclaration(
      "dwell", .quantity(.time, range: 2...60), default: "10 s",
      doc: "time for balancing to start at each stair; longer than the unit's own delay"),
    FieldDeclaration(
      "stop-dwell", .quantity(.time, range: 5...60), default: "13 s",
      doc: "time for balancing to stop at each stair; longer than a whole cycle"),
    FieldDeclaration(
      "quiet", .quantity(.time, range: 1...30), default: "3 s",
      doc: "time without current after which it has stopped; longer than the pause between transfers"),
  ]
  public static let measurements = [
    MeasurementDeclaration(
      "start-difference-error", .voltage, "difference at which balancing started, less the setting"),
    MeasurementDeclaration(
      "stop-difference-error", .voltage, "difference at which balancing stopped, less the setting"),
    MeasurementDeclaration(
      "start-voltage-error", .voltage, "common voltage at which balancing started, less the setting"),
    MeasurementDeclaration(
      "stop-voltage-error", .voltage, optional: true,
      "common voltage at which balancing stopped, less the setting"),
    MeasurementDeclaration(
      "hysteresis", .voltage, optional: true, "start voltage found less stop voltage found"),
    MeasurementDeclaration("status", nil, "the status says balancing while current flows, and not after"),
    MeasurementDeclaration("yellow-light", nil, "yellow light while balancing"),
    MeasurementDeclaration("yellow-complete", nil, "yellow light after the difference was closed"),
  ]
  public static let roles = BalancePair.roles + [.yellowLED]
  public static let uncertainties = BalancePair.uncertainties
  public static let sample = """
    - step: balance-thresholds
      id: thresholds
      title: Where balancing starts and stops
      measure:
        start-difference-error: start-difference-error
        stop-difference-error: stop-difference-error
        start-voltage-error: start-voltage-error
        stop-voltage-error: stop-voltage-error
        hysteresis: information
        status: balance-status
        yellow-light: yellow-led-balancing
        yellow-complete: yellow-led-complete
    """

  /// Stop below the start difference, and both below the difference of the voltage staircases.
  static let startAboveStop = 0.005
  static let small = (start: 0.002, stop: 0.001, difference: 0.005)
  /// Distance of stop from start voltage: each is found where the other says nothing.
  static let voltageGap = 0.1
  /// Seconds of light that are classified: a flash of the slowest rate takes five.
  static let lightWindow = 2.2

  public static func limitsUsed(_ context: CheckContext) -> [String] { BalancePair.limitsUsed }

  public static func demands(_ context: CheckContext) -> [Demand] {
    [BalancePair.demand(context, context.values.quantity("current"), key: "current")]
  }

  public static func findings(_ context: CheckContext) -> [Finding] {
    let values = context.values
    var findings: [Finding] = []
    for key in ["start-differences", "stop-difference"] {
      let settings = key == "stop-difference" ? [values.quantity(key)] : values.quantities(key)
      if let small = settings.first(where: { $0 < values.quantity("window") + 0.001 }) {
        findings.append(
          Finding(
            place: values.place(key),
            message: "a staircase around \(Voltage(small)) would begin below 1 mV",
            suggestion: "choose a larger difference or a smaller window"))
      }
    }
    return findings
  }

  public static func run(_ context: StepContext) async throws {
    let values = context.values
    let level = context.balanceVoltage
    var pair = BalancePair(context)
    try await pair.begin(level: level)
    let stairs = BalanceStairs(
      pair: pair, dwell: values.quantity("dwell"), stopDwell: values.quantity("stop-dwell"),
      quiet: values.quantity("quiet"))
    for setting in values.quantities("start-differences") {
      try await startDifference(context, stairs, setting, level: level)
    }
    try await stopDifference(context, stairs, level: level)
    let asked = values.text("voltages")
    if asked != "none" { try await voltages(context, stairs, level: level, stopToo: asked == "both") }
    let skipped = voltageNames.dropFirst(asked == "both" ? 3 : asked == "start" ? 1 : 0)
    for name in skipped { context.notApplicable(name, why: "the procedure does not ask for it") }
    try await pair.end()
  }

  private static func startDifference(
    _ context: StepContext, _ stairs: BalanceStairs, _ setting: Double, level: Double
  ) async throws {
    let values = context.values
    let pair = stairs.pair
    try await context.requireSetting("balancing", 0)
    try await pair.configure(
      start: setting, stop: max(0.001, setting - startAboveStop), current: values.quantity("current"),
      level: level)
    let (window, step) = (values.quantity("window"), values.quantity("difference-step"))
    try await pair.set(level: level, difference: setting - window)
    try await context.requireSetting("balancing", 1)
    let found = try await stairs.rise(from: -window, to: window, by: step) {
      try await pair.set(level: level, difference: setting + $0)
    }
    record(
      context, "start-difference-error", channel: context.text(setting, .voltage), found, step: step,
      edge: window)
  }

  private static func stopDifference(_ context: StepContext, _ stairs: BalanceStairs, level: Double)
    async throws
  {
    let values = context.values
    let pair = stairs.pair
    let setting = values.quantity("stop-difference")
    let (window, step) = (values.quantity("window"), values.quantity("difference-step"))
    try await context.requireSetting("balancing", 0)
    try await pair.configure(
      start: setting + startAboveStop, stop: setting, current: values.quantity("current"), level: level)
    try await pair.set(level: level, difference: setting + 4 * startAboveStop)
    try await context.requireSetting("balancing", 1)
    guard try await pair.awaitFlow(within: 2 * values.quantity("dwell")) != nil else {
      for name in ["stop-difference-error", "status", "yellow-light", "yellow-complete"] {
        context.measure(name, .missing("balancing did not start"), by: context.bench.instrumentNames(.cells))
      }
      return
    }
    let began = context.world.now
    // Two telemetry periods and two flashes, so that neither tells of what was before.
    try await context.sleep(lightWindow)
    let running = try await context.freshTelemetry()
    try await context.measureLight("yellow-light", .yellow, from: began)
    let found = try await stairs.fall(from: window, to: -window, by: step) {
      try await pair.set(level: level, difference: setting + $0)
    }
    record(
      context, "stop-difference-error", channel: context.text(setting, .voltage), found, step: step,
      edge: -window)
    guard case .between = found else {
      context.measure("status", .flag(running.isBalancing), by: ["unit"], note: running.status)
      context.measure(
        "yellow-complete", .missing("balancing did not end inside the window"),
        by: context.bench.instrumentNames(.yellowLED))
      return
    }
    let after = try await context.freshTelemetry()
    context.measure(
      "status", .flag(running.isBalancing && !after.isBalancing), by: ["unit"],
      note: "\(running.status), then \(after.status)")
    let ended = context.world.now
    try await context.sleep(lightWindow)
    try await context.measureLight("yellow-complete", .yellow, from: ended)
  }

  private static let voltageNames = ["start-voltage-error", "stop-voltage-error", "hysteresis"]

  private static func voltages(
    _ context: StepContext, _ stairs: BalanceStairs, level: Double, stopToo: Bool
  ) async throws {
    let values = context.values
    let pair = stairs.pair
    let (window, step) = (values.quantity("voltage-window"), values.quantity("voltage-step"))
    try await context.requireSetting("balancing", 0)
    try await pair.configure(
      start: small.start, stop: small.stop, current: values.quantity("current"), startVoltage: level,
      stopVoltage: level - voltageGap)
    try await pair.set(level: level - window, difference: small.difference)
    try await context.requireSetting("balancing", 1)
    let start = try await stairs.rise(from: -window, to: window, by: step) {
      try await pair.set(level: level + $0, difference: small.difference)
    }
    if start == .never {
      // Well above the voltage it must start; a unit that does not is held back by something else.
      try await pair.set(level: level + voltageGap / 2, difference: small.difference)
      guard try await pair.awaitFlow(within: values.quantity("dwell")) != nil else {
        let why =
          "no balancing at any voltage with a difference of \(context.text(small.difference, .voltage))"
        for name in voltageNames.prefix(stopToo ? 2 : 1) {
          context.measure(name, .missing(why), by: context.bench.instrumentNames(.cells))
        }
        return
      }
    }
    record(context, "start-voltage-error", channel: "", start, step: step, edge: window)
    guard stopToo else { return }
    let lower = level - voltageGap
    let stop = try await stairs.fall(from: window, to: -window, by: step) {
      try await pair.set(level: lower + $0, difference: small.difference)
    }
    guard case .between(_, let below) = stop else {
      // Whether the setting is a lower or an upper end is not documented (SPEC-BAL-10): no verdict from silence.
      let why =
        stop == .never
        ? "balancing went on below the stop voltage; whether it is meant as a lower end is not documented"
        : "balancing had stopped above the stop voltage; whether it is meant as a lower end is not documented"
      context.measure("stop-voltage-error", .missing(why), by: context.bench.instrumentNames(.cells))
      return
    }
    record(context, "stop-voltage-error", channel: "", stop, step: step, edge: -window)
    if case .between(_, let above) = start {
      context.measure(
        "hysteresis", .init(reading: voltageGap + above - below),
        uncertainty: 2.0.squareRoot() * stairs.uncertainty(step: step),
        by: context.bench.instrumentNames(.cells))
    }
  }

  /// - Parameter edge: What is recorded when the threshold lies beyond the last stair: at least this far.
  private static func record(
    _ context: StepContext, _ name: String, channel: String, _ found: BalanceStairs.Found, step: Double,
    edge: Double
  ) {
    let (value, note): (Double, String) =
      switch found {
      case .between(let before, let after): ((before + after) / 2, "between two stairs")
      case .atOnce(let first): (first, "already at the first stair")
      case .never: (edge, "not even at the last stair")
      }
    context.measure(
      name, channel: channel, .init(reading: value), uncertainty: BalanceStairs.uncertainty(step: step),
      by: context.bench.instrumentNames(.cells) + ["unit"], note: note)
  }
}
