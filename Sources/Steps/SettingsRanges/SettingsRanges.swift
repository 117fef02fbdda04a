import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Both ends of the ranges that the manual gives its user, and values beyond them: PRC-COM-03, SPEC-SET-03.
public enum SettingsRanges: StepKind {
  public static let id = "settings-ranges"
  public static let writesSettings = true
  public static let summary =
    "Writes both ends of a setting's range (they must read back as written) and values outside of it (none may be "
    + "stored), one setting after the other, each written back before the next. The ends come from limits of the "
    + "specification. Only for a unit at rest: nothing may be driven meanwhile."
  static let row = [
    FieldDeclaration("setting", .text, doc: "name of the setting"),
    FieldDeclaration("range", .limit(), doc: "limit whose lower and upper end are the range"),
    FieldDeclaration(
      "outside", .text, required: false,
      doc:
        "how far beyond each end a value is tried that must not be stored, e.g. 1 A; design validation only"),
    FieldDeclaration(
      "resolution", .text, required: false, doc: "a step that the read-back must tell apart, e.g. 1 mV"),
  ]
  public static let parameters = [
    FieldDeclaration("settings", .list(of: .table(row)), doc: "what is tried, in this order")
  ]
  public static let measurements = [
    MeasurementDeclaration("accepts", nil, "both ends read back as written"),
    MeasurementDeclaration(
      "refuses", nil, optional: true, "what is stored after a write beyond an end lies inside the range"),
    MeasurementDeclaration("resolves", nil, optional: true, "a step inside the range reads back as written"),
    MeasurementDeclaration(
      "highest-current", .current, optional: true, "largest value that a current setting took"),
    MeasurementDeclaration("as-before", nil, "all settings read as before the step"),
  ]
  public static let roles: [RoleName] = [.cells, .thermistors]
  public static let sample = """
    - step: settings-ranges
      id: charge-range
      title: Range of the charge limit
      measure:
        accepts: charge-range-kept
        highest-current: variant-range
        as-before: settings-restored
      settings:
        - {setting: charge-overcurrent, range: charge-limit-range}
    """

  public static func limitsUsed(_ context: CheckContext) -> [String] {
    context.values.tables("settings").map { $0.limitID("range") } + Stimulus.limitsOfRest
  }

  public static func findings(_ context: CheckContext) -> [Finding] {
    context.values.tables("settings").flatMap { findings($0, context) }
  }

  private static func findings(_ row: FieldValues, _ context: CheckContext) -> [Finding] {
    let name = row.text("setting")
    guard let dimension = context.settingDimension(name) else {
      return [SettingNames.unknown(name, at: row.place("setting"), known: context.settingNames)]
    }
    var findings: [Finding] = []
    let id = row.limitID("range")
    if let own = context.limits.definition(id)?.dimension, own != dimension {
      findings.append(
        Finding(
          place: row.place("range"),
          message: "limit '\(id)' is a \(own.name), setting '\(name)' is a \(dimension.name)"))
    } else if case (_?, _?)? = context.limits.window(id) {
    } else {
      findings.append(
        Finding(
          place: row.place("range"), message: "limit '\(id)' has no lower and upper end here",
          suggestion: "name a limit with 'low' and 'high'"))
    }
    for key in ["outside", "resolution"] {
      guard let text = row.optionalText(key) else { continue }
      let found = SettingNames.findings(text, as: dimension, at: row.place(key))
      findings += found
      if found.isEmpty, let value = try? AnyQuantity(parsing: text, as: dimension), !(value.base > 0) {
        findings.append(
          Finding(place: row.place(key), message: "'\(key)' must be more than zero, not \(text)"))
      }
    }
    if row.has("outside"), context.limits.workflow != .designValidation {
      findings.append(
        Finding(
          place: row.place("outside"),
          message: "values out of range are written in design validation only",
          suggestion: "leave 'outside' out, or set 'workflow: DV'"))
    }
    return findings
  }

