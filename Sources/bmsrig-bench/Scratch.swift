import Foundation
import Store

/// A folder for the stores of one benchmark, on the disk that temporary files use.
struct Scratch {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "bmsrig-bench-\(ProcessInfo.processInfo.processIdentifier)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  func store(_ name: String) throws -> RunStore { try RunStore(path: path + "/" + name, durable: false) }

  /// Writes a text file and returns its path.
  func file(_ name: String, _ text: String) throws -> String {
    try text.write(toFile: path + "/" + name, atomically: false, encoding: .utf8)
    return path + "/" + name
  }

  func text(of path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
  var workingFolder: String { FileManager.default.currentDirectoryPath }
  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
