import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Each battery type in turn: taken, and with which thresholds: SPEC-SET-01, SPEC-ID-07.
public enum ChemistrySelection: StepKind {
  public static let id = "chemistry-selection"
  public static let writesSettings = true
  public static let summary =
    "Selects NCM, LFP and LTO one after the other, records whether the cell thresholds follow by themselves, writes "
    + "those that do not, compares all with the table of the manual, and writes everything back."
  public static let parameters: [FieldDeclaration] = []
  public static let measurements = [
    MeasurementDeclaration("selected", nil, "the type reads back as written"),
    MeasurementDeclaration("follows", nil, "the thresholds changed to the table's by themselves"),
    MeasurementDeclaration("thresholds", nil, "they equal the table, by themselves or once written"),
    MeasurementDeclaration("as-before", nil, "all settings read as before the step"),
  ]
  public static let roles: [RoleName] = [.cells, .thermistors]
  public static let sample = """
    - step: chemistry-selection
      id: chemistries
      title: Battery types
      measure:
        selected: chemistry-selects
        follows: information
        thresholds: chemistry-thresholds
        as-before: settings-restored
    """

  /// Setting → limit whose nominal value is the manual's. Recoveries before trips on the way down would not matter:
  /// the unit is at rest.
  static let table = [
    ("cell-overvoltage-protection", "ovp-trip"), ("cell-overvoltage-recovery", "ovp-recover"),
    ("cell-undervoltage-protection", "uvp-trip"), ("cell-undervoltage-recovery", "uvp-recover"),
  ]
  /// - Source: BLE protocol notes section 6.1, register 15; its place in the settings frame is doubtful.
  static let types: [(chemistry: Chemistry, code: Double)] = [(.ncm, 1), (.lfp, 2), (.lto, 3)]

  public static func limitsUsed(_ context: CheckContext) -> [String] { Stimulus.limitsOfRest }

  public static func run(_ context: StepContext) async throws {
    try await context.calmUnit()
    let before = try await context.unit.settings(deadline: context.deadline(10))
    guard before.value("battery-type") != nil else {
      throw StepEnough(why: "the unit reports no battery type")
    }
    // The ordered type last, so that the unit ends with it.
    let order =
      types.filter { $0.chemistry != context.header.chemistry }
      + types.filter { $0.chemistry == context.header.chemistry }
    for (chemistry, code) in order { try await select(context, chemistry, code) }
    // The type first: what its selection changes by itself is then written back too.
    try await context.putBack("battery-type", before.value("battery-type")!)
    try await context.writeBack(before)
    try await context.measureAsBefore(before)
  }

  private static func select(_ context: StepContext, _ chemistry: Chemistry, _ code: Double) async throws {
    let channel = chemistry.rawValue
    let limits = LimitResolver(
      specification: context.limits.specification, chemistry: chemistry, workflow: context.limits.workflow)
    let proof = try await context.writeSetting("battery-type", code)
    context.measure(
      "selected", channel: channel, .flag(proof.proven), by: ["unit"], note: proof.words(.count))
    let after = try await context.unit.settings(deadline: context.deadline(10))
    let wrong = table.filter { !agrees(after.value($0.0), limits.nominal($0.1)) }
    context.measure(
      "follows", channel: channel, .flag(wrong.isEmpty), by: ["unit"],
      note: wrong.isEmpty ? "" : "not of themselves: \(wrong.map(\.0).joined(separator: ", "))")
    var failures: [String] = []
    for (name, id) in wrong {
      guard let nominal = limits.nominal(id) else { continue }
      let written = try await context.writeSetting(name, nominal)
      if !written.proven { failures.append("\(name): \(written.words(.voltage))") }
    }
    context.measure(
      "thresholds", channel: channel, .flag(failures.isEmpty), by: ["unit"],
      note: failures.joined(separator: "; "))
  }

  private static func agrees(_ stored: Double?, _ nominal: Double?) -> Bool {
    guard let stored, let nominal else { return false }
    return Float(stored) == Float(nominal)
  }
}
