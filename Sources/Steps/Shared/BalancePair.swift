import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Two cells far apart between which balancing is provoked, and the looks at what flows between them.
///
/// Voltages are set as the unit sees them: before balancing is switched on the unit's own readings are averaged, and
/// from then on every cell's stimulus is corrected by what its channel reads too much. The channels have limits of
/// their own in the accuracy step; here only the balancer is judged.
struct BalancePair {
  /// Telemetry frames averaged for the corrections.
  static let frames = 8
  /// Volts that a channel may read wrong and still be corrected: beyond it is broken, and the balancer cannot be told
  /// from it.
  static let errorMax = 0.03
  /// Volts the emulator resolves.
  static let resolution = 1e-4
  /// Amperes beyond the supply current that are balancing and not an offset.
  static let floor = BalanceLog.floor
  /// Looks at the pair between two looks at all cells.
  static let looksBetween = 5

  let context: StepContext
  let high: Int
  let low: Int
  /// What each cell's channel reads too much, emulator error included. Cell 1 first.
  private(set) var errors: [Double] = []
  /// Amperes through a cell without balancing, by the emulator itself: what unit and rig draw from all cells, and the
  /// common part of the emulator's offset. The median, so that a unit that balances already does not hide it.
  private(set) var supply = 0.0

  init(_ context: StepContext) {
    self.context = context
    high = CellChoice.rotating(context.header.unit, count: context.cellCount)
    low = (high - 1 + context.cellCount / 2) % context.cellCount + 1
  }

  static let limitsUsed = Stimulus.limitsOfRest + [Stimulus.balanceStart]
  static let roles: [RoleName] = [.cells]
  static let uncertainties = [UncertaintyNeed(.cells, "current", .current)]

  /// What a step that lets a current flow asks of the emulator.
  static func demand(_ context: CheckContext, _ amperes: Double, key: String) -> Demand {
    Demand(
      role: .cells, quantity: AnyQuantity(amperes * 1.05, .current), purpose: "balancing current",
      place: context.values.place(key))
  }

  /// Balancing off, all cells at one voltage, corrections from the unit's own readings.
  mutating func begin(level: Double) async throws {
    try await context.requireSetting("balancing", 0)
    try await context.bench.setAllCells(level)
    try await context.sleep(1)
    let seen = try await context.averagedTelemetry(Self.frames).volts.prefix(context.cellCount)
    guard seen.count == context.cellCount else {
      throw StepEnough(why: "the unit reports \(seen.count) cells, \(context.cellCount) are fed")
    }
    errors = seen.map { $0 - level }
    if let broken = errors.firstIndex(where: { !($0.magnitude <= Self.errorMax) }) {
      throw StepEnough(
        why:
          "\(context.cell(broken + 1)) reads \(AnyQuantity(errors[broken], .voltage).formatted(significant: 3)) "
          + "wrong; what the balancer sees cannot be set")
    }
    let idle = try await lookAtAll().sorted()
    supply = idle[idle.count / 2]
  }

  /// Start, stop and current settings; the window of voltage is wide open around `level` unless given.
  func configure(
    start: Double, stop: Double, current: Double, startVoltage: Double, stopVoltage: Double
  ) async throws {
    try await context.requireSetting("balance-start-difference", start)
    try await context.requireSetting("balance-stop-difference", stop)
    try await context.requireSetting("balance-stop-voltage", stopVoltage)
    try await context.requireSetting("balance-start-voltage", startVoltage)
    try await context.requireSetting("balance-current", current)
  }

  /// The same with a window of voltage that does not matter around `level`.
  func configure(start: Double, stop: Double, current: Double, level: Double) async throws {
    try await configure(
      start: start, stop: stop, current: current, startVoltage: level - 0.15, stopVoltage: level - 0.2)
  }

  /// All cells at `level`, the high one half the difference above, the low one half below, as the unit sees them.
  func set(level: Double, difference: Double) async throws {
    try await context.bench.setCells(
      context.bench.fedCells.map { cell in
        var volts = level - errors[cell - 1]
        if cell == high { volts += difference / 2 }
        if cell == low { volts -= difference / 2 }
        return (cell, (volts / Self.resolution).rounded() * Self.resolution)
      })
  }

  /// Current of the pair now; nil when nothing flows.
  func look() async throws -> BalanceLog.Sample? {
    try await BalanceLog.flow(context, high: high, low: low, supply: supply)
  }

  /// Amperes beyond the supply current of each fed cell, cell 1 first.
  func lookAtAll() async throws -> [Double] {
    let readings = try await context.bench.cellCurrents(context.bench.fedCells)
    var amperes: [Double] = []
    for (index, reading) in readings.enumerated() {
      amperes.append(try context.bench.number(reading, role: .cells, member: index) - supply)
    }
    return amperes
  }

  /// Largest magnitude of any cell now.
  func largest() async throws -> Double { try await lookAtAll().map(\.magnitude).max() ?? 0 }

  /// Waits for current, in the pair or in whichever cell a wrong balancer chose.
  /// - Returns: When it was first seen, nil when none came.
  func awaitFlow(within seconds: Double) async throws -> WorldInstant? {
    let end = context.world.now + .seconds(seconds)
    var looks = 0
    while context.world.now < end {
      if let sample = try await look() { return sample.at }
      looks += 1
      if looks % Self.looksBetween == 0, try await largest() > Self.floor { return context.world.now }
      try await context.sleep(0.1)
    }
    return nil
  }

  /// Waits until nothing flowed in the pair for `quiet` seconds.
  /// - Returns: When it was last seen flowing (or the begin of the wait), nil when it went on to the end.
  func awaitQuiet(_ quiet: Double, within seconds: Double) async throws -> WorldInstant? {
    let end = context.world.now + .seconds(seconds)
    var last = context.world.now
    while true {
      if let sample = try await look() { last = sample.at }
      if context.world.now - last >= .seconds(quiet) { return last }
      if context.world.now >= end { return nil }
      try await context.sleep(0.1)
    }
  }

  /// Largest current of any cell over a time; the pair is looked at more often than the others.
  func largest(over seconds: Double) async throws -> Double {
    let end = context.world.now + .seconds(seconds)
    var worst = 0.0
    repeat {
      worst = max(worst, try await largest())
      for _ in 0..<Self.looksBetween where context.world.now < end {
        // Below the floor the pair's current is part of the looks at all cells.
        if let sample = try await look() {
          worst = max(worst, sample.source.magnitude, sample.sink.magnitude)
        }
      }
    } while context.world.now < end
    return worst
  }

  /// Balancing off, cells at rest.
  func end() async throws {
    try await context.requireSetting("balancing", 0)
    try await context.bench.setAllCells(context.restVoltage)
  }
}

extension StepContext {
  /// `4 A`, `30 mV`
  func text(_ value: Double, _ dimension: Dimension) -> String {
    AnyQuantity(value, dimension).formatted(significant: 3)
  }
}
