import Documents
import Model

/// A rig file on its own, for commands that need no procedure.
public struct RigFile: Sendable {
  public let rig: Rig
  private let root: DocumentValue

  /// - Returns: nil with everything that is wrong in the file. Calibrations are not looked at: whoever opens the rig
  ///   without measuring may do so after they have expired.
  public static func load(path: String) -> (file: RigFile?, findings: [Finding]) {
    let reading = YAMLDocument.load(path: path)
    guard let file = reading.value else { return (nil, reading.findings) }
    let (draft, found) = RigDocument.draft(file, checks: RigCheck.checks)
    let findings = found + (draft.map { RigCheck(document: $0, file: file).structure() } ?? [])
    guard let draft, findings.isEmpty else { return (nil, Preflight.unique(findings)) }
    return (RigFile(rig: draft.rig, root: file.root), [])
  }

  /// The same rig at other addresses, as YAML.
  ///
  /// - Parameters:
  ///   - addresses: By name of the instrument.
  ///   - unitLink: Where the unit's radio is.
  ///   - unitBus: Where the unit's bus is; nil leaves it out.
  ///   - unitSerial: Where its 485 port is; nil leaves it out.
  ///   - dbc: Path of the DBC file, as it will be found from the written file; nil keeps what is written.
  public func text(
    addresses: [String: String], unitLink: String, unitBus: String?, unitSerial: String?, dbc: String? = nil,
    comment: [String]
  ) -> String {
    YAMLText.render(root, comment: comment) { path in
      switch (path.first, path.count) {
      case ("instruments", 3) where path[2] == "address": addresses[path[1]].map { .text($0) } ?? .keep
      // What the simulated counterpart does is the serving program's business.
      case ("instruments", 3) where path[2] == "simulated": .drop
      case ("unit-link", 2) where path[1] == "address": .text(unitLink)
      case ("unit-rs485", 1): unitSerial == nil ? .drop : .keep
      case ("unit-rs485", 2) where path[1] == "address": .text(unitSerial ?? "")
      case ("unit-bus", 1): unitBus == nil ? .drop : .keep
      case ("unit-bus", 2) where path[1] == "address": .text(unitBus ?? "")
      case ("unit-bus", 2) where path[1] == "dbc": dbc.map { .text($0) } ?? .keep
      case ("operator", 1): .text("terminal://")
      default: .keep
      }
    }
  }
}
