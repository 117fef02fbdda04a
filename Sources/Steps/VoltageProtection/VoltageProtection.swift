import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Overcharge or over-discharge of single cells: bracket, value by prediction, selective cut, recovery bracket:
/// PRC-OVP-01/-03, PRC-UVP-01/-03, PRC-FET-03.
///
/// The brackets lie *inside* the limits by the guard band, so that a pass proves the threshold to lie in the window;
/// a bracket outside the window would pass thresholds beyond it.
public enum VoltageProtection: StepKind {
  public static let id = "voltage-protection"
  public static let summary =
    "For each chosen cell: holds just inside the window (no trip), steps to its far side (trip), reads the path, "
    + "holds above the recovery window's inner edge (stays cut), steps to the other edge (recovers)."
  public static let parameters = [
    FieldDeclaration("protection", .choice(["overcharge", "over-discharge"]), doc: "which one"),
    FieldDeclaration("cells", .list(of: .text), default: "first, last, rotating", doc: CellChoice.doc),
    FieldDeclaration(
      "hold", .quantity(.time, range: 0.2...60), default: "2 s", doc: "dwell in which nothing may trip"),
    FieldDeclaration(
      "trip-limit", .quantity(.time, range: 1...60), default: "6 s", doc: "longest wait for the trip"),
    FieldDeclaration(
      "recovery-limit", .quantity(.time, range: 1...60), default: "6 s", doc: "longest wait for the recovery"),
    FieldDeclaration(
      "frames", .integer(range: 1...20), default: "2", doc: "telemetry frames for the prediction"),
  ]
  public static let measurements =
    [
      MeasurementDeclaration(
        "trip", .voltage, "trip voltage by prediction: setting less the channel's error"),
      MeasurementDeclaration("holds", nil, "no trip at the near edge of the window"),
      MeasurementDeclaration("trips", nil, "trip, or the unit's alarm, at the far edge of the window"),
      MeasurementDeclaration("alarm-cell", nil, "the alarm names the right cell"),
      MeasurementDeclaration("delay", .time, "step to opening of the path"),
      MeasurementDeclaration("stays-cut", nil, "no recovery at the near edge of the recovery window"),
      MeasurementDeclaration("recovers", nil, "recovery at the far edge of the recovery window"),
    ] + SelectiveCutNames.measurements
  public static let roles: [RoleName] = [
    .cells, .cellReference, .loopSource, .loopContactor, .loopCurrent, .pathDrop,
  ]
  public static let uncertainties = [
    UncertaintyNeed(.cellReference, "voltage", .voltage), UncertaintyNeed(.loopCurrent, "current", .current),
    UncertaintyNeed(.pathDrop, "voltage", .voltage), UncertaintyNeed(.cells, "voltage", .voltage),
  ]
  public static let sample = """
    - step: voltage-protection
      id: overcharge
      title: Overcharge protection
      critical: yes
      on-fail: stop
      protection: overcharge
      cells: [first, last, rotating]
      measure:
        trip: ovp-trip
        holds: ovp-trip-bracket
        trips: ovp-trip-bracket
        alarm-cell: alarm-cell
        delay: overcharge-delay
        action: overcharge-action
        selective: selective-cut
        cut-current: cut-current
        diode-drop: diode-drop
        stays-cut: ovp-recover-bracket
        recovers: ovp-recover-bracket
    """

  /// What differs between both protections.
  struct Kind {
    let charging: Bool
    let tripLimit: String
    let recoverLimit: String
    let setting: String
    let word: String

    init(_ text: String) {
      charging = text == "overcharge"
      tripLimit = charging ? "ovp-trip" : "uvp-trip"
      recoverLimit = charging ? "ovp-recover" : "uvp-recover"
      setting = charging ? "cell-overvoltage-protection" : "cell-undervoltage-protection"
      word = text
    }

    /// Edges in the order they are approached, inside the window by the guard band.
    func edges(_ window: (low: Double?, high: Double?), guardBand w: Double, tripping: Bool) -> (
      near: Double, far: Double
    )? {
      guard let low = window.low, let high = window.high, high - low > 2 * w else { return nil }
      return charging == tripping ? (low + w, high - w) : (high - w, low + w)
    }
  }

  public static func limitsUsed(_ context: CheckContext) -> [String] {
    let kind = Kind(context.values.text("protection"))
    return [kind.tripLimit, kind.recoverLimit] + Stimulus.limitsOfRest
  }

  public static func findings(_ context: CheckContext) -> [Finding] {
    CellChoice.findings(context, key: "cells")
  }

