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
    FieldDeclaration("listen", .quantity(.time, range: 5...600), default: "20 s", doc: "how long to compare"),
    FieldDeclaration(
      "step", .quantity(.voltage, range: 0...0.1), default: "20 mV",
      doc: "change of every cell whose arrival is timed; 0 V leaves it out"),
    FieldDeclaration(
      "arrival-limit", .quantity(.time, range: 1...60), default: "15 s", doc: "longest wait for the change"),
  ]
  public static let measurements =
    LinkLog.Port.allCases.flatMap { port -> [MeasurementDeclaration] in
      [
        .init(
          "\(port.rawValue)-voltage-difference", .voltage, optional: true,
          "\(port.words) less Bluetooth, worst"),
        .init(
          "\(port.rawValue)-current-difference", .current, optional: true,
          "\(port.words) less Bluetooth, worst"),
        .init(
          "\(port.rawValue)-charge-difference", .ratio, optional: true,
          "state of charge, \(port.words) less Bluetooth"),
        .init(
          "\(port.rawValue)-temperature-difference", .temperature, optional: true,
          "\(port.words) less Bluetooth, worst"),
        .init(
          "\(port.rawValue)-delay", .time, optional: true,
          "from the change of the cells until \(port.words) shows it"),
        .init(
          "\(port.rawValue)-loss", .ratio, optional: true,
          "share of what was expected from \(port.words) and missed"),
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
    try await context.sleep(2 * settle)
    let before = context.unit.statistics
    let begin = context.world.now
    try await session.listen(until: begin + .seconds(context.values.quantity("listen")))
    let end = context.world.now
    for log in session.logs { differences(context, log, session.bluetooth) }
    losses(context, session, before: before, from: begin, to: end)
    try await arrival(context, &session)
    for port in LinkLog.Port.allCases where !session.logs.contains(where: { $0.port == port }) {
      for declaration in measurements where declaration.name.hasPrefix(port.rawValue + "-") {
        skip(context, declaration.name, why: "the rig has no '\(port.key)'")
      }
    }
  }

  /// Seconds in which the unit's own averages follow the cells.
  private static let settle = 2.0
  /// Frames further apart than this are not compared.
  private static let partnerWithin = 1.0

  // MARK: disagreement

  private static func differences(_ context: StepContext, _ log: LinkLog, _ bluetooth: [LinkSample]) {
    let quantities: [(String, KeyPath<LinkSample, Double?>, Double)] = [
      ("voltage", \.voltage, log.steps.voltage / 2), ("current", \.current, log.steps.current / 2),
      ("charge", \.charge, 0.005), ("temperature", \.temperature, 0.05),
    ]
    for (name, path, uncertainty) in quantities {
      var worst: Double?
      for sample in log.samples {
        guard let told = sample[keyPath: path],
          let partner = nearest(bluetooth, to: sample.at)?[keyPath: path]
        else {
          continue
        }
        if !((told - partner).magnitude <= worst?.magnitude ?? -1) { worst = told - partner }
      }
      record(
        context, log, "\(log.port.rawValue)-\(name)-difference",
        worst.map { .init(reading: $0) } ?? .missing("nothing was told that could be compared"),
        uncertainty: uncertainty)
    }
  }

  private static func nearest(_ samples: [LinkSample], to instant: WorldInstant) -> LinkSample? {
    func distance(_ sample: LinkSample) -> Double { (sample.at - instant).seconds.magnitude }
    guard let best = samples.min(by: { distance($0) < distance($1) }), distance(best) <= partnerWithin else {
      return nil
    }
    return best
  }

  // MARK: loss

  private static func losses(
    _ context: StepContext, _ session: LinkSession, before: UnitLinkStatistics, from begin: WorldInstant,
    to end: WorldInstant
  ) {
    let after = context.unit.statistics
    let missed = Double(after.framesMissed - before.framesMissed)
    let received = Double(session.bluetooth.count)
    measure(
      context, "bluetooth-loss",
      received + missed > 0 ? .init(reading: missed / (received + missed)) : .missing("no frame came"),
      by: ["unit"])
    for log in session.logs {
      let name = "\(log.port.rawValue)-loss"
      let (expected, lost) = log.loss(from: begin, to: end)
      record(
        context, log, name, expected > 0 ? .init(reading: lost / expected) : .missing("nothing was expected"),
        uncertainty: 0)
    }
  }

  // MARK: delay

  private static func arrival(_ context: StepContext, _ session: inout LinkSession) async throws {
    let step = context.values.quantity("step")
    let names = ["bluetooth-delay"] + session.logs.map { "\($0.port.rawValue)-delay" }
    guard step > 0 else {
      for name in names { skip(context, name, why: "no step was asked for") }
      return
    }
    let level = { (samples: [LinkSample]) -> Double? in samples.last?.voltage }
    let before = (bluetooth: level(session.bluetooth), logs: session.logs.map { level($0.samples) })
    let half = step * Double(context.cellCount) / 2
    let start = context.world.now
    try await context.bench.setAllCells(context.restVoltage + step)
    try await session.listen(until: start + .seconds(context.values.quantity("arrival-limit"))) { session in
      Self.reached(session.bluetooth, before.bluetooth, half, since: start) != nil
        && zip(session.logs, before.logs).allSatisfy {
          Self.reached($0.samples, $1, half, since: start) != nil
        }
    }
    func seen(_ samples: [LinkSample], _ from: Double?) -> Observation {
      reached(samples, from, half, since: start).map { .init(reading: $0) }
        ?? .missing("the change did not show in time")
    }
    measure(context, "bluetooth-delay", seen(session.bluetooth, before.bluetooth), by: ["unit"])
    for (log, from) in zip(session.logs, before.logs) {
      record(context, log, "\(log.port.rawValue)-delay", seen(log.samples, from), uncertainty: 0.05)
    }
    try await context.bench.setAllCells(context.restVoltage)
    try await context.sleep(settle)
  }

  /// Seconds until a link first told more than half of the change.
  private static func reached(
    _ samples: [LinkSample], _ before: Double?, _ half: Double, since start: WorldInstant
  ) -> Double? {
    guard let before else { return nil }
    return samples.first { $0.at > start && ($0.voltage ?? before) - before >= half }
      .map { ($0.at - start).seconds }
  }

  // MARK: recording

  private static func uses(_ context: StepContext, _ name: String) -> MeasurementUse? {
    context.step.measure.first { $0.name == name }?.use
  }

  /// Only what the procedure names is recorded.
  private static func measure(
    _ context: StepContext, _ name: String, _ observation: Observation, by instruments: [String]
  ) {
    guard uses(context, name) != nil else { return }
    context.measure(name, observation, uncertainty: 0.05, by: instruments)
  }

  private static func skip(_ context: StepContext, _ name: String, why: String) {
    guard uses(context, name) != nil else { return }
    context.notApplicable(name, why: why)
  }

  /// What a candidate tells is never judged.
  private static func record(
    _ context: StepContext, _ log: LinkLog, _ name: String, _ observation: Observation, uncertainty: Double
  ) {
    guard let use = uses(context, name) else { return }
    if !log.bus.isProfileConfirmed {
      let why = "no released unit has been heard to speak the profile '\(log.bus.profile)'"
      if case .limit = use { return context.notApplicable(name, why: why) }
      if case .missing(let missing) = observation {
        return context.notApplicable(name, why: "\(why); \(missing)")
      }
    }
    context.measure(name, observation, uncertainty: uncertainty, by: [log.port.key, "unit"])
  }
}
