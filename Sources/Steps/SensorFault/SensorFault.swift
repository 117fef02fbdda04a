import Capabilities
import Engine
import Model
import Ports
import Quantities

/// A broken and a shorted temperature sensor on each input: PRC-TMP-03.
public enum SensorFault: StepKind {
  public static let id = "sensor-fault"
  public static let summary =
    "Opens and shorts each NTC input in turn and waits for the power path to open or the unit to raise an alarm; then "
    + "both must go away."
  public static let parameters = [
    FieldDeclaration(
      "sensors", .list(of: .integer(range: 1...4)), default: "1, 2, 3, 4", doc: "NTC inputs to exercise"),
    FieldDeclaration(
      "faults", .list(of: .choice(["open", "short"])), default: "open, short", doc: "what is done to each"),
    FieldDeclaration(
      "limit", .quantity(.time, range: 2...60), default: "10 s", doc: "longest wait each way"),
  ]
  public static let measurements = [
    MeasurementDeclaration("reacts", nil, "path opens or an alarm is raised"),
    MeasurementDeclaration("reaction", .time, "sensor fault to open path or alarm"),
    MeasurementDeclaration("recovers", nil, "path closed and no alarm once the sensor is back"),
  ]
  public static let roles: [RoleName] = [
    .thermistors, .loopSource, .loopContactor, .loopCurrent, .pathDrop, .redLED,
  ]
  public static let sample = """
    - step: sensor-fault
      id: sensor-fault
      title: Broken and shorted sensors
      measure:
        reacts: sensor-fault
        reaction: sensor-fault-time
        recovers: sensor-fault-clears
    """

  public static func run(_ context: StepContext) async throws {
    let bench = context.bench
    try await bench.setThermistors(celsius: 25)
    try await bench.closeLoop()
    for sensor in context.values.integers("sensors") {
      for fault in context.values.texts("faults") {
        try await exercise(context, sensor, fault)
      }
    }
    try await bench.openLoop()
  }

  private static func exercise(_ context: StepContext, _ sensor: Int, _ fault: String) async throws {
    let bench = context.bench
    let channel = "NTC \(sensor) \(fault)"
    let by = bench.instrumentNames(.thermistors) + bench.instrumentNames(.loopCurrent)
    guard try await wait(context, reacting: false) != nil else {
      throw StepEnough(why: "the path was cut, or an alarm shown, before the stimulus on \(channel)")
    }
    let start = context.world.now
    if fault == "open" {
      try await bench.openThermistor(sensor)
    } else {
      try await bench.shortThermistor(sensor)
    }
    let seen = try await wait(context, reacting: true)
    context.measure("reacts", channel: channel, .flag(seen != nil), by: by, note: seen?.words ?? "")
    if let seen {
      context.measure(
        "reaction", channel: channel, .init(reading: (seen.at - start).seconds), uncertainty: seen.gap,
        by: by,
        note: seen.words)
    } else {
      context.measure(
        "reaction", channel: channel, .missing("no reaction within the limit"), by: by)
    }
    try await bench.setThermistor(sensor, celsius: 25)
    guard seen != nil else {
      context.measure("recovers", channel: channel, .missing("it had not reacted"), by: by)
      return
    }
    let back = try await wait(context, reacting: false)
    context.measure("recovers", channel: channel, .flag(back != nil), by: by)
  }

  private struct Look {
    let at: WorldInstant
    /// Seconds since the look before.
    let gap: Double
    let words: String
  }

  /// Looks at path, telemetry and red light until they show a reaction, or show none.
  private static func wait(_ context: StepContext, reacting: Bool) async throws -> Look? {
    let end = context.deadline(context.values.quantity("limit"))
    var last = context.world.now
    while true {
      let state = try await context.bench.probePath()
      let at = context.world.now
      let frame = try await context.freshTelemetry()
      let red = try await context.bench.isActive(.redLED)
      let cut = !state.chargeConducts || !state.dischargeConducts
      let alarm = frame.temperatureWarning != 0 || red
      if (cut || alarm) == reacting {
        let shown = alarm ? red ? "red light" : "temperature alarm" : ""
        let words = [cut ? state.words : "", shown].filter { !$0.isEmpty }.joined(separator: ", ")
        return Look(at: at, gap: max((at - last).seconds, 0.1), words: words)
      }
      if context.world.now >= end { return nil }
      last = at
    }
  }
}
