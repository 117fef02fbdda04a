import Capabilities
import Engine
import Model
import Ports
import Quantities

/// One limited short-circuit pulse: response, path, recovery: PRC-SCP-01.
///
/// The pulse is bounded by the fixture's own one-shot; software arms, confirms, fires once and never repeats.
public enum ShortCircuit: StepKind {
  public static let id = "short-circuit"
  public static let summary =
    "Charges the bank to a multiple of the stored threshold through the loop resistance, arms the recorder, fires one "
    + "pulse and evaluates the record: response, peak, let-through; then the path and its recovery."
  public static let parameters = [
    FieldDeclaration(
      "factor", .number(range: 1.1...2), default: "1.5", doc: "prospective current over the stored threshold"),
    FieldDeclaration(
      "bank-current", .quantity(.current, range: 0.01...5), default: "1 A",
      doc: "charging current of the bank"),
    FieldDeclaration(
      "charge-time", .quantity(.time, range: 0.1...10), default: "1 s", doc: "time to charge the bank"),
    FieldDeclaration(
      "sample-interval", .quantity(.time, range: 1e-8...1e-5), default: "200 ns", doc: "of the record"),
    FieldDeclaration("samples", .integer(range: 200...100_000), default: "5000", doc: "points of the record"),
    FieldDeclaration(
      "recovery-limit", .quantity(.time, range: 1...600), default: "10 s",
      doc: "longest wait for the path to close"),
  ]
  public static let measurements = [
    MeasurementDeclaration("response", .time, "crossing of the stored threshold to 10 % of the peak"),
    MeasurementDeclaration("peak-current", .current, optional: true, "largest current of the pulse"),
    MeasurementDeclaration("path-opens", nil, "both directions are cut after the pulse"),
    MeasurementDeclaration("recovers", nil, "the path closes again"),
  ]
  public static let roles: [RoleName] = [
    .shortBank, .shortTrigger, .pulseRecorder, .loopSource, .loopContactor, .loopCurrent, .pathDrop,
  ]
  public static let uncertainties = [UncertaintyNeed(.pulseRecorder, "time", .time)]
  public static let sample = """
    - step: short-circuit
      id: short
      title: Short circuit
      critical: yes
      on-fail: stop
      measure:
        response: scp-response
        peak-current: information
        path-opens: short-survival
        recovers: short-survival
    """

  public static func run(_ context: StepContext) async throws {
    let settings = try await context.unit.settings(deadline: context.deadline(10))
    guard let threshold = settings.value("short-circuit"), threshold > 0 else {
      throw StepEnough(why: "the unit reports no short-circuit threshold")
    }
    let (pulse, fired) = try await fire(context, threshold: threshold)
    evaluate(context, pulse, threshold: threshold)
    try await context.bench.closeLoop()
    let stored = settings.value("short-circuit-recovery") ?? 0
    try await aftermath(context, since: fired, holds: stored > 0 ? stored : releaseDefault)
    try await context.bench.openLoop()
  }

  /// Part of the threshold at which the recorder triggers.
  private static let triggerPart = 0.1

  /// Seconds for which a unit with a stored recovery time of 0 is taken to stay open; project.
  private static let releaseDefault = 5.0

  private static func fire(
    _ context: StepContext, threshold: Double
  ) async throws -> (PulseRecord, at: WorldInstant) {
    let bench = context.bench
    let wiring = bench.rig.wiring
    let volts = threshold * context.values.number("factor") * wiring.shortLoopResistance.base
    let recorder = try bench.pulseRecorder()
    try await recorder.instrument.arm(
      channel: recorder.channel,
      triggerLevel: Voltage(threshold * triggerPart * wiring.pulseCurrentScale.base),
      sampleInterval: TimeSpan(context.values.quantity("sample-interval")),
      samples: context.values.integer("samples"))
    try await bench.chargeShortBank(volts: volts, current: context.values.quantity("bank-current"))
    try await context.sleep(context.values.quantity("charge-time"))
    try await bench.confirmShortBank(volts: volts)
    let fired = context.world.now
    try await bench.setLine(.shortTrigger, active: true)
    try await context.sleep(0.01)
    try await bench.setLine(.shortTrigger, active: false)
    try await bench.chargeShortBank(volts: 0, current: context.values.quantity("bank-current"))
    let record: PulseRecord
    do {
      record = try await recorder.instrument.fetch(channel: recorder.channel, deadline: context.deadline(5))
    } catch {
      guard error.code == .notConfirmed else { throw error }
      throw bench.missingPulse(error.message)
    }
    try bench.witnessPulse(record, volts: volts, triggeredAt: threshold * triggerPart)
    return (record, fired)
  }

