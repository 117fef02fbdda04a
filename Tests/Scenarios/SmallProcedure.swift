import Engine
import Foundation
import Model
import Ports
import Rigging
import Simulation
import Store
import TestKit
import Testing

/// A procedure of a few steps, written by a test, between power-up and restoring; run on the simulated rig.
struct SmallProcedure {
  /// YAML of the steps, starting with `- step:` in the first column.
  let steps: String
  var workflow = "DV"
  var variant = "300"
  var chemistry = Chemistry.lfp
  /// Changes the text of the rig file.
  var rig: (String) -> String = { $0 }

  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  var text: String {
    var small = ProcedureText(
      specification: Self.root + "/Procedures/Specification/ek-b24s8e\(variant)a.yaml",
      phases: ProcedureText.phase(
        "only", [ProcedureText.powerUpNoted, ProcedureText.archive, ProcedureText.balancingOff, steps]),
      closing: [ProcedureText.restore(cycles: true)])
    small.workflow = workflow
    return small.text
  }

  struct Result {
    let outcome: RunExecution.Outcome
    let journal: String

    var verdict: Verdict { outcome.conclusion.verdict }
    var measurements: [Model.Measurement] { outcome.record.measurements }
    var failedRequirements: [String] {
      Set(measurements.filter { $0.outcome == .fail }.map { $0.limit?.requirement ?? $0.name }).sorted()
    }
    var complaints: String {
      (["\(verdict.rawValue): \(outcome.conclusion.reason)"]
        + measurements.filter { [.fail, .inconclusive, .notMeasured].contains($0.outcome) }.map {
          "\($0.outcome.rawValue) \($0.step): \(RunFacts.words($0)) ± \($0.uncertainty ?? 0) \($0.note)"
        } + outcome.record.errors.map { "error \($0.step): \($0.instrument): \($0.message)" })
        .joined(separator: "\n")
    }
    func named(_ name: String) -> [Model.Measurement] { measurements.filter { $0.name == name } }
    func numbers(_ name: String) -> [Double] {
      named(name).compactMap { if case .number(let value) = $0.observation { value } else { nil } }
    }
  }

  enum Simulated: WorldProvider {
    static func run<T>(
      checked: CheckedRun, seed: UInt64,
      _ body: @escaping (any World, @escaping (String) -> Void) async throws -> T
    ) throws -> T {
      let world = try SimulatedRig.world(
        rig: checked.rig.rig, unit: SimulatedSocket.unit(for: checked, seed: seed), seed: seed,
        calendarStart: SimulatedSocket.calendarStart)
      return try world.run { try await body(world) { world.requestStop(reason: $0) } }
    }
  }

  /// - Parameter unit: Lines of a unit file behind `unit:`; nil for a good unit drawn from the seed.
  func run(unit: String? = nil, seed: UInt64 = 1) throws -> Result {
    let folder = NSTemporaryDirectory() + "small-procedure-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let procedure = folder + "/procedure.yaml"
    try text.write(toFile: procedure, atomically: true, encoding: .utf8)
    let rigPath = folder + "/rig.yaml"
    let rigText = try String(contentsOfFile: Self.root + "/Rigs/simulated.yaml", encoding: .utf8)
    try rig(rigText).write(toFile: rigPath, atomically: true, encoding: .utf8)
    var unitPath: String?
    if let unit {
      unitPath = folder + "/unit.yaml"
      try "unit: sample\n\(unit)\n".write(toFile: unitPath!, atomically: true, encoding: .utf8)
    }
    let request = RunRequest(
      procedurePath: procedure, rigPath: rigPath, unitFilePath: unitPath,
      chemistry: chemistry, cellCount: 24, date: "2026-06-01")
    let (checked, findings) = Preflight.check(request)
    let execution = RunExecution(
      checked: try #require(checked, "\(findings)"), unit: "SN0007", seed: seed, program: "scenario",
      observer: NoObserver())
    let store = try RunStore(path: folder + "/store", durable: false)
    let outcome = try execution.run(in: store, worlds: Simulated.self)
    let journal = try String(contentsOfFile: store.path + "/" + outcome.journalName, encoding: .utf8)
    return Result(outcome: outcome, journal: journal)
  }
}
