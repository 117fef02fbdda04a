import Capabilities
import Engine
import Model
import Ports
import Quantities

/// From which string voltage the unit starts alone, and that the auxiliary input helps below it: PRC-PUP-03.
///
/// The total is spread over the first 16 cells, so that each stays at 1.5 V or above (step rules of the procedure
/// catalogue, section 2); cells above the 16th are fed 0 V.
public enum MinimumSupply: StepKind {
  public static let id = "minimum-supply"
  public static let summary =
    "Starts the unit from low string voltages, alone and with the auxiliary supply, and looks for its power light and "
    + "its advertisement."
  public static let parameters = [
    FieldDeclaration(
      "totals", .list(of: .quantity(.voltage, range: 24...60)), default: "26 V, 25 V, 24 V",
      doc: "string voltages without auxiliary supply"),
    FieldDeclaration(
      "low", .quantity(.voltage, range: 24...60), default: "24 V", doc: "string voltage with auxiliary supply"
    ),
    FieldDeclaration(
      "auxiliary", .list(of: .quantity(.voltage, range: 30...100)), default: "30 V, 100 V",
      doc: "voltages at the auxiliary input"),
    FieldDeclaration(
      "limit", .quantity(.time, range: 3...60), default: "8 s", doc: "longest wait for the advertisement"),
  ]
  public static let measurements = [
    MeasurementDeclaration("starts-alone", nil, "starts from the string alone, at or above the limit"),
    MeasurementDeclaration(
      "starts-below", nil, optional: true, "starts from the string alone, below the limit"),
    MeasurementDeclaration("starts-with-auxiliary", nil, "starts below the limit with the auxiliary supply"),
    MeasurementDeclaration("power-light", nil, "power light on exactly when the unit has started"),
  ]
  public static let roles: [RoleName] =
    StepContext.supplyRoles + [.auxiliarySupply, .greenLED]
  public static let sample = """
    - step: minimum-supply
      id: minimum-supply
      title: Minimum supply
      measure:
        starts-alone: supply-starts
        starts-below: information
        starts-with-auxiliary: supply-auxiliary
        power-light: supply-power-light
    """
  static let limit = "supply-minimum"
  static let fedCells = 16

  public static func limitsUsed(_ context: CheckContext) -> [String] { Stimulus.limitsOfRest + [limit] }

  public static func demands(_ context: CheckContext) -> [Demand] {
    context.values.quantities("auxiliary").map {
      Demand(
        role: .auxiliarySupply, quantity: AnyQuantity($0, .voltage), purpose: "auxiliary input",
        place: context.values.place("auxiliary"))
    }
  }

  public static func run(_ context: StepContext) async throws {
    let bench = context.bench
    let minimum = context.limits.nominal(limit)!
    try await bench.setCellCurrentLimit(.amperes(1))
    for total in context.values.quantities("totals") {
      let name = total < minimum ? "starts-below" : "starts-alone"
      try await attempt(context, name, total: total, auxiliary: nil)
    }
    let low = context.values.quantity("low")
    for volts in context.values.quantities("auxiliary") {
      try await attempt(context, "starts-with-auxiliary", total: low, auxiliary: volts)
    }
    try await context.cutSupply()
    try await bench.setAllCells(context.restVoltage)
    try await context.feedUnit()
    try await context.returnUnit()
    try await bench.setCellCurrentLimit(Current(context.memory.workingLimit))
  }

  private static func attempt(_ context: StepContext, _ name: String, total: Double, auxiliary: Double?)
    async throws
  {
    let bench = context.bench
    try await context.cutSupply()
    let count = min(fedCells, context.cellCount)
    try await bench.setCells(bench.fedCells.map { ($0, $0 <= count ? total / Double(count) : 0) })
    try await context.feedUnit()
    let pack = try await bench.volts(.packVoltage).value
    guard (pack - total).magnitude < 0.1 else {
      throw RigFault(
        instrument: (bench.instrumentNames(.packVoltage) + bench.instrumentNames(.cells)).joined(
          separator: " or "),
        message: "the string reads \(Voltage(pack)), it was set to \(Voltage(total))")
    }
    if let auxiliary { try await bench.setAuxiliary(volts: auxiliary) }
    let pressed = context.world.now
    let heard = try await context.wakeUnit(within: context.values.quantity("limit")) != nil
    let green = try await bench.light(.green, from: pressed)
    let extra = auxiliary.map { " with \(Voltage($0)) at the auxiliary input" } ?? ""
    let channel = "\(Voltage(total))" + extra
    context.measure(
      name, channel: channel, .flag(heard), by: ["unit"], note: "the string reads \(Voltage(pack))")
    context.measure(
      "power-light", channel: channel, .flag((green != .off) == heard), by: bench.instrumentNames(.greenLED),
      note: "light \(green.word), unit \(heard ? "heard" : "not heard")")
    if auxiliary != nil { try await bench.setAuxiliary(volts: 0) }
  }
}
