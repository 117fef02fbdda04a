import Capabilities
import Engine
import Model
import Ports
import Quantities

/// The unit with fewer cells than it has channels: reads the fed ones, ignores the open pins: PRC-ALM-01, PRC-PUP-01.
///
/// Wires above the fed cells are opened, B24 stays at the top of the stack (conflict C-11 of the manual).
public enum StringCountRange: StepKind {
  public static let id = "string-count-range"
  public static let writesSettings = true
  public static let summary =
    "Sets the unit to each string count in turn, feeds as many cells, leaves the other wires open, and expects "
    + "readings of the fed cells, none on the others, and no alarm."
  public static let parameters = [
    FieldDeclaration(
      "counts", .list(of: .integer(range: 16...24)), default: "20, 24", doc: "string counts to try"),
    FieldDeclaration(
      "settle", .quantity(.time, range: 2...60), default: "12 s", doc: "wait in which an alarm would come"),
    FieldDeclaration("frames", .integer(range: 1...20), default: "3", doc: "telemetry frames to average"),
  ]
  public static let measurements = [
    MeasurementDeclaration("reads", .voltage, "largest error of the fed cells"),
    MeasurementDeclaration("unused", .voltage, "largest reading of the channels without a cell"),
    MeasurementDeclaration("alarm-free", nil, "no wiring or count alarm, red light off"),
  ]
  public static let roles: [RoleName] = [.cells, .cellReference, .nodeRelays, .redLED]
  public static let uncertainties = [UncertaintyNeed(.cellReference, "voltage", .voltage)]
  public static let sample = """
    - step: string-count-range
      id: string-count-range
      title: String counts
      counts: [16, 20, 24]
      measure:
        reads: count-reads
        unused: unused-cell
        alarm-free: count-alarm-free
    """

  public static func limitsUsed(_ context: CheckContext) -> [String] { Stimulus.limitsOfRest }

  public static func findings(_ context: CheckContext) -> [Finding] {
    let fewest = StringCountMismatch.fewestCells(context.limits.chemistry)
    return context.values.integers("counts").filter { !(fewest...context.cellCount).contains($0) }.map {
      Finding(
        place: context.values.place("counts"),
        message:
          "\($0) cells cannot be tried: the unit takes \(fewest) or more, the procedure feeds \(context.cellCount)",
        suggestion: "leave the count out, or run the procedure with more cells")
    }
  }

  public static func run(_ context: StepContext) async throws {
    for count in context.values.integers("counts") {
      try await arrange(context, count)
      try await look(context, count)
    }
    try await arrange(context, context.cellCount)
  }

  /// Feeds `count` cells and opens the wires above them, the topmost one excepted.
  private static func arrange(_ context: StepContext, _ count: Int) async throws {
    let bench = context.bench
    for node in 1..<24 where node > 15 && node <= context.cellCount {
      try await bench.setLine(.nodeRelays, member: node, active: node > count && node < 24)
    }
    try await bench.setCells(bench.fedCells.map { ($0, $0 <= count ? context.restVoltage : 0) })
    try await context.requireSetting("cell-count", Double(count))
  }

  private static func look(_ context: StepContext, _ count: Int) async throws {
    let bench = context.bench
    let channel = "\(count) cells"
    try await context.sleep(context.values.quantity("settle"))
    let start = context.world.now
    let (means, frame) = try await context.averagedTelemetry(context.values.integer("frames"))
    let reference = try await bench.cellReferenceVolts()
    let red = try await bench.light(.red, from: start)
    let error = context.worst(zip(means, reference).prefix(count).map { $0 - $1 })
    context.measure(
      "reads", channel: channel, .init(reading: error), uncertainty: context.uncertainty(.cellReference),
      by: ["unit"] + bench.instrumentNames(.cellReference))
    if means.count > count {
      context.measure(
        "unused", channel: channel, .init(reading: context.worst(Array(means.dropFirst(count)))),
        uncertainty: 0,
        by: ["unit"])
    } else {
      context.notApplicable("unused", channel: channel, why: "all channels are fed")
    }
    let quiet =
      frame.statusCode != StringCountMismatch.wrongCount && frame.detectionFailedCells.isEmpty
      && frame.polarityCells.isEmpty && red == .off
    context.measure(
      "alarm-free", channel: channel, .flag(quiet), by: ["unit"] + bench.instrumentNames(.redLED),
      note: "\(frame.status), red light \(red.word)")
  }
}
