/// What is said wherever a rig was not proven safe.
public enum SafeStateWords {
  /// What nobody may miss, whatever the rest is printed as.
  public static let alarm = "*** SAFE STATE NOT CONFIRMED: treat the rig as live, do not touch the unit ***"

  /// - Parameter rig: Its name.
  public static func remedy(rig: String) -> String {
    "Press the emergency stop, measure that the unit's terminals carry no voltage, and only then touch anything. Make "
      + "the rig safe with 'bmsrig rig safe' and its rig file, find the cause, and say so with 'bmsrig rig "
      + "acknowledge \(VisibleText.of(rig)) --person NAME' before the next run."
  }
}
