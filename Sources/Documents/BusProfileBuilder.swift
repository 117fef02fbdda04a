import Foundation
import Model

/// Reads the DBC file that a rig file names for the unit's bus. What is in it is not this module's business.
struct BusProfileBuilder {
  private(set) var findings: [Finding] = []

  /// Larger files are refused unread.
  static let byteCountMax = 4 << 20

  /// - Parameter table: `unit-bus`.
  /// - Returns: nil when it names no DBC file, or one that cannot be read; the latter with a finding.
  mutating func profile(_ table: FieldValues) -> UnitBusProfile? {
    guard let name = table.optionalText("dbc") else {
      for key in ["signals", "period"] where table.has(key) {
        find(
          table.place(key), "'\(key)' has no meaning without a DBC file",
          "name it: 'dbc: FILE', or remove this")
      }
      return nil
    }
    let place = table.place("dbc")
    guard let signals = table.optionalTable("signals") else {
      find(
        place, "nothing says which signals of '\(name)' are read",
        "write 'signals:' with at least 'pack-voltage: MESSAGE.SIGNAL'")
      return nil
    }
    guard let content = content(place.file.neighbour(name), name, at: place) else { return nil }
    return UnitBusProfile(
      path: place.file.neighbour(name), content: content, contentHash: SHA256.hex(of: content),
      signals: Self.signals(signals),
      positiveIsCharging: table.optionalText("positive-current") != "discharging",
      period: table.optionalQuantity("period"))
  }

  private static func signals(_ table: FieldValues) -> [UnitBusProfile.Signal] {
    RigFields.busSignals.flatMap { field in
      let names: [String] =
        switch table.value(field.name) {
        case .list: table.texts(field.name)
        case .text(let name): [name]
        default: []
        }
      return names.map { UnitBusProfile.Signal(quantity: field.name, name: $0) }
    }
  }

  private mutating func content(_ path: String, _ name: String, at place: SourcePlace) -> [UInt8]? {
    let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    let attributes = try? FileManager.default.attributesOfItem(atPath: resolved.path)
    guard let attributes else {
      find(place, "there is no file '\(path)'", "'dbc' is relative to the file that it stands in")
      return nil
    }
    guard attributes[.type] as? FileAttributeType == .typeRegular,
      let size = (attributes[.size] as? NSNumber)?.intValue, size <= Self.byteCountMax
    else {
      find(place, "'\(name)' is no DBC file of at most \(Self.byteCountMax >> 20) MiB", "name another file")
      return nil
    }
    guard let data = try? Data(contentsOf: resolved) else {
      find(place, "'\(path)' cannot be read", "check its permissions")
      return nil
    }
    return [UInt8](data)
  }

  private mutating func find(_ place: SourcePlace, _ message: String, _ suggestion: String) {
    findings.append(Finding(place: place, message: message, suggestion: suggestion))
  }
}
