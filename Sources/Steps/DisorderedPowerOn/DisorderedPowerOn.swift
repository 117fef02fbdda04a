import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Connecting the nodes in any order: PRC-PUP-02.
public enum DisorderedPowerOn: StepKind {
  public static let id = "disordered-power-on"
  public static let summary =
    "Takes all wires off and connects them one by one, the first time top first, then in orders drawn from seed and "
    + "serial number; watches the node currents, starts the unit and compares its readings with those before."
  public static let parameters = [
    FieldDeclaration(
      "permutations", .integer(range: 1...100), default: "1", doc: "orders to try; the first is top first"),
    FieldDeclaration(
      "current-limit", .quantity(.current, range: 0.6...5), default: "1 A",
      doc: "of the emulator meanwhile; above the limit of the node current, so that an excess shows"),
    FieldDeclaration(
      "gap-minimum", .quantity(.time, range: 0.05...10), default: "50 ms",
      doc: "shortest time between two wires"),
    FieldDeclaration(
      "gap-maximum", .quantity(.time, range: 0.05...10), default: "2 s", doc: "longest time between two wires"
    ),
    FieldDeclaration(
      "limit", .quantity(.time, range: 3...60), default: "10 s", doc: "longest wait for the advertisement"),
    FieldDeclaration("frames", .integer(range: 1...20), default: "4", doc: "telemetry frames to average"),
  ]
  public static let measurements = [
    MeasurementDeclaration("node-current", .current, "largest current of any node in an order"),
    MeasurementDeclaration("starts", nil, "the unit starts afterwards"),
    MeasurementDeclaration("error-change", .voltage, "change of the cell errors against those before"),
  ]
  public static let roles: [RoleName] =
    StepContext.supplyRoles + [.nodeRelays, .cellReference]
  public static let uncertainties = [
    UncertaintyNeed(.cells, "current", .current), UncertaintyNeed(.cellReference, "voltage", .voltage),
  ]
  public static let sample = """
    - step: disordered-power-on
      id: disordered-power-on
      title: Disordered power-on
      permutations: 2
      measure:
        node-current: node-current
        starts: disordered-start
        error-change: disordered-error-change
    """

  public static func limitsUsed(_ context: CheckContext) -> [String] { Stimulus.limitsOfRest }

  public static func findings(_ context: CheckContext) -> [Finding] {
    guard context.values.quantity("gap-minimum") > context.values.quantity("gap-maximum") else { return [] }
    return [
      Finding(
        place: context.values.place("gap-minimum"), message: "the shortest gap is longer than the longest")
    ]
  }

  /// Wires that matter: the nodes of the fed cells and B24, which carries the supply.
  private static func nodes(_ context: StepContext) -> [Int] {
    Array(0...context.cellCount) + (context.cellCount < 24 ? [24] : [])
  }

  public static func run(_ context: StepContext) async throws {
    let (bench, values) = (context.bench, context.values)
    try await bench.setAllCells(context.restVoltage)
    let before = try await context.cellErrors(frames: values.integer("frames"))
    var draw = OrderDraw(seed: context.header.seed, serial: context.header.unit)
    for number in 1...values.integer("permutations") {
      let order = number == 1 ? Array(nodes(context).reversed()) : draw.shuffled(nodes(context))
      try await perform(context, number, order, before, &draw)
    }
    try await bench.setCellCurrentLimit(Current(context.memory.workingLimit))
  }

  private static func perform(
    _ context: StepContext, _ number: Int, _ order: [Int], _ before: [Double], _ draw: inout OrderDraw
  ) async throws {
    let (bench, values) = (context.bench, context.values)
    let channel = "order \(number)"
    try await context.cutSupply()
    for node in nodes(context) { try await bench.setLine(.nodeRelays, member: node, active: true) }
    try await bench.setCellCurrentLimit(Current(values.quantity("current-limit")))
    // B+ first, as the manual's connection rule has it; the wires come in disorder.
    try await context.feedUnit()
    var worst = (amperes: 0.0, words: "")
    for node in order {
      try await bench.setLine(.nodeRelays, member: node, active: false)
      let found = try await largestNodeCurrent(context)
      if found.amperes.magnitude > worst.amperes.magnitude {
        worst = (found.amperes, "at B\(found.node) after connecting B\(node)")
      }
      try await context.sleep(
        draw.uniform(values.quantity("gap-minimum"), values.quantity("gap-maximum")))
    }
    let shown = order.map { "B\($0)" }.joined(separator: " ")
    context.measure(
      "node-current", channel: channel, .init(reading: worst.amperes.magnitude),
      uncertainty: context.uncertainty(.cells, "current", at: worst.amperes),
      by: bench.instrumentNames(.cells), note: "\(worst.words); order \(shown)")
    try await bench.setCellCurrentLimit(Current(context.memory.workingLimit))
    let heard = try await context.wakeUnit(within: values.quantity("limit")) != nil
    context.measure("starts", channel: channel, .flag(heard), by: ["unit"])
    guard heard else { throw StepEnough(why: "the unit did not start after \(channel)") }
    try await context.unit.connect(deadline: context.deadline(10))
    context.memory.unitMayBeAsleep = false
    try await context.sleep(2)
    let after = try await context.cellErrors(frames: values.integer("frames"))
    context.measureErrorChange("error-change", channel: channel, from: before, to: after)
  }

  /// The current of a node is what the cell below it delivers more than the cell above.
  private static func largestNodeCurrent(_ context: StepContext) async throws -> (amperes: Double, node: Int)
  {
    let bench = context.bench
    var cells: [Double] = [0]
    for (index, reading) in try await bench.cellCurrents(bench.fedCells).enumerated() {
      cells.append(try bench.number(reading, role: .cells, member: index))
    }
    cells.append(0)
    var worst = (amperes: 0.0, node: 0)
    for node in 0...context.cellCount {
      let amperes = cells[node] - cells[node + 1]
      if amperes.magnitude > worst.amperes.magnitude { worst = (amperes, node) }
    }
    return worst
  }
}

/// Orders and gaps that depend on the run's seed and the unit's serial number and on nothing else.
struct OrderDraw {
  private var state: UInt64

  init(seed: UInt64, serial: String) {
    // FNV-1a over the serial number, so that two units of a lot get different orders.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in serial.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    state = hash ^ (seed &* 0x9E37_79B9_7F4A_7C15)
  }

  /// SplitMix64.
  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func uniform(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * Double(next() >> 11) / Double(1 << 53)
  }

  mutating func shuffled(_ items: [Int]) -> [Int] {
    var result = items
    for index in stride(from: result.count - 1, to: 0, by: -1) {
      result.swapAt(index, Int(next() % UInt64(index + 1)))
    }
    return result
  }
}
