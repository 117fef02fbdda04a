import Quantities

/// How the firmware takes a setting from a write request.
struct UnitRegister {
  enum Encoding {
    case float
    /// An unsigned number counting `scale` SI units.
    case unsigned(scale: Double)
  }
  /// Command 5 (balancer parameters) or 6 (protections).
  let command: UInt8
  let register: UInt8
  let encoding: Encoding
}

extension StoredSettingField {
  /// As written in unit files after `settings.`.
  public var name: String { row.name }
  public var dimension: Dimension { row.dimension }
  /// Commands and registers: BLE protocol notes sections 6.1 and 6.2.
  var register: UnitRegister {
    UnitRegister(command: row.command, register: row.register, encoding: row.encoding)
  }

  static func written(command: UInt8, register: UInt8) -> StoredSettingField? {
    allCases.first { $0.row.command == command && $0.row.register == register }
  }

  /// What a write may store; a value outside is acknowledged and ignored.
  ///
  /// Manual section 2 for cell count, currents, temperatures and the balancer; the measuring range for cell
  /// thresholds, of which the manual prints no range; the width of the field for delays.
  public func range(rating: Double, chemistry: UnitChemistry) -> ClosedRange<Double> {
    switch self {
    case .cellCount: chemistry == .titanate ? 20...24 : 16...24
    case .nominalCapacity: 3600...2000 * 3600
    case .balanceStartDifference, .balanceStopDifference: 0.001...5
    case .balanceStartVoltage, .balanceStopVoltage: 1.5...4.5
    case .balanceCurrent: 1...8
    case .cellOvervoltageProtection, .cellOvervoltageRecovery, .cellUndervoltageProtection,
      .cellUndervoltageRecovery:
      1.5...4.5
    case .cellDifferenceProtection, .cellDifferenceRecovery: 0.001...5
    case .shutdownVoltage: 1...4.5
    case .chargeOvercurrent, .dischargeOvercurrent: 15...rating
    case .dischargeOvercurrent2, .shortCircuitCurrent: 1...2000
    case .chargeOvercurrentDelay, .chargeOvercurrentRecovery, .dischargeOvercurrentDelay,
      .dischargeOvercurrentRecovery, .dischargeOvercurrent2Recovery, .shortCircuitRecovery:
      0...65535
    case .dischargeOvercurrent2Delay: 0...65.535
    case .shortCircuitDelay: 0...0.065535
    case .chargeOvertemperature, .chargeOvertemperatureRecovery, .dischargeOvertemperature,
      .dischargeOvertemperatureRecovery:
      30...80
    case .chargeUndertemperature, .chargeUndertemperatureRecovery, .dischargeUndertemperature,
      .dischargeUndertemperatureRecovery:
      -40...20
    case .balancingEnabled: 0...1
    case .buzzerMode: 1...4
    case .batteryType: 1...3
    }
  }

  private struct Row {
    let name: String
    let dimension: Dimension
    let command: UInt8
    let register: UInt8
    let encoding: UnitRegister.Encoding

    init(
      _ name: String, _ dimension: Dimension, _ command: UInt8, _ register: UInt8,
      _ encoding: UnitRegister.Encoding = .float
    ) {
      self.name = name
      self.dimension = dimension
      self.command = command
      self.register = register
      self.encoding = encoding
    }
  }

  private var row: Row {
    switch self {
    case .cellCount: Row("cell-count", .count, 5, 0x01, .unsigned(scale: 1))
    case .nominalCapacity: Row("nominal-capacity", .charge, 5, 0x16, .unsigned(scale: 3600))
    case .balanceStartDifference: Row("balance-start-difference", .voltage, 5, 0x02)
    case .balanceStopDifference: Row("balance-stop-difference", .voltage, 5, 0x1A)
    case .balanceStopVoltage: Row("balance-stop-voltage", .voltage, 5, 0x04)
    case .balanceStartVoltage: Row("balance-start-voltage", .voltage, 5, 0x17)
    case .balanceCurrent: Row("balance-current", .current, 5, 0x03)
    case .cellOvervoltageProtection: Row("cell-overvoltage-protection", .voltage, 6, 0x01)
    case .cellOvervoltageRecovery: Row("cell-overvoltage-recovery", .voltage, 6, 0x02)
    case .cellUndervoltageProtection: Row("cell-undervoltage-protection", .voltage, 6, 0x04)
    case .cellUndervoltageRecovery: Row("cell-undervoltage-recovery", .voltage, 6, 0x03)
    case .cellDifferenceProtection: Row("cell-difference-protection", .voltage, 6, 0x1B)
    case .cellDifferenceRecovery: Row("cell-difference-recovery", .voltage, 6, 0x1C)
    case .shutdownVoltage: Row("shutdown-voltage", .voltage, 6, 0x1D)
    case .chargeOvercurrent: Row("charge-overcurrent", .current, 6, 0x07)
    case .chargeOvercurrentDelay: Row("charge-overcurrent-delay", .time, 6, 0x08, .unsigned(scale: 1))
    case .chargeOvercurrentRecovery: Row("charge-overcurrent-recovery", .time, 6, 0x09, .unsigned(scale: 1))
    case .dischargeOvercurrent: Row("discharge-overcurrent", .current, 6, 0x0A)
    case .dischargeOvercurrentDelay: Row("discharge-overcurrent-delay", .time, 6, 0x0B, .unsigned(scale: 1))
    case .dischargeOvercurrentRecovery:
      Row("discharge-overcurrent-recovery", .time, 6, 0x0C, .unsigned(scale: 1))
    case .dischargeOvercurrent2: Row("discharge-overcurrent-2", .current, 6, 0x1E)
    case .dischargeOvercurrent2Delay:
      Row("discharge-overcurrent-2-delay", .time, 6, 0x1F, .unsigned(scale: 0.001))
    case .dischargeOvercurrent2Recovery:
      Row("discharge-overcurrent-2-recovery", .time, 6, 0x20, .unsigned(scale: 1))
    case .shortCircuitCurrent: Row("short-circuit-current", .current, 6, 0x21)
    case .shortCircuitDelay: Row("short-circuit-delay", .time, 6, 0x0D, .unsigned(scale: 0.000_001))
    case .shortCircuitRecovery: Row("short-circuit-recovery", .time, 6, 0x0E, .unsigned(scale: 1))
    case .chargeOvertemperature: Row("charge-overtemperature", .temperature, 6, 0x0F)
    case .chargeOvertemperatureRecovery: Row("charge-overtemperature-recovery", .temperature, 6, 0x10)
    case .chargeUndertemperature: Row("charge-undertemperature", .temperature, 6, 0x13)
    case .chargeUndertemperatureRecovery: Row("charge-undertemperature-recovery", .temperature, 6, 0x14)
    case .dischargeOvertemperature: Row("discharge-overtemperature", .temperature, 6, 0x11)
    case .dischargeOvertemperatureRecovery:
      Row("discharge-overtemperature-recovery", .temperature, 6, 0x12)
    case .dischargeUndertemperature: Row("discharge-undertemperature", .temperature, 6, 0x22)
    case .dischargeUndertemperatureRecovery:
      Row("discharge-undertemperature-recovery", .temperature, 6, 0x23)
    case .balancingEnabled: Row("balancing-enabled", .count, 5, 0x0D, .unsigned(scale: 1))
    case .buzzerMode: Row("buzzer-mode", .count, 5, 0x14, .unsigned(scale: 1))
    case .batteryType: Row("battery-type", .count, 5, 0x15, .unsigned(scale: 1))
    }
  }
}
