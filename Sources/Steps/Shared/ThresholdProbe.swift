import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Applies the levels of a search to one cell, the loop or temperature inputs, and watches the power path for the
/// event. Only the path decides; telemetry names the cause afterwards.
final class ThresholdProbe {
  let context: StepContext
  let quantity: ThresholdQuantity
  let subject: ThresholdSubject
  /// Stored threshold, and that of the protection when a recovery is searched.
  let setting: Double
  let tripSetting: Double
  /// Seconds until a tripped overcurrent stage releases by itself.
  private let recoveryTime: Double
  private(set) var log = DecimatedTrace()
  private var watch: TripWatch

  /// Emulated cells have settled when the reference agrees with the set point by this much beyond the uncertainties.
  static let settledWithin = 0.001
  static let settleLooks = 20
  /// Seconds between two looks at the path where only the fact of the event counts, not its instant.
  static let idleLook = 0.1
  /// Above the rating a current flows in pulses with pauses, and not into hot switches (PRC-DOC-01).
  static let pauseAboveRating = 10.0
  static let hotSwitches = 90.0

  init(
    _ context: StepContext, _ quantity: ThresholdQuantity, _ subject: ThresholdSubject,
    _ settings: UnitSettings
  ) throws {
    guard let setting = settings.value(quantity.setting),
      let trip = settings.value(quantity.protection.setting)
    else { throw StepEnough(why: "the unit reports no setting '\(quantity.setting)'") }
    self.context = context
    self.quantity = quantity
    self.subject = subject
    self.setting = setting
    tripSetting = trip
    recoveryTime = settings.value(quantity.setting + "-recovery") ?? 0
    watch = TripWatch(context, charging: quantity.charging)
  }

  var instruments: [String] {
    let path = context.bench.instrumentNames(.loopCurrent)
    switch subject {
    case .cell: return context.bench.instrumentNames(.cellReference) + path
    case .loop: return path
    case .sensors: return context.bench.instrumentNames(.thermistors) + path
    }
  }

  /// Expanded uncertainty of a level: the reference proves settled cells, a ramp has only the emulator's word.
  func uncertainty(at level: Double, settled: Bool = true) -> Double {
    switch quantity.stimulus {
    case .cells: context.uncertainty(settled ? .cellReference : .cells)
    case .loop: context.uncertainty(.loopCurrent, "current", at: level)
    case .thermistors: context.uncertainty(.thermistors, "temperature")
    }
  }

  // MARK: stimulus

  /// - Returns: The level as it really is, where the rig has a reference for it.
  private func apply(_ level: Double, settles: Bool) async throws -> Double {
    switch subject {
    case .cell(let cell):
      try await context.bench.setCells([(cell, level)])
      guard settles else { return level }
      return try await settled(cell, level)
    case .sensors(let numbers):
      for number in numbers { try await context.bench.setThermistor(number, celsius: level) }
      return level
    case .loop: return try await drive(level)
    }
  }

  private func settled(_ cell: Int, _ level: Double) async throws -> Double {
    let allowed =
      Self.settledWithin + context.uncertainty(.cells) + context.uncertainty(.cellReference)
    var reading = 0.0
    for _ in 0..<Self.settleLooks {
      let readings = try await context.bench.cellReferenceVolts(of: [cell])
      reading = readings[0].volts
      if (reading - level).magnitude <= allowed { return reading }
      try await context.sleep(0.02)
    }
    if let drawn = try await drawn(cell) {
      throw StepEnough(
        why:
          "the unit moves \(Current(drawn)) through cell \(cell) or its neighbour: no level can be held there"
      )
    }
    throw RigFault(
      instrument: (context.bench.instrumentNames(.cells) + context.bench.instrumentNames(.cellReference))
        .joined(separator: " or "),
      message: "cell \(cell) was set to \(Voltage(level)), the reference reads \(Voltage(reading))")
  }

