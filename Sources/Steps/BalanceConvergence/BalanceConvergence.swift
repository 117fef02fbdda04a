import Capabilities
import CellModel
import Engine
import Model
import Ports
import Quantities

/// A real balancer meets cells that answer: PRC-BAL-03, with the completion beep of PRC-IND-02.
public enum BalanceConvergence: StepKind {
  public static let id = "balance-convergence"
  public static let writesSettings = true
  public static let summary =
    "One modelled cell gets more charge than the others; the rig reads the emulator's currents, counts charge and "
    + "programs the voltages that the cells would have, until the unit has balanced them and says so."
  public static let parameters = [
    FieldDeclaration(
      "capacity", .quantity(.charge, range: 360...3_600_000), default: "2 Ah", doc: "of each modelled cell"),
    FieldDeclaration(
      "imbalance", .quantity(.charge, range: 3.6...36_000), default: "0.05 Ah",
      doc: "extra charge of one cell"),
    FieldDeclaration(
      "state-of-charge", .quantity(.ratio, range: 0...1), required: false,
      doc: "of all other cells; left out, the one that rests where the chemistry may balance"),
    FieldDeclaration(
      "resistance", .quantity(.resistance, range: 0...0.01), default: "0.5 mΩ",
      doc:
        "series resistance of a cell, and once more as a slow part; the emulated drop comes one period late"),
    FieldDeclaration(
      "current", .quantity(.current, range: 1...8), default: "4 A", doc: "balancing current to set"),
    FieldDeclaration(
      "start-difference", .quantity(.voltage, range: 0.001...0.5), default: "10 mV",
      doc: "start difference to set"),
    FieldDeclaration(
      "stop-difference", .quantity(.voltage, range: 0.001...0.5), default: "5 mV",
      doc: "stop difference to set"),
    FieldDeclaration(
      "period", .quantity(.time, range: 0.05...2), default: "500 ms",
      doc: "one turn of the loop, as far as the instruments are fast enough"),
    FieldDeclaration(
      "gap-limit", .quantity(.time, range: 0.2...10), default: "2 s",
      doc: "longest time between two looks; a slower emulator is a rig error"),
    FieldDeclaration(
      "limit", .quantity(.time, range: 10...86_400), default: "600 s", doc: "longest wait for the end"),
    FieldDeclaration(
      "rest", .quantity(.time, range: 1...600), default: "30 s",
      doc: "dwell without current before the cells are compared"),
    FieldDeclaration(
      "await-beep", .flag, default: "yes", doc: "go on for the completion beep (3 minutes)"),
    FieldDeclaration(
      "buzzer", .choice(["on", "off"]), default: "on",
      doc: "the unit's buzzer setting while the completion beep is awaited"),
  ]
  public static let measurements = [
    MeasurementDeclaration(
      "converges", nil, "balancing ends by itself with the cells inside the start difference"),
    MeasurementDeclaration(
      "final-difference", .voltage, "difference of the rested cells beyond the stop difference"),
    MeasurementDeclaration(
      "duration-ratio", .ratio, "first to last current over the ideal time, charge / (current / 2)"),
    MeasurementDeclaration("status-finished", nil, "the unit reports that balancing is finished"),
    MeasurementDeclaration("alternates", nil, "transfers out of cells and into cells take turns"),
    MeasurementDeclaration("transferred-charge", .charge, "charge taken out of cells"),
    MeasurementDeclaration("efficiency", .ratio, "energy put into cells over energy taken out"),
    MeasurementDeclaration("duration", .time, optional: true, "first to last current"),
    MeasurementDeclaration("complete-beep", .time, optional: true, "completion to the first beep after it"),
    MeasurementDeclaration(
      "beeps-when-off", .count, optional: true, "beeps after completion with the buzzer setting off"),
    MeasurementDeclaration("yellow-light", nil, optional: true, "yellow light while balancing"),
    MeasurementDeclaration("yellow-complete", nil, optional: true, "yellow light after completion"),
    MeasurementDeclaration(
      "loop-gap", .time, optional: true, "longest time between two looks at the cells, searches included"),
  ]
  public static let roles: [RoleName] = [.cells, .cellReference, .supplyCurrent, .buzzer, .yellowLED]
  public static let uncertainties = [
    UncertaintyNeed(.cells, "current", .current), UncertaintyNeed(.cellReference, "voltage", .voltage),
  ]
  public static let sample = """
    - step: balance-convergence
      id: convergence
      title: Cells that answer
      measure:
        converges: balance-converges
        final-difference: balance-final-difference
        duration-ratio: balance-duration-ratio
        status-finished: balance-finished-status
        alternates: phases-alternate
        transferred-charge: information
        efficiency: information
        complete-beep: complete-beep-delay
        beeps-when-off: complete-beeps-off
        yellow-light: yellow-led-balancing
        yellow-complete: yellow-led-complete
        loop-gap: information
    """

