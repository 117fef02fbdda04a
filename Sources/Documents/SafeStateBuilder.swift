import Model
import Quantities

/// Reads the safe-state sequence and refuses one that could open a contactor under load or leave something live.
struct SafeStateBuilder {
  private(set) var steps: [SafeStateStep] = []
  private(set) var findings: [Finding] = []

  /// Pairs whose first must come before the second.
  private static let order: [(SafeStateStep.Action, SafeStateStep.Action, why: String)] = [
    (.loopOff, .loopCurrentFalls, "the current falls only when the source is off"),
    (.loopCurrentFalls, .openLoopContactor, "the contactor must not open under load"),
    (.disableShort, .openLoopContactor, "the short-circuit switch is disabled first"),
    (.cellsToRest, .openEmulatorContactor, "the contactor must not open under load"),
    (.auxiliaryOff, .releaseFixture, "the leakage relay must not open under voltage"),
    (.cellsToRest, .releaseFixture, "the relays must not switch wires under voltage"),
    (.openEmulatorContactor, .connectDischarge, "the resistors must not load the emulator"),
    (.connectDischarge, .terminalsDead, "the resistors make the terminals dead"),
  ]

  private mutating func find(_ place: SourcePlace, _ message: String, _ suggestion: String = "") {
    findings.append(Finding(place: place, message: message, suggestion: suggestion))
  }

  mutating func read(_ tables: [FieldValues]) {
    for table in tables {
      let action = SafeStateStep.Action(rawValue: table.text("action"))!
      if steps.contains(where: { $0.action == action }) {
        find(table.place("action"), "'\(action.rawValue)' stands twice", "keep one of them")
        continue
      }
      for (first, second, why) in Self.order
      where first == action && steps.contains(where: { $0.action == second }) {
        find(
          table.place("action"), "'\(first.rawValue)' stands after '\(second.rawValue)': \(why)",
          "move it before '\(second.rawValue)'")
      }
      steps.append(
        SafeStateStep(action: action, limit: limit(action, table), within: TimeSpan(table.quantity("within")))
      )
    }
  }

  private mutating func limit(_ action: SafeStateStep.Action, _ table: FieldValues) -> AnyQuantity? {
    guard let dimension = action.limitDimension else {
      if table.has("limit") {
        find(table.place("limit"), "'\(action.rawValue)' has no limit", "leave it out")
      }
      return nil
    }
    guard let text = table.optionalText("limit") else {
      find(table.place, "'\(action.rawValue)' needs a limit", "add 'limit:' with a \(dimension.name)")
      return nil
    }
    do {
      return try AnyQuantity(parsing: text, as: dimension)
    } catch {
      find(table.place("limit"), "'limit': \(error.message)", error.suggestion)
      return nil
    }
  }

  /// Every action that a role of the rig makes possible must be there, and the terminals must end dead.
  mutating func checkOrder(at place: SourcePlace, roles: [RoleName]) {
    for action in SafeStateStep.Action.allCases where !steps.contains(where: { $0.action == action }) {
      guard let role = action.roles.first(where: roles.contains) else { continue }
      find(
        place, "the rig has '\(role.rawValue)', but the safe state lacks '\(action.rawValue)'",
        "add '- action: \(action.rawValue)'")
    }
  }
}

extension SafeStateStep.Action {
  var limitDimension: Dimension? {
    switch self {
    case .loopCurrentFalls: .current
    case .cellsToRest, .terminalsDead: .voltage
    case .disableShort, .loopOff, .auxiliaryOff, .openLoopContactor, .thermistorsToAmbient, .releaseFixture,
      .openEmulatorContactor, .connectDischarge:
      nil
    }
  }

  /// Roles any of which makes the action necessary.
  var roles: [RoleName] {
    switch self {
    case .disableShort: [.shortTrigger, .shortBank]
    case .loopOff: [.loopSource]
    case .auxiliaryOff: [.auxiliarySupply]
    case .releaseFixture: [.nodeCrossing, .lineResistors, .leakageRelay]
    case .loopCurrentFalls: [.loopCurrent]
    case .openLoopContactor: [.loopContactor]
    case .cellsToRest: [.cells]
    case .thermistorsToAmbient: [.thermistors]
    case .openEmulatorContactor: [.emulatorContactor]
    case .connectDischarge: [.dischargeResistors]
    case .terminalsDead: [.packVoltage, .portVoltage]
    }
  }
}
