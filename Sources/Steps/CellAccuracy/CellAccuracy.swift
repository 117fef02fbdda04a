import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Cell voltages, pack voltage, derived values, channel order: PRC-CAL-01, PRC-CAL-02, line resistance of PRC-ALM-04.
public enum CellAccuracy: StepKind {
  public static let isRepeatable = true
  public static let id = "cell-accuracy"
  public static let summary =
    "Two patterns with a distinct voltage on every cell, low and high in the window; the unit's readings against "
    + "the independent reference, channel order, derived values, pack voltage, line resistances."
  public static let parameters = [
    FieldDeclaration(
      "margin", .quantity(.voltage, range: 0.01...0.5), default: "50 mV",
      doc: "distance of the patterns from the recovery thresholds"),
    FieldDeclaration(
      "spacing", .quantity(.voltage, range: 0.002...0.05), default: "5 mV",
      doc: "difference between neighbours"),
    FieldDeclaration("settle", .quantity(.time, range: 0...30), default: "1 s", doc: "wait before reading"),
    FieldDeclaration("frames", .integer(range: 1...100), default: "3", doc: "telemetry frames to average"),
    FieldDeclaration(
      "rig-agreement", .quantity(.voltage, range: 0.001...0.1), default: "8 mV",
      doc: "emulator read-back and reference must agree this well, or the rig is at fault"),
    FieldDeclaration(
      "baseline", .choice(["none", "store", "compare"]), default: "store",
      doc: "keep the errors for a later comparison, or compare with them"),
    FieldDeclaration(
      "patterns", .choice(["both", "low"]), default: "both", doc: "how many patterns to feed"),
  ]
  public static let measurements = [
    MeasurementDeclaration(
      "cell-error", .voltage, "unit's reading less reference; the worse of both patterns"),
    MeasurementDeclaration("cell-map-p1", .voltage, optional: true, "channel order at P1, cells 1 … 8"),
    MeasurementDeclaration("cell-map-p2", .voltage, optional: true, "channel order at P2, cells 9 … 17"),
    MeasurementDeclaration("cell-map-p3", .voltage, optional: true, "channel order at P3, cells 18 … 24"),
    MeasurementDeclaration(
      "unused-channel", .voltage, optional: true, "largest reading of a channel that is not fed"),
    MeasurementDeclaration("derived-error", .voltage, optional: true, "average and difference recomputed"),
    MeasurementDeclaration("extremes", nil, optional: true, "indices of highest and lowest cell are right"),
    MeasurementDeclaration("pack-voltage", .voltage, optional: true, "total voltage against the reference"),
    MeasurementDeclaration("line-resistance", .resistance, optional: true, "as the unit reports it"),
    MeasurementDeclaration(
      "inside-printed", .count, optional: true, "cells whose error lies inside the printed accuracy"),
    MeasurementDeclaration(
      "error-change", .voltage, optional: true, "change of the error since the baseline"),
  ]
  public static let roles: [RoleName] = [.cells, .cellReference, .packVoltage]
  public static let uncertainties = [
    UncertaintyNeed(.cellReference, "voltage", .voltage), UncertaintyNeed(.packVoltage, "voltage", .voltage),
  ]
  public static let sample = """
    - step: cell-accuracy
      id: accuracy
      title: Cell voltage accuracy
      critical: yes
      measure:
        cell-error: cell-error
        cell-map-p1: cell-map-p1
        cell-map-p2: cell-map-p2
        cell-map-p3: cell-map-p3
        unused-channel: unused-cell
        derived-error: derived-value-error
        extremes: extreme-index
        pack-voltage: pack-voltage-error
        line-resistance: information
    """

  /// The accuracy of the manual's first section, read literally (conflict C-08): reported, not judged.
  static let printedAccuracy = "cell-error-literal"

  public static func limitsUsed(_ context: CheckContext) -> [String] {
    Stimulus.limitsOfRest + [printedAccuracy]
  }

  public static func demands(_ context: CheckContext) -> [Demand] {
    guard let high = context.limits.nominal("ovp-recover"), let low = context.limits.nominal("uvp-recover")
    else {
      return []
    }
    let margin = context.values.quantity("margin")
    return [high - margin, low + margin].map {
      Demand(
        role: .cells, quantity: AnyQuantity($0, .voltage), purpose: "accuracy pattern",
        place: context.values.place("margin"))
    }
  }

  /// One fed pattern: reference and the unit's mean readings, cell 1 first.
  struct Point {
    var reference: [Double]
    var unit: [Double]
    var frame: UnitTelemetry
    var pack: Double
    var errors: [Double] { zip(unit, reference).map { $0 - $1 } }
  }

  public static func run(_ context: StepContext) async throws {
    let margin = context.values.quantity("margin")
    let step = context.values.quantity("spacing")
    let low = context.limits.nominal("uvp-recover")! + margin
    let high = context.limits.nominal("ovp-recover")! - margin
    let a = try await point(context, context.bench.fedCells.map { low + step * Double($0) })
    var points = [a]
    if context.values.text("patterns") == "both" {
      let b = try await point(context, context.bench.fedCells.map { high - step * Double($0) })
      points.append(b)
      channelOrder(context, a, b)
    }
    errors(context, points)
    derived(context, points[points.count - 1])
    try await context.bench.setAllCells(context.restVoltage)
  }

