import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Charge and discharge temperature protection, hot or cold, as a ladder of dwells: PRC-TMP-01, PRC-TMP-02.
///
/// Each rung stands inside the window of one limit by the guard band and says what both directions must do there; two
/// rungs prove one threshold.
public enum TemperatureLadder: StepKind {
  public static let id = "temperature-ladder"
  public static let summary =
    "Walks all NTC inputs through the edges of the temperature limits and reads the power path at every rung."
  public static let parameters = [
    FieldDeclaration(
      "rungs", .list(of: .table(rung)), doc: "the ladder, in order"),
    FieldDeclaration(
      "sensors", .list(of: .integer(range: 1...4)), default: "1, 2, 3, 4",
      doc: "NTC inputs that walk the ladder; the others stay at 25 °C"),
    FieldDeclaration(
      "hold", .quantity(.time, range: 0.5...60), default: "3 s",
      doc: "dwell on a rung where nothing may change"),
    FieldDeclaration(
      "limit", .quantity(.time, range: 1...60), default: "10 s",
      doc: "longest wait on a rung where the path changes"),
    FieldDeclaration(
      "overtime", .quantity(.time, range: 0...120), default: "20 s",
      doc: "how much longer where 'reaction' has a limit: a late change fails as late, not as missing"),
  ]
  static let rung = [
    FieldDeclaration("at", .limit(.temperature), doc: "limit whose edge the rung stands at"),
    FieldDeclaration("edge", .choice(["low", "high"]), doc: "lower or upper edge, inside by the guard band"),
    FieldDeclaration("charge", .choice(["conducts", "cut"]), doc: "what charging current must do"),
    FieldDeclaration("discharge", .choice(["conducts", "cut"]), doc: "what discharging current must do"),
    FieldDeclaration("proves", .list(of: .choice(proofs)), doc: "which thresholds the rung speaks about"),
  ]
  static let proofs = ["charge-trip", "charge-recovery", "discharge-trip", "discharge-recovery"]
  public static let measurements =
    proofs.map {
      MeasurementDeclaration($0, nil, optional: true, "path state at the edges of this threshold")
    }
    + [
      MeasurementDeclaration(
        "reaction", .time, optional: true, "longest time from a rung to the path's change")
    ]
  public static let roles: [RoleName] = [.thermistors, .loopSource, .loopContactor, .loopCurrent, .pathDrop]
  public static let uncertainties = [UncertaintyNeed(.thermistors, "temperature", .temperature)]
  public static let sample = """
    - step: temperature-ladder
      id: hot
      title: Hot
      measure:
        charge-trip: otc-trip-bracket
        discharge-trip: otd-trip-bracket
        reaction: temperature-delay
      rungs:
        - {at: otc-trip, edge: low, charge: conducts, discharge: conducts, proves: [charge-trip, discharge-trip]}
        - {at: otc-trip, edge: high, charge: cut, discharge: cut, proves: [charge-trip, discharge-trip]}
    """

  public static func limitsUsed(_ context: CheckContext) -> [String] {
    context.values.tables("rungs").map { $0.limitID("at") }
  }

  public static func findings(_ context: CheckContext) -> [Finding] {
    let declared = context.step.measure.map(\.name)
    let open = context.values.tables("rungs").compactMap { rung -> Finding? in
      let window = context.limits.window(rung.limitID("at"))
      guard window?.low == nil || window?.high == nil else { return nil }
      return Finding(
        place: rung.place("at"),
        message: "limit '\(rung.limitID("at"))' is no window with two ends for this chemistry and workflow",
        suggestion: "name a limit with 'low' and 'high'")
    }
    return open
      + context.values.tables("rungs").flatMap { rung in
        rung.texts("proves").filter { !declared.contains($0) }.map {
          Finding(
            place: rung.place("proves"), message: "the rung proves '\($0)', which the step does not measure",
            suggestion: "add '\($0)' under 'measure:'")
        }
      }
  }