  static func evaluate(_ context: StepContext, _ pulse: PulseRecord, threshold: Double) {
    let scale = context.bench.rig.wiring.pulseCurrentScale.base
    let amperes = pulse.volts.map { $0 / scale }
    let by = context.bench.instrumentNames(.pulseRecorder)
    guard let shape = PulseShape(times: pulse.times, amperes: amperes, threshold: threshold) else {
      context.measure("response", .missing("the current never crossed \(Current(threshold))"), by: by)
      return
    }
    let u = hypotenuse(
      context.uncertainty(.pulseRecorder, "time"), 2 * context.values.quantity("sample-interval"))
    if let response = shape.response {
      context.measure(
        "response", .init(reading: response), uncertainty: u, by: by,
        note: "slope \(AnyQuantity(shape.slope, .currentRate)) at the threshold")
    } else {
      context.measure(
        "response", .atLeast((pulse.times.last ?? 0) - shape.crossing), uncertainty: u, by: by,
        note: "still conducting at the end of the record")
    }
    context.measure(
      "peak-current", .init(reading: shape.peak), uncertainty: shape.peak * 0.02, by: by,
      note: "let-through \(DecimalText.shortest(shape.letThrough, significant: 3)) A²s")
    let stride = max(1, amperes.count / 400)
    let picks = Swift.stride(from: 0, to: amperes.count, by: stride)
    context.trace(
      "short-circuit current",
      [
        Trace.Series(
          name: "current", dimension: .current, times: picks.map { pulse.times[$0] },
          values: picks.map { amperes[$0] })
      ])
  }

  private static func aftermath(
    _ context: StepContext, since fired: WorldInstant, holds: Double
  ) async throws {
    let by = context.bench.instrumentNames(.loopCurrent)
    let state = try await context.bench.probePath()
    let elapsed = (context.world.now - fired).seconds
    if !state.isOpen, elapsed > holds / 2 {
      // A recorder that took its time: by now the unit may have opened and recovered.
      context.measure(
        "path-opens", .missing("looked at \(TimeSpan(elapsed)) after the pulse: it may have recovered"),
        by: by)
    } else {
      context.measure("path-opens", .flag(state.isOpen), by: by, note: state.words)
    }
    let watch = TripWatch(context, charging: false)
    let closed = try await watch.waitForClosing(within: context.values.quantity("recovery-limit"))
    try await watch.end()
    var recovers = false
    if closed != nil {
      let after = try await context.bench.probePath()
      recovers = after.chargeConducts && after.dischargeConducts
    }
    context.measure("recovers", .flag(recovers), by: by)
  }
}

/// What a short-circuit record says. Pure.
struct PulseShape: Hashable {
  /// Seconds at which the current crossed the threshold, interpolated.
  let crossing: Double
  let peak: Double
  /// From the crossing to 10 % of the peak; nil when the record ends first.
  let response: Double?
  /// A/s at the crossing.
  let slope: Double
  /// A²s over the record.
  let letThrough: Double

  /// - Returns: nil when the current never reaches the threshold.
  init?(times: [Double], amperes: [Double], threshold: Double) {
    guard times.count == amperes.count, times.count > 2,
      let top = amperes.indices.max(by: { amperes[$0] < amperes[$1] }),
      let up = amperes.indices.dropFirst().first(where: {
        amperes[$0 - 1] < threshold && amperes[$0] >= threshold
      })
    else { return nil }
    let rise = (amperes[up] - amperes[up - 1]) / (times[up] - times[up - 1])
    slope = rise
    crossing = times[up - 1] + (threshold - amperes[up - 1]) / rise
    peak = amperes[top]
    let floor = 0.1 * amperes[top]
    let down = amperes.indices[top...].dropFirst().first { amperes[$0] < floor && amperes[$0 - 1] >= floor }
    response = down.map { index in
      let fall = (amperes[index] - amperes[index - 1]) / (times[index] - times[index - 1])
      return times[index - 1] + (floor - amperes[index - 1]) / fall
        - (times[up - 1] + (threshold - amperes[up - 1]) / rise)
    }
    var sum = 0.0
    for index in amperes.indices.dropFirst() {
      sum += amperes[index] * amperes[index] * (times[index] - times[index - 1])
    }
    letThrough = sum
  }
}
