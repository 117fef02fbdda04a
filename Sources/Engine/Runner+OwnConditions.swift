import Model

extension Runner {
  /// Names of the start conditions that a run looks at itself once the rig is open. All others were looked at before
  /// and are handed to it in its plan.
  public static let ownConditions = Set(
    ["guard", "contactor mirrors", "watchdogs"] + Interlock.all.map(\.role.rawValue))
}
