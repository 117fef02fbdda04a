import Foundation
import Model
import Reports

/// Writes a report so that a reader never meets half of it.
enum ReportFile {
  /// - Returns: nil when it stands there, else what went wrong.
  static func problem(writing bytes: [UInt8], to path: String) -> String? {
    let url = URL(fileURLWithPath: path)
    do {
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: url, options: .atomic)
      return nil
    } catch {
      let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
      let words = cause.flatMap {
        $0.domain == NSPOSIXErrorDomain ? String(cString: strerror(Int32($0.code))) : nil
      }
      return "\(path): the report could not be written: \(words ?? error.localizedDescription)"
    }
  }
}

extension ReportContext {
  init(_ specification: Specification?, journal: String, head: String) {
    self.init(
      journal: journal, journalHead: head, requirements: specification?.requirements ?? [],
      conflicts: (specification?.conflicts ?? []).map { conflict in
        Conflict(
          id: conflict.id, requirements: [], text: "\(conflict.place): \(conflict.gap)",
          decision: conflict.decision)
      })
  }
}
