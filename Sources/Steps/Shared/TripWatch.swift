import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Watches the power path on the loop shunt while a stimulus is applied. The trip is seen on the path, never in
/// telemetry, which comes up to a second late.
struct TripWatch {
  let context: StepContext
  /// Direction of the current that the awaited protection cuts.
  let charging: Bool
  /// Amperes that the watch keeps flowing.
  let current: Double

  /// Current that proves a conducting path: small enough for any setting, large enough for the shunt.
  static let watchCurrent = 2.0
  static let compliance = 5.0
  /// Sources have a watchdog and switch off when nobody speaks to them; the shunt's meter does not count.
  static let speakAtLeast = Interval.seconds(5)
  /// Looks at too small a current before the source is asked why: more than its ramp takes.
  static let shortLooks = 3

  init(_ context: StepContext, charging: Bool, current: Double = TripWatch.watchCurrent) {
    self.context = context
    self.charging = charging
    self.current = current
  }

  private var sign: Double { charging ? 1 : -1 }

  /// - Returns: When the command left for the source.
  @discardableResult
  func begin() async throws -> WorldInstant {
    try await context.bench.setLoop(current: sign * current, compliance: Self.compliance)
  }
  func end() async throws { try await context.bench.setLoop(current: 0, compliance: Self.compliance) }

  /// When something was first seen, and the time since the last look before it was asked for: when within an exchange
  /// an instrument looks, nobody says. Within that time it happened.
  typealias Sighting = (at: WorldInstant, gap: Double)

  /// Watches for `seconds`.
  /// - Returns: When the path was first seen open; nil when it stayed closed.
  ///
  /// - Parameter start: When the current began to flow, if that is before now; the first look counts from there.
  /// - Parameter interval: Seconds between two looks; the default times an opening as finely as the meter allows.
  func watch(
    for seconds: Double, since start: WorldInstant? = nil, interval: Double = 0.005
  ) async throws -> Sighting? {
    // A look that does not time the opening leaves room for others.
    guard interval < Self.timingBelow else {
      return try await look(for: seconds, since: start, interval: interval)
    }
    return try await context.bench.timing(on: .loopCurrent, "timing an opening of the path") {
      try await look(for: seconds, since: start, interval: interval)
    }
  }

  /// Seconds between two looks below which the instant of the opening counts.
  private static let timingBelow = 0.05

  private func look(for seconds: Double, since start: WorldInstant?, interval: Double) async throws
    -> Sighting?
  {
    let end = context.world.now + .seconds(seconds)
    var last = start ?? context.world.now
    var seen: Double?
    var spoken = context.world.now
    var short = 0
    while true {
      let asked = context.world.now
      let (amperes, at) = try await context.bench.loopAmperes()
      short = context.bench.isDelivered(amperes, of: current) ? 0 : short + 1
      // Asked while it still flows: after a trip nobody could say any more what had flowed.
      if short == Self.shortLooks { try await context.bench.confirmLoop(amperes, of: current) }
      let open = amperes * sign < current / 2
      if !open, at - spoken > Self.speakAtLeast {
        let source = try context.bench.loopSource()
        _ = try await source.measureCurrent()
        spoken = context.world.now
      }
      if open || context.world.now >= end {
        // A meter that stands still would be taken for a path that opened, or never did.
        try await context.bench.confirmLoop(amperes, of: current)
        if open { try await requireLiveSource() }
        return open ? (at, max((at - last).seconds, 0.001)) : nil
      }
      // To the last digit what it was before: a meter that stands still has not looked.
      if amperes != seen { last = asked }
      seen = amperes
      if context.world.now - at < .seconds(interval) { try await context.sleep(interval) }
    }
  }

  /// A source that switched itself off drives no current either: that is no trip.
  private func requireLiveSource() async throws {
    let source = try context.bench.loopSource()
    guard try await !source.outputEnabled() else { return }
    throw RigFault(
      instrument: context.bench.instrumentNames(.loopSource).joined(),
      message: "its output went off while \(Current(current)) should flow")
  }

  /// Waits until the path conducts again, probing every `interval` seconds.
  /// - Returns: When it was first seen closed, nil when it stayed open for `seconds`.
  func waitForClosing(within seconds: Double, interval: Double = 0.2) async throws -> (
    at: WorldInstant, gap: Double
  )? {
    let end = context.world.now + .seconds(seconds)
    var last = context.world.now
    while true {
      let asked = context.world.now
      if try await context.bench.conducts(charging: charging) {
        return (context.world.now, (context.world.now - last).seconds)
      }
      last = asked
      try await self.end()
      if context.world.now >= end { return nil }
      try await context.sleep(interval)
    }
  }
}

extension StepContext {
  /// Records what the state table says of a selective cut: the tripped direction blocked, the other one through a
  /// body diode (or re-closed by the board: then the diode has no drop to show).
  ///
  /// - Parameter opened: When the path opened, and the seconds after which the unit closes it by itself; nil when it
  ///   waits for something else.
  /// - Returns: Whether the path was seen cut as it should be.
  @discardableResult
  func measureSelectiveCut(
    charging: Bool, names: SelectiveCutNames, channel: String,
    opened: (at: WorldInstant, holds: Double)? = nil
  ) async throws -> Bool {
    // A unit that restarts opens its path, too.
    try requireLink("see the path cut")
    let state = try await bench.probePath()
    let by = bench.instrumentNames(.loopCurrent) + bench.instrumentNames(.pathDrop)
    let blocked = charging ? !state.chargeConducts : !state.dischargeConducts
    let other = charging ? state.dischargeConducts : state.chargeConducts
    if !blocked, let opened, (world.now - opened.at).seconds > opened.holds / 2 {
      // An instrument that took its time.
      let late = TimeSpan((world.now - opened.at).seconds)
      let why = "looked at \(late) after the path had opened: the unit may have recovered"
      measure(names.action, channel: channel, .missing(why), by: by)
      return false
    }
    measure(names.action, channel: channel, .flag(blocked), by: by, note: state.words)
    guard blocked else { return false }
    measure(names.selective, channel: channel, .flag(other), by: by, note: state.words)
    let leak = charging ? state.chargeCurrent : state.dischargeCurrent
    measure(
      names.cutCurrent, channel: channel, .init(reading: leak.magnitude),
      uncertainty: uncertainty(.loopCurrent, "current"),
      by: by)
    let drop = (charging ? state.dischargeDrop : state.chargeDrop).magnitude
    if other, drop < 0.05 {
      notApplicable(
        names.diodeDrop, channel: channel, why: "the board re-closes the other switch under current")
    } else if other {
      measure(
        names.diodeDrop, channel: channel, .init(reading: drop), uncertainty: uncertainty(.pathDrop), by: by)
    }
    return true
  }
}

/// Names under which a step records the state table.
struct SelectiveCutNames {
  var action = "action"
  var selective = "selective"
  var cutCurrent = "cut-current"
  var diodeDrop = "diode-drop"

  static let measurements = [
    MeasurementDeclaration("action", nil, "the protected direction is cut"),
    MeasurementDeclaration("selective", nil, "the other direction still conducts"),
    MeasurementDeclaration("cut-current", .current, "current in the cut direction"),
    MeasurementDeclaration(
      "diode-drop", .voltage, optional: true, "drop of the body diode in the other direction"),
  ]
}
