import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Settings as received, stored before the first write, and compared with the order: PRC-COM-03 (read part).
public enum SettingsArchive: StepKind {
  public static let isRepeatable = true
  public static let id = "settings-archive"
  public static let summary =
    "Reads all settings twice, archives them in the journal and compares them with the manual's defaults or the "
    + "order. Must stand before the first step that writes."
  public static let parameters = [
    FieldDeclaration(
      "defaults", .map(.limit()), doc: "setting name → limit whose nominal value it must have"),
    FieldDeclaration(
      "order", .map(.text), required: false,
      doc: "setting name → ordered value; takes the place of the default"),
  ]
  public static let measurements = [
    MeasurementDeclaration("stable", nil, "two reads are equal byte for byte"),
    MeasurementDeclaration("default", nil, "each compared setting"),
    MeasurementDeclaration("cell-count", .count, "string count on first use"),
  ]
  public static let roles: [RoleName] = []
  public static let sample = """
    - step: settings-archive
      id: archive
      title: Settings as received
      measure:
        stable: settings-stable
        default: settings-default
        cell-count: string-count-default
      defaults:
        cell-overvoltage-protection: ovp-trip
        charge-overcurrent: charge-limit-default
      order:
        discharge-overcurrent: 120 A
    """

  public static func limitsUsed(_ context: CheckContext) -> [String] {
    context.values.map("defaults").compactMap(\.value.text)
  }

  /// A stored value is what a limit is about only where the limit allows nothing but its nominal: that the stored
  /// overcharge threshold is right does not prove that the unit trips there.
  public static func limitsHeld(_ context: CheckContext) -> [String] {
    limitsUsed(context).filter { context.limits.limitCase($0)?.isExact == true }
  }

  public static func findings(_ context: CheckContext) -> [Finding] {
    var findings: [Finding] = []
    for entry in context.values.mapEntries("defaults") + context.values.mapEntries("order") {
      guard let dimension = context.settingDimension(entry.key) else {
        findings.append(SettingNames.unknown(entry.key, at: entry.place, known: context.settingNames))
        continue
      }
      if let id = entry.value.text, context.values.mapEntries("defaults").contains(entry) {
        if let limit = context.limits.definition(id), let own = limit.dimension, own != dimension {
          findings.append(
            Finding(
              place: entry.place,
              message: "limit '\(id)' is a \(own.name), setting '\(entry.key)' is a \(dimension.name)"))
        } else if context.limits.nominal(id) == nil {
          findings.append(
            Finding(
              place: entry.place,
              message: "limit '\(id)' has no nominal value for this chemistry and workflow"))
        }
      } else if let text = entry.value.text {
        findings += SettingNames.findings(text, as: dimension, at: entry.place)
      }
    }
    return findings
  }

  public static func run(_ context: StepContext) async throws {
    let first = try await context.unit.settings(deadline: context.deadline(10))
    let second = try await context.unit.settings(deadline: context.deadline(10))
    context.measure("stable", .flag(first.frame == second.frame), by: ["unit"])
    context.memory.archived = second
    context.record(.settings(second.snapshot(.asReceived)))
    if firstUseCount(context) != Double(context.cellCount) {
      context.notApplicable(
        "cell-count",
        why: "configured for \(context.cellCount) cells: the count on first use cannot be seen any more")
    } else if let count = second.value("cell-count") {
      context.measure("cell-count", .number(count), uncertainty: 0, by: ["unit"])
    }
    compare(second, context)
  }

  /// What the procedure's limit says of the string count on first use.
  private static func firstUseCount(_ context: StepContext) -> Double? {
    guard case .limit(let id, _)? = context.step.measure.first(where: { $0.name == "cell-count" })?.use else {
      return nil
    }
    return context.limits.nominal(id)
  }

  private static func compare(_ settings: UnitSettings, _ context: StepContext) {
    var ordered: [(name: String, value: Double, limit: String?)] = []
    let order = context.values.map("order")
    // Another count than that of first use was ordered, so it must have been configured.
    if firstUseCount(context) != Double(context.cellCount) {
      ordered.append(("cell-count", Double(context.cellCount), nil))
    }
    for (name, limit) in context.values.map("defaults") where !order.contains(where: { $0.key == name }) {
      ordered.append((name, context.limits.nominal(limit.text!)!, limit.text!))
    }
    for (name, text) in order {
      guard let dimension = context.unit.dimension(ofSetting: name),
        let value = try? AnyQuantity(parsing: text.text!, as: dimension)
      else { continue }
      ordered.append((name, value.base, context.values.map("defaults").first { $0.key == name }?.value.text))
    }
    for (name, expected, limit) in ordered {
      guard let entry = settings.entries.first(where: { $0.name == name }) else {
        context.notApplicable("default", channel: name, why: "the unit has no such setting")
        continue
      }
      context.measure(
        "default", channel: name, .text(entry.text),
        nominal: .text(AnyQuantity(expected, entry.dimension).formatted(significant: 5)), nominalOf: limit,
        by: ["unit"])
    }
  }
}

/// Names and texts of settings in procedures.
enum SettingNames {
  static func unknown(_ name: String, at place: SourcePlace, known: [String]) -> Finding {
    Finding(
      place: place, message: "'\(name)' is not a setting that the rig may write",
      suggestion: NearestName.suggestion(for: name, in: known))
  }

  /// What is wrong with the map `settings` of a step.
  static func mapFindings(_ context: CheckContext) -> [Finding] {
    context.values.mapEntries("settings").flatMap { entry -> [Finding] in
      guard let dimension = context.settingDimension(entry.key) else {
        return [unknown(entry.key, at: entry.place, known: context.settingNames)]
      }
      return findings(entry.value.text ?? "", as: dimension, at: entry.place)
    }
  }

  static func findings(_ text: String, as dimension: Dimension, at place: SourcePlace) -> [Finding] {
    do {
      _ = try AnyQuantity(parsing: text, as: dimension)
      return []
    } catch {
      return [Finding(place: place, message: error.message, suggestion: error.suggestion)]
    }
  }
}

extension UnitSettings.Entry {
  /// As reports and comparisons print it: five significant digits, which is coarser than the 32-bit floats of the
  /// link and finer than any setting's step.
  var text: String { AnyQuantity(value, dimension).formatted(significant: 5) }
}

extension UnitSettings {
  func snapshot(_ moment: SettingsSnapshot.Moment) -> SettingsSnapshot {
    SettingsSnapshot(
      moment: moment, frameHex: HexText.packed(frame),
      values: entries.map { SettingsSnapshot.Entry(name: $0.name, text: $0.text) })
  }
}
