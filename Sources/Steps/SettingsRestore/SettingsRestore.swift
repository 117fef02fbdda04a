import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Restores what the test changed, proves it, power-cycles the unit and proves it again: PRC-FIN-01.
public enum SettingsRestore: StepKind {
  public static let isRepeatable = true
  public static let id = "settings-restore"
  public static let restoresSettings = true
  public static let summary =
    "Power-cycles the unit while it holds changed settings and proves that it kept them; writes every changed setting "
    + "back to its archived value, proves the whole frame byte for byte, power-cycles and proves it again. Belongs in "
    + "the closing phase."
  public static let parameters =
    [
      FieldDeclaration(
        "power-cycle", .flag, default: "yes", doc: "prove that the settings survive power-off"),
      FieldDeclaration(
        "one-cycle", .flag, default: "no",
        doc:
          "one power cycle instead of two: with everything restored but one setting, which follows after it"),
    ] + PowerCycle.parameters
  public static let measurements = [
    MeasurementDeclaration("restored", nil, "settings frame equals the archived one"),
    MeasurementDeclaration(
      "persists", nil, optional: true,
      "settings are the same after a power cycle: those under test, then those restored"),
  ]
  public static let roles: [RoleName] = PowerCycle.roles
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
      // The password needs no archive: the connection keeps it.
      do { try await restorePassword(context) } catch let error as UnitLinkError {
        throw notRestored(context, error)
      }
      context.notApplicable("restored", why: "nothing was archived, so nothing was written")
      context.notApplicable("persists", why: "nothing was archived, so nothing was written")
      return
    }
    // A power cycle that is refused or fails half-way would leave the unit off with its test settings.
    let cycles = context.values.flag("power-cycle") && !context.isCutShort
    let held: UnitSettings
    do {
      // No protection may be active while settings are written.
      try await context.calmUnit()
      try await context.regainUnit()
      try await restorePassword(context)
      let together = cycles && context.values.flag("one-cycle")
      if together {
        try await proveTogether(archived, context)
      } else if cycles {
        try await proveChangedSettingsPersist(archived, context)
      }
      try await writeBack(archived, context)
      held = try await context.unit.settings(deadline: context.deadline(10))
      context.record(.settings(held.snapshot(.restored)))
      context.measure(
        "restored", .text(HexText.packed(held.frame)), nominal: .text(HexText.packed(archived.frame)),
        by: ["unit"], note: held.differences(from: archived))
    } catch let error as UnitLinkError {
      throw notRestored(context, error)
    }
    guard cycles else {
      context.notApplicable("persists", why: "no power cycle after a stop or a rig error")
      return
    }
    if !context.values.flag("one-cycle") {
      // Of what the unit holds: that it is not what was archived has been said.
      try await provePersistence(of: held.frame, "restored settings", context)
    }
  }

  /// Both proofs in one power cycle (procedure catalogue, PRC-COM-03): everything is back but one setting, by which a
  /// unit shows itself that falls back to the factory's. That one is written back afterwards and only read back.
  private static func proveTogether(_ archived: UnitSettings, _ context: StepContext) async throws {
    let changed = try await context.unit.settings(deadline: context.deadline(10))
    let distinctive = context.memory.touchedSettings.first { changed.value($0) != archived.value($0) }
    try await writeBack(archived, except: distinctive, context)
    let held = try await context.unit.settings(deadline: context.deadline(10))
    let channel = distinctive.map { "restored settings, '\($0)' still changed" } ?? "restored settings"
    try await provePersistence(of: held.frame, channel, context)
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
    try await PowerCycle.run(context)
    let after = try await context.unit.settings(deadline: context.deadline(10))
    context.measure(
      "persists", channel: channel, .text(HexText.packed(after.frame)), nominal: .text(HexText.packed(frame)),
      by: ["unit"])
  }

  /// Says in the record what is not proven to be back.
  private static func notRestored(_ context: StepContext, _ error: UnitLinkError) -> any Error {
    let what = context.unit.passwordIsChanged ? "settings and app password" : "settings"
    context.note("\(what) not restored: \(error)")
    let cause =
      switch error.code {
      case .refused: "the rig refused"
      case .stopped: "the run was ended"
      default: "the unit does not answer"
      }
    let why = "\(cause), its \(what) are not restored: \(error.cause)"
    context.measure("restored", .missing(why), by: [])
    return StepEnough(why: why)
  }

  /// A step that changed the app's password restores it itself; this is for one that was cut short.
  private static func restorePassword(_ context: StepContext) async throws {
    guard context.unit.passwordIsChanged else { return }
    try await context.regainUnit()
    let isBack = try await context.unit.restorePassword(deadline: context.deadline(10))
    context.measure(
      "restored", channel: "app password", .text(isBack ? "original" : "not the original"),
      nominal: .text("original"), by: ["unit"])
  }

  private static func writeBack(
    _ archived: UnitSettings, except left: String? = nil, _ context: StepContext
  ) async throws {
    var refused: [String] = []
    // Last changed first: the balancing switch and the string count come back before what depends on them.
    for name in context.memory.touchedSettings.reversed() where name != left {
      guard let value = archived.value(name) else { continue }
      guard context.unit.mayWrite(name, value: value) else {
        refused.append("'\(name)'")
        continue
      }
      let proof = try await context.unit.write(
        name, value: value, deadline: context.deadline(StepContext.writeLimit))
      context.memory.stored[name] = proof.readBack
      if !proof.proven {
        context.note("'\(name)': \(proof.words(context.unit.dimension(ofSetting: name) ?? .ratio))")
      }
    }
    // All others are back by now. This is no fault of the unit's: the rig changed what it may not bring back.
    guard refused.isEmpty else {
      throw RigFault(
        instrument: "unit link",
        message: "\(refused.joined(separator: ", ")): the unit came with a value that the rig writes to none")
    }
  }
}
