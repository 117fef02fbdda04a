import Model
import Ports
import Rigging
import Simulation
import Store

/// Whole runs on the simulated rig: how much faster than the clock virtual time passes.
enum WholeRun {
  static func endOfLine(in scratch: Scratch) throws -> String {
    try run("Procedures/end-of-line.yaml", store: try scratch.store("whole"))
  }

  /// Balancing with 160 times the charge of the procedure as written takes hours instead of minutes.
  static func balancing(in scratch: Scratch) throws -> String {
    let written = try scratch.text(of: "Procedures/balance-convergence.yaml")
    let longer = replaced(
      written,
      [
        ("specification: ", "specification: \(scratch.workingFolder)/Procedures/"),
        ("capacity: 2 Ah", "capacity: 320 Ah"),
        ("imbalance: 0.05 Ah", "imbalance: 8 Ah\n        limit: 16 h\n        await-beep: no"),
      ])
    return try run(try scratch.file("long-balancing.yaml", longer), store: try scratch.store("balancing"))
  }

  private static func replaced(_ text: String, _ changes: [(String, String)]) -> String {
    changes.reduce(text) { $0.replacing($1.0, with: $1.1) }
  }

  private static func run(_ procedure: String, store: RunStore) throws -> String {
    let request = RunRequest(procedurePath: procedure, rigPath: "Rigs/simulated.yaml", date: "2026-01-05")
    let begin = Usage.now().cpu
    let (checked, findings) = Preflight.check(request)
    guard let checked else { throw Refused(findings: findings) }
    let execution = RunExecution(
      checked: checked, unit: "BENCH", seed: 1, program: "bmsrig-bench", observer: NoObserver())
    let outcome = try execution.run(in: store, worlds: SimulatedOnly.self)
    let usage = Usage.now()
    let cpu = usage.cpu - begin
    let virtual = outcome.record.elapsedSeconds
    return "\(fixed(virtual, 0)) s in \(fixed(cpu, 2)) s CPU, \(fixed(virtual / cpu, 0)) times the clock, "
      + "peak \(fixed(usage.peakMB, 0)) MB, \(outcome.conclusion.verdict.rawValue)"
  }
}

/// A procedure of the benchmark that the checker does not accept.
struct Refused: Error, CustomStringConvertible {
  let findings: [Finding]
  var description: String { findings.map(\.description).joined(separator: "\n") }
}

/// Gives the simulated world of a rig file.
enum SimulatedOnly: WorldProvider {
  static func run<T>(
    checked: CheckedRun, seed: UInt64,
    _ body: @escaping (any World, @escaping (String) -> Void) async throws -> T
  ) throws -> T {
    let unit = try SimulatedSocket.unit(for: checked, seed: seed)
    let world = try SimulatedRig.world(
      rig: checked.rig.rig, unit: unit, seed: seed, calendarStart: SimulatedSocket.calendarStart)
    return try world.run { try await body(world, { world.requestStop(reason: $0) }) }
  }
}
