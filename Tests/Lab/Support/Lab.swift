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
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitForEnd()
    guard process.terminationStatus == code else {
      throw Failure(command: command, code: process.terminationStatus, output: text)
    }
    return text
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
