import Foundation
import Glibc
import Model

/// A person has looked at a rig after it tripped, and takes the responsibility for the next start.
public struct Acknowledgement: Hashable, Sendable, Codable {
  public var rig: String
  /// The run that tripped.
  public var run: String
  public var person: String
  public var note: String
  /// ISO 8601 UTC.
  public var at: String
  public init(rig: String, run: String, person: String, note: String, at: String) {
    self.rig = rig
    self.run = run
    self.person = person
    self.note = note
    self.at = at
  }
}

/// What the store knows of a rig: its last runs, and who acknowledged their trips.
extension RunStore {
  private var acknowledgementsPath: String { path + "/acknowledgements.jsonl" }

  /// Runs on a rig, the newest first.
  public func runs(onRig rig: String, limit: Int) throws(StoreError) -> [RunSummary] {
    try summaries("WHERE rig = ? ORDER BY number DESC LIMIT ?", [rig, limit])
  }

  /// Runs of one unit on a rig, the newest first.
  public func runs(onRig rig: String, ofUnit unit: String, limit: Int) throws(StoreError) -> [RunSummary] {
    try summaries("WHERE rig = ? AND unit = ? ORDER BY number DESC LIMIT ?", [rig, unit, limit])
  }

  /// Keeps an acknowledgement; it is on the disk when this returns.
  public func acknowledge(_ entry: Acknowledgement) throws(StoreError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard var line = try? encoder.encode(entry) else {
      throw .failed(path: acknowledgementsPath, attempt: "write", detail: "the text cannot be encoded")
    }
    line.append(0x0A)
    let file = open(acknowledgementsPath, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw StoreError(errno: errno, path: acknowledgementsPath, attempt: "open") }
    defer { close(file) }
    let written = line.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    guard written == line.count, fsync(file) == 0 else {
      throw StoreError(errno: errno, path: acknowledgementsPath, attempt: "write")
    }
  }

  /// All of them, oldest first. A line that a crash tore is left out: it was never confirmed to anybody.
  public func acknowledgements() throws(StoreError) -> [Acknowledgement] {
    guard access(acknowledgementsPath, F_OK) == 0 else { return [] }
    guard let text = FileManager.default.contents(atPath: acknowledgementsPath) else {
      throw .denied(path: acknowledgementsPath)
    }
    return text.split(separator: 0x0A).compactMap {
      try? JSONDecoder().decode(Acknowledgement.self, from: Data($0))
    }
  }
}
