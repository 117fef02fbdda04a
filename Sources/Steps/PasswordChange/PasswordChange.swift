import Capabilities
import Engine
import Model
import Ports
import Quantities

/// The app's password: shown, changeable, restored: PRC-COM-04, SPEC-COM-10.
///
/// No source names the register that takes another password, and no exchange of one was ever recorded: the app compares
/// what the unit shows in its identity with what its user types. So *accepted* here means *equal to what the unit
/// shows*. A change needs a register that somebody saw the vendor's app use: the rig file names it, or nothing is
/// changed. A run that is stopped in between restores the password in its closing phase.
public enum PasswordChange: StepKind {
  public static let id = "password-change"
  public static let writesSettings = true
  public static let summary =
    "Reads whether the unit shows a password. With 'change: yes' writes another one to the register that the rig file "
    + "names ('unit-link', 'password-register'; without it nothing is changed), reconnects, finds the new one shown "
    + "and not the old one, and restores. Passwords stay out of every record."
  public static let parameters = [
    FieldDeclaration("change", .flag, default: "no", doc: "change it and restore it; design validation only")
  ]
  public static let measurements = [
    MeasurementDeclaration("shown", nil, "the identity holds a password of six characters"),
    MeasurementDeclaration("factory-default", nil, "it is the one that units leave the factory with"),
    MeasurementDeclaration("new-accepted", nil, optional: true, "after reconnecting the new one is shown"),
    MeasurementDeclaration("old-refused", nil, optional: true, "after reconnecting the old one is not shown"),
    MeasurementDeclaration("password-restored", nil, optional: true, "the original is back"),
  ]
  public static let roles: [RoleName] = []
  static let reconnectLimit = 15.0
  public static let sample = """
    - step: password-change
      id: password
      title: App password
      measure:
        shown: password-shown
        factory-default: information
    """

  public static func findings(_ context: CheckContext) -> [Finding] {
    let changes = context.values.flag("change")
    var findings: [Finding] = []
    if changes, context.limits.workflow != .designValidation {
      findings.append(
        Finding(
          place: context.values.place("change"), message: "passwords are changed in design validation only",
          suggestion: "write 'change: no'"))
    }
    for entry in context.step.measure where !changes && judgedOnChange.contains(entry.name) {
      findings.append(
        Finding(
          place: entry.place, message: "'\(entry.name)' is measured only with 'change: yes'",
          suggestion: "leave it out"))
    }
    return findings
  }

  private static let judgedOnChange = ["new-accepted", "old-refused", "password-restored"]

  public static func run(_ context: StepContext) async throws {
    let state = try await context.unit.password(deadline: context.deadline(10))
    context.measure(
      "shown", .flag(state.length == 6), by: ["unit"], note: "\(state.length) characters, not recorded")
    context.measure("factory-default", .flag(state.isFactoryDefault), by: ["unit"])
    guard context.values.flag("change") else { return }
    guard context.unit.canChangePassword else {
      for name in judgedOnChange {
        context.notApplicable(
          name, why: "nobody has seen which register takes it (unit-link, password-register)")
      }
      return
    }
    let heard = try await context.unit.changePassword(deadline: context.deadline(10))
    try await reconnect(context)
    let match = try await context.unit.matchPassword(deadline: context.deadline(10))
    let note = heard ? "the change was acknowledged" : "the change was not acknowledged"
    context.measure("new-accepted", .flag(match == .changed), by: ["unit"], note: note)
    context.measure("old-refused", .flag(match != .original), by: ["unit"], note: note)
    let restored = try await context.unit.restorePassword(deadline: context.deadline(10))
    try await reconnect(context)
    let last = try await context.unit.matchPassword(deadline: context.deadline(10))
    context.measure("password-restored", .flag(restored && last == .original), by: ["unit"])
  }

  private static func reconnect(_ context: StepContext) async throws {
    await context.unit.disconnect()
    let limit = context.deadline(reconnectLimit)
    _ = try await context.unit.discover(deadline: limit)
    try await context.unit.connect(deadline: limit)
  }
}