  private static func point(_ context: StepContext, _ targets: [Double]) async throws -> Point {
    let bench = context.bench
    try await bench.setCells(zip(bench.fedCells, targets).map { ($0, $1) })
    try await context.sleep(context.values.quantity("settle"))
    try await bench.witnessCells()
    let readings = try await bench.readVolts([.cellReference, .packVoltage], limitedTo: context.cellCount)
    let reference = try readings[0].enumerated().map {
      try bench.number($1, role: .cellReference, member: $0)
    }
    let pack = try bench.number(readings[1][0], role: .packVoltage)
    try await selfCheck(context, reference)
    let (means, frame) = try await context.averagedTelemetry(context.values.integer("frames"))
    guard means.count >= context.cellCount else {
      throw RigFault(instrument: "unit link", message: "telemetry carries \(means.count) cells only")
    }
    return Point(reference: reference, unit: Array(means.prefix(context.cellCount)), frame: frame, pack: pack)
  }

  /// Two independent channels must agree before a number may speak about the unit.
  private static func selfCheck(_ context: StepContext, _ reference: [Double]) async throws {
    let bench = context.bench
    let allowed = context.values.quantity("rig-agreement")
    let readbacks = try await bench.cellReadbacks(bench.fedCells)
    for (index, reading) in readbacks.enumerated() {
      let value = try bench.number(reading, role: .cells, member: index)
      guard (value - reference[index]).magnitude <= allowed else {
        let names = (bench.instrumentNames(.cellReference) + bench.instrumentNames(.cells)).joined(
          separator: " or ")
        throw RigFault(
          instrument: names,
          message: "cell \(index + 1): reference reads \(Voltage(reference[index])), emulator reads back "
            + "\(Voltage(value)); they may differ by \(Voltage(allowed))")
      }
    }
  }

  /// The difference between both patterns is 10 mV per channel further on, whatever offset a channel has.
  private static func channelOrder(_ context: StepContext, _ a: Point, _ b: Point) {
    let u = context.uncertainty(.cellReference) * 2
    for cell in context.bench.fedCells {
      let unit = b.unit[cell - 1] - a.unit[cell - 1]
      let reference = b.reference[cell - 1] - a.reference[cell - 1]
      let plug = cell <= 8 ? "cell-map-p1" : cell <= 17 ? "cell-map-p2" : "cell-map-p3"
      context.measure(
        plug, channel: context.cell(cell), .init(reading: unit - reference), uncertainty: u,
        by: ["unit"] + context.bench.instrumentNames(.cellReference))
    }
    if context.cellCount < 18 { context.notApplicable("cell-map-p3", why: "no cell at P3") }
  }

  private static func errors(_ context: StepContext, _ points: [Point]) {
    let u = context.uncertainty(.cellReference)
    let by = ["unit"] + context.bench.instrumentNames(.cellReference)
    var worstErrors: [Double] = []
    for index in 0..<context.cellCount {
      let worst = context.worst(points.map { $0.errors[index] })
      worstErrors.append(worst)
      context.measure(
        "cell-error", channel: context.cell(index + 1), .init(reading: worst), uncertainty: u, by: by)
    }
    if let printed = context.limits.window(printedAccuracy), let low = printed.low, let high = printed.high {
      let inside = worstErrors.count { (low...high).contains($0) }
      context.measure(
        "inside-printed", .number(Double(inside)), uncertainty: 0, by: by,
        note: "of \(context.cellCount) cells inside \(Voltage(low)) … \(Voltage(high))")
    }
    // Errors of the low pattern only: the re-check after stress feeds that pattern alone.
    let low = points[0].errors
    switch context.values.text("baseline") {
    case "store": context.memory.baseline["cell-error"] = low
    case "compare":
      guard let before = context.memory.baseline["cell-error"], before.count == low.count else {
        context.measure("error-change", .missing("no baseline was stored"), by: by)
        return
      }
      let change = context.worst(zip(low, before).map { $0 - $1 })
      // The reference's systematic part is the same in both readings and cancels.
      context.measure(
        "error-change", .init(reading: change), uncertainty: u / 4, by: by, note: "largest of all cells")
    default: break
    }
  }

  private static func derived(_ context: StepContext, _ point: Point) {
    let frame = point.frame
    let cells = Array(frame.cellVoltages.prefix(context.cellCount))
    let mean = cells.reduce(0, +) / Double(cells.count)
    let high = cells.max()!
    let low = cells.min()!
    let average = frame.averageCellVoltage - mean
    let spread = frame.cellVoltageDifference - (high - low)
    let worst = context.worst([average, spread])
    context.measure("derived-error", .init(reading: worst), uncertainty: 1e-5, by: ["unit"])
    let indices =
      (1...cells.count).contains(frame.highestCell) && (1...cells.count).contains(frame.lowestCell)
    let right = indices && cells[frame.highestCell - 1] == high && cells[frame.lowestCell - 1] == low
    context.measure(
      "extremes", .flag(right), by: ["unit"], note: "highest \(frame.highestCell), lowest \(frame.lowestCell)"
    )
    context.measure(
      "pack-voltage", .init(reading: frame.totalVoltage), uncertainty: context.uncertainty(.packVoltage),
      nominal: .number(point.pack), by: ["unit"] + context.bench.instrumentNames(.packVoltage))
    let unused = Array(frame.cellVoltages.dropFirst(context.cellCount))
    if !unused.isEmpty {
      context.measure(
        "unused-channel", .init(reading: context.worst(unused).magnitude), uncertainty: 0, by: ["unit"])
    } else {
      context.notApplicable("unused-channel", why: "all channels are fed")
    }
    for (index, ohms) in frame.lineResistances.prefix(context.cellCount).enumerated() {
      context.measure(
        "line-resistance", channel: context.cell(index + 1), .init(reading: ohms), uncertainty: 0.005,
        by: ["unit"])
    }
  }
}
