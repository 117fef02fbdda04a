import Capabilities
import Engine
import Model
import Ports
import Quantities

/// One open sampling wire: alarm on the right cell, red light, no balancing, and back: PRC-ALM-02.
public enum OpenWire: StepKind {
  public static let id = "open-wire"
  public static let writesSettings = true
  public static let summary =
    "Opens one inner node wire, expects the alarm at a cell beside it, the red light and no balancing, closes it "
    + "and expects the alarm to clear."
  public static let parameters = [
    FieldDeclaration(
      "node", .text, default: "rotating",
      doc: "node B1 … to open: a number, or rotating with the serial number"),
    FieldDeclaration(
      "limit", .quantity(.time, range: 1...120), default: "15 s", doc: "longest wait each way"),
  ]
  public static let measurements =
    FaultEpisode.measurements + [
      MeasurementDeclaration("alarm-cell", nil, "the alarm names a cell at the open node"),
      MeasurementDeclaration(
        "stray-current", .current, optional: true,
        "current through a cell at the open node beyond the supply current"),
    ]
  public static let roles = FaultEpisode.roles + [.nodeRelays]
  public static let uncertainties = FaultEpisode.uncertainties
  public static let sample = """
    - step: open-wire
      id: open-wire
      title: Open sampling wire
      measure:
        alarm: open-wire-alarm
        alarm-time: count-alarm-time
        alarm-cell: open-wire-cell
        stray-current: balance-inhibited
        red-light: red-led-fault
        balance-inhibited: balance-inhibited
        clear-time: count-clear-time
    """

  public static func limitsUsed(_ context: CheckContext) -> [String] { Stimulus.limitsOfRest }

  public static func findings(_ context: CheckContext) -> [Finding] {
    let text = context.values.text("node")
    if text == "rotating" { return [] }
    if let node = Int(text), (1..<context.cellCount).contains(node) { return [] }
    return [
      Finding(
        place: context.values.place("node"), message: "'\(text)' is not an inner node",
        suggestion: "write rotating or a number from 1 to \(context.cellCount - 1)")
    ]
  }

  public static func run(_ context: StepContext) async throws {
    let bench = context.bench
    let node =
      Int(context.values.text("node"))
      ?? (CellChoice.rotating(context.header.unit, count: context.cellCount - 1))
    let episode = FaultEpisode(context: context, limit: context.values.quantity("limit"))
    let isAlarm: (UnitTelemetry) -> Bool = { !$0.detectionFailedCells.isEmpty }
    try await bench.setCellCurrentLimit(limit)
    let opened = context.world.now
    try await bench.setLine(.nodeRelays, member: node, active: true)
    try await requireNoCurrent(context, node)
    if let frame = try await episode.awaitAlarm(since: opened, isAlarm) {
      let near = frame.detectionFailedCells.contains { $0 == node || $0 == node + 1 }
      let named = frame.detectionFailedCells.map(String.init).joined(separator: ", ")
      context.measure(
        "alarm-cell", .flag(near), by: ["unit"], note: "node B\(node) open, alarm names cell \(named)")
      let far = node > context.cellCount / 2 ? 1 : context.cellCount
      try await episode.invite(balancingOf: far)
      try await context.requireSetting("balancing", 1)
      try await episode.lightAndInhibit()
      try await context.requireSetting("balancing", 0)
      try await bench.setAllCells(context.restVoltage)
    }
    try await bench.setLine(.nodeRelays, member: node, active: false)
    try await episode.awaitClear(isAlarm)
    try await bench.setCellCurrentLimit(Current(context.memory.workingLimit))
  }

  /// A unit that draws current past an open wire pulls the cells down that the emulator's limit protects, and goes
  /// dormant by it. So that is seen first, and the wire is closed again.
  private static func requireNoCurrent(_ context: StepContext, _ node: Int) async throws {
    let bench = context.bench
    let supply = try await bench.supplyAmperes()
    let cells = [node, node + 1]
    var worst = 0.0
    for (cell, reading) in zip(cells, try await bench.cellCurrents(cells)) {
      let amperes = try bench.number(reading, role: .cells, member: cell - 1) - supply
      if amperes.magnitude > worst.magnitude { worst = amperes }
    }
    context.measure(
      "stray-current", channel: "B\(node) open", .init(reading: worst),
      uncertainty: context.uncertainty(.cells, "current", at: worst),
      by: bench.instrumentNames(.cells) + bench.instrumentNames(.supplyCurrent),
      note: "limited to \(limit) by the emulator")
    guard worst.magnitude > limit.base / 2 else { return }
    try await bench.setLine(.nodeRelays, member: node, active: false)
    try await bench.setCellCurrentLimit(Current(context.memory.workingLimit))
    throw StepEnough(
      why: "the unit moves \(Current(worst)) past the open wire B\(node): its cells cannot be held")
  }

  /// What the emulator delivers at most while a wire is open.
  private static let limit = Current.milliamperes(100)
}
