import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Cell-difference protection, which the manual does not name and a sister unit's settings have.
public enum CellDifference: StepKind {
  public static let id = "cell-difference"
  public static let writesSettings = true
  public static let summary =
    "Lowers the cell-difference protection, raises one cell to just below it (no trip) and just above it (the path "
    + "opens), then back below its recovery."
  public static let parameters = [
    FieldDeclaration(
      "cells", .list(of: .text), default: "rotating", doc: CellChoice.doc + "; the first is used"),
    FieldDeclaration(
      "protection", .quantity(.voltage, range: 0.05...1), default: "300 mV", doc: "setting for the test"),
    FieldDeclaration(
      "recovery", .quantity(.voltage, range: 0.02...1), default: "200 mV", doc: "setting for the test"),
    FieldDeclaration(
      "margin", .quantity(.voltage, range: 0.01...0.1), default: "20 mV",
      doc: "distance of each step from the setting"),
    FieldDeclaration("hold", .quantity(.time, range: 1...60), default: "3 s", doc: "dwell without a trip"),
    FieldDeclaration(
      "limit", .quantity(.time, range: 1...60), default: "6 s", doc: "longest wait for trip and recovery"),
  ]
  public static let measurements = [
    MeasurementDeclaration("holds", nil, "no trip just below the setting"),
    MeasurementDeclaration("trips", nil, "the path opens just above the setting"),
    MeasurementDeclaration("recovers", nil, "the path closes below the recovery setting"),
  ]
  public static let roles: [RoleName] = [.cells, .loopSource, .loopContactor, .loopCurrent, .pathDrop]
  public static let sample = """
    - step: cell-difference
      id: cell-difference
      title: Cell-difference protection
      measure:
        holds: information
        trips: information
        recovers: information
    """
  static let names = ["cell-difference-protection", "cell-difference-recovery"]

  public static func limitsUsed(_ context: CheckContext) -> [String] { Stimulus.limitsOfRest }

  public static func findings(_ context: CheckContext) -> [Finding] {
    var found = CellChoice.findings(context, key: "cells")
    if context.values.quantity("recovery") >= context.values.quantity("protection") {
      found.append(
        Finding(
          place: context.values.place("recovery"),
          message: "the recovery difference must be below the protection"))
    }
    return found
  }

  public static func run(_ context: StepContext) async throws {
    let (bench, values) = (context.bench, context.values)
    let before = try await context.unit.settings(deadline: context.deadline(10))
    guard names.allSatisfy({ before.value($0) != nil }) else {
      for name in ["holds", "trips", "recovers"] {
        context.notApplicable(name, why: "the unit has no cell-difference settings")
      }
      return
    }
    let cell = CellChoice.cells(
      values.texts("cells"), count: context.cellCount, serial: context.header.unit)![0]
    let (trip, back) = (values.quantity("protection"), values.quantity("recovery"))
    let margin = values.quantity("margin")
    try await context.requireSetting(names[1], back)
    try await context.requireSetting(names[0], trip)
    try await bench.closeLoop()
    let by = bench.instrumentNames(.loopCurrent)
    let channel = context.cell(cell)
    try await bench.setCells([(cell, context.restVoltage + trip - margin)])
    try await context.sleep(values.quantity("hold"))
    let early = try await bench.probePath()
    let holds = early.chargeConducts && early.dischargeConducts
    context.measure("holds", channel: channel, .flag(holds), by: by, note: early.words)
    try await bench.setCells([(cell, context.restVoltage + trip + margin)])
    let opened = try await wait(context) { !$0.chargeConducts || !$0.dischargeConducts }
    context.measure("trips", channel: channel, .flag(opened != nil), by: by, note: opened?.words ?? "")
    try await bench.setCells([(cell, context.restVoltage + max(0, back - margin))])
    if opened == nil {
      context.measure("recovers", channel: channel, .missing("it had not tripped"), by: by)
    } else {
      let closed = try await wait(context) { $0.chargeConducts && $0.dischargeConducts }
      context.measure("recovers", channel: channel, .flag(closed != nil), by: by)
    }
    try await bench.openLoop()
    try await bench.setAllCells(context.restVoltage)
    for name in names { try await context.requireBack(name, before.value(name)!) }
  }

  private static func wait(_ context: StepContext, _ done: (PathState) -> Bool) async throws -> PathState? {
    let end = context.deadline(context.values.quantity("limit"))
    while true {
      let state = try await context.bench.probePath()
      if done(state) { return state }
      if context.world.now >= end { return nil }
    }
  }
}
