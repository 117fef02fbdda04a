import Foundation
import Glibc
import Quantities

/// The built program as a process.
final class Program {
  struct End {
    let code: Int32
    let output: String
    let errors: String
  }

  private let process = Process()
  private let output = Pipe()
  private let errors = Pipe()
  private var seen = Data()

  /// Beside the test bundle.
  static let path: String = {
    let folders = [CommandLine.arguments[0], Bundle.main.bundlePath + "/x"].map {
      URL(fileURLWithPath: $0).deletingLastPathComponent()
    }
    let built = CommandLineTests.root.appending(path: ".build/debug")
    return (folders + [built]).map { $0.appending(path: "bmsrig").path }
      .first { FileManager.default.isExecutableFile(atPath: $0) } ?? "bmsrig"
  }()

  /// - Parameter other: Another program, which is to start this one.
  static func run(_ arguments: [String], input: Data? = nil, of other: String? = nil) throws -> End {
    try start(arguments, input: input, of: other).finish()
  }

  static func start(_ arguments: [String], input: Data? = nil, of other: String? = nil) throws -> Program {
    let program = Program()
    program.process.executableURL = URL(fileURLWithPath: other ?? path)
    program.process.arguments = arguments
    program.process.standardOutput = program.output
    program.process.standardError = program.errors
    let pipe = Pipe()
    program.process.standardInput = pipe
    try program.process.run()
    if let input { try pipe.fileHandleForWriting.write(contentsOf: input) }
    try pipe.fileHandleForWriting.close()
    return program
  }

  /// Reads until the text was printed, or the program ended.
  func waitForOutput(_ text: String) throws {
    while !String(decoding: seen, as: UTF8.self).contains(text) {
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { return }
      seen += more
    }
  }

  /// Looks until a file is there, the program has ended or the time is over.
  func waits(for path: String, seconds: Double) -> Bool {
    let end = ProcessInfo.processInfo.systemUptime + seconds
    while process.isRunning, ProcessInfo.processInfo.systemUptime < end {
      if FileManager.default.fileExists(atPath: path) { return true }
      usleep(2000)
    }
    return FileManager.default.fileExists(atPath: path)
  }

  func interrupt() { process.interrupt() }

  func abort() { Glibc.kill(process.processIdentifier, SIGABRT) }

  /// What it has open, as the kernel names it.
  var descriptors: [String] {
    let folder = "/proc/\(process.processIdentifier)/fd"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)") }
  }

  /// Kills it, as the kernel does, once so many lines were printed.
  /// - Returns: Everything it had printed, also after that; the last piece may be half a line.
  func kill(afterLines count: Int) throws -> String {
    var lines = 0
    while lines < count {
      // Small pieces, so that it is killed soon after that.
      guard let more = try output.fileHandleForReading.read(upToCount: 512), !more.isEmpty else { break }
      lines += more.count { $0 == 10 }
      seen += more
    }
    Glibc.kill(process.processIdentifier, SIGKILL)
    return finish().output
  }

  /// As `| head` does.
  func closeOutput() { try? output.fileHandleForReading.close() }

  func finish() -> End {
    // Complaints are short: they fit the pipe while the output is read.
    seen += (try? output.fileHandleForReading.readToEnd()) ?? Data()
    let complaints = (try? errors.fileHandleForReading.readToEnd()) ?? Data()
    process.waitUntilExit()
    return End(
      code: process.terminationStatus, output: String(decoding: seen, as: UTF8.self),
      errors: String(decoding: complaints, as: UTF8.self))
  }
}

/// A folder with a rig, a small procedure and its specification, to run and to spoil; gone at the end.
final class Desk {
  let folder: URL
  var store: String { path("store") }

  /// - Parameter limit: the limit the readings are judged with.
  init(steps: Int = 1, limit: String = "small-terminal", rig: String = "simulated.yaml") throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "bmsrig-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let root = CommandLineTests.root
    try FileManager.default.copyItem(
      at: root.appending(path: "Rigs/\(rig)"), to: folder.appending(path: "rig.yaml"))
    // What a rig file names stands beside it.
    try FileManager.default.copyItem(
      at: root.appending(path: "Rigs/CAN"), to: folder.appending(path: "CAN"))
    let text = try String(
      contentsOf: root.appending(path: "Procedures/Specification/ek-b24s8e300a.yaml"), encoding: .utf8)
    try write(
      "specification.yaml",
      text.replacing("\nlimits:\n", with: "\nlimits:\n" + Self.limits, maxReplacements: 1))
    try write("procedure.yaml", Self.procedure(steps: steps, limit: limit))
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appending(path: name).path }
  func write(_ name: String, _ text: String) throws {
    try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
  }
  func edit(_ name: String, _ change: (String) -> String) throws {
    let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    let changed = change(text)
    precondition(changed != text, "the edit of \(name) changed nothing")
    try write(name, changed)
  }

  func arguments(unit: String? = "U1", store: String? = nil) -> [String] {
    ["run", path("procedure.yaml"), "--rig", path("rig.yaml"), "--store", store ?? self.store]
      + (unit.map { ["--unit", $0] } ?? [])
  }
  func run(_ more: [String] = [], unit: String = "U1") throws -> Program.End {
    try Program.run(arguments(unit: unit) + more)
  }

  /// The terminals of a rig at rest read close to 0 V with U = 10 mV: inside the first limit, outside the second,
  /// within the guard band of the third.
  private static let limits = """
      small-terminal:
        title: Terminal at rest
        dimension: voltage
        cases: [{requirement: SPEC-SAF-04, low: -2 V, high: 2 V, basis: project, source: for this check}]
      short-bank-limit-2:
        title: Terminal alive
        dimension: voltage
        cases: [{requirement: SPEC-SAF-04, low: 5 V, high: 6 V, basis: project, source: for this check}]
      short-bank-limit-3:
        title: Terminal nearly dead
        dimension: voltage
        cases: [{requirement: SPEC-SAF-04, low: 0 V, high: 6 V, basis: project, source: for this check}]

    """

  private static func procedure(steps: Int, limit: String) -> String {
    """
    procedure: desk
    title: Desk
    revision: "1"
    workflow: EOL
    specification: specification.yaml
    unit: {chemistry: LFP, cells: 24}
    decision:
      critical: {guard: 1.0}
      other: {guard: 1.0}
    expected-duration: 10 s
    phases:
      - phase: loop
        title: Loop
        steps:

    """
      + (1...steps).map {
        "      - {step: channel-reading, id: r\($0), title: R\($0), role: pack-voltage, wait: 1 s, measure: "
          + "{reading: \(limit)}}\n"
      }
      .joined()
  }
}
