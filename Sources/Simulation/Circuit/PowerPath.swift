/// The unit's two back-to-back switch groups between B and P as the high-current loop meets them.
///
/// An open switch blocks the direction it is named after; its body diode lets the other one pass (procedure
/// catalogue, "path state table"; manual requirements on selective cut of charge and discharge).
struct PowerPath: Equatable {
  var chargeSwitchClosed: Bool
  var dischargeSwitchClosed: Bool
  /// Ohms with both switches closed.
  var resistance: Double
  /// Volts over one body diode.
  var diodeDrop: Double
  /// Amperes that an open path leaks at 100 V.
  var offLeakage: Double
  /// Volts over the diode while charging, when it differs.
  var chargeDiodeDrop: Double?

  /// Volts that a current in this direction loses in a body diode; nil when the direction is blocked.
  func diode(charging: Bool) -> Double? {
    let own = charging ? chargeSwitchClosed : dischargeSwitchClosed
    let other = charging ? dischargeSwitchClosed : chargeSwitchClosed
    return own ? (other ? 0 : charging ? chargeDiodeDrop ?? diodeDrop : diodeDrop) : nil
  }
}

/// The high-current loop: a current source with a compliance limit, the loop's own resistance, the power path.
///
/// Not modelled: rise time of the source (its twin ramps the setting), inductance, heating of the path.
struct HighCurrentLoop: Equatable {
  /// What the source was told: amperes (positive charges), volts it may use, output state.
  struct Drive: Equatable {
    var current = 0.0
    var compliance = 0.0
    var on = false
  }

  /// Amperes, positive = charging.
  private(set) var current = 0.0
  /// Volts at the source's terminals, with the sign of its current.
  private(set) var sourceVoltage = 0.0
  private(set) var atCompliance = false
  /// Volts from B to P: positive while discharging, negative while charging. An open path that the source drives
  /// against carries the compliance voltage.
  private(set) var pathDrop = 0.0
  /// True while source, contactor and unit form a loop and the source asks for a current: it then decides what
  /// stands between B and P.
  private(set) var forced = false

  init(drive: Drive, contactorClosed: Bool, path: PowerPath?, loopResistance: Double) {
    guard drive.on else { return }
    let sign = drive.current < 0 ? -1.0 : 1.0
    guard contactorClosed, let path else {
      atCompliance = drive.current != 0
      sourceVoltage = atCompliance ? sign * drive.compliance : 0
      return
    }
    guard drive.current != 0 else { return }
    forced = true
    guard let diode = path.diode(charging: drive.current > 0) else {
      current = sign * path.offLeakage * drive.compliance / 100
      sourceVoltage = sign * drive.compliance
      pathDrop = -sign * drive.compliance
      atCompliance = true
      return
    }
    let resistance = loopResistance + path.resistance
    let needed = abs(drive.current) * resistance + diode
    atCompliance = needed > drive.compliance
    let size = atCompliance ? max(0, (drive.compliance - diode) / resistance) : abs(drive.current)
    current = sign * size
    sourceVoltage = sign * min(needed, drive.compliance)
    pathDrop = -sign * (size > 0 ? size * path.resistance + diode : drive.compliance)
  }
}
