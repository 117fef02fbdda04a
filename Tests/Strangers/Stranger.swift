import Foundation
import Testing

/// A program that somebody else wrote, run to its end: text in, text out.
///
/// Python packages live in the environment that `make strangers` builds from `requirements.txt`; programs of the system
/// are Debian packages that the same target installs.
struct Stranger {
  struct Failure: Error, CustomStringConvertible {
    let command: [String]
    let status: Int32
    let output: String
    let complaint: String
    var description: String {
      "\(command.joined(separator: " ")) ended with \(status):\n\(complaint)\(output.suffix(4000))"
    }
  }

  /// The folder that holds Package.swift.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  /// The Python environment of `make strangers`.
  static let environment = root.appendingPathComponent(".build/strangers")
  static let python = environment.appendingPathComponent("bin/python3").path
  /// Our own small programs for Python, which do nothing but call the stranger.
  static let programs = root.appendingPathComponent("Tests/Strangers/Programs")

  /// Runs one of `Programs/` in the Python environment.
  static func python(_ program: String, _ arguments: [String] = [], input: Data = Data()) throws -> String {
    try run([python, programs.appendingPathComponent(program).path] + arguments, input: input)
  }

  /// Runs a program, waits for its end and returns what it printed.
  /// - Throws: `Failure` when it ends with another status than 0.
  static func run(_ command: [String], input: Data = Data()) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    let folder = try Scratch()
    // Files rather than pipes: nothing to drain, whatever the amount.
    let given = folder.file("input")
    let printed = folder.file("output")
    let complained = folder.file("complaint")
    try input.write(to: given)
    for file in [printed, complained] { try Data().write(to: file) }
    process.standardInput = try FileHandle(forReadingFrom: given)
    process.standardOutput = try FileHandle(forWritingTo: printed)
    process.standardError = try FileHandle(forWritingTo: complained)
    try process.run()
    process.waitUntilExit()
    let output = String(decoding: try Data(contentsOf: printed), as: UTF8.self)
    guard process.terminationStatus == 0 else {
      throw Failure(
        command: command, status: process.terminationStatus, output: output,
        complaint: String(decoding: try Data(contentsOf: complained), as: UTF8.self))
    }
    return output
  }
}

/// A folder of one test; gone with it.
final class Scratch {
  let path: URL
  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("bmsrig-strangers-\(UUID())")
    try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(at: path) }
  func file(_ name: String) -> URL { path.appendingPathComponent(name) }
}

@Suite struct `The environment of the strangers` {
  @Test func `holds exactly the pinned packages`() throws {
    let pins = try String(
      contentsOf: Stranger.root.appendingPathComponent("Tests/Strangers/requirements.txt"), encoding: .utf8)
    let wanted = pins.split(separator: "\n").map { $0.lowercased() }
    let there = try Stranger.run([Stranger.python, "-m", "pip", "freeze"]).split(separator: "\n").map {
      $0.lowercased()
    }
    #expect(!wanted.isEmpty)
    for pin in wanted { #expect(there.contains(pin), "\(pin) is not installed: run make strangers") }
  }
}
