import Quantities

/// What a unit may do wrong with the settings it is sent, and with a protection that ought to act.
extension UnitParameters {
  public struct MemoryBehaviour: Equatable, Sendable {
    /// False: stores values outside the ranges of the manual.
    public var rangeCheck = true
    /// Refuses both ends of every range, too.
    public var refusesEnds = false
    /// Amperes up to which the current settings go on a board of another class than its label; nil = the label's.
    public var currentClass: Double?
    /// Volts, and amperes, in whose steps voltages and currents are stored; 0 = as they come.
    public var voltageStep = 0.0
    public var currentStep = 0.0
    /// False: acknowledges another battery type and keeps the old one.
    public var typeSelection = true
    /// Releases a protection whose recovery level lies on its wrong side although its trip level is exceeded.
    public var chattersOnWrongSide = false
    public var passwordChange = PasswordChange.normal
    /// Register of command 05 that takes another password. Nobody has published the real one: this is ours.
    public var passwordRegister = 0x1B
    /// Starts anew when a protection trips, instead of opening the path.
    public var restartsOnTrip = false
  }

  public enum PasswordChange: String, Sendable, CaseIterable {
    case normal
    /// Acknowledged, the old one stays.
    case ignored
    /// Shown until the link ends, then the old one is back.
    case forgotten
  }
}

extension UnitParameterCatalog {
  static let memory: [UnitParameterEntry] = [
    flag("memory.range-check", "false: stores voltages, currents and temperatures out of range") {
      $0.memory.rangeCheck = $2
    },
    flag("memory.refuses-ends", "true: takes neither the lowest nor the highest value of a range") {
      $0.memory.refusesEnds = $2
    },
    quantity("memory.current-class", .current, 15...300, "class of the board when it is not the label's") {
      $0.memory.currentClass = $2
    },
    quantity("memory.voltage-step", .voltage, 0...1, "steps in which voltages are stored; 0 V: as they come")
    {
      $0.memory.voltageStep = $2
    },
    quantity(
      "memory.current-step", .current, 0...100, "steps in which currents are stored; 0 A: as they come"
    ) {
      $0.memory.currentStep = $2
    },
    flag("memory.type-selection", "false: keeps its battery type whatever is written") {
      $0.memory.typeSelection = $2
    },
    flag("memory.chatters-on-wrong-side", "true: opens and closes when a recovery lies beyond its protection")
    {
      $0.memory.chattersOnWrongSide = $2
    },
    choice("memory.password-change", "what becomes of another password") {
      (unit, word: UnitParameters.PasswordChange) in unit.memory.passwordChange = word
    },
    integer("memory.password-register", 0...255, "register of command 05 that takes a password") {
      $0.memory.passwordRegister = $2
    },
    flag("protections.restart-on-trip", "true: starts anew instead of opening the path") {
      $0.memory.restartsOnTrip = $2
    },
  ]
}
