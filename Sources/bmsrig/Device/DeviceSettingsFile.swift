import DUT
import Documents
import Model
import Quantities
import Reports

/// The file that `settings export` writes and `settings import` reads.
struct DeviceSettingsFile {
  struct Entry {
    let named: NamedSetting
    /// Base units.
    let value: Double
    let place: SourcePlace
  }
  let model: String
  let modelPlace: SourcePlace
  /// In the order of the file.
  let entries: [Entry]

  private static let fields: [FieldDeclaration] = [
    .init("unit-settings", .text, doc: "Model of the unit they belong to, e.g. EK-B24S8E300A."),
    .init("identity", .text, required: false, doc: "Device identity of the unit they were read from."),
    .init("software", .text, required: false, doc: "Software of the unit they were read from."),
    .init("settings", .map(.text), doc: "Values with their units, by name."),
  ]

  static func load(path: String) -> DocumentReading<DeviceSettingsFile> {
    let reading = YAMLDocument.load(path: path)
    guard let document = reading.value else { return DocumentReading(findings: reading.findings) }
    var (values, findings) = FieldReader.read(fields, in: document.root)
    let model = values.optionalText("unit-settings") ?? ""
    var entries: [Entry] = []
    for entry in values.mapEntries("settings") {
      func find(_ message: String, _ suggestion: String) {
        findings.append(Finding(place: entry.place, message: message, suggestion: suggestion))
      }
      guard let named = NamedSetting.named(entry.key) else {
        let known = NamedSetting.all.map(\.name)
        find("there is no setting '\(entry.key)'", NearestName.suggestion(for: entry.key, in: known))
        continue
      }
      do throws(QuantityError) {
        let value = try named.parse(entry.value.text ?? "")
        if let problem = named.problem(with: value, model: model) {
          find("\(entry.key): \(problem)", "nothing of the file was written")
        } else {
          entries.append(Entry(named: named, value: value, place: entry.place))
        }
      } catch { find("\(entry.key): \(error.message)", error.suggestion) }
    }
    guard findings.isEmpty else { return DocumentReading(findings: findings) }
    return DocumentReading(
      DeviceSettingsFile(model: model, modelPlace: values.place("unit-settings"), entries: entries))
  }

  static func text(_ unit: UnitPicture, address: String) -> String {
    var lines = [
      "# Settings as the unit told them over Bluetooth. 'bmsrig device settings import' writes them back.",
      "# Behind each value: what may be written, and the factory's value where the manual prints one.",
      "unit-settings: \(quoted(unit.model))",
    ]
    if !unit.identity.isEmpty { lines.append("identity: \(quoted(unit.identity))") }
    if !unit.software.isEmpty { lines.append("software: \(quoted(unit.software))") }
    lines.append("settings:")
    for named in NamedSetting.all {
      guard let value = named.value(in: unit.settings) else { continue }
      let text = "  \(named.name): \(named.text(value))"
      var comment = named.rangeText(model: unit.model)
      if let factory = named.factoryText(model: unit.model) { comment += "; factory \(factory)" }
      if !named.isSettled(in: unit.settings) { comment += "; place in the frame unproven" }
      lines.append(text.padded(48) + "  # " + comment)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Texts of the unit may hold anything.
  private static func quoted(_ text: String) -> String {
    let visible = VisibleText.of(text).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return "\"\(visible)\""
  }
}
