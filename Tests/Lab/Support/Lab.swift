import Foundation
import Testing

/// The guest that the tests of this bundle run in, as root, with real kernel buses. `make lab` boots it; outside
/// every test here is skipped. The decision note "The lab" says how to add one.
enum Lab {
  static let isHere = ProcessInfo.processInfo.environment["LAB"] == "1"

  /// A command of the guest that did not end well.
  struct Failure: Error, CustomStringConvertible {
    let command: [String]
    let code: Int32
    let output: String
    var description: String { "\(command.joined(separator: " ")): exit code \(code)\n\(output)" }
  }

  /// Runs a command to its end.
  /// - Returns: what it printed, also on standard error.
  /// - Throws: `Failure` when its exit code is another than `code`.
  @discardableResult
  static func run(_ command: String..., expecting code: Int32 = 0) throws -> String {
    let end = ended(command)
    guard end.code == code else {
      throw Failure(command: command, code: end.code, output: end.output)
    }
    return end.output
  }

  /// Runs a command to its end, whatever that is. Not by Foundation's `Process`: with a second program beside it the
  /// end of the first is sometimes never told.
  /// - Returns: exit code, or 128 and the signal's number; what it printed, also on standard error.
  static func ended(_ command: [String]) -> (code: Int32, output: String) {
    let line = command.map { "'" + $0.replacingOccurrences(of: "'", with: "'\\''") + "'" }.joined(
      separator: " ")
    // The signal mask of a test's thread is inherited.
    guard let stream = popen("exec env --default-signal \(line) </dev/null 2>&1", "re") else {
      return (-1, "no program could be started: \(errno)")
    }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&piece, 1, piece.count, stream)
      guard count > 0 else { break }
      bytes += piece[..<count]
    }
    let status = pclose(stream)
    let code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    return (code, String(decoding: bytes, as: UTF8.self))
  }

  /// Loads kernel modules with what they need.
  static func load(_ modules: String...) throws {
    for module in modules { try run("modprobe", module) }
  }

  /// udevd with the project's rules, started once; returns when it has dealt with every device there is.
  static func settleDevices() throws { try run("lab-udev") }

  /// A system bus and bluetoothd, started once. A controller comes from whoever opens /dev/vhci.
  static func startBluetooth() throws { try run("lab-bluetooth") }

  static func text(of path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  static func write(_ text: String, to path: String) throws {
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try file.write(contentsOf: Data(text.utf8))
    try file.close()
  }
}

extension Trait where Self == ConditionTrait {
  /// For every suite of this bundle.
  static var inLab: Self { .enabled(if: Lab.isHere, "runs in the virtual machine: make lab") }
}
