import Engine
import Model
import Quantities

/// A threshold of the unit that a rig can look for: what is stimulated, which way, what happens there.
struct ThresholdQuantity: Hashable, Sendable {
  enum Stimulus: Hashable, Sendable { case cells, loop, thermistors }

  let name: String
  let stimulus: Stimulus
  /// The protection cuts charging current; false: discharging current.
  let charging: Bool
  /// The event comes when the level rises.
  let rising: Bool
  /// The event is the path closing again; the protection must have tripped before.
  let isRecovery: Bool
  /// Limit of the specification that the threshold must keep.
  let limit: String
  /// Setting of the unit that names the threshold.
  let setting: String

  static let all: [ThresholdQuantity] =
    cells("overcharge", "over", charging: true, limit: "ovp")
    + cells("over-discharge", "under", charging: false, limit: "uvp")
    + [
      loop("charge-overcurrent", charging: true, "coc"),
      loop("discharge-overcurrent", charging: false, "doc"),
    ]
    + thermistors("charge-over", hot: true, "otc") + thermistors("discharge-over", hot: true, "otd")
    + thermistors("charge-under", hot: false, "utc") + thermistors("discharge-under", hot: false, "utd")

  static func named(_ name: String) -> ThresholdQuantity { all.first { $0.name == name }! }

  private static func cells(_ name: String, _ side: String, charging: Bool, limit: String) -> [Self] {
    [false, true].map { recovery in
      Self(
        name: recovery ? "\(name)-recovery" : name, stimulus: .cells, charging: charging,
        rising: charging != recovery, isRecovery: recovery,
        limit: recovery ? "\(limit)-recover" : "\(limit)-trip",
        setting: "cell-\(side)voltage-\(recovery ? "recovery" : "protection")")
    }
  }

  private static func loop(_ name: String, charging: Bool, _ limit: String) -> Self {
    Self(
      name: name, stimulus: .loop, charging: charging, rising: true, isRecovery: false,
      limit: "\(limit)-trip", setting: name)
  }

  private static func thermistors(_ name: String, hot: Bool, _ limit: String) -> [Self] {
    [false, true].map { recovery in
      Self(
        name: "\(name)temperature\(recovery ? "-recovery" : "")", stimulus: .thermistors,
        charging: name.hasPrefix("charge"), rising: hot != recovery, isRecovery: recovery,
        limit: recovery ? "\(limit)-recover" : "\(limit)-trip",
        setting: "\(name)temperature\(recovery ? "-recovery" : "")")
    }
  }

  /// The protection that a recovery belongs to; itself for a trip.
  var protection: ThresholdQuantity {
    isRecovery ? Self.named(String(name.dropLast("-recovery".count))) : self
  }

  var direction: Double { rising ? 1 : -1 }

  var dimension: Dimension {
    switch stimulus {
    case .cells: .voltage
    case .loop: .current
    case .thermistors: .temperature
    }
  }

  var rateDimension: Dimension {
    switch stimulus {
    case .cells: .voltageRate
    case .loop: .currentRate
    case .thermistors: .temperatureRate
    }
  }

  /// Name of the measurement that carries the threshold.
  var measurement: String { "threshold-\(dimension.name)" }

  /// How far inside and outside a level lies when a delay is timed.
  ///
  /// - Source: procedure catalogue, section 4 (50 mV, 10 % of a current); SPEC-TMP-23 (5 °C).
  func overdrive(_ setting: Double) -> Double {
    switch stimulus {
    case .cells: 0.050
    case .loop: 0.1 * setting.magnitude
    case .thermistors: 5
    }
  }

  /// Step of a staircase unless the procedure names one.
  func resolution(_ setting: Double) -> Double {
    switch stimulus {
    case .cells: 0.002
    case .loop: max(0.25, 0.01 * setting.magnitude)
    case .thermistors: 0.5
    }
  }

  /// Base units per second of a ramp unless the procedure names them.
  func rate(_ setting: Double) -> Double {
    switch stimulus {
    case .cells: 0.005
    case .loop: max(0.25, 0.01 * setting.magnitude)
    case .thermistors: 0.2
    }
  }

  /// Text of a level with its unit.
  func text(_ level: Double) -> String { AnyQuantity(level, dimension).formatted(significant: 6) }
}

/// What one search stimulates.
enum ThresholdSubject: Hashable, Sendable {
  case cell(Int)
  case loop
  /// NTC inputs, heated or cooled alike.
  case sensors([Int])

  var channel: String {
    switch self {
    case .cell(let number): "cell \(number)"
    case .loop: ""
    case .sensors(let numbers) where numbers.count == 1: "NTC \(numbers[0])"
    case .sensors: "all NTC"
    }
  }
}

/// Which temperature inputs a step exercises.
enum SensorChoice {
  static let count = 4
  static let doc =
    "NTC inputs to heat or cool one after the other: first, last, rotating, all or numbers; together: all at once"

  /// - Returns: nil when an entry is none of the words and no number in range.
  static func subjects(_ words: [String], serial: String) -> [ThresholdSubject]? {
    if words == ["together"] { return [.sensors(Array(1...count))] }
    return CellChoice.cells(words, count: count, serial: serial)?.map { .sensors([$0]) }
  }
}
