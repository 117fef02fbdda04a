import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Wrong string count: alarm, red light, no balancing, and back: PRC-ALM-01 with PRC-BAL-06.
public enum StringCountMismatch: StepKind {
  public static let id = "string-count-mismatch"
  public static let writesSettings = true
  public static let summary =
    "Sets the unit to one cell fewer than are fed (one more for the shortest string), expects the alarm, "
    + "the red light and no balancing, corrects it "
    + "and expects the alarm to clear."
  public static let parameters = [
    FieldDeclaration("limit", .quantity(.time, range: 1...120), default: "15 s", doc: "longest wait each way")
  ]
  public static let measurements = FaultEpisode.measurements
  public static let roles = FaultEpisode.roles
  public static let uncertainties = FaultEpisode.uncertainties
  public static let sample = """
    - step: string-count-mismatch
      id: count-mismatch
      title: Wrong string count
      measure:
        alarm: count-alarm
        alarm-time: count-alarm-time
        red-light: red-led-fault
        balance-inhibited: balance-inhibited
        clear-time: count-clear-time
    """
  /// Operation status 1 of the protocol notes: configured and connected count differ.
  static let wrongCount = 1
  /// Fewest cells a unit can be set to (manual section 2: 16 for NCM and LFP, 20 for LTO).
  static func fewestCells(_ chemistry: Chemistry) -> Int { chemistry == .lto ? 20 : 16 }

  public static func limitsUsed(_ context: CheckContext) -> [String] { Stimulus.limitsOfRest }

  public static func run(_ context: StepContext) async throws {
    let episode = FaultEpisode(context: context, limit: context.values.quantity("limit"))
    let wrong =
      context.cellCount > Self.fewestCells(context.limits.chemistry)
      ? context.cellCount - 1 : context.cellCount + 1
    try await context.requireSetting("cell-count", Double(wrong))
    // Balancing is enabled only once the fault is there, so that a good unit never begins.
    let isAlarm: (UnitTelemetry) -> Bool = {
      $0.statusCode == Self.wrongCount || !$0.detectionFailedCells.isEmpty
    }
    if try await episode.awaitAlarm(isAlarm) != nil {
      try await episode.invite(balancingOf: 1)
      try await context.requireSetting("balancing", 1)
      try await episode.lightAndInhibit()
      try await context.requireSetting("balancing", 0)
      try await context.bench.setAllCells(context.restVoltage)
    }
    try await context.requireSetting("cell-count", Double(context.cellCount))
    try await episode.awaitClear(isAlarm)
  }
}
