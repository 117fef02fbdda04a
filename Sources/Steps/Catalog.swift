import Engine

/// Every step kind, one line each; a Tidy test compares the list with the folders.
public enum StepCatalog {
  public static let kinds: [any StepKind.Type] = [
    BalanceConvergence.self,
    BalancingCycle.self,
    CellAccuracy.self,
    ChannelReading.self,
    ContactCheck.self,
    IdentityCheck.self,
    IndicatorWatch.self,
    OpenWire.self,
    OperatorCheck.self,
    Overcurrent.self,
    PowerPath.self,
    PowerUp.self,
    QuiescentCurrent.self,
    SettingsArchive.self,
    SettingsRestore.self,
    SettingsWrite.self,
    ShortCircuit.self,
    StringCountMismatch.self,
    TemperatureAccuracy.self,
    TemperatureLadder.self,
    VoltageProtection.self,
    WarrantyPeriod.self,
  ]

  public static func kind(_ id: String) -> (any StepKind.Type)? { kinds.first { $0.id == id } }
}
