import Capabilities
import Model
import Ports
import Quantities

/// How the sequence proves that current and voltage are gone: by the independent voltmeter, and by everything else
/// together when that is silent. A rig whose meter died must still end in a state that somebody can vouch for.
extension SafeStateSequence {
  /// Relays that change what reaches the unit, each read back.
  func releaseFixture() async -> (Bool, String) {
    var problems: [String] = []
    for role in [RoleName.nodeCrossing, .lineResistors, .leakageRelay] where bench.rig.role(role) != nil {
      guard let members = bench.members[role] else {
        problems += unreached(role)
        continue
      }
      for member in members.indices {
        do {
          try await bench.setLine(role, member: member, active: false)
          if try await bench.isActive(role, member: member) {
            problems.append("'\(role.rawValue)' \(member + 1) reads back active")
          }
        } catch {
          problems.append("'\(role.rawValue)' \(member + 1): \(error)")
        }
      }
    }
    return (problems.isEmpty, problems.isEmpty ? "released" : problems.joined(separator: "; "))
  }

  func loopCurrentFalls(_ deadline: WorldInstant, limit: Double) async throws -> (Bool, String) {
    do {
      return try await falls(deadline, limit) { try await bench.loopAmperes().value }
    } catch {
      let silent = "the independent voltmeter is silent (\(error))"
      let (confirmed, evidence) = try await sourceIsQuiet(deadline, limit: limit)
      return (confirmed, "\(silent); \(evidence)")
    }
  }

  func terminalsDead(_ deadline: WorldInstant, limit: Double) async throws -> (Bool, String) {
    do {
      return try await falls(deadline, limit) {
        let volts = try await bench.readVolts([.packVoltage, .portVoltage])
        let pack = try bench.number(volts[0][0], role: .packVoltage)
        let port = try bench.number(volts[1][0], role: .portVoltage)
        return max(pack.magnitude, port.magnitude)
      }
    } catch {
      let silent = "the independent voltmeter is silent (\(error))"
      let (confirmed, evidence) = try await terminalsCannotBeLive(deadline, limit: limit)
      return (confirmed, "\(silent); \(evidence)")
    }
  }

  /// Amperes that a contactor may break.
  private static let breakable = 1.0
  /// What the source's watchdog may be late.
  private static let watchdogMargin = Interval.seconds(2)

  /// A contactor that breaks a current may weld, and then nothing separates the unit any more. A source that cannot be
  /// told to stop stops by itself when it has heard nothing for a time: that is waited for. After it the contactor is
  /// opened whatever flows.
  /// - Returns: What to add to the record.
  func awaitUnloadedLoop() async -> String {
    // What was asked for last says nothing: the answer may have been lost, or another program left the current on.
    guard bench.has(.loopContactor), await !isLoopUnloaded() else { return "" }
    let member = bench.members[.loopSource]?.first
    guard let limit = (member?.instrument as? any LoopSource)?.silenceLimit else { return "" }
    let begin = world.now
    let end = begin + limit + Self.watchdogMargin
    while world.now < end {
      do { try await world.sleep(for: .milliseconds(100)) } catch { break }
      if await isLoopUnloaded() {
        return
          "; \((world.now - begin).seconds.rounded()) s after the source fell silent, when no current flowed any more"
      }
    }
    return "; the source's own time limit of \(limit.seconds) s did not help: it may have opened under load"
  }

  /// The mirror contact shows that the contactor has nothing to break. False also when nobody can say.
  private func isLoopOpen() async -> Bool {
    guard bench.has(.loopContactorMirror) else { return false }
    do { return try await !bench.isActive(.loopContactorMirror) } catch { return false }
  }

  /// False also when nobody can say.
  private func isLoopUnloaded() async -> Bool {
    do { return try await bench.loopAmperes().value.magnitude < Self.breakable } catch {
      // The second witness.
      do {
        let source = try bench.loopSource()
        let reading = try await source.measureCurrent()
        return try bench.number(reading, role: .loopSource).magnitude < Self.breakable
      } catch { return await isLoopOpen() }
    }
  }

  /// Loop: the source itself reads back no current and its output off.
  private func sourceIsQuiet(_ deadline: WorldInstant, limit: Double) async throws -> (Bool, String) {
    try await evidence {
      let source = try bench.loopSource()
      guard try await !source.outputEnabled() else { return (false, "the source's output reads back on") }
      let (low, text) = try await falls(deadline, limit) {
        try bench.number(try await source.measureCurrent(), role: .loopSource)
      }
      return (
        low,
        low ? "confirmed by the source alone: output off, \(text)" : "the source's own read-back: \(text)"
      )
    }
  }

  /// Terminals: nothing can feed them, both mirror contacts say so, and the discharge resistors had their time.
  private func terminalsCannotBeLive(_ deadline: WorldInstant, limit: Double) async throws -> (Bool, String) {
    try await evidence {
      for mirror in [RoleName.emulatorContactorMirror, .loopContactorMirror] {
        guard try await !bench.isActive(mirror) else {
          return (false, "role '\(mirror.rawValue)' reads closed")
        }
      }
      guard try await bench.isActive(.dischargeResistors) else {
        return (false, "the discharge resistors are not connected")
      }
      let (low, text) = try await falls(deadline, limit) { try await emulatorSum() }
      guard low else { return (false, "the sum of the emulator's read-backs: \(text)") }
      if world.now < deadline { try await world.sleep(until: deadline) }
      guard try await bench.isActive(.dischargeResistors) else {
        return (false, "the discharge resistors did not stay connected")
      }
      return (
        true,
        "confirmed by the emulator (sum \(text)), both mirror contacts open and the discharge resistors connected for "
          + "the time allowed"
      )
    }
  }

  /// Volts over all channels of the role, fed or not.
  private func emulatorSum() async throws -> Double {
    let channels = try bench.bound(.cells).indices.map { $0 + 1 }
    var sum = 0.0
    for (index, reading) in try await bench.cellReadbacks(channels).enumerated() {
      sum += try bench.number(reading, role: .cells, member: index).magnitude
    }
    return sum
  }

  /// Evidence that cannot be had is no evidence.
  private func evidence(_ gather: () async throws -> (Bool, String)) async throws -> (Bool, String) {
    do { return try await gather() } catch { return (false, "the other evidence is missing: \(error)") }
  }

  /// Reads until the magnitude is below the limit or the time is over.
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
