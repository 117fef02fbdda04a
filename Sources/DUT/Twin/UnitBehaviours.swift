/// Cell chemistry: selects the default thresholds of manual section 2.
public enum UnitChemistry: String, Sendable, CaseIterable {
  case ternary = "NCM"
  case ironPhosphate = "LFP"
  case titanate = "LTO"

  /// Code of the battery type register (BLE protocol notes section 6.1, register 15).
  public var code: Int {
    switch self {
    case .ternary: 1
    case .ironPhosphate: 2
    case .titanate: 3
    }
  }
}

/// A protection that can open the path. The raw value indexes `UnitParameters.protections`.
public enum UnitProtection: Int, Sendable, CaseIterable {
  case overcharge, overDischarge, cellDifference, shutdown
  case chargeOvercurrent, dischargeOvercurrent, dischargeOvercurrentStage2, shortCircuit
  case chargeOvertemperature, chargeUndertemperature, dischargeOvertemperature, dischargeUndertemperature

  /// As written in unit files.
  public var name: String {
    switch self {
    case .overcharge: "overcharge"
    case .overDischarge: "over-discharge"
    case .cellDifference: "cell-difference"
    case .shutdown: "shutdown"
    case .chargeOvercurrent: "charge-overcurrent"
    case .dischargeOvercurrent: "discharge-overcurrent"
    case .dischargeOvercurrentStage2: "discharge-overcurrent-2"
    case .shortCircuit: "short-circuit"
    case .chargeOvertemperature: "charge-overtemperature"
    case .chargeUndertemperature: "charge-undertemperature"
    case .dischargeOvertemperature: "discharge-overtemperature"
    case .dischargeUndertemperature: "discharge-undertemperature"
    }
  }

  /// Which switches open. Manual section 7.1 and SPEC-FET-02; for cell difference, which the manual does not
  /// know, the safe choice: both.
  var opensCharge: Bool {
    switch self {
    case .overcharge, .chargeOvercurrent, .chargeOvertemperature, .chargeUndertemperature,
      .cellDifference, .shortCircuit:
      true
    case .overDischarge, .shutdown, .dischargeOvercurrent, .dischargeOvercurrentStage2,
      .dischargeOvertemperature, .dischargeUndertemperature:
      false
    }
  }

  var opensDischarge: Bool { !opensCharge || self == .cellDifference || self == .shortCircuit }
}

/// How one protection of this unit behaves. The good unit compares with its stored setting and obeys it.
public struct ProtectionBehaviour: Equatable, Sendable {
  public var enabled = true
  /// The level compared with is setting × scale + offset (volts, amperes or °C).
  public var thresholdScale = 1.0
  public var thresholdOffset = 0.0
  /// Real delay over nominal delay.
  public var delayFactor = 1.0
  public var recovery = RecoveryBehaviour.normal
  /// Defect: opens the other switch.
  public var wrongDirection = false
  /// Added to the recovery level alone (volts or °C).
  public var recoveryOffset = 0.0
  /// Real recovery time over the stored one, for currents.
  public var recoveryTimeFactor = 1.0
  /// Defect: opens both switches where one would do.
  public var opensBoth = false
  /// False: trips and reports, but leaves the path closed.
  public var opens = true
  /// False: acts, but telemetry names no cell.
  public var reports = true
  public init() {}
}

public enum RecoveryBehaviour: String, Sendable, CaseIterable {
  case normal
  /// Stays tripped until the next power-up.
  case never
  /// Releases as soon as the value is back inside the trip level.
  case noHysteresis = "no-hysteresis"
}

public enum SwitchCondition: String, Sendable, CaseIterable {
  case normal
  case stuckOn = "stuck-on"
  case stuckOff = "stuck-off"
}

public enum LampCondition: String, Sendable, CaseIterable {
  case normal, dead
  case stuckOn = "stuck-on"
  /// Steady where it should flash, flashing where it should be steady.
  case steady, flashing
}

/// What becomes of a unit that stays over-discharged without a charger (manual section 7.1-2).
public enum DormancyBehaviour: String, Sendable, CaseIterable {
  case normal, never
  /// Starts again once the cells have recovered, without a charger.
  case wakesByItself = "wakes-by-itself"
}

/// Something that telemetry shows and a defective unit leaves at zero.
public enum TelemetryItem: String, Sendable, CaseIterable {
  case none
  case cellVoltages = "cell-voltages"
  case totalVoltage = "total-voltage"
  case averageVoltage = "average-voltage"
  case voltageDifference = "voltage-difference"
  case lineResistances = "line-resistances"
  case packCurrent = "pack-current"
  case balancingCurrent = "balancing-current"
  case temperatures
  case deviceTemperatures = "device-temperatures"
  case runningTime = "running-time"
  case status
}

public enum BuzzerCondition: String, Sendable, CaseIterable { case normal, mute }

/// A hardware fault that the unit announces with its buzzer (manual section 10.2).
public enum HardwareAlarm: String, Sendable, CaseIterable {
  case none
  case dataStore = "data-store"
  case bluetooth
  case supercapacitor
}

/// Which request checksums the unit accepts. Nobody has tested a wrong one on real hardware (BLE protocol notes
/// section 3.2); both documented rules work.
public enum RequestChecksum: String, Sendable, CaseIterable {
  case any
  case sum
  case sumOrXor = "sum-or-xor"
}

/// A factory setting that differs from the default.
public struct SettingOverride: Equatable, Sendable {
  public var field: StoredSettingField
  public var value: Double
  public init(_ field: StoredSettingField, _ value: Double) {
    self.field = field
    self.value = value
  }
}
