import Quantities

extension UnitParameterCatalog {
  static let general: [UnitParameterEntry] = [
    integer("seed", 0...Int.max, "draws a good unit's tolerances, noise and jitter") { $0.seed = UInt64($2) },
    choice("chemistry", "selects the default cell thresholds") { (unit, word: UnitChemistry) in
      unit.chemistry = word
    },
    integer("cells", 1...24, "cells in series that the factory setting names") { $0.cells = $2 },
    choice("rating", "current rating of the variant") { (unit, word: RatingWord) in unit.rating = word.amperes
    },
  ]

  /// The three variants of manual section 2.
  enum RatingWord: String, CaseIterable, Sendable {
    case low = "200 A"
    case middle = "250 A"
    case high = "300 A"
    var amperes: Double {
      switch self {
      case .low: 200
      case .middle: 250
      case .high: 300
      }
    }
  }

  static let identity: [UnitParameterEntry] = [
    text("identity.model", 1...16, "model text of the device info") { $0.identity.model = $1 },
    text("identity.hardware", 1...8, "hardware version") { $0.identity.hardware = $1 },
    text("identity.software", 1...8, "software version") { $0.identity.software = $1 },
    text("identity.protocol-version", 1...8, "protocol version") { $0.identity.protocolVersion = $1 },
    text("identity.production-date", 8...8, "YYYYMMDD") { $0.identity.productionDate = $1 },
    text("identity.device-id", 12...12, "identity in the device info; begin it with SIM") {
      $0.identity.deviceID = $1
    },
    text("identity.name", 1...10, "advertised name") { $0.identity.name = $1 },
    text("identity.password", 6...6, "app password, sent in clear text") { $0.identity.password = $1 },
    text("identity.radio-address", 17...17, "Bluetooth address AA:BB:CC:DD:EE:FF") {
      $0.identity.radioAddress = $1
    },
    integer("identity.power-on-count", 0...1_000_000, "starts before this one") {
      $0.identity.powerOnCount = $2
    },
    quantity("identity.runtime", .time, 0...3e9, "running time before this start") {
      $0.identity.runtime = $2
    },
  ]

  static let frontEnd: [UnitParameterEntry] = [
    number("channels.N.gain", 0.5...1.5, "reading over volts of cell N", indices: 1...24) {
      $0.channels[$1 - 1].gain = $2
    },
    quantity("channels.N.offset", .voltage, -1...1, "added to the reading of cell N", indices: 1...24) {
      $0.channels[$1 - 1].offset = $2
    },
    quantity("channels.N.noise", .voltage, 0...0.5, "rms noise of one sample of cell N", indices: 1...24) {
      $0.channels[$1 - 1].noise = $2
    },
    integer("channels.N.swap-with", 1...24, "cell that channel N really measures", indices: 1...24) {
      $0.channels[$1 - 1].swapWith = $2
    },
    flag("channels.N.open", "channel N is broken and reads 0 V", indices: 1...24) {
      $0.channels[$1 - 1].open = $2
    },
    quantity(
      "channels.N.line-resistance", .resistance, 0...10, "the unit's part of line resistance N",
      indices: 1...24
    ) { $0.channels[$1 - 1].lineResistance = $2 },
    number("shunt.gain", 0.5...1.5, "reading over amperes of the pack current") { $0.shunt.gain = $2 },
    quantity("shunt.offset", .current, -50...50, "added to the pack current") { $0.shunt.offset = $2 },
    number("ntc.N.gain", 0.5...1.5, "reading over °C of NTC N", indices: 1...4) {
      $0.thermistors[$1 - 1].gain = $2
    },
    quantity("ntc.N.offset", .temperature, -50...50, "added to the reading of NTC N", indices: 1...4) {
      $0.thermistors[$1 - 1].offset = $2
    },
    flag("ntc.N.open", "input N is broken", indices: 1...4) { $0.thermistors[$1 - 1].open = $2 },
    flag("ntc.N.shorted", "input N is shorted", indices: 1...4) { $0.thermistors[$1 - 1].shorted = $2 },
    integer("ntc.N.input", 1...4, "connector input that sensor N really reads", indices: 1...4) {
      $0.thermistors[$1 - 1].input = $2
    },
    number("total-voltage.gain", 0.5...1.5, "reading over volts of the pack") { $0.totalVoltageGain = $2 },
    quantity("sampling.period", .time, 0.02...5, "time between samples") { $0.sampling.period = $2 },
    quantity("sampling.phase", .time, 0...5, "lag of the samples behind whole periods") {
      $0.sampling.phase = $2
    },
  ]

  static let power: [UnitParameterEntry] = [
    quantity("path.resistance", .resistance, 0.000_01...1, "B to P with both switches closed") {
      $0.path.resistance = $2
    },
    quantity("path.body-diode", .voltage, 0.1...2, "drop over the diode of an open switch") {
      $0.path.bodyDiode = $2
    },
    choice("path.charge-switch", "defect of the charge switch") { (unit, word: SwitchCondition) in
      unit.path.chargeSwitch = word
    },
    choice("path.discharge-switch", "defect of the discharge switch") { (unit, word: SwitchCondition) in
      unit.path.dischargeSwitch = word
    },
    quantity("path.off-leakage", .current, 0...1, "through the open path at 100 V") {
      $0.path.offLeakage = $2
    },
    quantity("path.survivable-energy", .energy, 0...1000, "one pulse above this shorts both switches") {
      $0.path.survivableEnergy = $2
    },
    quantity("supply.active", .current, 0...1, "drawn while active") { $0.supply.active = $2 },
    quantity("supply.dormant", .current, 0...1, "drawn while dormant") { $0.supply.dormant = $2 },
    quantity("supply.minimum", .voltage, 5...100, "from here the unit can be activated") {
      $0.supply.minimum = $2
    },
    quantity("supply.drop-out", .voltage, 1...100, "below this a running unit stops") {
      $0.supply.dropOut = $2
    },
    quantity("supply.start-time", .time, 0.1...60, "activation to first beep") { $0.supply.startTime = $2 },
    quantity("supply.dormancy-delay", .time, 1...36_000, "over-discharge to dormancy without charger") {
      $0.supply.dormancyDelay = $2
    },
    quantity("short-circuit.response", .time, 0.000_001...0.01, "crossing the level to open path") {
      $0.shortCircuit.response = $2
    },
    flag("short-circuit.alive", "false: the comparator is dead") { $0.shortCircuit.alive = $2 },
  ]
}
