import Capabilities
import Model
import Ports
import Quantities

/// A link to the unit that was lost within a step: brings the rig to rest, looks for the unit again, and asks whose
/// fault it was. This is the whole policy of reconnecting; nothing below repeats a connection and nothing here repeats
/// a write.
///
/// The unit is accused only when it says itself that it started anew, the rig switched nothing that could have done
/// that, and contact and voltmeter beside the emulator say that it was fed all the time. Everything else is the rig's
/// or stays open.
struct LinkRecovery {
  /// Times the unit is looked for after one loss; each takes at most `searchLimit` and then `connectLimit` seconds.
  static let attempts = 2
  static let searchLimit = 8.0
  static let connectLimit = 8.0
  /// Losses of a run that say nothing about the unit; a radio that breaks more often is out of order.
  static let lossesPerRun = 3
  /// String voltage from which a unit runs (its upper edge counts), and the over-discharge window.
  static let supplyLimit = "supply-minimum"
  static let overDischargeLimit = "uvp-trip"
  static let overDischargeSetting = "cell-undervoltage-protection"
  /// The string at rest may differ by this share from what the cells were set to.
  static let stringTolerance = 0.02
  /// Longest wait for that, in seconds.
  static let settleLimit = 2.0

  enum Finding {
    /// The unit went on running.
    case regained(gap: Double, words: String)
    /// The unit started anew although it was fed.
    case restarted(words: String)
    /// Heard again; what it did meanwhile proves nothing against anybody.
    case unclear(gap: Double, words: String)
    case notRegained(words: String)
  }

  let context: StepContext
  private var bench: Bench { context.bench }

  static func concerns(_ error: any Error) -> Bool {
    guard let link = error as? UnitLinkError else { return false }
    return [.linkLost, .noAnswer].contains(link.code)
  }

  /// - Throws: `RigFault` when the rig cut the supply; whatever instruments and a stop throw.
  func investigate() async throws -> Finding {
    guard let before = context.unit.running else {
      return .notRegained(words: "nothing was heard of the unit before")
    }
    _ = try await supply(since: before.at)
    let excuse = try await excuse(since: before.at)
    try await rest()
    if let why = try await reconnect(to: before.address) { return .notRegained(words: why) }
    guard let after = context.unit.running else { return .notRegained(words: "it says nothing of itself") }
    let gap = (after.at - before.at).seconds
    let supply = try await supply(since: before.at)
    switch RestartEvidence.compare(before, after) {
    case .wentOn(let words): return .regained(gap: gap, words: words)
    case .restarted(let words):
      if let excuse { return .unclear(gap: gap, words: "it may have started anew (\(words)), but \(excuse)") }
      guard let supply else {
        return .unclear(gap: gap, words: "it started anew (\(words)), but nothing witnesses its supply")
      }
      let at = context.world.now.seconds - Double(after.uptimeSeconds)
      return .restarted(words: "the unit restarted at about \(TimeSpan(at.rounded())): \(words); \(supply)")
    }
  }

  // MARK: what the rig did

  /// What may have switched a good unit off since it was heard last; nil when nothing did.
  private func excuse(since instant: WorldInstant) async throws -> String? {
    if let touched = bench.supplyTouched, touched > instant { return "the rig switched its supply" }
    if let pressed = context.memory.activations.last, pressed > instant {
      return "its wake switch was pressed"
    }
    let limits = context.limits
    guard let upper = limits.window(Self.overDischargeLimit)?.high ?? limits.nominal(Self.overDischargeLimit)
    else { return "its over-discharge level is not known" }
    let level = max(upper, context.memory.stored[Self.overDischargeSetting] ?? upper)
    var volts = [bench.lowestSetpoint(since: instant)]
    if bench.has(.cellReference) { volts += try await bench.cellReferenceVolts() }
    guard let lowest = volts.min(), lowest.isFinite, lowest > level else {
      return "a cell was low enough for it to go dormant"
    }
    return nil
  }

  /// Contact and voltmeter beside the emulator, from `instant` to now.
  /// - Returns: What they say; nil when the rig lacks one of them.
  /// - Throws: `RigFault` when the supply was or is away.
  private func supply(since instant: WorldInstant) async throws -> String? {
    guard bench.has(.emulatorContactorMirror), bench.has(.packVoltage),
      let needed = context.limits.window(Self.supplyLimit)?.high
    else { return nil }
    let closed = try await bench.isActive(.emulatorContactorMirror)
    let edges = try await bench.edges(.emulatorContactorMirror, since: instant)
    guard closed, !edges.contains(where: { !$0.level }) else {
      throw RigFault(
        instrument: bench.instrumentNames(.emulatorContactor).joined(),
        message:
          "the mirror contact of 'emulator-contactor' opened while the unit should run: the unit lost its "
          + "supply and with it the link")
    }
    let volts = try await bench.volts(.packVoltage).value
    guard volts > needed else {
      throw stringFault("reads \(Voltage(volts)) while the unit should run: too little to feed it")
    }
    return "the rig fed it throughout: contact closed, \(Voltage(volts)) at the string"
  }

  // MARK: looking for the unit

  /// Nothing drives the unit, no fixture switch is active, cells and sensors are where no protection acts.
  private func rest() async throws {
    let calm = await SafeStateSequence(bench: bench).calm()
    if let entry = calm.entries.first(where: { !$0.confirmed }) {
      throw RigFault(instrument: "safe state", message: "\(entry.action): \(entry.message)")
    }
    try await bench.openClosedLoop()
    if let failure = await bench.releaseSwitches().first {
      throw RigFault(instrument: "lines", message: failure)
    }
    if bench.has(.thermistors) { try await bench.setThermistors(celsius: 25) }
    guard bench.has(.cells) else { return }
    try await bench.setCellCurrentLimit(Current(context.memory.workingLimit))
    try await bench.setAllCells(bench.restVoltage)
    if bench.has(.packVoltage) { try await stringIsAtRest() }
  }

  private func stringIsAtRest() async throws {
    let set = bench.cellSetpoints.reduce(0, +)
    let end = context.deadline(Self.settleLimit)
    while true {
      let volts = try await bench.volts(.packVoltage).value
      if (volts - set).magnitude <= set * Self.stringTolerance { return }
      guard context.world.now < end else {
        throw stringFault("reads \(Voltage(volts)), \(Voltage(set)) was set")
      }
      try await context.sleep(0.05)
    }
  }

  private func stringFault(_ words: String) -> RigFault {
    let names = bench.instrumentNames(.cells) + bench.instrumentNames(.packVoltage)
    return RigFault(instrument: names.joined(separator: " or "), message: "the string of cells \(words)")
  }

  /// The live limits are looked at before each attempt: both together take longer than any limit may go without.
  /// - Returns: Why it was not reached; nil when it is connected.
  private func reconnect(to address: String) async throws -> String? {
    let unit = context.unit
    var why = ""
    for _ in 1...Self.attempts {
      await unit.disconnect()
      try await bench.watch?.cycle()
      do throws(UnitLinkError) {
        let end = context.deadline(Self.searchLimit)
        var heard = try await unit.discover(deadline: end)
        // A neighbour of the same family advertises, too.
        while heard.address != address { heard = try await unit.discover(deadline: end) }
        try await unit.connect(deadline: context.deadline(Self.connectLimit))
        return nil
      } catch {
        if error.code == .stopped { throw error }
        why = "could not \(error.attempted): \(error.cause)"
      }
    }
    await unit.disconnect()
    return why
  }
}
