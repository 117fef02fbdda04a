import Ports

/// What a defective unit makes of the truth before it tells it. A good one tells what it knows.
extension SimulatedUnit {
  func told(_ truth: UnitFrames.Live, at instant: WorldInstant) -> UnitFrames.Live {
    let defects = parameters.telemetry
    var live = truth
    live.faults = toldFaults(truth.faults)
    if defects.statusFrozen { live.status = .systemTestCompleted }
    live.balanceCurrent *= defects.balancingCurrentFactor
    live.switchTemperature += defects.deviceTemperatureOffset
    live.balancerTemperature += defects.deviceTemperatureOffset
    live.uptimeSeconds = Int(Double(truth.uptimeSeconds) * defects.runningTimeRate)
    if defects.lineResistanceOffset != 0 {
      live.sample.lineResistance = live.sample.lineResistance.map {
        max(0, $0 + defects.lineResistanceOffset)
      }
    }
    let isOld = defects.freezesAfter > 0 && instant - activatedAt >= .seconds(defects.freezesAfter)
    guard isOld || holdsTelemetry else { return live }
    let frozen = frozenLive ?? live
    frozenLive = frozen
    return frozen
  }

  private func toldFaults(_ truth: FaultMasks) -> FaultMasks {
    var faults = truth
    if !parameters[.overcharge].reports { faults.cellOvervoltage = 0 }
    if !parameters[.overDischarge].reports { faults.cellUndervoltage = 0 }
    let error = parameters.firmware.alarmCellError
    guard error != 0 else { return faults }
    faults.cellDetectionFailed = rotated(faults.cellDetectionFailed, by: error)
    faults.cellOvervoltage = rotated(faults.cellOvervoltage, by: error)
    faults.cellUndervoltage = rotated(faults.cellUndervoltage, by: error)
    faults.cellPolarityError = rotated(faults.cellPolarityError, by: error)
    faults.lineResistanceExcessive = rotated(faults.lineResistanceExcessive, by: error)
    return faults
  }

  /// Bit i (cell i + 1) moved by so many cells, around the ends.
  private func rotated(_ mask: Int, by cells: Int) -> Int {
    let count = settings.cellCount
    var result = 0
    for index in 0..<count where mask & (1 << index) != 0 {
      result |= 1 << (((index + cells) % count + count) % count)
    }
    return result
  }
}

extension UnitParameters.Telemetry {
  /// Applies what goes wrong while a frame is put together.
  func spoil(_ frame: inout CellInfo) {
    frame.averageCellVolts += averageError
    frame.differenceVolts = max(0, frame.differenceVolts + differenceError)
    if extremeCellError != 0 {
      let count = max(1, frame.cellCount)
      func moved(_ index: Int) -> Int { ((index + extremeCellError) % count + count) % count }
      frame.highestCellIndex = moved(frame.highestCellIndex)
      frame.lowestCellIndex = moved(frame.lowestCellIndex)
    }
    switch missing {
    case .none: break
    case .cellVoltages: frame.cellVolts = frame.cellVolts.map { _ in 0 }
    case .totalVoltage: frame.totalVolts = 0
    case .averageVoltage: frame.averageCellVolts = 0
    case .voltageDifference: frame.differenceVolts = 0
    case .lineResistances: frame.lineOhms = frame.lineOhms.map { _ in 0 }
    case .packCurrent: frame.second?.packAmperes = 0
    case .balancingCurrent: frame.balancingAmperes = 0
    case .temperatures: (frame.temperature1Celsius, frame.temperature2Celsius) = (0, 0)
    case .deviceTemperatures:
      frame.second?.mosfetCelsius = 0
      frame.second?.balancerCelsius = 0
    case .runningTime: frame.uptimeSeconds = 0
    case .status: frame.operationStatus = .unknown
    }
  }
}
