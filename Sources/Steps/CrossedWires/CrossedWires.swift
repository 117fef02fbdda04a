import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Two neighbouring sense wires exchanged: alarm, red light, no balancing, no damage: PRC-ALM-03.
///
/// Reverse polarity survival is not promised by the manual: design validation only, with the emulator held to 100 mA.
public enum CrossedWires: StepKind {
  public static let id = "crossed-wires"
  public static let writesSettings = true
  public static let summary =
    "Exchanges two neighbouring sense wires at 100 mA, expects the alarm at a cell beside them, the red light and no "
    + "balancing, puts them right again and compares the cell readings with those before."
  public static let parameters = [
    FieldDeclaration(
      "limit", .quantity(.time, range: 1...120), default: "15 s", doc: "longest wait each way"),
    FieldDeclaration("frames", .integer(range: 1...20), default: "3", doc: "telemetry frames to average"),
  ]
  public static let measurements =
    FaultEpisode.measurements + [
      MeasurementDeclaration("alarm-cell", nil, "the alarm names a cell at the crossed wires"),
      MeasurementDeclaration("error-change", .voltage, "change of the cell errors by the crossing"),
    ]
  public static let roles = FaultEpisode.roles + [.nodeCrossing, .cellReference]
  public static let uncertainties =
    FaultEpisode.uncertainties + [UncertaintyNeed(.cellReference, "voltage", .voltage)]
  public static let sample = """
    - step: crossed-wires
      id: crossed-wires
      title: Crossed sampling wires
      measure:
        alarm: crossed-wire-alarm
        alarm-time: crossed-wire-time
        alarm-cell: open-wire-cell
        red-light: red-led-fault
        balance-inhibited: balance-inhibited
        clear-time: count-clear-time
        error-change: crossed-wire-damage
    """

  public static func limitsUsed(_ context: CheckContext) -> [String] { Stimulus.limitsOfRest }

  public static func run(_ context: StepContext) async throws {
    let bench = context.bench
    let node = bench.rig.wiring.fixture.crossedNode ?? 0
    guard node + 1 <= context.cellCount else {
      throw RigFault(
        instrument: "rig",
        message:
          "its crossing relay exchanges B\(node) and B\(node + 1), the unit has \(context.cellCount) cells")
    }
    let episode = FaultEpisode(context: context, limit: context.values.quantity("limit"))
    let isAlarm: (UnitTelemetry) -> Bool = { !$0.detectionFailedCells.isEmpty || !$0.polarityCells.isEmpty }
    let before = try await context.cellErrors(frames: context.values.integer("frames"))
    try await bench.setCellCurrentLimit(.milliamperes(100))
    try await bench.setLine(.nodeCrossing, active: true)
    if let frame = try await episode.awaitAlarm(isAlarm) {
      let cells = frame.detectionFailedCells + frame.polarityCells
      let named = cells.map(String.init).joined(separator: ", ")
      context.measure(
        "alarm-cell", .flag(cells.contains { (node...node + 2).contains($0) }), by: ["unit"],
        note: "wires of B\(node) and B\(node + 1) exchanged, alarm names cell \(named)")
      try await episode.invite(balancingOf: node > context.cellCount / 2 ? 1 : context.cellCount)
      try await context.requireSetting("balancing", 1)
      try await episode.lightAndInhibit()
      try await context.requireSetting("balancing", 0)
      try await bench.setAllCells(context.restVoltage)
    }
    try await bench.setLine(.nodeCrossing, active: false)
    try await episode.awaitClear(isAlarm)
    let after = try await context.cellErrors(frames: context.values.integer("frames"))
    context.measureErrorChange("error-change", from: before, to: after)
    try await bench.setCellCurrentLimit(Current(context.memory.workingLimit))
  }
}