  /// Amperes of a cell or its neighbours that explain a level off by the drop in the leads; nil when there are none.
  private func drawn(_ cell: Int) async throws -> Double? {
    let cells = [cell - 1, cell, cell + 1].filter { (1...context.cellCount).contains($0) }
    let readings = try await context.bench.cellCurrents(cells)
    let amperes = readings.map(\.value.magnitude).filter(\.isFinite).max() ?? 0
    return amperes > Self.drawnAtLeast ? amperes : nil
  }

  /// A balancer that is off moves nothing; one that should be off moves 1 A or more (SPEC-BAL-01).
  private static let drawnAtLeast = 0.5

  private func drive(_ level: Double) async throws -> Double {
    if level > context.limits.specification.ratedCurrent {
      let frame = try await context.freshTelemetry()
      if let hot = frame.mosfetTemperature, hot > Self.hotSwitches {
        throw StepEnough(why: "the unit's switches are at \(Temperature(hot)): no current above the rating")
      }
    }
    watch = TripWatch(context, charging: quantity.charging, current: level)
    try await watch.begin()
    let source = try context.bench.loopSource()
    try await context.sleep(source.settlingTime.seconds)
    let amperes = try await context.bench.loopAmperes().value.magnitude
    // Less than half: the path has opened already, and the watch will see it.
    guard amperes > level / 2 else { return level }
    try await context.bench.confirmLoop(quantity.charging ? amperes : -amperes, of: level)
    return amperes
  }

  // MARK: one level

  func probe(_ level: Double, seconds: Double, settles: Bool) async throws -> ThresholdMachine.Observation {
    let from = context.world.now
    let actual = try await apply(level, settles: settles)
    record(actual, at: from, event: false)
    let left = settles ? seconds : max(0, seconds - (context.world.now - from).seconds)
    let seen = try await event(within: left, interval: settles ? Self.idleLook : 0.005)
    if subject == .loop, level > context.limits.specification.ratedCurrent, seen == nil {
      try await watch.end()
      try await context.sleep(Self.pauseAboveRating)
    }
    guard let seen else { return .held(level: actual, from: from.seconds) }
    record(actual, at: seen.at, event: true)
    return .event(level: actual, from: from.seconds, at: seen.at.seconds, gap: seen.gap)
  }

  /// Waits for the event: the path opens, or for a recovery closes.
  private func event(within seconds: Double, interval: Double = 0.005) async throws -> (
    at: WorldInstant, gap: Double
  )? {
    guard quantity.isRecovery else { return try await watch.watch(for: seconds, interval: interval) }
    let closed = try await watch.waitForClosing(within: seconds, interval: max(interval, 0.05))
    try await watch.end()
    return closed
  }

  /// The unit's reading against the reference at a level where nothing happens. Cells only.
  func read(_ level: Double, frames: Int) async throws -> ThresholdMachine.Observation {
    guard case .cell(let cell) = subject else { return .spoiled("only cells can be predicted") }
    _ = try await apply(level, settles: true)
    try await context.sleep(context.values.quantity("sampling"))
    var readings: [Double] = []
    for _ in 0..<frames { readings.append(try await context.freshTelemetry().cellVoltages[cell - 1]) }
    let references = try await context.bench.cellReferenceVolts(of: [cell])
    let mean = readings.reduce(0, +) / Double(frames)
    let squares = readings.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    // Few frames may agree by chance: no less than the noise the procedure catalogue reckons with.
    let noise = max((squares / Double(max(frames - 1, 1))).squareRoot(), 0.000_5)
    return .reading(error: mean - references[0].volts, noise: noise, frames: frames, quantum: 0.001)
  }

  // MARK: before and after

  /// Brings the unit to where the event has not happened: at rest with a closed path, or tripped for a recovery.
  /// - Returns: False when it does not get there.
  func reset() async throws -> Bool {
    guard quantity.isRecovery else {
      guard try await rest() else { return false }
      if subject != .loop { try await watch.begin() }
      return true
    }
    let trip = quantity.protection
    try await watch.begin()
    _ = try await apply(tripSetting + trip.direction * trip.overdrive(tripSetting), settles: false)
    let opened = try await watch.watch(for: context.values.quantity("trip-limit"))
    try await watch.end()
    return opened != nil
  }

