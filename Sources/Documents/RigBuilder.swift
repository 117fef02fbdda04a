import Model
import Quantities

/// Turns the fields of a rig file into a rig and finds what does not fit together.
struct RigBuilder {
  let checks: RigDocument.Checks
  private(set) var findings: [Finding] = []
  private(set) var calibrations: [RigDocument.Calibrated] = []
  private var instruments: [RigInstrument] = []

  init(checks: RigDocument.Checks) { self.checks = checks }

  mutating func find(_ place: SourcePlace, _ message: String, _ suggestion: String = "") {
    findings.append(Finding(place: place, message: message, suggestion: suggestion))
  }

  mutating func rig(_ values: FieldValues) -> Rig {
    for entry in values.mapEntries("instruments") {
      if let table = entry.value.table { instruments.append(instrument(entry.key, table)) }
    }
    var roles = RigRoleBuilder(instruments: instruments)
    roles.read(values.mapEntries("roles"))
    roles.checkMeasuringInstruments(values.mapEntries("instruments"))
    findings += roles.findings
    let envelope = envelope(values.optionalTable("envelope"), cells: roles.count(of: .cells))
    let safeState = safeState(values, roles: roles.roles)
    let wiring = Self.wiring(values.optionalTable("wiring"))
    if values.has("wiring"), values.has("envelope") {
      let fixture = RigFixtureCheck(roles: roles.roles, wiring: wiring, envelope: envelope)
      for problem in fixture.problems() { find(values.place("roles"), problem.message, problem.suggestion) }
    }
    let link = values.optionalTable("unit-link")
    if let link { checkAddress(link) }
    let bus = values.has("unit-bus") ? values.optionalTable("unit-bus") : nil
    if let bus { checkAddress(bus) }
    let serial = values.has("unit-rs485") ? values.optionalTable("unit-rs485") : nil
    if let serial { checkAddress(serial) }
    let person = values.optionalText("operator")
    if let person, let problem = checks.address(person) { find(values.place("operator"), problem) }
    var watches = RigWatchBuilder(roles: roles.roles.map(\.name), envelope: envelope)
    if values.has("watch") { watches.read(values.mapEntries("watch")) }
    findings += watches.findings
    var rig = Rig(
      name: values.optionalText("rig") ?? "", title: values.optionalText("title") ?? "",
      revision: values.optionalText("revision") ?? "",
      instruments: instruments, roles: roles.roles, wiring: wiring,
      envelope: envelope, safeState: safeState,
      unitLink: UnitLink(
        transport: link?.optionalText("transport") ?? "", address: link?.optionalText("address") ?? "",
        name: link?.optionalText("name") ?? "", passwordRegister: link.flatMap { passwordRegister($0) },
        beacon: link.flatMap { $0.has("beacon") ? $0.optionalText("beacon") : nil }),
      unitBus: bus.map { unitBus($0) }, unitSerial: serial.map(Self.unitSerial), operatorAddress: person)
    rig.watches = watches.rules
    rig.startRules = Self.startRules(values)
    if let silence = values.optionalTable("guard")?.optionalQuantity("silence") {
      rig.guardSilence = TimeSpan(silence)
    }
    return rig
  }

  private static func startRules(_ values: FieldValues) -> StartRules {
    let selfTest = values.has("self-test") ? values.optionalTable("self-test") : nil
    let golden = values.has("golden-unit") ? values.optionalTable("golden-unit") : nil
    return StartRules(
      selfTestEvery: selfTest?.optionalQuantity("every").map { TimeSpan($0) },
      goldenUnit: golden.flatMap { table in
        guard let serial = table.optionalText("serial"), let every = table.optionalQuantity("every") else {
          return nil
        }
        return .init(serial: serial, every: TimeSpan(every))
      })
  }

  private mutating func unitBus(_ table: FieldValues) -> UnitBusLink {
    var profile = BusProfileBuilder()
    defer { findings += profile.findings }
    return UnitBusLink(
      address: table.optionalText("address") ?? "", confirmed: table.optionalText("confirmed") == "yes",
      profile: profile.profile(table))
  }

  private static func unitSerial(_ table: FieldValues) -> UnitSerialLink {
    UnitSerialLink(
      address: table.optionalText("address") ?? "", profile: table.optionalText("profile") ?? "",
      unitNumber: table.optionalInteger("unit") ?? 1, confirmed: table.optionalText("confirmed") == "yes")
  }

  private mutating func instrument(_ name: String, _ table: FieldValues) -> RigInstrument {
    let driver = table.optionalText("driver")
    if let driver, let problem = checks.driver(driver) { find(table.place("driver"), problem) }
    checkAddress(table)
    return RigInstrument(
      name: name, driver: driver ?? "", address: table.optionalText("address") ?? "",
      serial: table.optionalText("serial") ?? "",
      calibration: table.optionalTable("calibration").map { calibration(of: name, $0) },
      uncertainty: uncertainty(table.mapEntries("uncertainty")), options: Self.texts(table, "options"),
      simulated: Self.texts(table, "simulated"))
  }

  /// `05/1B` → 27.
  private mutating func passwordRegister(_ link: FieldValues) -> UInt8? {
    guard link.has("password-register"), let text = link.optionalText("password-register") else { return nil }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count == 2, parts[0] == "05", parts[1].count == 2, let number = UInt8(parts[1], radix: 16) {
      return number
    }
    find(
      link.place("password-register"), "'\(text)' is no register of command 05",
      "write it as 05/ and two hexadecimal digits, e.g. 05/1B")
    return nil
  }

