import Capabilities
import Engine
import Model
import Ports
import Quantities

/// One overcurrent stage: bracket, delay, selective cut, recovery: PRC-COC-01, PRC-DOC-01/-02, PRC-OCR-01.
public enum Overcurrent: StepKind {
  public static let id = "overcurrent"
  public static let summary =
    "Drives loop current at the near edge of the window (no trip) and at its far edge (trip), times the trip, reads "
    + "the path, removes the current and times the recovery. Level, delay and recovery are read from the unit."
  public static let parameters = [
    FieldDeclaration("stage", .choice(["charge", "discharge", "discharge-2"]), doc: "which stage"),
    FieldDeclaration(
      "hold-factor", .number(range: 1...5), default: "1.5", doc: "dwell without trip, in delays of the stage"),
    FieldDeclaration("bracket", .flag, default: "yes", doc: "hold at the near edge before the trip"),
    FieldDeclaration("recovery", .flag, default: "yes", doc: "time the recovery"),
  ]
  public static let measurements =
    [
      MeasurementDeclaration("holds", nil, optional: true, "no trip at the near edge of the window"),
      MeasurementDeclaration("trips", nil, "trip at the far edge of the window"),
      MeasurementDeclaration("delay", .time, "current step to opening of the path"),
      MeasurementDeclaration(
        "stage-order", nil, optional: true, "a higher stage trips faster than the one below"),
      MeasurementDeclaration("recovery-time", .time, optional: true, "opening of the path to closing again"),
    ] + SelectiveCutNames.measurements
  public static let roles: [RoleName] = [.loopSource, .loopContactor, .loopCurrent, .pathDrop]
  public static let uncertainties = [
    UncertaintyNeed(.loopCurrent, "current", .current), UncertaintyNeed(.pathDrop, "voltage", .voltage),
  ]
  public static let sample = """
    - step: overcurrent
      id: charge-overcurrent
      title: Charge overcurrent
      stage: charge
      critical: yes
      on-fail: stop
      measure:
        holds: coc-bracket
        trips: coc-bracket
        delay: coc-delay
        action: coc-action
        selective: selective-cut
        cut-current: cut-current
        diode-drop: diode-drop
        recovery-time: coc-recovery
    """

  struct Stage {
    let charging: Bool
    let level: String
    let delay: String
    let recovery: String
    let limit: String

    init(_ text: String) {
      charging = text == "charge"
      level =
        text == "charge"
        ? "charge-overcurrent" : text == "discharge" ? "discharge-overcurrent" : "discharge-overcurrent-2"
      delay = level + "-delay"
      recovery = level + "-recovery"
      limit = charging ? "coc-trip" : text == "discharge" ? "doc-trip" : "doc2-trip"
    }
  }

  public static func limitsUsed(_ context: CheckContext) -> [String] {
    [Stage(context.values.text("stage")).limit]
  }

  public static func demands(_ context: CheckContext) -> [Demand] { [] }

  public static func run(_ context: StepContext) async throws {
    let stage = Stage(context.values.text("stage"))
    let settings = try await context.unit.settings(deadline: context.deadline(10))
    guard let level = settings.value(stage.level), let delay = settings.value(stage.delay),
      let recovery = settings.value(stage.recovery)
    else { throw StepEnough(why: "the unit reports no setting '\(stage.level)'") }
    // The programmed setting governs: window around it, inside by the guard band.
    let w = context.guardBand(context.uncertainty(.loopCurrent, "current", at: level))
    guard let limit = context.limits.resolve(stage.limit, nominal: .number(level)), let low = limit.low,
      let high = limit.high, high - low > 2 * w
    else {
      throw RigFault(instrument: "rig", message: "its uncertainty leaves no room inside '\(stage.limit)'")
    }
    try await context.bench.closeLoop()
    let held = try await hold(context, stage, low + w, delay: delay)
    if held { try await trip(context, stage, high - w, delay: delay, recovery: recovery) }
    try await context.bench.openLoop()
  }

