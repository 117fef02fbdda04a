import Foundation
import Model
import TestKit
import Testing

@testable import Rigging

/// A run of half a minute on the simulated rig: power-up, archive of the settings, and their restoring at the end.
enum ShortFaultyRun {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  static let checked: CheckedRun = {
    let path = FileManager.default.temporaryDirectory.path + "/bmsrig-short-\(UUID().uuidString).yaml"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try? procedure.write(toFile: path, atomically: true, encoding: .utf8)
    let (run, findings) = Preflight.check(
      RunRequest(procedurePath: path, rigPath: root + "/Rigs/simulated.yaml", date: "2026-06-01"))
    guard let run else { fatalError("\(findings)") }
    return run
  }()

  /// - Parameter look: Gets the path of the journal, which is gone afterwards.
  @discardableResult
  static func run<T>(
    _ faults: [PlannedFault] = [], recordsTraffic: Bool = false, look: (FaultyRun, String) throws -> T
  ) throws -> T {
    let runner = FaultyRunner(checked: checked, unit: "EK24-1", unitSeed: 1, worldSeed: 1, program: "tests")
    let journal = FileManager.default.temporaryDirectory.path + "/bmsrig-short-\(UUID().uuidString).jsonl"
    defer { try? FileManager.default.removeItem(atPath: journal) }
    return try look(
      try runner.run(faults, timeMax: 1000, journal: journal, recordsTraffic: recordsTraffic), journal)
  }

  static func run(_ faults: [PlannedFault]) throws -> FaultyRun { try run(faults) { run, _ in run } }

  /// One without faults, made once, and the bytes of its journal.
  static let clean: (run: FaultyRun, journal: Data) = {
    do {
      return try run { run, path in (run, try Data(contentsOf: URL(fileURLWithPath: path))) }
    } catch { fatalError("\(error)") }
  }()

  /// When the last step before the closing phase ended.
  static var stepsEnd: Double {
    clean.run.record.steps.filter { $0.id != "restore" }.compactMap(\.endedAt).max() ?? 0
  }

  private static let procedure: String = {
    var short = ProcedureText(
      specification: root + "/Procedures/Specification/ek-b24s8e300a.yaml",
      phases: ProcedureText.phase("only", [ProcedureText.powerUp, ProcedureText.archive]),
      closing: [ProcedureText.restore(cycles: false)])
    short.workflow = "EOL"
    short.duration = "20 s"
    return short.text
  }()
}
