import Foundation

/// A program that goes on while a test talks to it; both of its outputs in one text.
final class Program {
  private let process: Process
  private let said: URL
  /// Lives as long as the program may write into it.
  private let folder: Scratch

  /// - Parameter command: The program's path and its arguments.
  init(_ command: [String], in folder: Scratch) throws {
    self.folder = folder
    process = Process()
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    said = folder.file("said")
    try Data().write(to: said)
    let output = try FileHandle(forWritingTo: said)
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
  }

  /// Everything said so far, once `mark` was said.
  func output(until mark: String) throws -> String {
    while true {
      let isRunning = process.isRunning
      let text = String(decoding: try Data(contentsOf: said), as: UTF8.self)
      if text.contains(mark) { return text }
      guard isRunning else { throw Ended(text: text, status: process.terminationStatus) }
      // Another process has no way to tell us; the test's own limit bounds this.
      Thread.sleep(forTimeInterval: 0.02)
    }
  }

  struct Ended: Error {
    let text: String
    let status: Int32
  }

  /// Ctrl-C, and the exit code once the program has ended.
  @discardableResult
  func interrupt() -> Int32 {
    if process.isRunning { process.interrupt() }
    process.waitUntilExit()
    return process.terminationStatus
  }
}
