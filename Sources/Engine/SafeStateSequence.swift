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
    await perform(
      bench.rig.safeState.filter {
        [.disableShort, .loopOff, .auxiliaryOff, .loopCurrentFalls].contains($0.action)
      })
  }

  public func makeSafe() async -> SafeStateResult { await perform(bench.rig.safeState) }

  private func perform(_ steps: [SafeStateStep]) async -> SafeStateResult {
    var entries: [SafeStateResult.Entry] = []
    var currentFell = false
    for step in steps {
      var entry = SafeStateResult.Entry(action: step.action.rawValue, confirmed: false, message: "")
      do {
        var waited = ""
        if step.action == .openLoopContactor, !currentFell { waited = await awaitUnloadedLoop() }
        let (confirmed, message) = try await act(step)
        entry.confirmed = confirmed
        entry.message = message + waited
        if step.action == .loopCurrentFalls { currentFell = confirmed }
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
    case .disableShort: return await disableShort()
    case .loopOff: return await switchOff(.loopSource)
    case .auxiliaryOff: return await switchOff(.auxiliarySupply)
    case .releaseFixture: return await releaseFixture()
    case .loopCurrentFalls: return try await loopCurrentFalls(deadline, limit: step.limit?.base ?? 1)
    case .openLoopContactor: return try await open(.loopContactor, mirror: .loopContactorMirror)
    case .cellsToRest: return await restCells(step.limit.map { min($0.base, bench.restVoltage) })
    case .thermistorsToAmbient: return await restThermistors()
    case .openEmulatorContactor: return try await open(.emulatorContactor, mirror: .emulatorContactorMirror)
    case .connectDischarge:
      guard bench.has(.dischargeResistors) else { return absent(.dischargeResistors) }
      try await bench.setLine(.dischargeResistors, active: true)
      return (try await bench.isActive(.dischargeResistors), "connected")
    case .terminalsDead: return try await terminalsDead(deadline, limit: step.limit?.base ?? 60)
    }
  }

  /// `makeSafe` of every instrument behind a role.
  private func switchOff(_ role: RoleName) async -> (Bool, String) {
    var confirmed = true
    var words: [String] = []
    var done: [ObjectIdentifier] = []
    for member in bench.reached[role] ?? [] where !done.contains(ObjectIdentifier(member.instrument)) {
      done.append(ObjectIdentifier(member.instrument))
      let report = await member.instrument.makeSafe()
      confirmed = confirmed && report.confirmed
      words.append("\(member.instrument.name): \(report.message)")
    }
    guard !words.isEmpty else { return absent(role) }
    let missing = unreached(role)
    return (confirmed && missing.isEmpty, (words + missing).joined(separator: "; "))
  }

  private func disableShort() async -> (Bool, String) {
    // A trigger that does not answer must not keep the bank charged.
    let (released, trigger) = await release(.shortTrigger)
    let (off, bank) = await switchOff(.shortBank)
    return (released && off, "trigger: \(trigger); bank: \(bank)")
  }

  private func release(_ trigger: RoleName) async -> (Bool, String) {
    guard bench.has(trigger) else { return absent(trigger) }
    do {
      try await bench.setLine(trigger, active: false)
      return try await bench.isActive(trigger) ? (false, "reads back active") : (true, "off")
    } catch {
      return (false, "\(error)")
    }
  }

  /// A role without members: safe when the rig never had it, unknown when its instrument could not be reached.
  private func absent(_ role: RoleName) -> (Bool, String) {
    bench.rig.role(role) == nil
      ? (true, "the rig has none") : (false, unreached(role).joined(separator: "; "))
  }

  /// What cannot be vouched for behind a role, in words.
  func unreached(_ role: RoleName) -> [String] {
    bench.unreachedNames(role).map {
      "role '\(role.rawValue)': \($0) was never reached, its state is unknown"
    }
  }

  private func open(_ contactor: RoleName, mirror: RoleName) async throws -> (Bool, String) {
    guard bench.has(contactor) else { return absent(contactor) }
    let isSlow = bench.unmoved.contains(contactor)
    try await bench.setLine(contactor, active: false)
    // What did not close when it was told to may close late and open later still.
    if isSlow { try await world.sleep(for: Self.lateMove) }
    try await bench.waitForMirror(mirror, active: false, of: contactor)
    return (true, isSlow ? "open, \(TimeSpan(Self.lateMove.seconds)) later too" : "open")
  }

  /// Longer than any contactor takes that moves at all; project.
  private static let lateMove = Interval.seconds(4)

  private func restCells(_ volts: Double?) async -> (Bool, String) {
    if let volts, bench.cellSetpoints.contains(where: { $0 > 0 }) {
      // A cell that cannot be programmed must not keep the outputs on.
      do { try await bench.setAllCells(volts) } catch { return await cellsOff(after: "\(error)") }
    }
    return await cellsOff(after: nil)
  }

  private func cellsOff(after error: String?) async -> (Bool, String) {
    let (confirmed, message) = await switchOff(.cells)
    return (confirmed, error.map { "\(message); rest voltage not programmed: \($0)" } ?? message)
  }

  private func restThermistors() async -> (Bool, String) {
    guard let members = bench.reached[.thermistors], !members.isEmpty else { return absent(.thermistors) }
    var wrong: [String] = []
    for member in members {
      do { try await bench.setThermistor(member, celsius: 25) } catch { wrong.append("\(error)") }
    }
    wrong += unreached(.thermistors)
    guard wrong.isEmpty else { return (false, wrong.joined(separator: "; ")) }
    guard bench.canAskOhmmeter else { return (true, "25 °C") }
    do {
      let strays = try await bench.straysFrom(celsius: 25)
      return (strays.isEmpty, strays.isEmpty ? "25 °C, at the ohmmeter too" : strays)
    } catch {
      // Their own read-back stands: a second witness that is silent contradicts nothing.
      return (true, "25 °C by their own read-back; the ohmmeter did not say (\(error))")
    }
  }
}