  public static func demands(_ context: CheckContext) -> [Demand] {
    let kind = Kind(context.values.text("protection"))
    let window = context.limits.window(kind.tripLimit)
    return [window?.low, window?.high].compactMap { $0 }.map {
      Demand(
        role: .cells, quantity: AnyQuantity($0, .voltage), purpose: "\(kind.word) bracket",
        place: context.values.place("protection"))
    } + [
      Demand(
        role: .loopSource, quantity: AnyQuantity(TripWatch.watchCurrent, .current), purpose: "path watch",
        place: context.step.place)
    ]
  }

  public static func run(_ context: StepContext) async throws {
    let kind = Kind(context.values.text("protection"))
    // Stimulus uncertainty: the reference proves the level, so its uncertainty counts.
    let w = context.guardBand(context.uncertainty(.cellReference))
    guard let trip = kind.edges(context.limits.window(kind.tripLimit)!, guardBand: w, tripping: true),
      let recover = kind.edges(context.limits.window(kind.recoverLimit)!, guardBand: w, tripping: false)
    else {
      throw RigFault(
        instrument: "rig", message: "its uncertainty leaves no room inside the window of '\(kind.tripLimit)'")
    }
    let settings = try await context.unit.settings(deadline: context.deadline(10))
    try await context.bench.closeLoop()
    let chosen = CellChoice.cells(
      context.values.texts("cells"), count: context.cellCount, serial: context.header.unit)!
    for cell in chosen {
      try await exercise(
        context, kind, cell, trip: trip, recover: recover, setting: settings.value(kind.setting))
    }
    try await context.bench.openLoop()
  }

  private static func exercise(
    _ context: StepContext, _ kind: Kind, _ cell: Int, trip: (near: Double, far: Double),
    recover: (near: Double, far: Double), setting: Double?
  ) async throws {
    let channel = context.cell(cell)
    let watch = TripWatch(context, charging: kind.charging)
    // An earlier fault may still be clearing: what is cut beforehand cannot show a trip.
    let closed = try await watch.waitForClosing(within: context.values.quantity("recovery-limit"))
    try await watch.end()
    guard closed != nil else {
      throw StepEnough(why: "the path did not conduct before the stimulus on \(channel)")
    }
    let begin = context.world.now
    let early = try await hold(context, watch, cell, at: trip.near, setting: setting)
    let edge = context.world.now
    try await context.bench.setCells([(cell, trip.far)])
    let opened = try await watch.watch(for: context.values.quantity("trip-limit"))
    try await watch.end()
    let seen = context.world.now
    try await context.bench.witnessCells([cell])
    if let opened, early == nil {
      context.measure(
        "delay", channel: channel, .init(reading: (opened.at - edge).seconds), uncertainty: opened.gap,
        by: pathInstruments(context))
    } else {
      context.measure("delay", channel: channel, .missing("no trip to time"), by: pathInstruments(context))
    }
    trace(context, kind, cell, from: begin, edge: edge, opened: opened?.at, levels: (trip.near, trip.far))
    let cut = try await context.measureSelectiveCut(
      charging: kind.charging, names: SelectiveCutNames(), channel: channel)
    // The frames of the time the probes took.
    let flagged = try await alarm(context, kind, cell, since: seen)
    context.measure(
      "trips", channel: channel, .flag(opened != nil || flagged), by: pathInstruments(context),
      note: "at \(Voltage(trip.far))")
    guard cut else { throw StepEnough(why: "the path was not cut on \(channel)") }
    try await recovery(context, kind, cell, recover)
  }

  /// Stands at the near edge for the whole hold, and takes the frames for the prediction meanwhile. A trip in that time
  /// stays: nothing recovers above the near edge, so the second watch sees it.
  /// - Returns: A trip, nil as it should be.
  private static func hold(
    _ context: StepContext, _ watch: TripWatch, _ cell: Int, at volts: Double, setting: Double?
  ) async throws -> (at: WorldInstant, gap: Double)? {
    try await context.bench.setCells([(cell, volts)])
    let start = try await watch.begin()
    let whole = context.values.quantity("hold")
    var early = try await watch.watch(for: whole / 4)
    if early == nil {
      try await predict(context, cell, at: volts, setting: setting)
      early = try await watch.watch(for: max(0, whole - (context.world.now - start).seconds))
    }
    // The level that the unit is judged by, by two instruments.
    try await context.bench.witnessCells([cell])
    context.measure(
      "holds", channel: context.cell(cell), .flag(early == nil), by: pathInstruments(context),
      note: "at \(Voltage(volts))")
    return early
  }

