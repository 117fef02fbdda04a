import Quantities

/// Parameters that a good unit leaves alone: each describes one way in which a unit can be wrong.
extension UnitParameterCatalog {
  static let supplyDefects: [UnitParameterEntry] = [
    choice("supply.dormancy", "what becomes of a unit that stays over-discharged") {
      (unit, word: DormancyBehaviour) in unit.supply.dormancy = word
    },
    flag("supply.wake-switch", "false: the wake switch is not noticed") { $0.supply.wakeSwitch = $2 },
    flag("supply.charger-wake", "false: a charger does not wake a dormant unit") {
      $0.supply.chargerWake = $2
    },
    quantity("supply.charger-wake-time", .time, 0...600, "charging current until a dormant unit wakes") {
      $0.supply.chargerWakeTime = $2
    },
    flag("supply.self-start", "starts when supplied, without activation") { $0.supply.selfStart = $2 },
    quantity("supply.connected", .current, 0...1, "drawn more while a phone is connected") {
      $0.supply.connected = $2
    },
    flag("supply.auxiliary", "false: the auxiliary input is dead") { $0.supply.auxiliary = $2 },
    quantity("supply.auxiliary-minimum", .voltage, 5...200, "from here the auxiliary input feeds the unit") {
      $0.supply.auxiliaryMinimum = $2
    },
    quantity("supply.inrush", .current, 0...5, "into the supply input when it gets voltage") {
      $0.supply.inrush = $2
    },
    quantity("supply.inrush-time", .time, 0...10, "how long the inrush lasts") { $0.supply.inrushTime = $2 },
    quantity(
      "inputs.clamp-leak", .current, 0...5, "through the clamp of a node connected before the one below it"
    ) { $0.inputs.clampLeak = $2 },
    quantity(
      "inputs.order-damage", .voltage, -1...1, "shift of a reading after its node came before the one below"
    ) { $0.inputs.orderDamage = $2 },
    quantity(
      "inputs.reverse-damage", .voltage, -1...1, "shift of a reading after the channel was reversed"
    ) { $0.inputs.reverseDamage = $2 },
  ]

  static let frontEndDefects: [UnitParameterEntry] = [
    quantity(
      "channels.N.trip-offset", .voltage, -1...1, "added to what the protections of cell N see",
      indices: 1...24
    ) { $0.channels[$1 - 1].tripOffset = $2 },
    flag("channels.N.protected", "false: no protection looks at cell N", indices: 1...24) {
      $0.channels[$1 - 1].protected = $2
    },
    quantity("channels.N.phantom", .voltage, 0...5, "shown while nothing is connected", indices: 1...24) {
      $0.channels[$1 - 1].phantom = $2
    },
    flag("channels.N.frozen", "the reading stands still from the first sample on", indices: 1...24) {
      $0.channels[$1 - 1].frozen = $2
    },
    quantity("channels.N.ceiling", .voltage, 0...5, "highest reading of cell N", indices: 1...24) {
      $0.channels[$1 - 1].ceiling = $2
    },
    quantity(
      "channels.N.leak", .resistance, 1...1e9, "between the two nodes of cell N, powered or not",
      indices: 1...24
    ) { $0.channels[$1 - 1].leak = 1 / $2 },
    number("shunt.charge-gain", 0...2, "further gain while charging") { $0.shunt.chargeGain = $2 },
    number("shunt.discharge-gain", 0...2, "further gain while discharging") { $0.shunt.dischargeGain = $2 },
    flag("ntc.N.frozen", "the reading stands still from the first sample on", indices: 1...4) {
      $0.thermistors[$1 - 1].frozen = $2
    },
    flag("ntc.N.protected", "false: no protection looks at sensor N", indices: 1...4) {
      $0.thermistors[$1 - 1].protected = $2
    },
    integer("sampling.temperature-window", 1...400, "samples over which temperatures are averaged") {
      $0.sampling.temperatureWindow = $2
    },
    quantity("path.charge-diode-extra", .voltage, 0...5, "weak diode: more drop while charging through it") {
      $0.path.chargeDiodeExtra = $2
    },
    quantity(
      "path.discharge-diode-extra", .voltage, 0...5, "weak diode: more drop while discharging through it"
    ) { $0.path.dischargeDiodeExtra = $2 },
    quantity("path.stress-resistance", .resistance, 0...1, "more in the path after the first short circuit") {
      $0.path.stressResistance = $2
    },
    quantity("path.stress-offset", .voltage, -1...1, "shift of all readings after the first short circuit") {
      $0.path.stressOffset = $2
    },
  ]

