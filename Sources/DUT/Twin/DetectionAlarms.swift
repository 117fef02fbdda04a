import Ports

/// What the unit finds wrong with its wiring: cell count, open or reversed wires, line resistance.
///
/// - Source: manual section 5 (red flashes: battery detection failed), section 9 note 1, section 10.1 no. 4 to 6.
///   How long a finding must hold, both ways, is a parameter.
struct DetectionAlarms {
  /// Volts above which a channel cannot be a single cell.
  static let cellMax = 4.8

  private var detection = ThresholdLatch()
  private var lines = ThresholdLatch()
  private var detectionFound = 0
  private var linesFound = 0
  private var mismatchFound = false
  private var polarityFound = 0
  private var missingSince: WorldInstant?

  /// Bit i = cell i + 1.
  var detectionMask: Int { detection.tripped ? detectionFound : 0 }
  var lineMask: Int { lines.tripped ? linesFound : 0 }
  var polarityMask: Int { detection.tripped ? polarityFound : 0 }
  /// Status 1: cells connected and cells set differ.
  var countMismatch: Bool { detection.tripped && mismatchFound }
  var detectionFailed: Bool { detection.tripped }
  var any: Bool { detection.tripped || lines.tripped }

  mutating func update(
    sample: UnitSample, cellCount: Int, firmware: UnitParameters.Firmware, at now: WorldInstant
  ) {
    var missing = 0
    var suspect = 0
    var resistive = 0
    var polarity = 0
    for (index, volts) in sample.cells.enumerated() {
      let bit = 1 << index
      let fed = volts > CellProtection.connectedAbove
      let reversed = sample.reversed[index]
      let crossed = reversed || volts > Self.cellMax
      if crossed, !firmware.crossedWireDetection { continue }
      if fed != (index < cellCount) { missing |= bit }
      guard index < cellCount else { continue }
      if reversed { polarity |= bit }
      if !fed || crossed || sample.lineResistance[index] == 0 { suspect |= bit }
      if fed, firmware.lineResistanceAlarm, sample.lineResistance[index] > firmware.lineResistanceLimit {
        resistive |= bit
      }
    }
    // A slow count check sees a wrong count only once it has held for its own delay.
    missingSince = missing == 0 ? nil : missingSince ?? now
    if let since = missingSince, now - since < .seconds(firmware.countDelay) { missing = 0 }
    let found =
      (firmware.countCheck ? missing : 0) | (firmware.openWireDetection ? suspect : 0) | polarity
    if found != 0 {
      detectionFound = found
      polarityFound = polarity
      mismatchFound = firmware.countCheck && missing != 0
    }
    if resistive != 0 { linesFound = resistive }
    let delay = Interval.seconds(firmware.alarmDelay)
    let clearDelay = Interval.seconds(firmware.alarmClearDelay)
    detection.update(
      beyond: found != 0, recovered: found == 0, at: now, tripDelay: delay, releaseDelay: clearDelay)
    lines.update(
      beyond: resistive != 0, recovered: resistive == 0, at: now, tripDelay: delay,
      releaseDelay: clearDelay)
  }
}
