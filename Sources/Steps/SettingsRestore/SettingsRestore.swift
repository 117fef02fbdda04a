import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Restores what the test changed, proves it, power-cycles the unit and proves it again: PRC-FIN-01.
public enum SettingsRestore: StepKind {
  public static let id = "settings-restore"
  public static let restoresSettings = true
  public static let summary =
    "Power-cycles the unit while it holds changed settings and proves that it kept them; writes every changed setting "
    + "back to its archived value, proves the whole frame byte for byte, power-cycles and proves it again. Belongs in "
    + "the closing phase."
  public static let parameters = [
    FieldDeclaration("power-cycle", .flag, default: "yes", doc: "prove that the settings survive power-off"),
    FieldDeclaration(
      "off-time", .quantity(.time, range: 0.5...30), default: "3 s", doc: "how long power is off"),
    FieldDeclaration(
      "press", .quantity(.time, range: 0.1...3), default: "500 ms", doc: "how long the wake switch is held"),
  ]
  public static let measurements = [
    MeasurementDeclaration("restored", nil, "settings frame equals the archived one"),
    MeasurementDeclaration(
      "persists", nil, optional: true,
      "settings are the same after a power cycle: those under test, then those restored"),
  ]
  public static let roles: [RoleName] = [
    .cells, .emulatorContactor, .wakeSwitch, .thermistors, .dischargeResistors, .packVoltage,
  ]
  /// Volts below which nothing of the unit runs, and the longest wait for it.
  static let deadSupply = 5.0
  static let drainLimit = 10.0
  public static let sample = """
    - step: settings-restore
      id: restore
      title: Restore and prove
      critical: yes
      measure:
        restored: settings-restored
        persists: settings-persist
    """

  public static func limitsUsed(_ context: CheckContext) -> [String] { Stimulus.limitsOfRest }

  public static func run(_ context: StepContext) async throws {
    guard let archived = context.memory.archived else {
      context.notApplicable("restored", why: "nothing was archived, so nothing was written")
      context.notApplicable("persists", why: "nothing was archived, so nothing was written")
      return
    }
    // A power cycle that is refused or fails half-way would leave the unit off with its test settings.
    let cycles = context.values.flag("power-cycle") && !context.isCutShort
    do {
      try await calmStimulus(context)
      try await context.regainUnit()
      if cycles { try await proveChangedSettingsPersist(archived, context) }
      try await writeBack(archived, context)
      let now = try await context.unit.settings(deadline: context.deadline(10))
      context.record(.settings(now.snapshot(.restored)))
      context.measure(
        "restored", .text(HexText.packed(now.frame)), nominal: .text(HexText.packed(archived.frame)),
        by: ["unit"])
    } catch let error as UnitLinkError {
      context.note("settings not restored: \(error)")
      throw StepEnough(why: "the unit does not answer, its settings are not restored: \(error.cause)")
    }
    guard cycles else {
      context.notApplicable("persists", why: "no power cycle after a stop or a rig error")
      return
    }
    try await provePersistence(of: archived.frame, "restored settings", context)
  }

  /// A unit that falls back to the factory's settings at every start looks right once these are restored: only changed
  /// settings can tell.
  private static func proveChangedSettingsPersist(_ archived: UnitSettings, _ context: StepContext)
    async throws
  {
    guard !context.memory.touchedSettings.isEmpty else { return }
    let changed = try await context.unit.settings(deadline: context.deadline(10))
    guard changed.frame != archived.frame else { return }
    try await provePersistence(of: changed.frame, "settings under test", context)
  }

  private static func provePersistence(of frame: [UInt8], _ channel: String, _ context: StepContext)
    async throws
  {
    try await powerCycle(context)
    let after = try await context.unit.settings(deadline: context.deadline(10))
    context.measure(
      "persists", channel: channel, .text(HexText.packed(after.frame)), nominal: .text(HexText.packed(frame)),
      by: ["unit"])
  }

  /// No protection may be active while settings are written.
  private static func calmStimulus(_ context: StepContext) async throws {
    try await context.bench.setThermistors(celsius: 25)
    try await context.bench.setAllCells(context.restVoltage)
  }

  private static func writeBack(_ archived: UnitSettings, _ context: StepContext) async throws {
    // Last changed first: the balancing switch and the string count come back before what depends on them.
    for name in context.memory.touchedSettings.reversed() {
      guard let value = archived.value(name) else { continue }
      let proof = try await context.unit.write(name, value: value, deadline: context.deadline(10))
      if !proof.proven { context.note("'\(name)': \(proof.words(.ratio))") }
    }
  }

  /// The unit's own capacitors feed it for seconds: only a measured dead supply is a power cycle.
  private static func drain(_ context: StepContext) async throws {
    try await context.bench.setLine(.dischargeResistors, active: true)
    let deadline = context.deadline(drainLimit)
    while true {
      let volts = try await context.bench.volts(.packVoltage).value
      if volts < deadSupply { return }
      guard context.world.now < deadline else {
        throw RigFault(
          instrument: context.bench.instrumentNames(.dischargeResistors).joined(),
          message:
            "the supply still reads \(Voltage(volts)) \(TimeSpan(drainLimit)) after it was cut: the unit is not off"
        )
      }
      try await context.sleep(0.05)
    }
  }

  private static func powerCycle(_ context: StepContext) async throws {
    let bench = context.bench
    await context.unit.disconnect()
    try await bench.setLine(.emulatorContactor, active: false)
    try await bench.waitForMirror(.emulatorContactorMirror, active: false, of: .emulatorContactor)
    try await drain(context)
    try await context.sleep(context.values.quantity("off-time"))
    try await bench.setLine(.dischargeResistors, active: false)
    try await bench.setLine(.emulatorContactor, active: true)
    try await bench.waitForMirror(.emulatorContactorMirror, active: true, of: .emulatorContactor)
    _ = try await Activation.press(context, hold: context.values.quantity("press"))
    _ = try await context.unit.discover(deadline: context.deadline(10))
    try await context.unit.connect(deadline: context.deadline(10))
  }
}