  static let firmwareDefects: [UnitParameterEntry] = [
    quantity("balancer.first-cell-minimum", .voltage, 0...5, "above this on cell 1 it balances") {
      $0.balancer.firstCellMin = $2
    },
    flag("firmware.line-resistance-alarm", "false: never reports a line as too resistive") {
      $0.firmware.lineResistanceAlarm = $2
    },
    flag("firmware.crossed-wire-detection", "false: does not notice exchanged wires") {
      $0.firmware.crossedWireDetection = $2
    },
    flag("firmware.sensor-open-detection", "false: takes a broken sensor for 25 °C") {
      $0.firmware.sensorOpenDetection = $2
    },
    flag("firmware.sensor-short-detection", "false: takes a shorted sensor for 25 °C") {
      $0.firmware.sensorShortDetection = $2
    },
    quantity("firmware.alarm-delay", .time, 0...3600, "wiring fault to alarm") {
      $0.firmware.alarmDelay = $2
    },
    quantity("firmware.count-delay", .time, 0...3600, "more until a wrong cell count is noticed") {
      $0.firmware.countDelay = $2
    },
    quantity("firmware.alarm-clear-delay", .time, 0...3600, "end of a wiring fault to end of the alarm") {
      $0.firmware.alarmClearDelay = $2
    },
    integer("firmware.alarm-cell-error", -23...23, "cells by which an alarm misses the right one") {
      $0.firmware.alarmCellError = $2
    },
    flag("firmware.fault-light", "false: red stays dark on wiring faults") { $0.firmware.faultLight = $2 },
    flag("firmware.balances-on-fault", "balances in spite of a fault") {
      $0.firmware.balancesOnFault = $2
    },
  ]

  static let indicatorDefects: [UnitParameterEntry] = [
    quantity("indicators.beep-length", .time, 0.01...5, "of one short beep") {
      $0.indicators.beepLength = $2
    },
    quantity("indicators.beep-gap", .time, 0.01...5, "between two short beeps") {
      $0.indicators.beepGap = $2
    },
    quantity("indicators.green-delay", .time, 0...60, "green light behind the start") {
      $0.indicators.greenDelay = $2
    },
    flag("indicators.completion-beep", "false: silent when balancing is complete") {
      $0.indicators.completionBeep = $2
    },
    flag("indicators.start-beep", "false: silent when balancing starts") { $0.indicators.startBeep = $2 },
    integer("indicators.alarm-burst-error", -4...8, "bursts more in the code of a hardware alarm") {
      $0.indicators.alarmBurstError = $2
    },
    quantity("indicators.spurious-beep-interval", .time, 0...3600, "between uncalled beeps; 0 s: none") {
      $0.indicators.spuriousBeepInterval = $2
    },
  ]

  static let telemetryDefects: [UnitParameterEntry] = [
    choice("telemetry.missing", "item that stays zero") { (unit, word: TelemetryItem) in
      unit.telemetry.missing = word
    },
    quantity("telemetry.freezes-after", .time, 0...36_000, "start to values that stand still; 0 s: never") {
      $0.telemetry.freezesAfter = $2
    },
    number("telemetry.running-time-rate", 0...10, "seconds shown over seconds passed") {
      $0.telemetry.runningTimeRate = $2
    },
    quantity("telemetry.average-error", .voltage, -5...5, "added to the average cell voltage") {
      $0.telemetry.averageError = $2
    },
    quantity("telemetry.difference-error", .voltage, -5...5, "added to the largest difference") {
      $0.telemetry.differenceError = $2
    },
    integer("telemetry.extreme-cell-error", -23...23, "cells by which highest and lowest are misnamed") {
      $0.telemetry.extremeCellError = $2
    },
    number("telemetry.balancing-current-factor", -3...3, "balancing current shown over real one") {
      $0.telemetry.balancingCurrentFactor = $2
    },
    quantity("telemetry.device-temperature-offset", .temperature, -100...100, "added to the device's own") {
      $0.telemetry.deviceTemperatureOffset = $2
    },
    flag("telemetry.status-frozen", "the status stays at 4, system test completed") {
      $0.telemetry.statusFrozen = $2
    },
    quantity("telemetry.line-resistance-offset", .resistance, -5...5, "added to what is shown of all lines") {
      $0.telemetry.lineResistanceOffset = $2
    },
    number("communication.counter-gap-rate", 0...1, "share of frames before which the counter jumps") {
      $0.communication.counterGapRate = $2
    },
    number("communication.frame-loss-rate", 0...1, "share of streamed frames that are never sent") {
      $0.communication.frameLossRate = $2
    },
  ]
}
