import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Resistance of the sense lines as the unit reports it, and the level at which it raises its alarm: PRC-ALM-04.
public enum LineResistance: StepKind {
  public static let id = "line-resistance"
  public static let summary =
    "Compares the reported line resistances with the fixture's; on request adds resistance to one line in steps until "
    + "the alarm comes, twice."
  public static let parameters = [
    FieldDeclaration(
      "unit-part", .quantity(.resistance, range: 0...1), default: "70 mΩ",
      doc: "what the unit itself adds to each line it reports (67 … 88 mΩ with leads in a sister unit)"),
    FieldDeclaration("find-level", .flag, default: "no", doc: "add resistance until the alarm comes"),
    FieldDeclaration(
      "dwell", .quantity(.time, range: 1...30), default: "3 s", doc: "wait for the alarm at each value"),
    FieldDeclaration(
      "frames", .integer(range: 1...20), default: "2", doc: "telemetry frames to average for the comparison"),
  ]
  public static let measurements = [
    MeasurementDeclaration("line", .resistance, "reported resistance of each line"),
    MeasurementDeclaration("alarm", nil, optional: true, "an alarm comes at a value the fixture can add"),
    MeasurementDeclaration(
      "alarm-level", .resistance, optional: true, "added resistance at which the alarm comes"),
    MeasurementDeclaration("alarm-cell", nil, optional: true, "the alarm names a cell at the resistive line"),
    MeasurementDeclaration("repeats", nil, optional: true, "the alarm comes at the same value again"),
    MeasurementDeclaration("clears", nil, optional: true, "the alarm goes with the resistance"),
  ]
  public static let roles: [RoleName] = [.cells, .lineResistors]
  public static let sample = """
    - step: line-resistance
      id: line-resistance
      title: Line resistance
      find-level: yes
      measure:
        line: line-resistance
        alarm: line-alarm
        alarm-level: line-alarm-level
        alarm-cell: alarm-cell
        repeats: line-alarm-repeats
        clears: line-alarm-clears
    """

  public static func run(_ context: StepContext) async throws {
    try await compare(context)
    guard context.values.flag("find-level") else {
      for name in ["alarm", "alarm-level", "alarm-cell", "repeats", "clears"] {
        if context.step.measure.contains(where: { $0.name == name }) {
          context.notApplicable(name, why: "the procedure does not look for the level")
        }
      }
      return
    }
    try await findLevel(context)
  }

  private static func lineUncertainty(_ context: StepContext) -> Double {
    context.bench.rig.wiring.fixture.lineResistanceUncertainty?.base ?? .nan
  }

  private static func compare(_ context: StepContext) async throws {
    let count = context.values.integer("frames")
    var sums = [Double](repeating: 0, count: context.cellCount)
    for _ in 0..<count {
      let frame = try await context.freshTelemetry()
      guard frame.lineResistances.count >= context.cellCount else {
        context.measure("line", .missing("telemetry carries no line resistances"), by: ["unit"])
        return
      }
      for index in sums.indices { sums[index] += frame.lineResistances[index] }
    }
    // Each cell is measured through the wires of both its nodes.
    let known =
      2 * context.bench.rig.wiring.cellLeadResistance.base + context.values.quantity("unit-part")
    for (index, sum) in sums.enumerated() {
      context.measure(
        "line", channel: context.cell(index + 1), .init(reading: sum / Double(count)),
        uncertainty: 2 * lineUncertainty(context), nominal: .number(known), by: ["unit"])
    }
  }

  private static func findLevel(_ context: StepContext) async throws {
    let node = context.bench.rig.wiring.fixture.resistorNode ?? 0
    let first = try await climb(context)
    context.measure("alarm", .flag(first != nil), by: ["unit"])
    if let first {
      let near = first.cells.contains(node) || first.cells.contains(node + 1)
      let named = first.cells.map(String.init).joined(separator: ", ")
      context.measure(
        "alarm-level", .init(reading: (first.below + first.ohms) / 2),
        uncertainty: (first.ohms - first.below) / 2 + lineUncertainty(context), by: ["unit"],
        note: "none at \(Resistance(first.below)), alarm at \(Resistance(first.ohms))")
      context.measure(
        "alarm-cell", .flag(near), by: ["unit"],
        note: "resistance in the wire of B\(node), alarm names cell \(named)")
    }
    try await release(context)
    let cleared = try await context.waitForTelemetry(within: 10) { $0.lineResistanceCells.isEmpty } != nil
    context.measure("clears", .flag(cleared), by: ["unit"])
    guard let first, cleared else { return }
    let second = try await climb(context)
    try await release(context)
    context.measure(
      "repeats", .flag(second?.ohms == first.ohms), by: ["unit"],
      note: "second time \(second.map { "at \(Resistance($0.ohms))" } ?? "no alarm")")
    _ = try await context.waitForTelemetry(within: 10) { $0.lineResistanceCells.isEmpty }
  }

  /// Adds resistance, smallest first, until the alarm comes.
  private static func climb(_ context: StepContext) async throws -> (
    below: Double, ohms: Double, cells: [Int]
  )? {
    var below = 0.0
    for (ohms, relays) in context.bench.lineResistances where ohms > 0 {
      try await context.bench.setLineResistors(relays)
      let seen = try await context.waitForTelemetry(within: context.values.quantity("dwell")) {
        !$0.lineResistanceCells.isEmpty
      }
      if let seen { return (below, ohms, seen.frame.lineResistanceCells) }
      below = ohms
    }
    return nil
  }

  private static func release(_ context: StepContext) async throws {
    let count = context.bench.rig.wiring.fixture.lineResistors.count
    try await context.bench.setLineResistors(Array(repeating: false, count: count))
  }
}