  /// Trip voltage = stored setting − (unit's reading − reference), near the threshold (procedure catalogue 4).
  private static func predict(
    _ context: StepContext, _ cell: Int, at volts: Double, setting: Double?
  ) async throws {
    let channel = context.cell(cell)
    guard let setting else {
      context.measure("trip", channel: channel, .missing("the unit reports no such setting"), by: ["unit"])
      return
    }
    let (means, _) = try await context.averagedTelemetry(context.values.integer("frames"))
    guard let reference = try await reference(context, cell, at: volts) else {
      let by = context.bench.instrumentNames(.cellReference)
      context.measure(
        "trip", channel: channel, .missing("the voltmeter does not read what was set, \(Voltage(volts))"),
        by: by)
      return
    }
    // Reference, the unit's noise over the frames and its 1 mV quantum.
    let u = hypotenuse(context.uncertainty(.cellReference), 0.001)
    context.measure(
      "trip", channel: channel, .init(reading: setting - (means[cell - 1] - reference)), uncertainty: u,
      by: ["unit"] + context.bench.instrumentNames(.cellReference), note: "predicted from the channel's error"
    )
  }

  /// Volts of the cell; nil while they are not what was set. One reading that is off fails no unit: it is taken again.
  private static func reference(
    _ context: StepContext, _ cell: Int, at volts: Double
  ) async throws -> Double? {
    for look in 0..<referenceLooks {
      if look > 0 { try await context.sleep(referencePause) }
      let reading = try await context.bench.cellReferenceVolts()[cell - 1]
      if (reading - volts).magnitude <= agreement { return reading }
    }
    return nil
  }

  /// Volts by which setting and reading may differ, as in the contact check: leads and both instruments.
  private static let agreement = 0.008
  /// Looks at a level, and seconds between them.
  private static let referenceLooks = 3
  private static let referencePause = 0.5

  /// - Parameter instant: When the path was seen open.
  private static func alarm(
    _ context: StepContext, _ kind: Kind, _ cell: Int, since instant: WorldInstant
  ) async throws -> Bool {
    let frame = try await context.unit.telemetry(
      after: instant, deadline: context.deadline(StepContext.frameLimit))
    let cells = kind.charging ? frame.overvoltageCells : frame.undervoltageCells
    let names = cells.map(String.init).joined(separator: ", ")
    context.measure(
      "alarm-cell", channel: context.cell(cell), .flag(cells == [cell]), by: ["unit"],
      note: cells.isEmpty ? "no alarm" : "alarm at cell \(names)")
    return cells.contains(cell)
  }

  private static func recovery(
    _ context: StepContext, _ kind: Kind, _ cell: Int, _ recover: (near: Double, far: Double)
  ) async throws {
    let channel = context.cell(cell)
    let watch = TripWatch(context, charging: kind.charging)
    try await context.bench.setCells([(cell, recover.near)])
    try await context.sleep(context.values.quantity("hold"))
    let early = try await context.bench.conducts(charging: kind.charging)
    try await watch.end()
    try await context.bench.witnessCells([cell])
    context.measure(
      "stays-cut", channel: channel, .flag(!early), by: pathInstruments(context),
      note: "at \(Voltage(recover.near))")
    try await context.bench.setCells([(cell, recover.far)])
    let closed = try await watch.waitForClosing(within: context.values.quantity("recovery-limit"))
    try await watch.end()
    try await context.bench.witnessCells([cell])
    context.measure(
      "recovers", channel: channel, .flag(closed != nil), by: pathInstruments(context),
      note: "at \(Voltage(recover.far))")
    try await context.bench.setCells([(cell, context.restVoltage)])
  }

  private static func pathInstruments(_ context: StepContext) -> [String] {
    context.bench.instrumentNames(.loopCurrent)
  }

  private static func trace(
    _ context: StepContext, _ kind: Kind, _ cell: Int, from begin: WorldInstant, edge: WorldInstant,
    opened: WorldInstant?, levels: (Double, Double)
  ) {
    let end = context.world.now
    let times = [begin.seconds, edge.seconds, end.seconds]
    var path: [(Double, Double)] = [(begin.seconds, 1)]
    if let opened { path.append((opened.seconds, 0)) }
    path.append((end.seconds, opened == nil ? 1 : 0))
    context.trace(
      "\(kind.word), cell \(cell)",
      [
        Trace.Series(
          name: "cell \(cell)", dimension: .voltage, times: times, values: [levels.0, levels.1, levels.1],
          steps: true),
        Trace.Series(
          name: kind.charging ? "charge path closed" : "discharge path closed", dimension: .count,
          times: path.map(\.0), values: path.map(\.1), steps: true),
      ])
  }
}