  public static func run(_ context: StepContext) async throws {
    let w = context.guardBand(context.uncertainty(.thermistors, "temperature"))
    try await context.bench.witnessThermistors(celsius: levels(context, guardBand: w))
    try await context.bench.closeLoop()
    var before = (charge: true, discharge: true)
    var longest: Double?
    var untripped: [String] = []
    for rung in context.values.tables("rungs") {
      let expected = (
        charge: rung.text("charge") == "conducts", discharge: rung.text("discharge") == "conducts"
      )
      let celsius = level(context, rung, guardBand: w)
      let start = context.world.now
      for sensor in context.values.integers("sensors") {
        try await context.bench.setThermistor(sensor, celsius: celsius)
      }
      let state: PathState
      if expected == before {
        try await context.sleep(context.values.quantity("hold"))
        state = try await context.bench.probePath()
      } else {
        state = try await waitFor(context, expected, since: start)
        if matches(state, expected) { longest = max(longest ?? 0, (context.world.now - start).seconds) }
      }
      untripped += judge(context, rung, expected, state, celsius, untripped: untripped)
      before = expected
    }
    context.measure(
      "reaction", longest.map { .init(reading: $0) } ?? .missing("the path never changed as it should"),
      uncertainty: 0.5,
      by: context.bench.instrumentNames(.loopCurrent))
    try await context.bench.setThermistors(celsius: 25)
    _ = try await waitFor(context, (true, true), since: context.world.now)
    try await context.bench.openLoop()
    // A simulator that drifted away while the unit was judged by it.
    try await context.bench.witnessThermistors(celsius: [25])
  }

  private static func level(_ context: StepContext, _ rung: FieldValues, guardBand w: Double) -> Double {
    let window = context.limits.window(rung.limitID("at"))!
    return rung.text("edge") == "low" ? window.low! + w : window.high! - w
  }

  /// Every temperature of the ladder once.
  private static func levels(_ context: StepContext, guardBand w: Double) -> [Double] {
    var levels: [Double] = []
    for rung in context.values.tables("rungs") {
      let celsius = level(context, rung, guardBand: w)
      if !levels.contains(celsius) { levels.append(celsius) }
    }
    return levels
  }

  /// Seconds that a change of the path is waited for. Longer only where the reaction time is judged: elsewhere a late
  /// trip would pass for a good one.
  private static func patience(_ context: StepContext) -> Double {
    let limit = context.values.quantity("limit")
    let isTimed = context.step.measure.contains { entry in
      if case .limit = entry.use { entry.name == "reaction" } else { false }
    }
    return isTimed ? limit + context.values.quantity("overtime") : limit
  }

  private static func waitFor(
    _ context: StepContext, _ expected: (charge: Bool, discharge: Bool), since start: WorldInstant
  ) async throws -> PathState {
    let end = start + .seconds(patience(context))
    while true {
      let state = try await context.bench.probePath()
      if matches(state, expected) || context.world.now >= end { return state }
      try await context.sleep(0.2)
    }
  }

  /// With one direction cut the other conducts through a body diode; a probe sees that as conducting.
  private static func matches(_ state: PathState, _ expected: (charge: Bool, discharge: Bool)) -> Bool {
    state.chargeConducts == expected.charge && state.dischargeConducts == expected.discharge
  }

  /// - Parameter untripped: Directions that did not trip before: nothing can be said of their recovery.
  /// - Returns: Directions that should have tripped on this rung and did not.
  private static func judge(
    _ context: StepContext, _ rung: FieldValues, _ expected: (charge: Bool, discharge: Bool),
    _ state: PathState,
    _ celsius: Double, untripped: [String]
  ) -> [String] {
    let by = context.bench.instrumentNames(.thermistors) + context.bench.instrumentNames(.loopCurrent)
    let channel = "at \(DecimalText.fixed(celsius, decimals: 1)) °C"
    var found: [String] = []
    for proof in rung.texts("proves") {
      let direction = proof.hasPrefix("charge") ? "charge" : "discharge"
      if proof.hasSuffix("recovery"), untripped.contains(direction) {
        context.measure(proof, channel: channel, .missing("it had not tripped"), by: by)
        continue
      }
      let wanted = direction == "charge" ? expected.charge : expected.discharge
      let conducts = direction == "charge" ? state.chargeConducts : state.dischargeConducts
      context.measure(proof, channel: channel, .flag(conducts == wanted), by: by, note: state.words)
      if conducts, !wanted { found.append(direction) }
    }
    return found
  }
}
