import Foundation
import Model
import Ports
import Rigging
import Simulation
import Store
import TestKit
import Testing

/// One run of a few steps on the simulated rig: power-up, archive, the steps of a test, restore.
struct StepRun {
  var workflow = "DV"
  var chemistry: Chemistry = .lfp
  var cells = 24
  var seed: UInt64 = 1
  /// Lines of a unit file, without its name; empty for a good unit drawn from the seed.
  var defect = ""
  /// The steps under test, as a procedure spells them, without indentation.
  let steps: String
  /// Changes the text of the rig file.
  var rigEdit: ((String) -> String)?
  /// Arranges what happens in the world.
  var arrange: (SimulatedWorld) -> Void = { _ in }

  struct Result {
    let outcome: RunExecution.Outcome
    let circuit: Circuit
    var record: RunRecord { outcome.record }
    var verdict: Verdict { outcome.conclusion.verdict }
    var complaints: String { "verdict \(verdict.rawValue): \(outcome.conclusion.reason)" }
    func measurements(_ name: String) -> [Model.Measurement] {
      record.measurements.filter { $0.name == name }
    }
    func outcomes(_ name: String) -> [Outcome] { measurements(name).map(\.outcome) }
    var failedRequirements: [String] {
      Set(record.measurements.filter { $0.outcome == .fail }.map { $0.limit?.requirement ?? $0.name })
        .sorted()
    }
  }

  func run() throws -> Result {
    let folder = FileManager.default.temporaryDirectory.path + "/bmsrig-steps-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let procedure = folder + "/procedure.yaml"
    try text.write(toFile: procedure, atomically: true, encoding: .utf8)
    var unit: String?
    if !defect.isEmpty {
      unit = folder + "/unit.yaml"
      try "unit: defective\n\(defect)\n".write(toFile: unit!, atomically: true, encoding: .utf8)
    }
    var rig = Scenario.rigFile
    if let rigEdit {
      let text = rigEdit(try String(contentsOfFile: rig, encoding: .utf8))
      rig = folder + "/rig.yaml"
      try text.write(toFile: rig, atomically: true, encoding: .utf8)
    }
    let (run, findings) = Preflight.check(
      RunRequest(
        procedurePath: procedure, rigPath: rig, unitFilePath: unit, chemistry: chemistry,
        cellCount: cells, date: "2026-06-01"))
    let checked = try #require(run, "\(findings)")
    let store = try RunStore(path: folder + "/store", durable: false)
    let world = try SimulatedRig.world(
      rig: checked.rig.rig, unit: try SimulatedSocket.unit(for: checked, seed: seed), seed: seed,
      calendarStart: SimulatedSocket.calendarStart)
    arrange(world)
    let execution = RunExecution(
      checked: checked, unit: "EK24-000123", seed: seed, program: "steps", observer: NoObserver())
    let outcome = try world.run {
      try await execution.run(in: store, world: world, requestStop: { world.requestStop(reason: $0) })
    }
    return Result(outcome: outcome, circuit: world.circuit)
  }

  private var text: String {
    // A defective unit need not stop in the archive, and the steps may restore the settings themselves.
    let archive = ProcedureText.archive.replacing("stable: settings-stable", with: "stable: information")
    let restore = ProcedureText.restore(cycles: false).replacing("id: restore", with: "id: closing-restore")
    let powerUp = ProcedureText.powerUp.replacing(
      "connect-time: connect-time", with: "connect-time: information")
    var procedure = ProcedureText(
      specification: Scenario.root + "/Procedures/Specification/ek-b24s8e300a.yaml",
      phases: ProcedureText.phase("only", [powerUp, archive, steps]), closing: [restore])
    procedure.workflow = workflow
    return procedure.text
  }
}
