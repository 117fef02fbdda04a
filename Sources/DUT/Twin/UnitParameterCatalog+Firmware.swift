import Quantities

extension UnitParameterCatalog {
  static let protections: [UnitParameterEntry] =
    UnitProtection.allCases.flatMap(entries(for:)) + [
      flag("protections.discharge-stages-swapped", "the two discharge stages have each other's delay") {
        $0.overcurrentStagesSwapped = $2
      }
    ]

  private static func entries(for protection: UnitProtection) -> [UnitParameterEntry] {
    let base = "protections.\(protection.name)"
    return [
      flag("\(base).enabled", "false: never trips") { $0[protection].enabled = $2 },
      number("\(base).threshold-scale", 0...10, "real level over stored level") {
        $0[protection].thresholdScale = $2
      },
      quantity("\(base).threshold-offset", dimension(of: protection), -1000...1000, "added to the real level")
      {
        $0[protection].thresholdOffset = $2
      },
      number("\(base).delay-factor", 0...100, "real delay over nominal delay") {
        $0[protection].delayFactor = $2
      },
      choice("\(base).recovery", "how it releases") { (unit, word: RecoveryBehaviour) in
        unit[protection].recovery = word
      },
      flag("\(base).wrong-direction", "opens the other switch") { $0[protection].wrongDirection = $2 },
      quantity("\(base).recovery-offset", dimension(of: protection), -1000...1000, "added to recovery alone")
      {
        $0[protection].recoveryOffset = $2
      },
      number("\(base).recovery-time-factor", 0...100, "real recovery time over stored, for currents") {
        $0[protection].recoveryTimeFactor = $2
      },
      flag("\(base).opens-both", "opens both switches where one would do") {
        $0[protection].opensBoth = $2
      },
      flag("\(base).opens", "false: reports a trip, leaves the path closed") { $0[protection].opens = $2 },
      flag("\(base).reports", "false: acts, but no alarm names the cell") { $0[protection].reports = $2 },
    ]
  }

  private static func dimension(of protection: UnitProtection) -> Dimension {
    switch protection {
    case .overcharge, .overDischarge, .cellDifference, .shutdown: .voltage
    case .chargeOvercurrent, .dischargeOvercurrent, .dischargeOvercurrentStage2, .shortCircuit: .current
    case .chargeOvertemperature, .chargeUndertemperature, .dischargeOvertemperature,
      .dischargeUndertemperature:
      .temperature
    }
  }

  static let indicators: [UnitParameterEntry] = [
    choice("indicators.blue", "defect of the Bluetooth light") { (unit, word: LampCondition) in
      unit.indicators.blue = word
    },
    choice("indicators.red", "defect of the fault light") { (unit, word: LampCondition) in
      unit.indicators.red = word
    },
    choice("indicators.yellow", "defect of the working light") { (unit, word: LampCondition) in
      unit.indicators.yellow = word
    },
    choice("indicators.green", "defect of the power light") { (unit, word: LampCondition) in
      unit.indicators.green = word
    },
    choice("indicators.buzzer", "defect of the buzzer") { (unit, word: BuzzerCondition) in
      unit.indicators.buzzer = word
    },
    integer("indicators.beep-count", 0...20, "beeps at power-on") { $0.indicators.beepCount = $2 },
    quantity("indicators.flash-rate", .frequency, 0.1...20, "of all flashing lights") {
      $0.indicators.flashRate = $2
    },
  ]

  static let firmware: [UnitParameterEntry] = [
    flag("firmware.persistent", "false: settings are the factory's after every start") {
      $0.firmware.persistent = $2
    },
    flag("firmware.count-check", "false: does not compare cells connected with cells set") {
      $0.firmware.countCheck = $2
    },
    flag("firmware.open-wire-detection", "false: does not notice open wires") {
      $0.firmware.openWireDetection = $2
    },
    quantity("firmware.line-resistance-limit", .resistance, 0.01...10, "alarm level of line resistance") {
      $0.firmware.lineResistanceLimit = $2
    },
    choice("firmware.hardware-alarm", "hardware fault announced by the buzzer") {
      (unit, word: HardwareAlarm) in unit.firmware.hardwareAlarm = word
    },
  ]

  static let communication: [UnitParameterEntry] = [
    number("communication.checksum-error-rate", 0...1, "share of frames with a wrong checksum") {
      $0.communication.checksumErrorRate = $2
    },
    flag("communication.stale-counter", "the frame counter stands still") {
      $0.communication.staleCounter = $2
    },
    flag("communication.can-silent", "nothing comes out of the CAN port") {
      $0.communication.busSilent = $2
    },
    number("communication.can-voltage-gain", 0...2, "pack voltage told on CAN over the one measured") {
      $0.communication.busVoltageGain = $2
    },
    flag("communication.can-frozen", "the CAN port goes on telling what it told first") {
      $0.communication.busFrozen = $2
    },
    flag("communication.rs485-silent", "nothing answers at the 485 port") {
      $0.communication.serialSilent = $2
    },
    number("communication.rs485-voltage-gain", 0...2, "pack voltage told on 485 over the one measured") {
      $0.communication.serialVoltageGain = $2
    },
    flag("communication.counter-skips-ff", "the counter goes from FE to 00") {
      $0.communication.counterSkipsFF = $2
    },
    quantity("communication.reply-latency", .time, 0.001...30, "read request to answer") {
      $0.communication.replyLatency = $2
    },
    quantity("communication.acknowledge-latency", .time, 0.001...30, "write request to answer") {
      $0.communication.acknowledgeLatency = $2
    },
    quantity("communication.stream-period", .time, 0.1...60, "between cell information frames") {
      $0.communication.streamPeriod = $2
    },
    integer("communication.chunk-size", 5...244, "bytes of a notification") {
      $0.communication.chunkSize = $2
    },
    flag("communication.misaligned", "a frame's tail leaves with the next frame") {
      $0.communication.misaligned = $2
    },
    flag("communication.injects-at", "sends AT and a line end before every frame") {
      $0.communication.injectsAT = $2
    },
    quantity("communication.advertisement-interval", .time, 0.02...10, "between advertisements") {
      $0.communication.advertisementInterval = $2
    },
    flag("communication.silent", "connects, then never answers") { $0.communication.silent = $2 },
    choice("communication.request-checksum", "request checksums that are accepted") {
      (unit, word: RequestChecksum) in unit.communication.requestChecksum = word
    },
  ]

  /// Factory settings; ranges as wide as the frame can carry, so that a wrongly set unit can be described too.
  static let settings: [UnitParameterEntry] = StoredSettingField.allCases.map { field in
    let path = "settings.\(field.name)"
    let doc = "factory setting instead of the default"
    let range = storableRange(field)
    if field.dimension == .count {
      return integer(path, Int(range.lowerBound)...Int(range.upperBound), doc) {
        $0.settingOverrides.append(SettingOverride(field, Double($2)))
      }
    }
    return quantity(path, field.dimension, range, doc) {
      $0.settingOverrides.append(SettingOverride(field, $2))
    }
  }

  private static func storableRange(_ field: StoredSettingField) -> ClosedRange<Double> {
    let allowed = field.range(rating: 300, chemistry: .ternary)
    switch field.dimension {
    case .voltage: return 0...10
    case .current: return 0...5000
    case .temperature: return -100...200
    case .count where field == .cellCount: return 1...24
    default: return allowed
    }
  }
}