  /// Removes the stimulus and waits until the path conducts.
  func rest() async throws -> Bool {
    try await watch.end()
    watch = TripWatch(context, charging: quantity.charging)
    var limit = context.values.quantity("recovery-limit")
    switch subject {
    case .cell(let cell): try await context.bench.setCells([(cell, context.restVoltage)])
    case .sensors: try await context.bench.setThermistors(celsius: 25)
    case .loop: limit = recoveryTime * 1.5 + 5
    }
    let closed = try await watch.waitForClosing(within: limit)
    try await watch.end()
    if subject == .loop, setting > context.limits.specification.ratedCurrent {
      try await context.sleep(Self.pauseAboveRating)
    }
    return closed != nil
  }

  /// Steps from inside the threshold to outside and times the event; the unit must be reset before.
  ///
  /// - Parameter dwell: Seconds in which nothing may happen inside.
  /// - Returns: Seconds with their expanded uncertainty; nil when the event did not come, or came too early.
  func timeStep(dwell: Double) async throws -> (seconds: Double, uncertainty: Double)? {
    let overdrive = quantity.direction * quantity.overdrive(setting)
    let inside = try await apply(setting - overdrive, settles: true)
    record(inside, at: context.world.now, event: false)
    guard try await event(within: dwell, interval: Self.idleLook) == nil else { return nil }
    let edge = context.world.now
    let outside = try await apply(setting + overdrive, settles: false)
    let applied = context.world.now
    record(outside, at: edge, event: false)
    let limit = context.values.quantity("trip-limit") + (subject == .loop ? dwell * 1.5 : 0)
    guard let seen = try await event(within: limit) else { return nil }
    record(outside, at: seen.at, event: true)
    // The stimulus changed between both ends of the command, the path between the last two looks.
    return ((seen.at - edge).seconds - seen.gap / 2, seen.gap / 2 + (applied - edge).seconds)
  }

  // MARK: curve

  private func record(_ level: Double, at instant: WorldInstant, event: Bool) {
    let closed = event == quantity.isRecovery
    log.append([level, closed ? 1 : 0], at: instant.seconds)
  }

  func drawTrace() {
    let (times, rows) = log.finished()
    guard times.count > 1 else { return }
    let name = subject.channel.isEmpty ? "loop current" : subject.channel
    context.trace(
      [quantity.name, subject.channel].filter { !$0.isEmpty }.joined(separator: ", "),
      [
        Trace.Series(
          name: name, dimension: quantity.dimension, times: times, values: rows.map { $0[0] }, steps: true),
        Trace.Series(
          name: quantity.charging ? "charge path closed" : "discharge path closed", dimension: .count,
          times: times, values: rows.map { $0[1] }, steps: true),
      ])
  }

  // MARK: cause

  /// What the unit says of the trip.
  /// - Returns: Whether it names the right cause, nil when it names none that could be seen over its link.
  func cause(_ frame: UnitTelemetry) -> (isRight: Bool?, words: String) {
    switch subject {
    case .cell(let cell):
      let cells = quantity.charging ? frame.overvoltageCells : frame.undervoltageCells
      let names = cells.map(String.init).joined(separator: ", ")
      return (cells == [cell], cells.isEmpty ? "no alarm" : "alarm at cell \(names)")
    case .sensors(let numbers):
      // Bit 0 stands for NTC 1 and 2, bit 1 for NTC 3 and 4.
      let expected = numbers.map { $0 <= 2 ? 1 : 2 }
      return (expected.contains { frame.temperatureWarning & $0 != 0 }, "warning \(frame.temperatureWarning)")
    case .loop:
      let (mine, other) =
        quantity.charging
        ? (frame.chargingFault, frame.dischargingFault) : (frame.dischargingFault, frame.chargingFault)
      if mine == 0, other == 0 { return (nil, "the unit's link names no overcurrent") }
      return (
        mine != 0 && other == 0,
        "charging fault \(frame.chargingFault), discharging \(frame.dischargingFault)"
      )
    }
  }
}
