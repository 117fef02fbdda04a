import Quantities

extension UnitParameterCatalog {
  static let balancer: [UnitParameterEntry] = transfer + beginAndEnd + overBalance + telling

  private static let transfer: [UnitParameterEntry] = [
    number("balancer.current-factor", 0...3, "real balancing current over set current") {
      $0.balancer.currentFactor = $2
    },
    number("balancer.current-per-volt", -10...10, "growth of the current per volt of difference") {
      $0.balancer.currentPerVolt = $2
    },
    quantity("balancer.phase-time", .time, 0.1...60, "length of the discharge phase") {
      $0.balancer.phaseTime = $2
    },
    quantity("balancer.charge-phase-time", .time, 0...60, "length of the charge phase; 0 = by energy") {
      $0.balancer.chargePhaseTime = $2
    },
    number("balancer.efficiency", 0.05...1, "energy given over energy taken, at the unit's pins") {
      $0.balancer.efficiency = $2
    },
    flag("balancer.one-direction-only", "takes charge but never gives it back") {
      $0.balancer.oneDirectionOnly = $2
    },
    integer("balancer.cell-error", -23...23, "cells by which it misses the right one") {
      $0.balancer.cellError = $2
    },
    number("balancer.neighbour-leak", -1...1, "share of the current through the cell below as well") {
      $0.balancer.neighbourLeak = $2
    },
    quantity("balancer.overlap", .time, 0...5, "giving begins this long before taking ends") {
      $0.balancer.overlap = $2
    },
  ]

  private static let beginAndEnd: [UnitParameterEntry] = [
    quantity("balancer.start-difference-error", .voltage, -5...5, "added to the start difference") {
      $0.balancer.startDifferenceError = $2
    },
    quantity("balancer.stop-difference-error", .voltage, -5...5, "added to the stop difference") {
      $0.balancer.stopDifferenceError = $2
    },
    quantity("balancer.start-voltage-error", .voltage, -5...5, "added to the start voltage") {
      $0.balancer.startVoltageError = $2
    },
    quantity("balancer.stop-voltage-error", .voltage, -5...5, "added to the stop voltage") {
      $0.balancer.stopVoltageError = $2
    },
    flag("balancer.ignores-voltage", "balances below start and stop voltage too") {
      $0.balancer.ignoresVoltage = $2
    },
    flag("balancer.ignores-switch", "balances although it is switched off") {
      $0.balancer.ignoresSwitch = $2
    },
    flag("balancer.ignores-faults", "balances although a fault is present") {
      $0.balancer.ignoresFaults = $2
    },
    flag("balancer.stops", "false: goes on below the stop difference") { $0.balancer.stops = $2 },
  ]

  private static let overBalance: [UnitParameterEntry] = [
    number("balancer.wait-factor", 0...10, "real over-balance wait over three minutes; 0 = none") {
      $0.balancer.waitFactor = $2
    },
    flag("balancer.halving", "false: does not halve the current after over-balancing") {
      $0.balancer.halving = $2
    },
    number("balancer.halving-factor", 0.1...1, "current after over-balancing over the one before") {
      $0.balancer.halvingFactor = $2
    },
  ]

  private static let telling: [UnitParameterEntry] = [
    number("balancer.telemetry-factor", -3...3, "reported over real current; negative: wrong sign") {
      $0.balancer.telemetryFactor = $2
    },
    flag("balancer.status-frozen", "the status never says balancing or finished") {
      $0.balancer.statusFrozen = $2
    },
    flag("balancer.light-swapped", "yellow is steady while balancing and flashes when it is done") {
      $0.balancer.lightSwapped = $2
    },
    flag("balancer.start-beep", "false: no beep when balancing begins") { $0.balancer.startBeep = $2 },
    choice("balancer.completion-beep", "when it beeps after completion") {
      (unit, word: CompletionBeep) in unit.balancer.completionBeep = word
    },
    number("balancer.completion-delay-factor", 0...10, "real delay of the completion beep over three minutes")
    {
      $0.balancer.completionDelayFactor = $2
    },
    flag("balancer.supercapacitor-alarm", "the supercapacitor alarm sounds as soon as it balances") {
      $0.balancer.supercapacitorAlarm = $2
    },
  ]
}
