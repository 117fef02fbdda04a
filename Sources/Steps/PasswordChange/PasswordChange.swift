import Capabilities
import Engine
import Model
import Ports
import Quantities

/// The app's password: shown, changeable, restored: PRC-COM-04, SPEC-COM-10.
///
/// No source names the register that takes another password, and no exchange of one was ever recorded: the app compares
/// what the unit shows in its identity with what its user types. So *accepted* here means *equal to what the unit
/// shows*. A change needs a register that somebody saw the vendor's app use; the rig tries none.
public enum PasswordChange: StepKind {
  public static let id = "password-change"
  public static let writesSettings = true
  public static let summary =
    "Reads whether the unit shows a password. With 'change: yes' writes another one to the register that is named, "
    + "reconnects, finds the new one shown and not the old one, and restores. Passwords stay out of every record."
  public static let parameters = [
    FieldDeclaration(
      "change", .flag, default: "no", doc: "change it and restore it; design validation only"),
    FieldDeclaration(
      "register", .text, required: false,
      doc:
        "register of command 05 that takes a password, e.g. 05/1B; as seen in a recording of the vendor's app"
    ),
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
    if let text = context.values.optionalText("register"), register(text) == nil {
      findings.append(
        Finding(
          place: context.values.place("register"), message: "'\(text)' is no register of command 05",
          suggestion: "write it as 05/ and two hexadecimal digits, e.g. 05/1B"))
    }
    if changes, !context.values.has("register") {
      findings.append(
        Finding(
          place: context.values.place("change"),
          message: "a change needs the register, which no source names",
          suggestion: "record the vendor's app changing it and write 'register: 05/…', or write 'change: no'")
      )
    }
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

  /// `05/1B` → 27.
  static func register(_ text: String) -> Int? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0] == "05", parts[1].count == 2 else { return nil }
    return Int(parts[1], radix: 16)
  }

  public static func run(_ context: StepContext) async throws {
    let state = try await context.unit.password(deadline: context.deadline(10))
    context.measure(
      "shown", .flag(state.length == 6), by: ["unit"], note: "\(state.length) characters, not recorded")
    context.measure("factory-default", .flag(state.isFactoryDefault), by: ["unit"])
    guard context.values.flag("change"),
      let number = context.values.optionalText("register").flatMap(register)
    else { return }
    let heard = try await context.unit.changePassword(register: number, deadline: context.deadline(10))
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
