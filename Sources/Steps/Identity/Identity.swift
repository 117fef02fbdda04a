import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Who the unit is and whether its telemetry is complete: PRC-COM-01, PRC-COM-04, the connected light.
public enum IdentityCheck: StepKind {
  public static let isRepeatable = true
  public static let id = "identity"
  public static let summary =
    "Reads the unit's identity and some telemetry frames: model, firmware, completeness, checksums, running time, "
    + "device temperatures, blue and red light while connected."
  public static let parameters = [
    FieldDeclaration("frames", .integer(range: 2...100), default: "5", doc: "telemetry frames to judge"),
    FieldDeclaration(
      "released-firmware", .list(of: .text), required: false,
      doc: "software versions of the work order; the one found must be listed"),
  ]
  public static let measurements = [
    MeasurementDeclaration("model", nil, "model text of the unit"),
    MeasurementDeclaration("complete", nil, "every identity field is filled"),
    MeasurementDeclaration("firmware", nil, "software version"),
    MeasurementDeclaration("telemetry-items", .count, "items of the manual's list that were decoded"),
    MeasurementDeclaration("checksum-errors", .count, "frames with a wrong checksum since connecting"),
    MeasurementDeclaration("frame-gaps", .count, "gaps in the frame counter since connecting"),
    MeasurementDeclaration(
      "running-time-error", .time, "running time against the world's clock over the frames"),
    MeasurementDeclaration("device-temperature", .temperature, optional: true, "MOSFET and balancer, idle"),
    MeasurementDeclaration("blue-connected", nil, "blue light while connected"),
    MeasurementDeclaration("red-light", nil, "red light on a healthy unit"),
  ]
  public static let roles: [RoleName] = [.blueLED, .redLED]
  public static let sample = """
    - step: identity
      id: identity
      title: Identity and telemetry
      measure:
        model: model
        complete: device-info-complete
        firmware: information
        telemetry-items: telemetry-items
        checksum-errors: checksum-errors
        frame-gaps: frame-gaps
        running-time-error: running-time-rate
        device-temperature: device-temperature
        blue-connected: blue-led-connected
        red-light: red-led-off
    """

  public static func run(_ context: StepContext) async throws {
    let start = context.world.now
    let found = try await context.unit.description(deadline: context.deadline(5))
    record(found, context)
    // Lights need a window of their own; frames arrive meanwhile.
    let frames = try await collect(context)
    if context.world.now < start + .seconds(2) { try await context.sleep(until: start + .seconds(2)) }
    try await context.measureLight("blue-connected", .blue, from: start)
    try await redLight(frames, context, from: start)
    judge(frames, context)
    let statistics = context.unit.statistics
    let damaged = count("checksum-errors", statistics.checksumErrors, context)
    let missing = count("frame-gaps", statistics.counterGaps, context)
    if [damaged, missing].contains(.fail) { context.memory.unitLinkFailed = true }
  }

  /// A notification that this computer lost makes one gap, or one frame that is damaged for want of a piece.
  private static func count(_ name: String, _ count: Int, _ context: StepContext) -> Outcome {
    context.measure(
      name, .number(Double(count)), uncertainty: count == 1 ? 2 : 0, by: ["unit"],
      note: count == 1 ? "a single one may be this computer's: one count, k = 2" : "")
  }

  /// While the unit reports a fault the light is right to be on, and says nothing about itself.
  private static func redLight(
    _ frames: [UnitTelemetry], _ context: StepContext, from start: WorldInstant
  ) async throws {
    guard let faulty = frames.first(where: \.reportsCellFault) else {
      try await context.measureLight("red-light", .red, from: start)
      return
    }
    context.measure(
      "red-light", .missing("the unit reports a fault: \(faulty.status)"),
      by: context.bench.instrumentNames(.redLED))
  }

  private static func record(_ found: UnitDescription, _ context: StepContext) {
    context.record(
      .unitIdentified(
        UnitIdentity(
          model: found.model, hardware: found.hardware, software: found.software,
          protocolVersion: found.protocolVersion, productionDate: found.productionDate,
          deviceID: found.deviceID,
          name: found.name, powerOnCount: found.powerOnCount, runtimeSeconds: found.runtimeSeconds)))
    context.measure("model", .text(found.model), nominal: .text(context.header.model), by: ["unit"])
    let fields = [
      ("model", found.model), ("hardware", found.hardware), ("software", found.software),
      ("protocol version", found.protocolVersion), ("production date", found.productionDate),
      ("device id", found.deviceID),
    ]
    let empty = fields.filter { $0.1.allSatisfy(\.isWhitespace) }.map(\.0)
    context.measure(
      "complete", .flag(empty.isEmpty), by: ["unit"],
      note: empty.isEmpty ? "" : "empty: \(empty.joined(separator: ", "))")
    let released = context.values.texts("released-firmware")
    let expected = released.contains(found.software) ? found.software : released.joined(separator: " or ")
    context.measure(
      "firmware", .text(found.software), nominal: released.isEmpty ? nil : .text(expected), by: ["unit"])
  }

