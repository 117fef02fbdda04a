/// Frames as this unit sends them: its identity, settings and live values in the bytes of the second generation.
///
/// - Source: BLE protocol notes sections 5.1, 5.4 and 5.9. Bytes nobody understands are sent as in the
///   EK-B24S8E200A capture: settings 129 = 1, cell info 254 = nominal capacity.
struct UnitFrames {
  /// What one cell information frame shows.
  struct Live {
    var sample = UnitSample()
    /// °C of NTC 1 … 4 after averaging.
    var temperatures = [Double](repeating: 25, count: UnitParameters.thermistorCount)
    var status = OperationStatus.unknown
    var balanceCurrent = 0.0
    var switchTemperature = UnitConditions.ambient
    var balancerTemperature = UnitConditions.ambient
    /// Coulombs.
    var remaining = 0.0
    var faults = FaultMasks()
    var uptimeSeconds = 0
  }

  static func deviceInfo(_ memory: SettingsMemory, identity: UnitParameters.Identity, runtime: Int) -> [UInt8]
  {
    var info = DeviceInfo()
    info.model = identity.model
    info.hardwareVersion = identity.hardware
    info.softwareVersion = identity.software
    info.protocolVersion = identity.protocolVersion
    info.productionDate = identity.productionDate
    info.powerOnCount = memory.powerOnCount
    info.totalRuntimeSeconds = runtime
    info.deviceIdentity = identity.deviceID
    info.password = memory.password
    info.bluetoothName = memory.name
    return info.encoded()
  }

  static func settings(_ s: StoredSettings) -> [UInt8] {
    var frame = SettingsV2()
    frame.unprovenByte8 = Int(s[.batteryType])
    frame.cellCount = s.cellCount
    frame.nominalCapacityAmpereHours = s[.nominalCapacity] / 3600
    frame.balanceStartDifferenceVolts = s[.balanceStartDifference]
    frame.balanceStopDifferenceVolts = s[.balanceStopDifference]
    frame.balanceStopVolts = s[.balanceStopVoltage]
    frame.balanceStartVolts = s[.balanceStartVoltage]
    frame.balanceCurrentMaxAmperes = s[.balanceCurrent]
    frame.cellOvervoltageVolts = s[.cellOvervoltageProtection]
    frame.cellOvervoltageRecoveryVolts = s[.cellOvervoltageRecovery]
    frame.cellUndervoltageVolts = s[.cellUndervoltageProtection]
    frame.cellUndervoltageRecoveryVolts = s[.cellUndervoltageRecovery]
    frame.cellDifferenceVolts = s[.cellDifferenceProtection]
    frame.cellDifferenceRecoveryVolts = s[.cellDifferenceRecovery]
    frame.shutdownVolts = s[.shutdownVoltage]
    addCurrents(s, to: &frame)
    addTemperatures(s, to: &frame)
    frame.unprovenByte126 = Int(s[.balancingEnabled])
    frame.unprovenByte127 = Int(s[.buzzerMode])
    frame.unprovenByte128 = Int(s[.batteryType])
    frame.unprovenByte129 = 1
    return frame.encoded()
  }

  private static func addCurrents(_ s: StoredSettings, to frame: inout SettingsV2) {
    frame.chargeOvercurrentAmperes = s[.chargeOvercurrent]
    frame.chargeOvercurrentDelaySeconds = Int(s[.chargeOvercurrentDelay])
    frame.chargeOvercurrentRecoverySeconds = Int(s[.chargeOvercurrentRecovery])
    frame.dischargeOvercurrentAmperes = s[.dischargeOvercurrent]
    frame.dischargeOvercurrentDelaySeconds = Int(s[.dischargeOvercurrentDelay])
    frame.dischargeOvercurrentRecoverySeconds = Int(s[.dischargeOvercurrentRecovery])
    frame.dischargeOvercurrent2Amperes = s[.dischargeOvercurrent2]
    frame.dischargeOvercurrent2DelayMilliseconds = Int((s[.dischargeOvercurrent2Delay] * 1e3).rounded())
    frame.dischargeOvercurrent2RecoverySeconds = Int(s[.dischargeOvercurrent2Recovery])
    frame.shortCircuitAmperes = s[.shortCircuitCurrent]
    frame.shortCircuitDelayMicroseconds = Int((s[.shortCircuitDelay] * 1e6).rounded())
    frame.shortCircuitRecoverySeconds = Int(s[.shortCircuitRecovery])
  }

  private static func addTemperatures(_ s: StoredSettings, to frame: inout SettingsV2) {
    frame.chargeOvertemperatureCelsius = s[.chargeOvertemperature]
    frame.chargeOvertemperatureRecoveryCelsius = s[.chargeOvertemperatureRecovery]
    frame.chargeUndertemperatureCelsius = s[.chargeUndertemperature]
    frame.chargeUndertemperatureRecoveryCelsius = s[.chargeUndertemperatureRecovery]
    frame.dischargeOvertemperatureCelsius = s[.dischargeOvertemperature]
    frame.dischargeOvertemperatureRecoveryCelsius = s[.dischargeOvertemperatureRecovery]
    frame.dischargeUndertemperatureCelsius = s[.dischargeUndertemperature]
    frame.dischargeUndertemperatureRecoveryCelsius = s[.dischargeUndertemperatureRecovery]
  }

  static func cellInfo(
    _ live: Live, settings: StoredSettings, counter: Int, defects: UnitParameters.Telemetry
  ) -> [UInt8] {
    let count = settings.cellCount
    let cells = live.sample.cells
    let used = cells.prefix(count)
    let highest = used.indices.max { cells[$0] < cells[$1] } ?? 0
    let lowest = used.indices.min { cells[$0] < cells[$1] } ?? 0
    var frame = CellInfo(version: .v2)
    frame.frameCounter = counter
    frame.cellVolts = cells
    frame.lineOhms = live.sample.lineResistance
    frame.totalVolts = live.sample.total
    frame.averageCellVolts = used.reduce(0, +) / Double(count)
    frame.differenceVolts = cells[highest] - cells[lowest]
    frame.highestCellIndex = highest
    frame.lowestCellIndex = lowest
    frame.cellCount = count
    frame.operationStatus = live.status
    frame.balancingAmperes = live.balanceCurrent
    frame.temperature1Celsius = (live.temperatures[0] + live.temperatures[1]) / 2
    frame.temperature2Celsius = (live.temperatures[2] + live.temperatures[3]) / 2
    frame.faults = live.faults
    frame.uptimeSeconds = live.uptimeSeconds
    frame.second = secondGeneration(live, settings: settings)
    defects.spoil(&frame)
    return frame.encoded()
  }

  private static func secondGeneration(_ live: Live, settings: StoredSettings) -> CellInfo.SecondGeneration {
    var part = CellInfo.SecondGeneration()
    let capacity = settings[.nominalCapacity]
    part.unprovenByte217 = Int(settings[.batteryType])
    part.packAmperes = live.sample.current
    part.mosfetCelsius = live.switchTemperature
    part.balancerCelsius = live.balancerTemperature
    part.nominalCapacityAmpereHours = capacity / 3600
    part.remainingCapacityAmpereHours = live.remaining / 3600
    part.stateOfChargePercent = 100 * live.remaining / capacity
    part.unprovenFloat254 = capacity / 3600
    return part
  }

  /// Twenty bytes without content: neither the value nor success is told (BLE protocol notes section 3.5).
  static func acknowledgement(of request: Request) -> [UInt8] {
    FrameImage(
      header: FrameHeader(
        direction: .deviceToHost, function: 0, command: request.command, register: request.register,
        length: 20)
    ).sealed()
  }
}
