import Ports
import Quantities

extension FrameValues {
  public static func settings(_ settings: Settings) -> OrderedJSON {
    switch settings {
    case .v1(let settings): self.settings(settings)
    case .v2(let settings): self.settings(settings)
    }
  }

  static func settings(_ settings: SettingsV1) -> OrderedJSON {
    [
      "protocol": "v1",
      "cell_count": .int(settings.cellCount),
      "balance_trigger_delta_v": number(settings.balanceStartDifferenceVolts),
      "max_balance_current_a": number(settings.balanceCurrentMaxAmperes),
      "balance_stop_voltage_v": number(settings.balanceStopVolts),
      "balancing_enabled": .bool(settings.balancingEnabled),
      "buzzer_mode_code": .int(settings.buzzerModeCode),
      "buzzer_mode": .string(BuzzerMode.name(ofCode: settings.buzzerModeCode)),
      "battery_type_code": .int(settings.batteryTypeCode),
      "battery_type": .string(BatteryType.name(ofCode: settings.batteryTypeCode)),
      "nominal_capacity_ah": .int(settings.nominalCapacityAmpereHours),
      "balance_start_voltage_v": number(settings.balanceStartVolts),
      "rs485_device_address": .int(settings.wireAddress),
      "balance_stop_delta_v": number(settings.balanceStopDifferenceVolts),
      "line_resistance_reference_candidate": number(settings.unprovenFloat37),
      "feature_bytes_41_46_hex": .string(HexText.packed(settings.unprovenBytes41To46)),
      "reset_current_candidate": number(settings.unprovenFloat47),
    ]
  }

  static func settings(_ settings: SettingsV2) -> OrderedJSON {
    var members: [(key: String, value: OrderedJSON)] = [
      ("protocol", "v2"),
      ("unknown_8_u8", .int(settings.unprovenByte8)),
      ("cell_count", .int(settings.cellCount)),
      ("nominal_capacity_ah", number(settings.nominalCapacityAmpereHours)),
      ("balance_trigger_delta_v", number(settings.balanceStartDifferenceVolts)),
      ("balance_stop_delta_v_candidate_18", number(settings.balanceStopDifferenceVolts)),
      ("balance_stop_voltage_v", number(settings.balanceStopVolts)),
      ("balance_start_voltage_v", number(settings.balanceStartVolts)),
      ("max_balance_current_a", number(settings.balanceCurrentMaxAmperes)),
    ]
    members += cellLimits(settings) + currentLimits(settings) + temperatureLimits(settings)
    members += [
      ("byte_126_balancing_enabled_candidate", .int(settings.unprovenByte126)),
      ("byte_127_buzzer_mode_candidate", .int(settings.unprovenByte127)),
      ("byte_128_battery_type_candidate", .int(settings.unprovenByte128)),
      ("byte_129_unknown", .int(settings.unprovenByte129)),
    ]
    return .object(members)
  }

  private static func cellLimits(_ settings: SettingsV2) -> [(key: String, value: OrderedJSON)] {
    [
      ("cell_overvoltage_protection_v", number(settings.cellOvervoltageVolts)),
      ("cell_overvoltage_recovery_v", number(settings.cellOvervoltageRecoveryVolts)),
      ("cell_undervoltage_protection_v", number(settings.cellUndervoltageVolts)),
      ("cell_undervoltage_recovery_v", number(settings.cellUndervoltageRecoveryVolts)),
      ("cell_delta_protection_v", number(settings.cellDifferenceVolts)),
      ("cell_delta_recovery_v", number(settings.cellDifferenceRecoveryVolts)),
      ("cell_shutdown_voltage_v", number(settings.shutdownVolts)),
    ]
  }

  private static func currentLimits(_ settings: SettingsV2) -> [(key: String, value: OrderedJSON)] {
    [
      ("charge_overcurrent_a", number(settings.chargeOvercurrentAmperes)),
      ("charge_overcurrent_delay_s", .int(settings.chargeOvercurrentDelaySeconds)),
      ("charge_overcurrent_recovery_s", .int(settings.chargeOvercurrentRecoverySeconds)),
      ("discharge_overcurrent_a", number(settings.dischargeOvercurrentAmperes)),
      ("discharge_overcurrent_delay_s", .int(settings.dischargeOvercurrentDelaySeconds)),
      ("discharge_overcurrent_recovery_s", .int(settings.dischargeOvercurrentRecoverySeconds)),
      ("discharge_overcurrent2_a", number(settings.dischargeOvercurrent2Amperes)),
      ("discharge_overcurrent2_delay_ms", .int(settings.dischargeOvercurrent2DelayMilliseconds)),
      ("discharge_overcurrent2_recovery_s", .int(settings.dischargeOvercurrent2RecoverySeconds)),
      ("short_circuit_a", number(settings.shortCircuitAmperes)),
      ("short_circuit_delay_us", .int(settings.shortCircuitDelayMicroseconds)),
      ("short_circuit_recovery_s", .int(settings.shortCircuitRecoverySeconds)),
    ]
  }

  private static func temperatureLimits(_ settings: SettingsV2) -> [(key: String, value: OrderedJSON)] {
    [
      ("charge_overtemperature_c", number(settings.chargeOvertemperatureCelsius)),
      ("charge_overtemperature_recovery_c", number(settings.chargeOvertemperatureRecoveryCelsius)),
      ("charge_undertemperature_c", number(settings.chargeUndertemperatureCelsius)),
      ("charge_undertemperature_recovery_c", number(settings.chargeUndertemperatureRecoveryCelsius)),
      ("discharge_overtemperature_c", number(settings.dischargeOvertemperatureCelsius)),
      ("discharge_overtemperature_recovery_c", number(settings.dischargeOvertemperatureRecoveryCelsius)),
      ("discharge_undertemperature_c", number(settings.dischargeUndertemperatureCelsius)),
      ("discharge_undertemperature_recovery_c", number(settings.dischargeUndertemperatureRecoveryCelsius)),
    ]
  }

  static func factoryDefaults(_ defaults: FactoryDefaults) -> OrderedJSON {
    [
      "standard_voltage_1_v": number(defaults.standardVoltage1Volts),
      "standard_voltage_2_v": number(defaults.standardVoltage2Volts),
      "battery_voltage_1_v": number(defaults.batteryVoltage1Volts),
      "battery_voltage_2_v": number(defaults.batteryVoltage2Volts),
      "standard_current_1_a": number(defaults.standardCurrent1Amperes),
      "standard_current_2_a": number(defaults.standardCurrent2Amperes),
      "supercap_1": number(defaults.supercapacitor1Volts),
      "supercap_2": number(defaults.supercapacitor2Volts),
      "resistor_1": number(defaults.resistor1Ohms),
      "battery_status": number(defaults.batteryStatusReference),
      "max_voltage_v": number(defaults.voltageMaxVolts),
      "min_voltage_v": number(defaults.voltageMinVolts),
      "max_temperature_c": number(defaults.temperatureMaxCelsius),
      "min_temperature_c": number(defaults.temperatureMinCelsius),
      "power_on_count": .int(defaults.powerOnCount),
      "total_runtime_s": .int(defaults.totalRuntimeSeconds),
      "production_date": .string(defaults.productionDate),
    ]
  }
}
