import Capabilities
import Engine
import Model
import Ports
import Quantities

/// All links of the unit at once, on one time axis: what they tell must be the same battery.
public enum LinkAgreement: StepKind {
  public static let id = "link-agreement"
  public static let summary =
    "Listens to Bluetooth, CAN and 485 at the same time: how far they disagree, how much later each shows a change "
    + "of the cells, and what is lost. A port whose profile the rig file does not call confirmed is measured as "
    + "information only, and never written to."
  public static let parameters = [
    FieldDeclaration("listen", .quantity(.time, range: 1...600), default: "20 s", doc: "how long to compare"),
    FieldDeclaration(
      "settle", .quantity(.time, range: 0...10), default: "2 s",
      doc:
        "for the unit's own averages, before listening and after the change; 0 s where the cells rest already"
    ),
    FieldDeclaration(
      "step", .quantity(.voltage, range: 0...0.1), default: "20 mV",
      doc: "change of every cell whose arrival is timed; 0 V leaves it out"),
    FieldDeclaration(
      "arrival-limit", .quantity(.time, range: 1...60), default: "15 s", doc: "longest wait for the change"),
  ]
  public static let measurements =
    LinkLog.Port.allCases.flatMap { port -> [MeasurementDeclaration] in
      func declare(_ name: String, _ dimension: Dimension, _ words: String) -> MeasurementDeclaration {
        .init("\(port.rawValue)-\(name)", dimension, optional: true, words)
      }
      return [
        declare("voltage-difference", .voltage, "\(port.words) less Bluetooth, worst"),
        declare("current-difference", .current, "\(port.words) less Bluetooth, worst"),
        declare("charge-difference", .ratio, "state of charge, \(port.words) less Bluetooth"),
        declare("temperature-difference", .temperature, "\(port.words) less Bluetooth, worst"),
        declare("cell-difference", .voltage, "one cell, \(port.words) less Bluetooth, worst"),
        declare("alarms", .count, "alarms that \(port.words) tells while the cells rest"),
        declare("delay", .time, "from the change of the cells until \(port.words) shows it"),
        declare("loss", .ratio, "share of what was expected from \(port.words) and missed"),
      ]
    } + [
      .init(
        "bluetooth-delay", .time, optional: true, "from the change of the cells until Bluetooth shows it"),
      .init("bluetooth-loss", .ratio, optional: true, "share of frames that the counter says were missed"),
    ]
  public static let roles: [RoleName] = [.cells]
  public static let sample = """
    - step: link-agreement
      id: links
      title: All links at once
      listen: 10 s
      measure:
        can-voltage-difference: information
        rs485-voltage-difference: information
        can-delay: information
        rs485-delay: information
        bluetooth-loss: information
    """

  public static func limitsUsed(_ context: CheckContext) -> [String] { Stimulus.limitsOfRest }

  public static func demands(_ context: CheckContext) -> [Demand] {
    let highest = (Stimulus.restVoltage(context.limits) ?? 0) + context.values.quantity("step")
    return [
      Demand(
        role: .cells, quantity: AnyQuantity(highest, .voltage), purpose: "the step that is timed",
        place: context.values.place("step"))
    ]
  }

  public static func run(_ context: StepContext) async throws {
    var session = LinkSession(context)
    for log in session.logs { context.note("\(log.port.words): \(log.bus.profile)") }
    try await context.bench.setAllCells(context.restVoltage)
    try await context.sleep(context.values.quantity("settle"))
    let before = context.unit.statistics
    let begin = context.world.now
    try await session.listen(until: begin + .seconds(context.values.quantity("listen")))
    let end = context.world.now
    for log in session.logs {
      LinkReport(context, log).differences(session.bluetooth)
      LinkReport(context, log).alarms()
      LinkReport(context, log).loss(from: begin, to: end)
    }
    bluetoothLoss(context, session, before: before)
    try await LinkArrival(context).run(&session)
    for port in LinkLog.Port.allCases where !session.logs.contains(where: { $0.port == port }) {
      for declaration in measurements where declaration.name.hasPrefix(port.rawValue + "-") {
        LinkReport.skip(context, declaration.name, why: "the rig has no '\(port.key)'")
      }
    }
  }

  private static func bluetoothLoss(
    _ context: StepContext, _ session: LinkSession, before: UnitLinkStatistics
  ) {
    let after = context.unit.statistics
    let missed = Double(after.framesMissed - before.framesMissed)
    let received = Double(session.bluetooth.count)
    LinkReport.bluetooth(
      context, "bluetooth-loss",
      received + missed > 0 ? .init(reading: missed / (received + missed)) : .missing("no frame came"),
      uncertainty: 0)
  }
}
