import Engine

/// Every step kind, one line each; a Tidy test compares the list with the folders.
public enum StepCatalog {
  public static let kinds: [any StepKind.Type] = [
    BalanceConvergence.self,
    BalanceCurrent.self,
    BalanceEnable.self,
    BalanceInhibit.self,
    BalanceSwitch.self,
    BalanceThresholds.self,
    BalancingCycle.self,
    CellAccuracy.self,
    ChannelReading.self,
    ChemistrySelection.self,
    ContactCheck.self,
    ContinuousCurrent.self,
    IdentityCheck.self,
    IndicatorWatch.self,
    OpenWire.self,
    OverBalance.self,
    Overcurrent.self,
    PasswordChange.self,
    PowerPath.self,
    PowerUp.self,
    QuiescentCurrent.self,
    SettingsArchive.self,
    SettingsConsistency.self,
    SettingsPersistence.self,
    SettingsRanges.self,
    SettingsRestore.self,
    SettingsWrite.self,
    ShortCircuit.self,
    StringCountMismatch.self,
    TemperatureAccuracy.self,
    TemperatureLadder.self,
    ThresholdFollowsSetting.self,
    ThresholdSearch.self,
    TransferCapacity.self,
    VoltageProtection.self,
  ]

  public static func kind(_ id: String) -> (any StepKind.Type)? { kinds.first { $0.id == id } }
}
