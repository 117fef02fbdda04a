extension SettingsRegister {
  /// Every known register: open ones of command 05, closed ones, then command 06.
  public static let all: [SettingsRegister] = balancer + closed + protection

  private static func legacy(
    _ number: UInt8, _ name: String, _ type: ValueType, _ unit: String = "",
    _ range: ClosedRange<Double>? = nil, manual: ClosedRange<Double>? = nil, v1: Slot? = nil, v2: Slot? = nil
  ) -> SettingsRegister {
    SettingsRegister(.writeLegacy, number, name, type, unit, range, manual: manual, v1: v1, v2: v2)
  }

  // MARK: Balancer parameters, command 05

  public static let cellCount = legacy(
    0x01, "cell_count", .integer, "", 1...24, manual: 16...24, v1: .u8(8), v2: .u8(9))
  public static let balanceStartDifference = legacy(
    0x02, "balance_trigger_delta_v", .float, "V", 0.001...5, manual: 0.001...5, v1: .f32(9), v2: .f32(14))
  /// Stays within the manual's 8 A although clients go to 15 A: units were reported to hang after a higher value.
  public static let balanceCurrentMax = legacy(
    0x03, "max_balance_current_a", .float, "A", 1...8, manual: 1...8, v1: .f32(13), v2: .f32(30))
  public static let balanceStopVoltage = legacy(
    0x04, "balance_stop_voltage_v", .float, "V", 1...4.5, manual: 1.5...4.5, v1: .f32(17), v2: .f32(22))
  public static let balancingEnabled = legacy(
    0x0D, "balancing_enabled", .integer, "", 0...1, manual: 0...1, v1: .u8(21), v2: .u8(126).doubtful)
  /// Shown by the device info frame, not by the settings.
  public static let bluetoothName = legacy(0x13, "bluetooth_name", .text)
  public static let buzzerMode = legacy(
    0x14, "buzzer_mode_code", .integer, "", 1...4, v1: .u8(22), v2: .u8(127).doubtful)
  public static let batteryType = legacy(
    0x15, "battery_type_code", .integer, "", 1...4, v1: .u8(23), v2: .u8(128).doubtful)
  public static let nominalCapacity = legacy(
    0x16, "nominal_capacity_ah", .integer, "Ah", 1...2000, v1: .u32(24), v2: .f32(10))
  public static let balanceStartVoltage = legacy(
    0x17, "balance_start_voltage_v", .float, "V", 1...4.5, manual: 1.5...4.5, v1: .f32(28), v2: .f32(26))
  public static let balanceStopDifference = legacy(
    0x1A, "balance_stop_delta_v", .float, "V", 0.001...5, manual: 0.001...5, v1: .f32(33),
    v2: .f32(18).doubtful)

  private static let balancer = [
    cellCount, balanceStartDifference, balanceCurrentMax, balanceStopVoltage, balancingEnabled, bluetoothName,
    buzzerMode, batteryType, nominalCapacity, balanceStartVoltage, balanceStopDifference,
  ]

  // MARK: Never written by the rig, command 05

  private static func shut(
    _ number: UInt8, _ name: String, _ type: ValueType, _ unit: String, _ access: Access
  ) -> SettingsRegister {
    SettingsRegister(.writeLegacy, number, name, type, unit, access: access)
  }

  private static let closed = [
    shut(0x05, "reference_voltage_v", .float, "V", .calibration),
    shut(0x06, "battery_voltage_v", .float, "V", .calibration),
    shut(0x07, "balancing_current_reference_a", .float, "A", .calibration),
    shut(0x08, "supercapacitor_start_voltage_v", .float, "V", .calibration),
    shut(0x09, "power_on_count", .integer, "", .factory),
    shut(0x0A, "total_runtime_s", .integer, "s", .factory),
    shut(0x0B, "battery_voltage_max_v", .float, "V", .factory),
    shut(0x0C, "battery_voltage_min_v", .float, "V", .factory),
    shut(0x0E, "supercapacitor_mean_voltage_v", .float, "V", .calibration),
    shut(0x0F, "battery_reference_voltage_v", .float, "V", .calibration),
    shut(0x10, "production_date", .text, "", .factory),
    shut(0x11, "temperature_max_c", .float, "°C", .factory),
    shut(0x12, "temperature_min_c", .float, "°C", .factory),
  ]

  // MARK: Protection parameters, command 06, second generation only

  private static func volts(_ number: UInt8, _ name: String, _ offset: Int) -> SettingsRegister {
    SettingsRegister(.writeProtection, number, name, .float, "V", 0.001...5, v2: .f32(offset))
  }

  private static func amperes(
    _ number: UInt8, _ name: String, _ offset: Int, manual: ClosedRange<Double>? = nil
  ) -> SettingsRegister {
    SettingsRegister(.writeProtection, number, name, .float, "A", 1...1000, manual: manual, v2: .f32(offset))
  }

  /// Two bytes in the settings frame, four in the write.
  private static func time(
    _ number: UInt8, _ name: String, _ offset: Int, _ unit: String = "s"
  ) -> SettingsRegister {
    SettingsRegister(.writeProtection, number, name, .integer, unit, 0...65535, v2: .u16(offset))
  }

  private static func celsius(
    _ number: UInt8, _ name: String, _ offset: Int, manual: ClosedRange<Double>
  ) -> SettingsRegister {
    SettingsRegister(
      .writeProtection, number, name, .float, "°C", -40...120, manual: manual, v2: .f32(offset))
  }

  public static let cellOvervoltage = volts(0x01, "cell_overvoltage_protection_v", 34)
  public static let cellOvervoltageRecovery = volts(0x02, "cell_overvoltage_recovery_v", 38)
  /// Recovery stands before protection here, against the order of the settings frame.
  public static let cellUndervoltageRecovery = volts(0x03, "cell_undervoltage_recovery_v", 46)
  public static let cellUndervoltage = volts(0x04, "cell_undervoltage_protection_v", 42)
  public static let chargeOvercurrent = amperes(0x07, "charge_overcurrent_a", 62, manual: 15...300)
  public static let chargeOvercurrentDelay = time(0x08, "charge_overcurrent_delay_s", 66)
  public static let chargeOvercurrentRecovery = time(0x09, "charge_overcurrent_recovery_s", 68)
  public static let dischargeOvercurrent = amperes(0x0A, "discharge_overcurrent_a", 70, manual: 15...300)
  public static let dischargeOvercurrentDelay = time(0x0B, "discharge_overcurrent_delay_s", 74)
  public static let dischargeOvercurrentRecovery = time(0x0C, "discharge_overcurrent_recovery_s", 76)
  public static let shortCircuitDelay = time(0x0D, "short_circuit_delay_us", 90, "µs")
  public static let shortCircuitRecovery = time(0x0E, "short_circuit_recovery_s", 92)
  public static let chargeOvertemperature = celsius(0x0F, "charge_overtemperature_c", 94, manual: 30...80)
  public static let chargeOvertemperatureRecovery = celsius(
    0x10, "charge_overtemperature_recovery_c", 98, manual: 30...80)
  public static let dischargeOvertemperature = celsius(
    0x11, "discharge_overtemperature_c", 110, manual: 30...80)
  public static let dischargeOvertemperatureRecovery = celsius(
    0x12, "discharge_overtemperature_recovery_c", 114, manual: 30...80)
  public static let chargeUndertemperature = celsius(
    0x13, "charge_undertemperature_c", 102, manual: -40...20)
  public static let chargeUndertemperatureRecovery = celsius(
    0x14, "charge_undertemperature_recovery_c", 106, manual: -40...20)
  public static let cellDifference = volts(0x1B, "cell_delta_protection_v", 50)
  public static let cellDifferenceRecovery = volts(0x1C, "cell_delta_recovery_v", 54)
  public static let shutdownVoltage = volts(0x1D, "cell_shutdown_voltage_v", 58)
  public static let dischargeOvercurrent2 = amperes(0x1E, "discharge_overcurrent2_a", 78)
  public static let dischargeOvercurrent2Delay = time(0x1F, "discharge_overcurrent2_delay_ms", 82, "ms")
  public static let dischargeOvercurrent2Recovery = time(0x20, "discharge_overcurrent2_recovery_s", 84)
  public static let shortCircuit = amperes(0x21, "short_circuit_a", 86)
  public static let dischargeUndertemperature = celsius(
    0x22, "discharge_undertemperature_c", 118, manual: -40...20)
  public static let dischargeUndertemperatureRecovery = celsius(
    0x23, "discharge_undertemperature_recovery_c", 122, manual: -40...20)

  private static let protection = [
    cellOvervoltage, cellOvervoltageRecovery, cellUndervoltageRecovery, cellUndervoltage, chargeOvercurrent,
    chargeOvercurrentDelay, chargeOvercurrentRecovery, dischargeOvercurrent, dischargeOvercurrentDelay,
    dischargeOvercurrentRecovery, shortCircuitDelay, shortCircuitRecovery, chargeOvertemperature,
    chargeOvertemperatureRecovery, dischargeOvertemperature, dischargeOvertemperatureRecovery,
    chargeUndertemperature, chargeUndertemperatureRecovery, cellDifference, cellDifferenceRecovery,
    shutdownVoltage, dischargeOvercurrent2, dischargeOvercurrent2Delay, dischargeOvercurrent2Recovery,
    shortCircuit, dischargeUndertemperature, dischargeUndertemperatureRecovery,
  ]
}
