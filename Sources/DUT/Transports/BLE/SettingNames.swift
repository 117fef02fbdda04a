import Quantities

/// Settings as procedures spell them, with the dimension of their values.
public struct NamedSetting: Hashable, Sendable {
  /// Kebab-case, e.g. `cell-overvoltage-protection`.
  public let name: String
  public let register: SettingsRegister
  public let dimension: Dimension
  /// Base units per unit of the register.
  public let scale: Double

  /// Every numeric setting that the rig may write, in the order of the register catalogue.
  public static let all: [NamedSetting] = SettingsRegister.all.compactMap { NamedSetting($0) }

  public static func named(_ name: String) -> NamedSetting? { all.first { $0.name == name } }

  private init?(_ register: SettingsRegister) {
    guard register.access == .setting, register.type != .text else { return nil }
    self.register = register
    name = Self.spelling(register.name)
    switch register.unit {
    case "V": (dimension, scale) = (.voltage, 1)
    case "A": (dimension, scale) = (.current, 1)
    case "°C": (dimension, scale) = (.temperature, 1)
    case "s": (dimension, scale) = (.time, 1)
    case "ms": (dimension, scale) = (.time, 1e-3)
    case "µs": (dimension, scale) = (.time, 1e-6)
    case "Ah": (dimension, scale) = (.charge, 3600)
    default: (dimension, scale) = (.count, 1)
    }
  }

  /// Words that differ from the decoded names: the manual's own terms.
  private static let renamed = [
    "balance_trigger_delta_v": "balance-start-difference", "balance_stop_delta_v": "balance-stop-difference",
    "max_balance_current_a": "balance-current", "balancing_enabled": "balancing",
    "buzzer_mode_code": "buzzer-mode", "battery_type_code": "battery-type",
    "cell_delta_protection_v": "cell-difference-protection",
    "cell_delta_recovery_v": "cell-difference-recovery",
    "cell_shutdown_voltage_v": "shutdown-voltage", "discharge_overcurrent2_a": "discharge-overcurrent-2",
    "discharge_overcurrent2_delay_ms": "discharge-overcurrent-2-delay",
    "discharge_overcurrent2_recovery_s": "discharge-overcurrent-2-recovery",
  ]

  private static func spelling(_ name: String) -> String {
    if let other = renamed[name] { return other }
    var words = name.split(separator: "_").map(String.init)
    if let last = words.last, ["v", "a", "s", "ms", "us", "c", "ah"].contains(last) { words.removeLast() }
    return words.joined(separator: "-")
  }

  /// The register's value in base units.
  func base(_ value: RegisterValue) -> Double? {
    guard let number = value.number else { return nil }
    // Dividing keeps 500 µs the double nearest 0.0005; whole factors multiply exactly.
    return scale < 1 ? number / (1 / scale).rounded() : number * scale
  }

  /// A value in base units as the register takes it.
  func registerValue(_ base: Double) -> RegisterValue {
    let number = scale < 1 ? base * (1 / scale).rounded() : base / scale
    return register.type == .integer ? .integer(Int(number.rounded())) : .float(number)
  }
}