  /// Current flows for half of the time at best: the other half it flows into or out of the supercapacitor only.
  static let duty = 0.5
  /// Longest wait for the first current: project default, as for the other balancing step.
  static let reaction = Interval.seconds(30)
  /// Silence that is no wait any more: an over-balance wait lasts 180 ± 10 s (SPEC-BAL-13).
  static let silence = Interval.seconds(200)
  /// The completion beep comes after 180 ± 10 s (SPEC-BUZ-03).
  static let beepLimit = 200.0
  /// The unit's buzzer modes: 1 is off, 2 beeps once.
  static let buzzerModes = ["off": 1.0, "on": 2.0]
  /// Light that is classified: after two seconds it must agree with the state (SPEC-LED-03).
  static let lightWindow = Interval.seconds(2.2)
  /// Telemetry tells of the completion up to one period late.
  static let beepUncertainty = 1.0

  public static func limitsUsed(_ context: CheckContext) -> [String] {
    Stimulus.limitsOfRest + [Stimulus.balanceStart]
  }

  public static func demands(_ context: CheckContext) -> [Demand] {
    guard let design = ConvergenceDesign(context.values, context.limits) else { return [] }
    let place = context.values.place("imbalance")
    return [
      Demand(
        role: .cells, quantity: design.highest.measured, purpose: "modelled cell with the most charge",
        place: place),
      Demand(role: .cells, quantity: design.others.measured, purpose: "modelled cells", place: place),
      Demand(
        role: .cells, quantity: AnyQuantity(context.values.quantity("current") * 1.05, .current),
        purpose: "balancing current", place: context.values.place("current")),
    ]
  }

  public static func findings(_ context: CheckContext) -> [Finding] {
    ConvergenceDesign(context.values, context.limits)?.findings(context.values) ?? []
  }

  public static func run(_ context: StepContext) async throws {
    let values = context.values
    let design = ConvergenceDesign(values, context.limits)!
    let extra = CellChoice.rotating(context.header.unit, count: context.cellCount)
    try await context.requireSetting("balancing", 0)
    try await context.requireSetting("balance-start-difference", values.quantity("start-difference"))
    try await context.requireSetting("balance-stop-difference", values.quantity("stop-difference"))
    try await context.requireSetting("balance-stop-voltage", design.others.base - 0.2)
    try await context.requireSetting("balance-start-voltage", design.others.base - 0.15)
    try await context.requireSetting("balance-current", values.quantity("current"))
    if values.flag("await-beep") {
      try await context.requireSetting("buzzer-mode", buzzerModes[values.text("buzzer")]!)
    }
    var loop = BalanceLoop(
      context: context, pack: design.pack(count: context.cellCount, extra: extra),
      corrections: context.memory.baseline["cell-error"] ?? [])
    try await loop.begin()
    try await context.requireSetting("balancing", 1)
    let end = try await converge(context, &loop)
    try await judge(context, loop, end)
    loop.log.plot(context)
    try await beep(context, &loop, end)
    try await lights(context, loop, end)
    context.measure(
      "loop-gap", .init(reading: loop.log.gapMax), uncertainty: 0, by: context.bench.instrumentNames(.cells))
    try await context.requireSetting("balancing", 0)
    try await context.bench.setAllCells(context.restVoltage)
  }