  private mutating func checkAddress(_ table: FieldValues) {
    guard let address = table.optionalText("address"), let problem = checks.address(address) else { return }
    find(table.place("address"), problem)
  }

  private static func texts(_ table: FieldValues, _ name: String) -> [String: String] {
    table.map(name).reduce(into: [:]) { $0[$1.key] = $1.value.text }
  }

  private mutating func calibration(of name: String, _ table: FieldValues) -> RigInstrument.Calibration {
    let certificate = table.optionalText("certificate") ?? ""
    for key in ["date", "due"] {
      guard let text = table.optionalText(key), !CalendarDate.isValid(text) else { continue }
      find(table.place(key), "'\(text)' is no calendar date", "write e.g. 2026-03-02")
    }
    guard let date = table.optionalText("date"), let due = table.optionalText("due"),
      CalendarDate.isValid(date),
      CalendarDate.isValid(due)
    else { return .init(certificate: certificate, date: "", due: "") }
    if due < date {
      find(table.place("due"), "the calibration is due before it was done", "check 'date:' and 'due:'")
    }
    calibrations.append(.init(instrument: name, date: date, due: due, place: table.place("due")))
    return .init(certificate: certificate, date: date, due: due)
  }

  /// The last word of a key names the dimension; `-relative` behind it makes the value a fraction of the reading.
  private mutating func uncertainty(_ entries: [FieldValues.Entry]) -> [String: AnyQuantity] {
    var result: [String: AnyQuantity] = [:]
    for entry in entries {
      let relative = entry.key.hasSuffix("-relative")
      let stem = relative ? String(entry.key.dropLast("-relative".count)) : entry.key
      let word = String(stem.split(separator: "-").last ?? "")
      guard let dimension = Dimension(rawValue: word) else {
        find(
          entry.place, "'\(entry.key)' does not say what is uncertain",
          "end the key with voltage, current, resistance, temperature or time, or that and '-relative'")
        continue
      }
      do {
        let value = try AnyQuantity(parsing: entry.value.text ?? "", as: relative ? .ratio : dimension)
        if value.base <= 0 { find(entry.place, "an uncertainty is more than zero") }
        result[entry.key] = value
      } catch {
        find(entry.place, "'\(entry.key)': \(error.message)", error.suggestion)
      }
    }
    return result
  }

  private static func wiring(_ table: FieldValues?) -> Wiring {
    func resistance(_ key: String) -> Resistance { Resistance(table?.optionalQuantity(key) ?? 0) }
    return Wiring(
      cellLeadResistance: resistance("cell-lead-resistance"),
      loopCurrentScale: resistance("loop-current-scale"),
      supplyCurrentScale: resistance("supply-current-scale"),
      loopResistance: resistance("loop-resistance"),
      shortLoopInductanceHenries: table?.optionalQuantity("short-loop-inductance") ?? 0,
      shortLoopResistance: resistance("short-loop-resistance"),
      pulseCurrentScale: resistance("pulse-current-scale"),
      fixture: FixtureWiring(
        leakageCurrentScale: table?.optionalQuantity("leakage-current-scale").map { Resistance($0) },
        crossedNode: table?.optionalInteger("crossed-node"),
        resistorNode: table?.optionalInteger("resistor-node"),
        lineResistors: (table?.quantities("line-resistors") ?? []).map { Resistance($0) },
        lineResistanceUncertainty: table?.optionalQuantity("line-resistance-uncertainty").map {
          Resistance($0)
        }))
  }

  private mutating func envelope(_ table: FieldValues?, cells: Int) -> SafetyEnvelope {
    // A fence that could not be read is a finding already; an open one finds nothing more.
    func fence(_ key: String, _ open: Double) -> Double { table?.optionalQuantity(key) ?? open }
    let envelope = SafetyEnvelope(
      cellVoltageMin: Voltage(fence("cell-voltage-min", -.greatestFiniteMagnitude)),
      cellVoltageMax: Voltage(fence("cell-voltage-max", .greatestFiniteMagnitude)),
      packVoltageMax: Voltage(fence("pack-voltage-max", .greatestFiniteMagnitude)),
      loopCurrentMax: Current(fence("loop-current-max", .greatestFiniteMagnitude)),
      loopComplianceMax: Voltage(fence("loop-compliance-max", .greatestFiniteMagnitude)),
      shortBankVoltageMax: Voltage(fence("short-bank-voltage-max", .greatestFiniteMagnitude)),
      auxiliaryVoltageMax: Voltage(fence("auxiliary-voltage-max", 0)))
    guard let table else { return envelope }
    if envelope.cellVoltageMin >= envelope.cellVoltageMax {
      find(table.place("cell-voltage-min"), "the lowest cell voltage is not below the highest")
    }
    let lowest = envelope.cellVoltageMin * Double(cells)
    if envelope.packVoltageMax < lowest {
      find(
        table.place("pack-voltage-max"),
        "\(envelope.packVoltageMax) is less than \(cells) cells at \(envelope.cellVoltageMin) each",
        "allow at least \(lowest)")
    }
    return envelope
  }

  private mutating func safeState(_ values: FieldValues, roles: [RigRole]) -> [SafeStateStep] {
    var sequence = SafeStateBuilder()
    let tables = values.tables("safe-state")
    let whole = tables.filter { $0.has("action") && $0.has("within") }
    sequence.read(whole)
    // An entry that could not be read would be missed a second time.
    if values.has("safe-state"), whole.count == tables.count {
      sequence.checkOrder(at: values.place("safe-state"), roles: roles.map(\.name))
    }
    findings += sequence.findings
    return sequence.steps
  }
}
