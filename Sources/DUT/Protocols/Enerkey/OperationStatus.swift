/// What the unit says it is doing (cell info, offset 216).
///
/// - Source: BLE protocol notes section 5.6. Only 4, 5, 6 and 10 were captured; 6 and 10 are normal states.
public struct OperationStatus: RawRepresentable, Hashable, Sendable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  public static let unknown = Self(rawValue: 0)
  public static let wrongCellCount = Self(rawValue: 1)
  public static let lineResistanceTest = Self(rawValue: 2)
  public static let lineResistanceTooHigh = Self(rawValue: 3)
  /// The idle state.
  public static let systemTestCompleted = Self(rawValue: 4)
  public static let balancing = Self(rawValue: 5)
  public static let balancingFinished = Self(rawValue: 6)
  public static let lowVoltage = Self(rawValue: 7)
  public static let systemOvertemperature = Self(rawValue: 8)
  public static let hostFails = Self(rawValue: 9)
  /// Normal while the cells are below the balancing stop voltage.
  public static let lowVoltageBalancingStopped = Self(rawValue: 10)
  public static let overtemperatureBalancingStopped = Self(rawValue: 11)
  public static let selfTestCompleted = Self(rawValue: 12)

  /// A word for files; codes that nobody has named read `unknown (n)`.
  public var name: String {
    let names = [
      "unknown", "wrong_cell_count", "line_resistance_test", "line_resistance_too_high",
      "system_test_completed", "balancing", "balancing_finished", "low_voltage", "system_overtemperature",
      "host_fails", "low_battery_voltage_balancing_stopped", "temperature_too_high_balancing_stopped",
      "self_test_completed",
    ]
    return names.indices.contains(rawValue) ? names[rawValue] : "unknown (\(rawValue))"
  }

  /// True for states that a healthy unit passes through.
  public var isNormal: Bool {
    let normal: [Self] = [
      .lineResistanceTest, .systemTestCompleted, .balancing, .balancingFinished, .lowVoltageBalancingStopped,
      .selfTestCompleted,
    ]
    return normal.contains(self)
  }
}
