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
    let envelope = envelope(values.table("envelope"), cells: roles.count(of: .cells))
    let safeState = safeState(values, roles: roles.roles)
    let link = values.table("unit-link")
    checkAddress(link)
    return Rig(
      name: values.text("rig"), title: values.text("title"), revision: values.text("revision"),
      instruments: instruments, roles: roles.roles, wiring: Self.wiring(values.table("wiring")),
      envelope: envelope, safeState: safeState,
      unitLink: UnitLink(
        transport: link.text("transport"), address: link.text("address"),
        name: link.optionalText("name") ?? ""))
  }

  private mutating func instrument(_ name: String, _ table: FieldValues) -> RigInstrument {
    if let problem = checks.driver(table.text("driver")) { find(table.place("driver"), problem) }
    checkAddress(table)
    return RigInstrument(
      name: name, driver: table.text("driver"), address: table.text("address"),
      serial: table.text("serial"),
      calibration: table.optionalTable("calibration").map { calibration(of: name, $0) },
      uncertainty: uncertainty(table.mapEntries("uncertainty")), options: Self.texts(table, "options"),
      simulated: Self.texts(table, "simulated"))
  }

  private mutating func checkAddress(_ table: FieldValues) {
    if let problem = checks.address(table.text("address")) { find(table.place("address"), problem) }
  }

  private static func texts(_ table: FieldValues, _ name: String) -> [String: String] {
    table.map(name).reduce(into: [:]) { $0[$1.key] = $1.value.text }
  }

  private mutating func calibration(of name: String, _ table: FieldValues) -> RigInstrument.Calibration {
    let (date, due) = (table.text("date"), table.text("due"))
    var valid = true
    for key in ["date", "due"] where !CalendarDate.isValid(table.text(key)) {
      find(table.place(key), "'\(table.text(key))' is no calendar date", "write e.g. 2026-03-02")
      valid = false
    }
    if valid, due < date { find(table.place("due"), "the calibration is due before it was done") }
    calibrations.append(.init(instrument: name, date: date, due: due, place: table.place("due")))
    return .init(certificate: table.text("certificate"), date: date, due: due)
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

  private static func wiring(_ table: FieldValues) -> Wiring {
    func resistance(_ key: String) -> Resistance { Resistance(table.quantity(key)) }
    return Wiring(
      cellLeadResistance: resistance("cell-lead-resistance"),
      loopCurrentScale: resistance("loop-current-scale"),
      supplyCurrentScale: resistance("supply-current-scale"),
      loopResistance: resistance("loop-resistance"),
      shortLoopInductanceHenries: table.quantity("short-loop-inductance"),
      shortLoopResistance: resistance("short-loop-resistance"),
      pulseCurrentScale: resistance("pulse-current-scale"))
  }

  private mutating func envelope(_ table: FieldValues, cells: Int) -> SafetyEnvelope {
    let envelope = SafetyEnvelope(
      cellVoltageMin: Voltage(table.quantity("cell-voltage-min")),
      cellVoltageMax: Voltage(table.quantity("cell-voltage-max")),
      packVoltageMax: Voltage(table.quantity("pack-voltage-max")),
      loopCurrentMax: Current(table.quantity("loop-current-max")),
      loopComplianceMax: Voltage(table.quantity("loop-compliance-max")),
      shortBankVoltageMax: Voltage(table.quantity("short-bank-voltage-max")))
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
    sequence.read(values.tables("safe-state"))
    sequence.checkOrder(at: values.place("safe-state"), roles: roles.map(\.name))
    findings += sequence.findings
    return sequence.steps
  }
}
