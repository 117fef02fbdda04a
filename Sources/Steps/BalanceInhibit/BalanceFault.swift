import Capabilities
import Engine
import Model
import Quantities

/// A fault that must keep balancing off: how it is provoked, how the unit reports it, how it is taken away.
enum BalanceFault: String, CaseIterable {
  case stringCount = "string-count"
  case overcharge
  case overDischarge = "over-discharge"
  case hot
  case openWire = "open-wire"

  /// Volts beyond a protection's level: far above channel errors.
  static let beyond = 0.05
  /// °C beyond the over-temperature level.
  static let hotter = 5.0
  static let ambient = 25.0
  /// What a wire that is opened may carry at most (rig model, section 1 of the procedure catalogue).
  static let openWireLimit = Current.milliamperes(100)

  /// Amperes beyond the supply current that are balancing: half of what the cells can carry meanwhile.
  var floor: Double { self == .openWire ? Self.openWireLimit.base / 2 : BalancePair.floor }

  static let limitsUsed = ["ovp-trip", "uvp-trip", "otc-trip"]

  func provoke(_ context: StepContext, _ pair: BalancePair) async throws {
    let bench = context.bench
    switch self {
    case .stringCount:
      let fewest = StringCountMismatch.fewestCells(context.limits.chemistry)
      try await context.requireSetting(
        "cell-count", Double(context.cellCount + (context.cellCount > fewest ? -1 : 1)))
    case .overcharge:
      try await bench.setCells([(pair.high, context.limits.nominal("ovp-trip")! + Self.beyond)])
    case .overDischarge:
      try await bench.setCells([(pair.low, context.limits.nominal("uvp-trip")! - Self.beyond)])
    case .hot:
      try await bench.setThermistors(celsius: context.limits.nominal("otc-trip")! + Self.hotter)
    case .openWire:
      try await bench.setCellCurrentLimit(Self.openWireLimit)
      try await bench.setLine(.nodeRelays, member: node(context, pair), active: true)
    }
  }

  /// Brings everything but the cell voltages back; those are set by whoever provoked.
  func remove(_ context: StepContext) async throws {
    let bench = context.bench
    switch self {
    case .stringCount: try await context.requireSetting("cell-count", Double(context.cellCount))
    case .overcharge, .overDischarge: break
    case .hot: try await bench.setThermistors(celsius: Self.ambient)
    case .openWire:
      try await bench.setLine(.nodeRelays, member: node(context, BalancePair(context)), active: false)
      try await bench.setCellCurrentLimit(Current(context.memory.workingLimit))
    }
  }

  var isReported: (UnitTelemetry) -> Bool {
    switch self {
    case .stringCount:
      { $0.statusCode == StringCountMismatch.wrongCount || !$0.detectionFailedCells.isEmpty }
    case .overcharge: { !$0.overvoltageCells.isEmpty }
    case .overDischarge: { !$0.undervoltageCells.isEmpty }
    case .hot: { $0.temperatureWarning != 0 }
    case .openWire: { !$0.detectionFailedCells.isEmpty }
    }
  }

  /// An inner node a quarter of the pack above the high cell: neither of the pair's.
  private func node(_ context: StepContext, _ pair: BalancePair) -> Int {
    (pair.high - 1 + context.cellCount / 4) % (context.cellCount - 1) + 1
  }
}