  private static func hold(_ context: StepContext, _ stage: Stage, _ amperes: Double, delay: Double)
    async throws -> Bool
  {
    guard context.values.flag("bracket") else { return true }
    let watch = TripWatch(context, charging: stage.charging, current: amperes)
    try await watch.begin()
    try await context.sleep(context.bench.loopSource().settlingTime.seconds)
    let early = try await watch.watch(for: delay * context.values.number("hold-factor"))
    try await watch.end()
    context.measure(
      "holds", .flag(early == nil), by: context.bench.instrumentNames(.loopCurrent),
      note: "at \(Current(amperes))")
    // Let the stage's timer fall back before the next step.
    try await context.sleep(0.5)
    return early == nil
  }

  private static func trip(
    _ context: StepContext, _ stage: Stage, _ amperes: Double, delay: Double, recovery: Double
  ) async throws {
    let by = context.bench.instrumentNames(.loopCurrent)
    let watch = TripWatch(context, charging: stage.charging, current: amperes)
    let edge = try await watch.begin()
    let rise = try context.bench.loopSource().settlingTime.seconds
    let opened = try await watch.watch(for: delay * 1.5 + 1, since: edge + .seconds(rise))
    try await watch.end()
    context.measure("trips", .flag(opened != nil), by: by, note: "at \(Current(amperes))")
    guard let opened else { throw StepEnough(why: "no trip") }
    // The path opened between the last look that saw current and the first that did not.
    let measured = (opened.at - edge).seconds - opened.gap / 2
    let uncertainty = opened.gap / 2 + rise
    context.measure(
      "delay", .init(reading: measured), uncertainty: uncertainty, nominal: .number(delay), by: by)
    order(context, measured, uncertainty)
    trace(context, stage, amperes, edge: edge, opened: opened.at)
    guard
      try await context.measureSelectiveCut(
        charging: stage.charging, names: SelectiveCutNames(), channel: "",
        opened: (opened.at - .seconds(opened.gap), recovery))
    else { throw StepEnough(why: "the path was not seen cut") }
    guard context.values.flag("recovery") else { return }
    // Over minutes a look every 500 ms is dense enough (PRC-OCR-01).
    let closed = try await TripWatch(context, charging: stage.charging).waitForClosing(
      within: recovery * 1.5 + 5, interval: recovery > 10 ? 0.5 : 0.2)
    try await watch.end()
    guard let closed else {
      context.measure(
        "recovery-time", .atLeast(recovery * 1.5 + 5), uncertainty: 0.2, nominal: .number(recovery),
        by: by, note: "still open")
      return
    }
    context.measure(
      "recovery-time", .init(reading: (closed.at - opened.at).seconds - closed.gap / 2),
      uncertainty: closed.gap / 2 + 0.05, nominal: .number(recovery), by: by,
      note: "by itself, the current removed")
  }

  /// Two delays that their uncertainties do not tell apart say nothing of the order.
  private static func order(_ context: StepContext, _ measured: Double, _ uncertainty: Double) {
    let stage = context.values.text("stage")
    if stage == "discharge" { context.memory.baseline["discharge-delay"] = [measured, uncertainty] }
    guard stage == "discharge-2", let first = context.memory.baseline["discharge-delay"] else { return }
    let isApart = (measured - first[0]).magnitude > uncertainty + first[1]
    let words = "\(TimeSpan(measured)) against \(TimeSpan(first[0]))"
    context.measure(
      "stage-order",
      isApart ? .flag(measured < first[0]) : .missing("the two delays cannot be told apart: \(words)"),
      by: context.bench.instrumentNames(.loopCurrent), note: isApart ? words : "")
  }

  private static func trace(
    _ context: StepContext, _ stage: Stage, _ amperes: Double, edge: WorldInstant, opened: WorldInstant
  ) {
    let sign = stage.charging ? 1.0 : -1.0
    let times = [edge.seconds - 0.2, edge.seconds, opened.seconds, opened.seconds + 0.2]
    context.trace(
      "\(stage.level), trip",
      [
        Trace.Series(
          name: "loop current", dimension: .current, times: times, values: [0, sign * amperes, 0, 0],
          steps: true)
      ])
  }
}
