import Documents
import Foundation
import Model
import Rigging
import Testing

/// The simulated units of the repository. Names are unique over all groups, so a name is enough to find one.
enum UnitCatalogue {
  struct Entry: Sendable {
    /// Below `Rigs/Units`, e.g. `component/open-channel.yaml`.
    let file: String
    let reading: DocumentReading<UnitFile>

    var name: String { String(file.split(separator: "/").last?.dropLast(".yaml".count) ?? "") }
    /// Folder; empty at the top.
    var group: String { file.split(separator: "/").dropLast().joined(separator: "/") }
    var path: String { "\(UnitCatalogue.folder)/\(file)" }
  }

  static let folder = Scenario.root + "/Rigs/Units"

  static let entries: [Entry] = (DocumentTree.yamlFiles(in: folder) ?? []).map {
    Entry(file: $0, reading: UnitFile.load(path: "\(folder)/\($0)"))
  }

  static func entry(_ name: String) throws -> Entry {
    try #require(entries.first { $0.name == name }, "no unit file is called \(name)")
  }
}
