import Foundation

/// A program that we did not write, running beside the test; ended with it. For one thread at a time.
final class Stranger: @unchecked Sendable {
  /// Python with the packages of Tests/Strangers/requirements.txt; `make lab` prepares it.
  static let python = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: ".build/strangers/bin/python3")
    .path

  private let process = Process()
  private let output = Pipe()
  private let input = Pipe()
  private var held: [UInt8] = []

  /// Starts it. Lines of its standard output, and of its standard error, are read with `nextLine`.
  convenience init(_ command: String...) throws { try self.init(command) }

  init(_ command: [String]) throws {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    // Line by line also where a program would keep output back because nobody is at a terminal. The signal mask of a
    // test's thread is inherited, and it blocks the signal that is to end the program.
    process.arguments = ["--default-signal", "stdbuf", "-oL"] + command
    process.standardOutput = output
    process.standardError = output
    process.standardInput = input
    try process.run()
  }

  deinit { end() }

  var isRunning: Bool { process.isRunning }
  /// Waits for its end; a program that was ended by a signal gives the signal's number plus 128.
  var exitCode: Int32 {
    process.waitForEnd()
    return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
  }
  var processIdentifier: Int32 { process.processIdentifier }

  /// Its next line without the line end; waits for it. Nil when the program has ended.
  func nextLine() throws -> String? {
    while true {
      if let end = held.firstIndex(of: 10) {
        defer { held.removeSubrange(...end) }
        return String(decoding: held[..<end], as: UTF8.self)
      }
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { return nil }
      held += more
    }
  }

  /// Gives it text on its standard input.
  func tell(_ text: String) throws { try input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

  /// Closes its standard input.
  func endInput() throws { try input.fileHandleForWriting.close() }

  /// Ends it, whatever it is doing, and waits until it is gone.
  func end() {
    guard process.isRunning else { return }
    kill(process.processIdentifier, SIGKILL)
    process.waitForEnd()
  }
}