  /// How the loop ended.
  struct End {
    /// Current stopped for good before the limit.
    var byItself = false
    /// First frame of the last unbroken report that balancing is finished.
    var finished: WorldInstant?
    /// Cells the model cannot speak about.
    var outOfRange: [Int] = []
  }

  private static func converge(_ context: StepContext, _ loop: inout BalanceLoop) async throws -> End {
    let begin = context.world.now
    let limit = begin + .seconds(context.values.quantity("limit"))
    let rest = Interval.seconds(context.values.quantity("rest"))
    var end = End()
    while context.world.now < limit {
      if let frame = try await loop.turn() {
        end.finished = frame.isBalancingFinished ? end.finished ?? frame.at : nil
      }
      end.outOfRange = loop.pack.outOfRangeCells
      if !end.outOfRange.isEmpty { break }
      guard let last = loop.log.lastFlow else {
        if context.world.now - begin > reaction { break }
        continue
      }
      let quiet = context.world.now - last
      end.byItself = quiet >= silence || end.finished != nil && quiet >= rest
      if end.byItself { break }
    }
    return end
  }

  private static func judge(_ context: StepContext, _ loop: BalanceLoop, _ end: End) async throws {
    let by = context.bench.instrumentNames(.cells)
    let difference = try await difference(context, loop.corrections)
    context.measure(
      "converges", .flag(end.byItself && difference < context.values.quantity("start-difference")), by: by,
      note: endNote(loop, end, difference))
    context.measure("status-finished", .flag(end.finished != nil), by: ["unit"])
    guard let duration = loop.log.duration else {
      for name in [
        "final-difference", "duration-ratio", "alternates", "transferred-charge", "efficiency", "duration",
      ] {
        context.measure(name, .missing("no balancing current was seen"), by: by)
      }
      return
    }
    // The reference's systematic part is the same here and in the channel errors, and cancels; without them it is not
    // known what the unit sees, and the two cells' uncertainties add up.
    let u = context.uncertainty(.cellReference)
    context.measure(
      "final-difference", .init(reading: difference - context.values.quantity("stop-difference")),
      uncertainty: loop.corrections.isEmpty ? 2.0.squareRoot() * u : u / 2,
      by: context.bench.instrumentNames(.cellReference),
      note: "cells differ by \(text(difference))"
        + (loop.corrections.isEmpty ? "; the unit's channel errors are not known" : " as the unit sees them"))
    // A transfer that was not seen would look like two of one direction in a row.
    context.measure(
      "alternates", loop.isComplete ? .flag(loop.log.alternates) : .missing(elsewhere), by: by,
      note: "\(loop.log.transfersOut) out of cells, \(loop.log.transfersIn) into cells")
    charge(context, loop, by)
    let ideal = ConvergenceDesign.idealSeconds(context.values)
    context.measure(
      "duration-ratio", .init(reading: duration / ideal), uncertainty: loop.log.gapMax / ideal, by: by,
      note: "ideal time \(TimeSpan(ideal))\(end.byItself ? "" : "; balancing had not ended")")
    context.measure("duration", .init(reading: duration), uncertainty: loop.log.gapMax, by: by)
  }

  private static let elsewhere = "current flowed in cells that the unit did not name"

  private static func endNote(_ loop: BalanceLoop, _ end: End, _ difference: Double) -> String {
    if loop.log.firstFlow == nil { return "no balancing current was seen" }
    if !end.outOfRange.isEmpty {
      return "cell \(end.outOfRange.map(String.init).joined(separator: ", ")) left the range of its model"
    }
    return end.byItself ? "cells differ by \(text(difference))" : "balancing had not ended at the limit"
  }

  private static func text(_ volts: Double) -> String {
    AnyQuantity(volts, .voltage).formatted(significant: 3)
  }

