import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Records what one port beside Bluetooth told. Only what the procedure names is recorded.
struct LinkReport {
  private let context: StepContext
  private let log: LinkLog
  /// Frames further apart than this are not compared, seconds.
  private static let partnerWithin = 1.0

  init(_ context: StepContext, _ log: LinkLog) {
    self.context = context
    self.log = log
  }

  // MARK: disagreement

  func differences(_ bluetooth: [LinkSample]) {
    let steps = log.steps
    difference("voltage-difference", .packVoltage, bluetooth, steps.voltage) { $0.voltage.map { [$0] } }
    difference("current-difference", .packCurrent, bluetooth, steps.current) { $0.current.map { [$0] } }
    difference("charge-difference", .stateOfCharge, bluetooth, steps.charge) { $0.charge.map { [$0] } }
    difference("temperature-difference", .temperatures, bluetooth, steps.temperature) {
      $0.temperature.map { [$0] }
    }
    difference("cell-difference", .cellVoltages, bluetooth, steps.cell) { $0.cells.isEmpty ? nil : $0.cells }
  }

  /// The worst difference of values that were told within a second of each other.
  private func difference(
    _ name: String, _ quantity: UnitBusQuantity, _ bluetooth: [LinkSample], _ step: Double,
    _ values: (LinkSample) -> [Double]?
  ) {
    guard log.bus.tells(quantity) else {
      return Self.skip(
        context, "\(log.port.rawValue)-\(name)", why: "the profile '\(log.bus.profile)' does not tell it")
    }
    var worst: Double?
    var place = 0
    var count = 0
    for sample in log.samples {
      guard let told = values(sample), let partner = nearest(bluetooth, to: sample.at).flatMap(values) else {
        continue
      }
      count = told.count
      // A profile may have fewer cells than the pack; more are not the unit's.
      for (index, pair) in zip(told, partner).enumerated() {
        guard !((pair.0 - pair.1).magnitude <= worst?.magnitude ?? -1) else { continue }
        worst = pair.0 - pair.1
        place = index
      }
    }
    record(
      name, worst.map { .init(reading: $0) } ?? .missing("nothing was told that could be compared"),
      uncertainty: step / 2, note: worst != nil && count > 1 ? "worst at cell \(place + 1)" : "")
  }

  private func nearest(_ samples: [LinkSample], to instant: WorldInstant) -> LinkSample? {
    func distance(_ sample: LinkSample) -> Double { (sample.at - instant).seconds.magnitude }
    guard let best = samples.min(by: { distance($0) < distance($1) }), distance(best) <= Self.partnerWithin
    else { return nil }
    return best
  }

  func alarms() {
    guard log.bus.tells(.alarms) else {
      return Self.skip(
        context, "\(log.port.rawValue)-alarms", why: "the profile '\(log.bus.profile)' does not tell any")
    }
    record(
      "alarms",
      log.alarms.map { .init(reading: Double($0.count)) } ?? .missing("no alarms were told, on or off"),
      uncertainty: 0, note: (log.alarms ?? []).sorted().joined(separator: ", "))
  }

  func loss(from begin: WorldInstant, to end: WorldInstant) {
    let (expected, lost) = log.loss(from: begin, to: end)
    record(
      "loss", expected > 0 ? .init(reading: lost / expected) : .missing("nothing was expected"),
      uncertainty: 0)
  }

  // MARK: recording

  /// What a candidate tells is never judged.
  func record(_ name: String, _ observation: Observation, uncertainty: Double, note: String = "") {
    let name = "\(log.port.rawValue)-\(name)"
    guard let use = Self.use(context, name) else { return }
    if !log.bus.isProfileConfirmed {
      let why = "no released unit has been heard to speak the profile '\(log.bus.profile)'"
      if case .limit = use { return context.notApplicable(name, why: why) }
      if case .missing(let missing) = observation {
        return context.notApplicable(name, why: "\(why); \(missing)")
      }
    }
    context.measure(
      name, observation, uncertainty: uncertainty, by: [log.port.key, "unit"], note: note)
  }

  static func bluetooth(
    _ context: StepContext, _ name: String, _ observation: Observation, uncertainty: Double, note: String = ""
  ) {
    guard use(context, name) != nil else { return }
    context.measure(name, observation, uncertainty: uncertainty, by: ["unit"], note: note)
  }

  static func skip(_ context: StepContext, _ name: String, why: String) {
    guard use(context, name) != nil else { return }
    context.notApplicable(name, why: why)
  }

  private static func use(_ context: StepContext, _ name: String) -> MeasurementUse? {
    context.step.measure.first { $0.name == name }?.use
  }
}
