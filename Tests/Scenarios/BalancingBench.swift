import Engine
import Foundation
import Model
import Ports
import Rigging
import Simulation
import Store
import TestKit
import Testing

@testable import Steps

/// Runs one balancing step on the simulated rig between power-up and restore, with a store of its own that is removed.
struct BalancingBench {
  /// Kind and the lines of the step below it: parameters and the `measure` table of its sample.
  var kind: String
  var parameters: [String] = []
  /// Lines of a unit file below its first.
  var unit: String = ""
  var chemistry = Chemistry.lfp
  var cells = 24
  var seed: UInt64 = 1
  /// Changes the rig before anything is opened.
  var rig: (inout Rig) -> Void = { _ in }

  struct Result {
    let outcome: RunExecution.Outcome
    let step: RunRecord.Step?
    let traces: [Trace]
    var verdict: Verdict { outcome.conclusion.verdict }
    var failed: [String] {
      Set(outcome.record.measurements.filter { $0.outcome == .fail }.map { $0.limit?.requirement ?? $0.name })
        .sorted()
    }
    func measurements(_ name: String) -> [Model.Measurement] {
      (step?.measurements ?? []).filter { $0.name == name }
    }
    func numbers(_ name: String) -> [Double] {
      measurements(name).compactMap { if case .number(let value) = $0.observation { value } else { nil } }
    }
    var complaints: String {
      let bad = outcome.record.measurements.filter {
        [.fail, .inconclusive, .notMeasured].contains($0.outcome)
      }
      return
        ([outcome.conclusion.reason] + outcome.record.errors.map { "\($0.instrument): \($0.message)" }
        + bad.map { "\($0.outcome.rawValue) \(RunFacts.words($0)) \($0.note)" }).joined(separator: "\n")
    }
  }

  private var procedure: String {
    let sample = StepCatalog.kind(kind)!.sample.split(separator: "\n").map(String.init)
    let title = sample.firstIndex { $0.contains("  title:") }!
    // A parameter of the sample gives way to one of the test.
    let names = parameters.map { String($0.prefix { $0 != ":" }) }
    let rest = sample[(title + 1)...].filter { line in
      !names.contains { line.trimmingCharacters(in: .whitespaces).hasPrefix($0 + ":") }
    }
    let step = (sample[...title] + parameters.map { "  \($0)" } + rest).joined(separator: "\n")
    let archive = ProcedureText.archive.replacing(
      "cell-overvoltage-protection: ovp-trip", with: "charge-overcurrent: charge-limit-default")
    var bench = ProcedureText(
      specification: Scenario.root + "/Procedures/Specification/ek-b24s8e300a.yaml",
      phases: ProcedureText.phase("start", [ProcedureText.powerUpNoted, archive]) + "\n"
        + ProcedureText.phase("balancing", [step]),
      closing: [ProcedureText.restore(cycles: false)])
    bench.duration = "420 s"
    return bench.text
  }

  func run() throws -> Result {
    let folder = FileManager.default.temporaryDirectory.path + "/bmsrig-balancing-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try procedure.write(toFile: folder + "/procedure.yaml", atomically: true, encoding: .utf8)
    var unitPath: String?
    if !unit.isEmpty {
      unitPath = folder + "/unit.yaml"
      try "unit: defective\n\(unit)\n".write(toFile: unitPath!, atomically: true, encoding: .utf8)
    }
    let (found, findings) = Preflight.check(
      RunRequest(
        procedurePath: folder + "/procedure.yaml", rigPath: Scenario.rigFile, unitFilePath: unitPath,
        chemistry: chemistry, cellCount: cells, date: "2026-06-01"))
    let checked = try #require(found, "\(findings.map(\.description).joined(separator: "\n"))")
    var changed = checked.rig.rig
    rig(&changed)
    let world = try SimulatedRig.world(
      rig: changed, unit: try SimulatedSocket.unit(for: checked, seed: seed), seed: seed,
      calendarStart: SimulatedSocket.calendarStart)
    let execution = RunExecution(
      checked: checked, unit: "SN0005", seed: seed, program: "scenarios", observer: NoObserver())
    let store = try RunStore(path: folder + "/store", durable: false)
    let outcome = try world.run {
      try await execution.run(in: store, world: world, requestStop: { world.requestStop(reason: $0) })
    }
    let step = outcome.record.steps.first { $0.kind == kind }
    return Result(
      outcome: outcome, step: step, traces: outcome.record.traces.filter { $0.step == step?.id })
  }

}
