/// What the unit stores for its user: one number per field, in SI units.
///
/// Flags are 0 or 1, codes and counts whole numbers. The order of fields is the order in this file.
public struct StoredSettings: Equatable, Sendable {
  private var values = [Double](repeating: 0, count: StoredSettingField.allCases.count)

  public subscript(_ field: StoredSettingField) -> Double {
    get { values[field.rawValue] }
    set { values[field.rawValue] = newValue }
  }

  public var cellCount: Int { Int(self[.cellCount]) }
  public var balancingEnabled: Bool { self[.balancingEnabled] != 0 }
  /// The completion beep: mode 1 is off (BLE protocol notes section 6.1, register 14).
  public var buzzerEnabled: Bool { self[.buzzerMode] > 1 }
}

/// Fields of `StoredSettings`. Names follow the settings frame of the second generation (BLE protocol notes
/// section 5.9).
public enum StoredSettingField: Int, Sendable, CaseIterable {
  case cellCount, nominalCapacity
  case balanceStartDifference, balanceStopDifference, balanceStopVoltage, balanceStartVoltage
  case balanceCurrent
  case cellOvervoltageProtection, cellOvervoltageRecovery
  case cellUndervoltageProtection, cellUndervoltageRecovery
  case cellDifferenceProtection, cellDifferenceRecovery, shutdownVoltage
  case chargeOvercurrent, chargeOvercurrentDelay, chargeOvercurrentRecovery
  case dischargeOvercurrent, dischargeOvercurrentDelay, dischargeOvercurrentRecovery
  case dischargeOvercurrent2, dischargeOvercurrent2Delay, dischargeOvercurrent2Recovery
  case shortCircuitCurrent, shortCircuitDelay, shortCircuitRecovery
  case chargeOvertemperature, chargeOvertemperatureRecovery
  case chargeUndertemperature, chargeUndertemperatureRecovery
  case dischargeOvertemperature, dischargeOvertemperatureRecovery
  case dischargeUndertemperature, dischargeUndertemperatureRecovery
  case balancingEnabled, buzzerMode, batteryType
}

extension StoredSettings {
  /// What the factory stores: manual section 2 where it gives a value, otherwise what the EK-B24S8E200A capture
  /// shows (delays, recoveries, second stage, short circuit, cell difference, shutdown voltage, 8 A).
  ///
  /// Chosen by us, since neither names them: balancing window per chemistry, start and stop difference 5 and
  /// 2 mV, capacity 280 Ah, buzzer on, balancing off (manual section 9 note 1: set the battery parameters first).
  public static func factory(chemistry: UnitChemistry, cells: Int, rating: Double) -> StoredSettings {
    var s = StoredSettings()
    s[.cellCount] = Double(cells)
    s[.nominalCapacity] = 280 * 3600
    s[.balanceStartDifference] = 0.005
    s[.balanceStopDifference] = 0.002
    s[.balanceCurrent] = 8
    s[.cellDifferenceProtection] = 1.0
    s[.cellDifferenceRecovery] = 0.7
    s[.buzzerMode] = 2
    s[.batteryType] = Double(chemistry.code)
    s.storeCellDefaults(chemistry)
    s.storeCurrentDefaults(rating: rating)
    s.storeTemperatureDefaults()
    return s
  }

  /// Manual section 2, the rows for single-cell over- and undervoltage.
  private mutating func storeCellDefaults(_ chemistry: UnitChemistry) {
    let table: (over: (Double, Double), under: (Double, Double), shutdown: Double, start: Double)
    switch chemistry {
    case .ternary: table = ((4.200, 4.000), (2.900, 3.100), 2.0, 3.20)
    case .ironPhosphate: table = ((3.650, 3.450), (2.600, 2.900), 2.0, 3.00)
    case .titanate: table = ((2.700, 2.400), (1.600, 1.800), 1.4, 2.00)
    }
    self[.cellOvervoltageProtection] = table.over.0
    self[.cellOvervoltageRecovery] = table.over.1
    self[.cellUndervoltageProtection] = table.under.0
    self[.cellUndervoltageRecovery] = table.under.1
    self[.shutdownVoltage] = table.shutdown
    self[.balanceStartVoltage] = table.start
    self[.balanceStopVoltage] = table.start - 0.1
  }

  private mutating func storeCurrentDefaults(rating: Double) {
    self[.chargeOvercurrent] = rating
    self[.chargeOvercurrentDelay] = 5
    self[.chargeOvercurrentRecovery] = 300
    self[.dischargeOvercurrent] = 120
    self[.dischargeOvercurrentDelay] = 5
    self[.dischargeOvercurrentRecovery] = 120
    self[.dischargeOvercurrent2] = 400
    self[.dischargeOvercurrent2Delay] = 1
    self[.dischargeOvercurrent2Recovery] = 120
    self[.shortCircuitCurrent] = 800
    self[.shortCircuitDelay] = 0.000_5
    self[.shortCircuitRecovery] = 0
  }

  private mutating func storeTemperatureDefaults() {
    self[.chargeOvertemperature] = 60
    self[.chargeOvertemperatureRecovery] = 50
    self[.chargeUndertemperature] = -2
    self[.chargeUndertemperatureRecovery] = 2
    self[.dischargeOvertemperature] = 60
    self[.dischargeOvertemperatureRecovery] = 50
    self[.dischargeUndertemperature] = -10
    self[.dischargeUndertemperatureRecovery] = -5
  }
}

extension UnitParameters {
  /// The settings this unit leaves the factory with.
  public var factorySettings: StoredSettings {
    var settings = StoredSettings.factory(chemistry: chemistry, cells: cells, rating: rating)
    for item in settingOverrides { settings[item.field] = item.value }
    return settings
  }
}