  public static func run(_ context: StepContext) async throws {
    try await context.calmUnit()
    let before = try await context.unit.settings(deadline: context.deadline(10))
    for row in context.values.tables("settings") {
      let name = row.text("setting")
      guard let original = before.value(name), let dimension = context.unit.dimension(ofSetting: name),
        case (let low?, let high?)? = context.limits.window(row.limitID("range"))
      else {
        context.notApplicable("accepts", channel: name, why: "the unit has no such setting")
        continue
      }
      let range = SettingRange(context, name, dimension, low...high)
      try await range.tryEnds()
      if let step = row.optionalText("resolution").flatMap({ try? AnyQuantity(parsing: $0, as: dimension) }) {
        try await range.tryStep(step.base)
      }
      if let beyond = row.optionalText("outside").flatMap({ try? AnyQuantity(parsing: $0, as: dimension) }) {
        try await range.tryOutside(beyond.base)
      }
      range.recordHighest()
      try await context.putBack(name, original)
    }
    try await context.measureAsBefore(before)
  }
}

/// One setting and what it took.
private final class SettingRange {
  let context: StepContext
  let name: String
  let dimension: Dimension
  let range: ClosedRange<Double>
  private var stored: [Double] = []

  init(_ context: StepContext, _ name: String, _ dimension: Dimension, _ range: ClosedRange<Double>) {
    self.context = context
    self.name = name
    self.dimension = dimension
    self.range = range
  }

  private func channel(_ value: Double) -> String {
    "\(name) \(AnyQuantity(value, dimension).formatted(significant: 5))"
  }

  func tryEnds() async throws {
    for end in [range.lowerBound, range.upperBound] {
      let proof = try await context.writeSetting(name, end)
      if proof.proven, let read = proof.readBack { stored.append(read) }
      context.measure(
        "accepts", channel: channel(end), .flag(proof.proven), by: ["unit"], note: proof.words(dimension))
    }
  }

  func tryStep(_ step: Double) async throws {
    let first = try await context.writeSetting(name, range.lowerBound + step)
    let second = try await context.writeSetting(name, range.lowerBound + 2 * step)
    context.measure(
      "resolves", channel: name, .flag(first.proven && second.proven && first.readBack != second.readBack),
      by: ["unit"], note: "\(first.words(dimension)); \(second.words(dimension))")
  }

  func tryOutside(_ distance: Double) async throws {
    for value in [range.lowerBound - distance, range.upperBound + distance] {
      // What stands there before must lie inside, or a refusal could not be told from a value that was stored.
      let inside = try await context.writeSetting(name, (range.lowerBound + range.upperBound) / 2)
      guard inside.proven else {
        context.measure(
          "refuses", channel: channel(value), .missing("no value inside the range could be written before"),
          by: ["unit"])
        continue
      }
      let proof = try await context.probeSetting(name, value)
      guard let read = proof.readBack else {
        context.measure("refuses", channel: channel(value), .missing("not read back"), by: ["unit"])
        continue
      }
      stored.append(read)
      // The ends themselves went through single precision.
      let slack = max(range.lowerBound.magnitude, range.upperBound.magnitude) * 1e-6
      let kept = read >= range.lowerBound - slack && read <= range.upperBound + slack
      let how = !kept ? "stored" : read == inside.readBack ? "refused" : "clamped"
      context.measure(
        "refuses", channel: channel(value), .flag(kept), by: ["unit"],
        note: "\(how): \(proof.words(dimension))")
    }
  }

  func recordHighest() {
    guard dimension == .current else { return }
    context.measure(
      "highest-current", channel: name,
      stored.max().map { .init(reading: $0) } ?? .missing("no value was taken"), uncertainty: 0, by: ["unit"])
  }
}

extension StepContext {
  /// Writes a value that the unit ought to refuse; whatever it stored is restored like any other setting.
  func probeSetting(_ name: String, _ value: Double) async throws -> SettingProof {
    try rememberSetting(name)
    let proof = try await unit.probe(name, value: value, deadline: deadline(10))
    memory.stored[name] = proof.readBack
    return proof
  }

  /// Cells and temperatures at which no protection acts.
  func calmUnit() async throws {
    try await bench.setThermistors(celsius: 25)
    try await bench.setAllCells(restVoltage)
  }
}