  /// Volts between the highest and the lowest cell by the independent reference, as the unit sees them: with the
  /// errors that the accuracy step found for its channels.
  private static func difference(_ context: StepContext, _ corrections: [Double]) async throws -> Double {
    let reference = try await context.bench.cellReferenceVolts()
    let seen = reference.enumerated().map { index, volts in
      volts + (corrections.indices.contains(index) ? corrections[index] : 0)
    }
    return seen.max()! - seen.min()!
  }

  private static func charge(_ context: StepContext, _ loop: BalanceLoop, _ by: [String]) {
    let log = loop.log
    let emulator = context.uncertainty(.cells, "current", at: context.values.quantity("current"))
    let u = log.chargeUncertainty(current: context.values.quantity("current"), emulator: emulator)
    context.measure(
      "transferred-charge", .init(reading: log.given), uncertainty: u, by: by,
      note:
        "\(AnyQuantity(log.taken, .charge).formatted(significant: 4)) put into cells; currents read every "
        + "\(AnyQuantity(log.gapMean, .time).formatted(significant: 3)), at most "
        + "\(AnyQuantity(log.gapMax, .time).formatted(significant: 3)) apart"
        + (loop.isComplete ? "" : "; incomplete, \(elsewhere)"))
    guard log.given > 0 else {
      context.measure("efficiency", .missing("no charge was taken out of a cell"), by: by)
      return
    }
    let efficiency = log.energyTaken / log.energyGiven
    context.measure(
      "efficiency", .init(reading: efficiency), uncertainty: 2.0.squareRoot() * u / log.given, by: by)
  }

  /// Goes on with cells that answer until the completion beep is due, then looks for it.
  private static func beep(_ context: StepContext, _ loop: inout BalanceLoop, _ end: End) async throws {
    guard context.values.flag("await-beep") else {
      context.notApplicable("complete-beep", why: "the procedure does not wait for it")
      return
    }
    let by = context.bench.instrumentNames(.buzzer)
    guard end.byItself, let completed = end.finished ?? loop.log.lastFlow else {
      context.measure("complete-beep", .missing("balancing was not completed"), by: by)
      return
    }
    while context.world.now < completed + .seconds(beepLimit) { _ = try await loop.turn() }
    let sound = try await context.bench.buzzer(from: completed, to: context.world.now)
    guard context.values.text("buzzer") == "on" else {
      context.measure("beeps-when-off", .number(Double(sound.bursts.count)), uncertainty: 0, by: by)
      context.notApplicable("complete-beep", why: "the buzzer setting is off")
      return
    }
    if let burst = sound.bursts.first {
      context.measure(
        "complete-beep", .init(reading: (burst.at - completed).seconds), uncertainty: beepUncertainty, by: by)
    } else {
      context.measure(
        "complete-beep", .atLeast(beepLimit), uncertainty: beepUncertainty, by: by,
        note: "no beep until then")
    }
  }

  /// The yellow light while it balanced, and after two seconds in which it may still show what was before.
  private static func lights(_ context: StepContext, _ loop: BalanceLoop, _ end: End) async throws {
    let by = context.bench.instrumentNames(.yellowLED)
    let edges = try await context.bench.edges(.yellowLED, since: .start)
    if let first = loop.log.firstFlow, let last = loop.log.lastFlow, last - first > lightWindow {
      let pattern = LightPattern(edges: edges, level: false, from: first, to: last)
      context.measure("yellow-light", .text(pattern.word), by: by)
    } else {
      context.measure("yellow-light", .missing("no balancing current was seen for long enough"), by: by)
    }
    guard end.byItself, let completed = end.finished ?? loop.log.lastFlow,
      context.world.now - completed > lightWindow + lightWindow
    else {
      context.measure("yellow-complete", .missing("balancing was not completed"), by: by)
      return
    }
    let pattern = LightPattern(
      edges: edges, level: false, from: completed + lightWindow, to: context.world.now)
    context.measure("yellow-complete", .text(pattern.word), by: by)
  }
}
