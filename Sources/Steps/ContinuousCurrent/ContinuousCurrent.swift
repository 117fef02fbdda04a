import Capabilities
import Engine
import Model
import Ports
import Quantities

/// The rated current for a long time: PRC-CUR-01, SPEC-CUR-05.
///
/// The overcurrent stage is set to the rating with a delay longer than the test: its tolerance of 5 % would end it
/// otherwise, and what is asked here is what the switches carry. Studs have no thermometers on this rig: their rise
/// is not measured.
public enum ContinuousCurrent: StepKind {
  public static let id = "continuous-current"
  public static let writesSettings = true
  public static let summary =
    "Drives the rated current through the closed path, watches path and switch temperature, stops at once when the "
    + "path opens or the switches get too hot, and writes the overcurrent settings back."
  public static let parameters = [
    FieldDeclaration(
      "duration", .quantity(.time, range: 1...36_000), default: "3600 s", doc: "how long the current flows"),
    FieldDeclaration(
      "direction", .choice(["charge", "discharge"]), default: "charge", doc: "of the current"),
    FieldDeclaration(
      "interval", .quantity(.time, range: 0.5...60), default: "5 s", doc: "between two looks"),
    FieldDeclaration(
      "abort-temperature", .quantity(.temperature, range: 40...120), default: "100 °C",
      doc: "switch temperature at which the current is taken away at once"),
    FieldDeclaration(
      "recovery-limit", .quantity(.time, range: 1...600), default: "12 s",
      doc: "longest wait for the path at rest"),
  ]
  public static let measurements = [
    MeasurementDeclaration("carries", nil, "the path stayed closed for the whole duration"),
    MeasurementDeclaration("duration", .time, "how long the current flowed"),
    MeasurementDeclaration("switch-temperature", .temperature, "highest that the unit reported"),
    MeasurementDeclaration("as-before", nil, "all settings read as before the step"),
  ]
  public static let roles: [RoleName] = [.cells, .thermistors, .loopSource, .loopContactor, .loopCurrent]
  public static let sample = """
    - step: continuous-current
      id: continuous
      title: Rated current
      duration: 60 s
      measure:
        carries: continuous-current
        duration: information
        switch-temperature: switch-temperature-max
        as-before: settings-restored
    """
  /// Seconds that the delay of the overcurrent stage exceeds the test, and the widest its field takes.
  static let spareDelay = 600.0
  static let delayMax = 65_535.0

  public static func limitsUsed(_ context: CheckContext) -> [String] { Stimulus.limitsOfRest }

  public static func demands(_ context: CheckContext) -> [Demand] {
    let rated = context.limits.specification.ratedCurrent
    return [
      Demand(
        role: .loopSource, quantity: AnyQuantity(rated, .current), purpose: "rated current",
        place: context.step.place, duration: TimeSpan(context.values.quantity("duration")))
    ]
  }

  public static func run(_ context: StepContext) async throws {
    let charging = context.values.text("direction") == "charge"
    let level = charging ? "charge-overcurrent" : "discharge-overcurrent"
    let rated = context.limits.specification.ratedCurrent
    try await context.calmUnit()
    let before = try await context.unit.settings(deadline: context.deadline(10))
    guard let oldLevel = before.value(level), let oldDelay = before.value(level + "-delay") else {
      throw StepEnough(why: "the unit reports no setting '\(level)'")
    }
    let delay = min(delayMax, context.values.quantity("duration") + spareDelay).rounded()
    try await context.requireSetting(level + "-delay", delay)
    try await context.requireSetting(level, rated)
    try await context.bench.closeLoop()
    guard
      try await TripWatch(context, charging: charging).waitForClosing(
        within: context.values.quantity("recovery-limit")) != nil
    else { throw StepEnough(why: "the path did not conduct before the test") }
    try await drive(context, TripWatch(context, charging: charging, current: rated))
    try await context.bench.openLoop()
    try await context.putBack(level, oldLevel)
    try await context.putBack(level + "-delay", oldDelay)
    try await context.measureAsBefore(before)
  }

  private static func drive(_ context: StepContext, _ watch: TripWatch) async throws {
    let abort = context.values.quantity("abort-temperature")
    let start = try await watch.begin()
    let source = try context.bench.loopSource()
    try await context.sleep(source.settlingTime.seconds)
    let end = start + .seconds(context.values.quantity("duration"))
    var log = DecimatedTrace()
    var hottest: Double?
    var why: String?
    while why == nil {
      let frame = try await context.freshTelemetry()
      let (amperes, at) = try await context.bench.loopAmperes()
      guard let celsius = frame.mosfetTemperature else {
        try await watch.end()
        throw StepEnough(why: "the unit reports no switch temperature to stop by")
      }
      hottest = max(hottest ?? celsius, celsius)
      log.append([amperes, celsius], at: at.seconds)
      if celsius >= abort { why = "stopped at \(Temperature(celsius))" }
      if amperes.magnitude < watch.current / 2 {
        try await context.bench.confirmLoop(amperes, of: watch.current)
        guard try await source.outputEnabled() else {
          throw RigFault(
            instrument: context.bench.instrumentNames(.loopSource).joined(),
            message: "its output went off while \(Current(watch.current)) should flow")
        }
        why = "the path opened"
      }
      if context.world.now >= end { break }
      // Sources switch off by themselves when nobody talks to them for some seconds.
      let next = context.deadline(context.values.quantity("interval"))
      while context.world.now < next {
        _ = try await source.measureCurrent()
        try await context.sleep(min(10, max(0, (next - context.world.now).seconds)))
      }
    }
    try await watch.end()
    let by = context.bench.instrumentNames(.loopCurrent)
    context.measure("carries", .flag(why == nil), by: by, note: why ?? "at \(Current(watch.current))")
    context.measure(
      "duration", .init(reading: (context.world.now - start).seconds),
      uncertainty: context.values.quantity("interval"), by: by)
    context.measure(
      "switch-temperature", hottest.map { .init(reading: $0) } ?? .missing("no frame"), uncertainty: 1,
      by: ["unit"])
    let (times, rows) = log.finished()
    context.trace(
      "rated current",
      [
        Trace.Series(name: "loop current", dimension: .current, times: times, values: rows.map { $0[0] }),
        Trace.Series(name: "switches", dimension: .temperature, times: times, values: rows.map { $0[1] }),
      ])
  }
}
