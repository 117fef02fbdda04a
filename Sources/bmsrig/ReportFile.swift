import Foundation
import Model
import Reports

/// Writes a report so that a reader never meets half of it.
enum ReportFile {
  static func write(_ bytes: [UInt8], to path: String) throws {
    let url = URL(fileURLWithPath: path)
    do {
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: url, options: .atomic)
    } catch {
      Output.error("\(path): the report could not be written: \(error.localizedDescription)")
      throw CommandEnd(.badInput)
    }
  }
}

extension ReportContext {
  init(_ specification: Specification?, journal: String, head: String) {
    self.init(
      journal: journal, journalHead: head, requirements: specification?.requirements ?? [],
      conflicts: (specification?.conflicts ?? []).map { conflict in
        Conflict(
          id: conflict.id, requirements: [], text: "\(conflict.place): \(conflict.gap)", decision: conflict.decision)
      })
  }
}
