/// When a unit beeps after balancing is completed.
public enum CompletionBeep: String, Sendable, CaseIterable {
  /// Three minutes after completion, when the buzzer setting is on.
  case normal
  case never
  /// Whatever the buzzer setting says.
  case always
}

extension UnitParameters {
  /// Manual section 7.2; the numbers of a cycle are project defaults inside the manual's ranges. Everything that is a
  /// defect is written here as a good unit has it.
  public struct BalancerBehaviour: Equatable, Sendable {
    // MARK: the transfer

    /// Real current over set current.
    public var currentFactor = 1.0
    /// Volts above which cell 1 must be for balancing (manual section 10.1 no. 3).
    public var firstCellMin = 2.4
    /// Share by which the current grows per volt of difference between the chosen cells.
    public var currentPerVolt = 0.0
    /// Seconds of the discharge phase (manual: 2 … 5 s).
    public var phaseTime = 3.5
    /// Seconds of the charge phase; 0 = as long as the energy taken lasts.
    public var chargePhaseTime = 0.0
    /// Energy handed to the smallest cell over energy taken from the largest, at the unit's own pins.
    public var efficiency = 0.92
    /// Defect: takes from the largest cell but never gives to the smallest.
    public var oneDirectionOnly = false
    /// Cells by which the balancer misses the right one.
    public var cellError = 0
    /// Share of the current that flows through the cell below the chosen one as well (above for cell 1).
    public var neighbourLeak = 0.0
    /// Seconds by which giving begins before taking has ended.
    public var overlap = 0.0

    // MARK: begin and end

    /// Volts added to the start and the stop difference, and to the start and the stop voltage.
    public var startDifferenceError = 0.0
    public var stopDifferenceError = 0.0
    public var startVoltageError = 0.0
    public var stopVoltageError = 0.0
    /// Balances at any voltage: neither start nor stop voltage holds it back.
    public var ignoresVoltage = false
    /// Balances although it is switched off.
    public var ignoresSwitch = false
    /// Balances although a fault is present.
    public var ignoresFaults = false
    /// False: goes on below the stop difference.
    public var stops = true

    // MARK: too much was moved

    /// Real wait after over-balancing over the manual's three minutes; 0 = does not wait.
    public var waitFactor = 1.0
    /// False: does not halve the current after over-balancing.
    public var halving = true
    /// What becomes of the current then.
    public var halvingFactor = 0.5

    // MARK: what it tells

    /// Reported over real balancing current; negative: the sign is wrong.
    public var telemetryFactor = 1.0
    /// The status never says that it is balancing or has finished.
    public var statusFrozen = false
    /// The yellow light is steady while balancing and flashes when it is done.
    public var lightSwapped = false
    /// False: no beep when balancing begins.
    public var startBeep = true
    public var completionBeep = CompletionBeep.normal
    /// Real delay of the completion beep over the manual's three minutes.
    public var completionDelayFactor = 1.0
    /// The supercapacitor alarm sounds as soon as it balances.
    public var supercapacitorAlarm = false
  }
}
