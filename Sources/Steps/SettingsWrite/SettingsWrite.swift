import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Writes settings for the test, each proven by read-back: PRC-COM-03 (write part).
public enum SettingsWrite: StepKind {
  public static let isRepeatable = true
  public static let id = "settings-write"
  public static let writesSettings = true
  public static let summary =
    "Writes settings (shorter delays, test levels) and proves each by reading back. Refuses to run before the "
    + "settings are archived; the closing phase restores them."
  public static let parameters = [
    FieldDeclaration("settings", .map(.text), doc: "setting name → value with unit")
  ]
  public static let measurements = [
    MeasurementDeclaration("written", nil, "each setting reads back as written")
  ]
  public static let roles: [RoleName] = []
  public static let sample = """
    - step: settings-write
      id: test-settings
      title: Settings for the test
      measure:
        written: settings-written
      settings:
        charge-overcurrent: 50 A
        charge-overcurrent-delay: 1 s
    """

  public static func findings(_ context: CheckContext) -> [Finding] {
    SettingNames.mapFindings(context)
  }

  public static func run(_ context: StepContext) async throws {
    for (name, text) in context.values.map("settings") {
      guard let dimension = context.unit.dimension(ofSetting: name) else { continue }
      let value = try AnyQuantity(parsing: text.text!, as: dimension).base
      let proof = try await context.writeSetting(name, value)
      context.measure(
        "written", channel: name, .flag(proof.proven), by: ["unit"], note: proof.words(dimension))
    }
  }
}

extension StepContext {
  /// Writes one setting of the unit and remembers that it must be restored.
  /// - Throws: `RigFault` when the settings were not archived before: without an archive nothing is written.
  func writeSetting(_ name: String, _ value: Double) async throws -> SettingProof {
    try rememberSetting(name)
    let proof = try await unit.write(name, value: value, deadline: deadline(Self.writeLimit))
    memory.stored[name] = proof.readBack
    return proof
  }

  /// Seconds for a read, a write and a read, each read asked as often as a bad radio link needs.
  static let writeLimit = 30.0

  /// Notes that a setting is about to change, so that the closing phase restores it.
  func rememberSetting(_ name: String) throws(RigFault) {
    guard memory.archived != nil else {
      throw RigFault(
        instrument: "procedure", message: "'\(name)' would be written before the settings were archived")
    }
    if !memory.touchedSettings.contains(name) { memory.touchedSettings.append(name) }
  }

  /// Writes a setting that the step itself needs; a write that is not proven ends the step.
  func requireSetting(_ name: String, _ value: Double) async throws {
    let proof = try await writeSetting(name, value)
    try require(proof)
  }

  func require(_ proof: SettingProof) throws {
    guard !proof.proven else { return }
    let words = proof.words(unit.dimension(ofSetting: proof.name) ?? .ratio)
    throw StepEnough(why: "setting '\(proof.name)' could not be written: \(words)")
  }
}

extension SettingProof {
  /// `wrote 2 mV, acknowledged, read back 0 V`.
  func words(_ dimension: Dimension) -> String {
    func text(_ x: Double) -> String { AnyQuantity(x, dimension).formatted(significant: 5) }
    let read = readBack.map { "read back \(text($0))" } ?? "not read back"
    return "wrote \(text(requested)), \(acknowledged ? "acknowledged" : "not acknowledged"), \(read)"
  }
}