  private static func collect(_ context: StepContext) async throws -> [UnitTelemetry] {
    var frames: [UnitTelemetry] = []
    var after = context.world.now
    for _ in 0..<context.values.integer("frames") {
      let frame = try await context.unit.telemetry(
        after: after, deadline: context.deadline(StepContext.frameLimit))
      frames.append(frame)
      after = frame.at
    }
    return frames
  }

  private static func judge(_ frames: [UnitTelemetry], _ context: StepContext) {
    guard let first = frames.first, let last = frames.last else { return }
    let items = TelemetryItems.present(in: last)
    context.measure(
      "telemetry-items", .number(Double(items.count)), uncertainty: 0, by: ["unit"],
      note: items.joined(separator: ", "))
    let counted = Double(last.uptimeSeconds - first.uptimeSeconds)
    let elapsed = (last.at - first.at).seconds
    let isRight = context.measure(
      "running-time-error", .init(reading: counted - elapsed), uncertainty: 0.6, by: ["unit"],
      note: "over \(DecimalText.shortest(elapsed, significant: 3)) s")
    if isRight != .fail { requireNoRestart(last, context) }
    for (name, value) in [("MOSFET", last.mosfetTemperature), ("balancer", last.balancerTemperature)] {
      if let value {
        context.measure(
          "device-temperature", channel: name, .init(reading: value), uncertainty: 1, by: ["unit"])
      } else {
        context.notApplicable("device-temperature", channel: name, why: "not in the unit's telemetry")
      }
    }
  }
}

extension IdentityCheck {
  /// Seconds after it was first heard for which the running time is looked at: later a step may have put it to sleep.
  private static let heardWithin = 60.0
  /// Whole seconds of running time, and the frame's way.
  private static let runningTimeDoubt = 2.0

  /// A unit that crashes before anybody is connected breaks no link: only its running time tells.
  private static func requireNoRestart(_ frame: UnitTelemetry, _ context: StepContext) {
    guard let heard = context.memory.heardAt, heard > context.bench.supplyTouched ?? .start else { return }
    let since = (frame.at - heard).seconds
    guard since < heardWithin, Double(frame.uptimeSeconds) < since - runningTimeDoubt else { return }
    context.measureKeepsRunning(
      .flag(false), by: ["unit"],
      note: "running time \(frame.uptimeSeconds) s, first heard \(TimeSpan(since)) before")
  }
}

extension UnitTelemetry {
  /// A fault of some cell or of the string count, whoever caused it.
  var reportsCellFault: Bool {
    statusCode == StringCountMismatch.wrongCount
      || ![
        detectionFailedCells, overvoltageCells, undervoltageCells, polarityCells, lineResistanceCells,
      ].allSatisfy(\.isEmpty)
  }
}

/// The ten items of the manual's list (section 1, SPEC-COM-02).
enum TelemetryItems {
  static func present(in frame: UnitTelemetry) -> [String] {
    var items: [String] = []
    func add(_ name: String, _ ok: Bool) { if ok { items.append(name) } }
    let fed = frame.cellVoltages.prefix(frame.cellCount)
    // One cell that reads 0 V is a wrong reading, not an absent item.
    add("cell voltages", fed.allSatisfy { $0.isFinite } && fed.contains { $0 > 0 })
    add("highest cell", (1...24).contains(frame.highestCell))
    add("lowest cell", (1...24).contains(frame.lowestCell))
    add("average", frame.averageCellVoltage.isFinite && frame.averageCellVoltage > 0)
    add("difference", frame.cellVoltageDifference.isFinite)
    add("total", frame.totalVoltage.isFinite && frame.totalVoltage > 0)
    add("balancing current", frame.balancingCurrent.isFinite)
    add("running time", frame.uptimeSeconds >= 0)
    add("balancing status", (0...12).contains(frame.statusCode))
    add(
      "device temperature",
      !frame.temperatures.isEmpty && frame.temperatures.allSatisfy { (-60...150).contains($0) })
    return items
  }
}
