import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Temperature inputs at points where no protection acts: PRC-CAL-04.
public enum TemperatureAccuracy: StepKind {
  public static let isRepeatable = true
  public static let id = "temperature-accuracy"
  public static let summary =
    "Feeds different temperatures to the two NTC pairs, then exchanges them, and compares the unit's readings."
  public static let parameters = [
    FieldDeclaration(
      "points",
      .list(
        of: .table([
          FieldDeclaration("pair-1", .quantity(.temperature, range: -40...120), doc: "NTC 1 and 2"),
          FieldDeclaration("pair-2", .quantity(.temperature, range: -40...120), doc: "NTC 3 and 4"),
        ])), doc: "temperatures to feed, in order"),
    FieldDeclaration(
      "settle", .quantity(.time, range: 0...60), default: "3 s", doc: "the unit's filter time"),
    FieldDeclaration("frames", .integer(range: 1...20), default: "2", doc: "telemetry frames to average"),
  ]
  public static let measurements = [
    MeasurementDeclaration("temperature-error", .temperature, "unit's reading less simulated temperature")
  ]
  public static let roles: [RoleName] = [.thermistors]
  public static let uncertainties = [UncertaintyNeed(.thermistors, "temperature", .temperature)]
  public static let sample = """
    - step: temperature-accuracy
      id: temperature
      title: Temperature accuracy
      measure:
        temperature-error: temperature-error
      points:
        - {pair-1: 25 °C, pair-2: 50 °C}
        - {pair-1: 50 °C, pair-2: 25 °C}
    """

  public static func run(_ context: StepContext) async throws {
    let points = context.values.tables("points")
    var levels: [Double] = []
    for point in points {
      for level in [point.quantity("pair-1"), point.quantity("pair-2")] where !levels.contains(level) {
        levels.append(level)
      }
    }
    try await context.bench.witnessThermistors(celsius: levels)
    for point in points {
      let pairs = [point.quantity("pair-1"), point.quantity("pair-2")]
      for ntc in 1...4 { try await context.bench.setThermistor(ntc, celsius: pairs[(ntc - 1) / 2]) }
      try await context.sleep(context.values.quantity("settle"))
      try await measure(context, pairs)
    }
    try await context.bench.setThermistors(celsius: 25)
    // A simulator that drifted away while the unit was judged by it.
    try await context.bench.witnessThermistors(celsius: [25])
  }

  private static func measure(_ context: StepContext, _ pairs: [Double]) async throws {
    let count = context.values.integer("frames")
    var sums = [0.0, 0.0]
    for _ in 0..<count {
      let frame = try await context.freshTelemetry()
      guard frame.temperatures.count >= 2 else {
        context.measure(
          "temperature-error", .missing("telemetry carries fewer than two temperatures"), by: ["unit"])
        return
      }
      for pair in 0...1 { sums[pair] += frame.temperatures[pair] }
    }
    for pair in 0...1 {
      let celsius = DecimalText.shortest(pairs[pair], significant: 3)
      context.measure(
        "temperature-error", channel: "pair \(pair + 1) at \(celsius) °C",
        .init(reading: sums[pair] / Double(count) - pairs[pair]),
        uncertainty: context.uncertainty(.thermistors, "temperature"),
        by: ["unit"] + context.bench.instrumentNames(.thermistors))
    }
  }
}
