import Capabilities
import Model
import Ports
import Quantities

/// State of the unit's power path as two probes show it (state table of the procedure catalogue, section 3).
public struct PathState: Hashable, Sendable {
  /// The loop carried charging (discharging) current.
  public var chargeConducts: Bool
  public var dischargeConducts: Bool
  /// Volts from B to P in each probe; a body diode shows as 0.2 … 1.2 V.
  public var chargeDrop: Double
  public var dischargeDrop: Double
  /// Amperes that flowed in each probe.
  public var chargeCurrent: Double
  public var dischargeCurrent: Double

  public var isOpen: Bool { !chargeConducts && !dischargeConducts }
  public var words: String {
    switch (chargeConducts, dischargeConducts) {
    case (true, true): "both directions conduct"
    case (false, true): "charge cut"
    case (true, false): "discharge cut"
    case (false, false): "both cut"
    }
  }
}

extension Bench {
  /// Probe current and compliance of the state table.
  static let probeCurrent = 2.0
  static let probeCompliance = 5.0
  static let probeDwell = Interval.milliseconds(200)

  /// Bind it to a name before awaiting anything of it: `try await loopSource().measureCurrent()` in
  /// one expression makes
  /// the optimiser of Swift 6.3.1 crash (release builds only).
  public func loopSource() throws(RigFault) -> any LoopSource {
    try instrument(.loopSource, as: (any LoopSource).self).0
  }

  /// Programs the loop current (positive charges). Checked against the envelope before a byte is sent.
  /// - Returns: When the command left for the source.
  @discardableResult
  public func setLoop(current: Double, compliance: Double) async throws -> WorldInstant {
    let envelope = rig.envelope
    guard current.isFinite, current.magnitude <= envelope.loopCurrentMax.base else {
      throw RigFault(
        instrument: "safety envelope",
        message: "the loop would get \(Current(current)), the envelope allows ±\(envelope.loopCurrentMax)")
    }
    try checkFence(compliance, Voltage(0), envelope.loopComplianceMax, what: "loop compliance")
    if current != 0 { try await permitEnergising() }
    let source = try loopSource()
    // The command may be obeyed although its answer is lost.
    loopCompliance = max(loopCompliance, compliance)
    let sent = try await source.program(current: Current(current), compliance: Voltage(compliance))
    loopCompliance = compliance
    return sent
  }

  /// Closes the loop at 0 A: contactor first, mirror read back, then the source's output.
  public func closeLoop() async throws {
    try await checkInterlocks()
    try await setLoop(current: 0, compliance: Self.probeCompliance)
    try await setLine(.loopContactor, active: true)
    try await waitForMirror(.loopContactorMirror, active: true, of: .loopContactor)
    let source = try loopSource()
    try await source.setOutput(true)
  }

  /// 0 A, output off, contactor open: never opened under load.
  public func openLoop() async throws {
    let source = try loopSource()
    try await setLoop(current: 0, compliance: Self.probeCompliance)
    try await source.setOutput(false)
    try await setLine(.loopContactor, active: false)
    try await waitForMirror(.loopContactorMirror, active: false, of: .loopContactor)
  }

  /// The same where the loop is closed. No step hands it closed to the next: the source's watchdog would end the run.
  func openClosedLoop() async throws {
    guard has(.loopSource), has(.loopContactor), loopIsClosed else { return }
    try await openLoop()
  }

  /// Reads the path state with ±2 A for 200 ms each and leaves the loop at 0 A.
  public func probePath() async throws -> PathState {
    let charge = try await probe(Self.probeCurrent)
    let discharge = try await probe(-Self.probeCurrent)
    try await setLoop(current: 0, compliance: Self.probeCompliance)
    return PathState(
      chargeConducts: charge.current > Self.probeCurrent / 2,
      dischargeConducts: discharge.current < -Self.probeCurrent / 2, chargeDrop: charge.drop,
      dischargeDrop: discharge.drop, chargeCurrent: charge.current, dischargeCurrent: discharge.current)
  }

  private func probe(_ current: Double) async throws -> (current: Double, drop: Double) {
    try await setLoop(current: current, compliance: Self.probeCompliance)
    return try await timing(on: .loopCurrent, "a probe of the path") { try await probed(current) }
  }

  private func probed(_ current: Double) async throws -> (current: Double, drop: Double) {
    try await world.sleep(for: Self.probeDwell)
    let hasEnds = has(.packVoltage) && has(.portVoltage)
    let readings = try await readVolts(
      [.loopCurrent, .pathDrop] + (hasEnds ? [.packVoltage, .portVoltage] : []))
    let amperes = try number(readings[0][0], role: .loopCurrent) / rig.wiring.loopCurrentScale.base
    let drop = try number(readings[1][0], role: .pathDrop)
    try await confirmLoop(amperes, of: current)
    if hasEnds {
      let pack = try number(readings[2][0], role: .packVoltage)
      let port = try number(readings[3][0], role: .portVoltage)
      try await confirmDrop(drop, pack: pack, port: port)
    }
    return (amperes, drop)
  }

  /// True while charging (or discharging) current flows: one probe in one direction only.
  public func conducts(charging: Bool) async throws -> Bool {
    let sign = charging ? 1.0 : -1.0
    try await setLoop(current: sign * Self.probeCurrent, compliance: Self.probeCompliance)
    let amperes = try await timing(on: .loopCurrent, "a look whether the path conducts") {
      try await world.sleep(for: .milliseconds(20))
      return try await loopAmperes().value
    }
    try await confirmLoop(amperes, of: sign * Self.probeCurrent)
    return amperes * sign > Self.probeCurrent / 2
  }
}
