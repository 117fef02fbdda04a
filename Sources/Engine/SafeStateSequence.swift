import Capabilities
import Model
import Ports
import Quantities

/// Performs the rig's safe-state sequence in its documented order. Never throws: a failed action is reported and
/// the next one is still performed. Every action is read back, by an independent channel where there is one.
public struct SafeStateSequence {
  let bench: Bench
  let world: any World

  public init(bench: Bench) {
    self.bench = bench
    world = bench.world
  }

  /// The first part only: nothing drives current, the unit stays supplied so that its settings can be restored.
  public func calm() async -> SafeStateResult {
    await perform(bench.rig.safeState.filter { [.disableShort, .loopOff, .loopCurrentFalls].contains($0.action) })
  }

  public func makeSafe() async -> SafeStateResult { await perform(bench.rig.safeState) }

  private func perform(_ steps: [SafeStateStep]) async -> SafeStateResult {
    var entries: [SafeStateResult.Entry] = []
    for step in steps {
      var entry = SafeStateResult.Entry(action: step.action.rawValue, confirmed: false, message: "")
      do {
        let (confirmed, message) = try await act(step)
        entry.confirmed = confirmed
        entry.message = message
      } catch {
        entry.message = "\(error)"
      }
      entries.append(entry)
    }
    return SafeStateResult(entries: entries)
  }

  private func act(_ step: SafeStateStep) async throws -> (Bool, String) {
    let deadline = world.now + Interval(seconds: step.within.base)
    switch step.action {
    case .disableShort: return try await disableShort()
    case .loopOff: return try await switchOff(.loopSource)
    case .loopCurrentFalls: return try await falls(deadline, step.limit?.base ?? 1) { try await bench.loopAmperes().value }
    case .openLoopContactor: return try await open(.loopContactor, mirror: .loopContactorMirror)
    case .cellsToRest: return try await restCells(step.limit.map { min($0.base, bench.restVoltage) })
    case .thermistorsToAmbient: return try await restThermistors()
    case .openEmulatorContactor: return try await open(.emulatorContactor, mirror: .emulatorContactorMirror)
    case .connectDischarge:
      guard bench.has(.dischargeResistors) else { return (true, "the rig has none") }
      try await bench.setLine(.dischargeResistors, active: true)
      return (try await bench.isActive(.dischargeResistors), "connected")
    case .terminalsDead:
      return try await falls(deadline, step.limit?.base ?? 60) {
        let volts = try await bench.readVolts([.packVoltage, .portVoltage])
        let pack = try bench.number(volts[0][0], role: .packVoltage)
        let port = try bench.number(volts[1][0], role: .portVoltage)
        return max(pack.magnitude, port.magnitude)
      }
    }
  }

  /// `makeSafe` of every instrument behind a role.
  private func switchOff(_ role: RoleName) async throws -> (Bool, String) {
    var confirmed = true
    var words: [String] = []
    var done: [ObjectIdentifier] = []
    for member in bench.members[role] ?? [] where !done.contains(ObjectIdentifier(member.instrument)) {
      done.append(ObjectIdentifier(member.instrument))
      let report = await member.instrument.makeSafe()
      confirmed = confirmed && report.confirmed
      words.append("\(member.instrument.name): \(report.message)")
    }
    return (confirmed, words.isEmpty ? "the rig has none" : words.joined(separator: "; "))
  }

  private func disableShort() async throws -> (Bool, String) {
    var confirmed = true
    if bench.has(.shortTrigger) {
      try await bench.setLine(.shortTrigger, active: false)
      confirmed = try await !bench.isActive(.shortTrigger)
    }
    let (off, message) = try await switchOff(.shortBank)
    return (confirmed && off, message)
  }

  private func open(_ contactor: RoleName, mirror: RoleName) async throws -> (Bool, String) {
    guard bench.has(contactor) else { return (true, "the rig has none") }
    try await bench.setLine(contactor, active: false)
    try await bench.waitForMirror(mirror, active: false, of: contactor)
    return (true, "open")
  }

  private func restCells(_ volts: Double?) async throws -> (Bool, String) {
    if let volts, bench.cellSetpoints.contains(where: { $0 > 0 }) {
      // A cell that cannot be programmed must not keep the outputs on.
      do { try await bench.setAllCells(volts) } catch { return try await cellsOff(after: "\(error)") }
    }
    return try await cellsOff(after: nil)
  }

  private func cellsOff(after error: String?) async throws -> (Bool, String) {
    let (confirmed, message) = try await switchOff(.cells)
    return (confirmed, error.map { "\(message); rest voltage not programmed: \($0)" } ?? message)
  }

  private func restThermistors() async throws -> (Bool, String) {
    guard bench.has(.thermistors) else { return (true, "the rig has none") }
    try await bench.setThermistors(celsius: 25)
    return (true, "25 °C")
  }

  private func falls(
    _ deadline: WorldInstant, _ limit: Double, _ read: () async throws -> Double
  ) async throws -> (Bool, String) {
    while true {
      let value = try await read()
      let text = DecimalText.shortest(value, significant: 3)
      if value.magnitude < limit { return (true, "\(text) read back") }
      if world.now >= deadline { return (false, "still \(text) after the time allowed") }
      try await world.sleep(for: .milliseconds(5))
    }
  }
}
