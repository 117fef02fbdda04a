import Foundation
import Model
import Ports
import Rigging
import Simulation
import Store
import Testing

@testable import Steps

/// The convergence procedure on simulated rigs: what it says of good units and of defective ones.
@Suite struct BalanceConvergenceTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  static let procedure = root + "/Procedures/balance-convergence.yaml"
  let folder = NSTemporaryDirectory() + "balance-convergence-" + UUID().uuidString

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

  func write(_ text: String, to name: String) throws -> String {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let path = folder + "/" + name
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  func run(
    seed: UInt64 = 1, unitFile text: String? = nil, chemistry: Chemistry = .lfp, cells: Int = 24,
    store: String = "store"
  ) throws -> RunExecution.Outcome {
    let request = RunRequest(
      procedurePath: Self.procedure, rigPath: Self.root + "/Rigs/simulated.yaml",
      unitFilePath: try text.map { try write($0, to: "unit.yaml") }, chemistry: chemistry, cellCount: cells,
      date: "2026-01-05")
    let (checked, findings) = Preflight.check(request)
    let execution = RunExecution(
      checked: try #require(checked, "\(findings)"), unit: "SN0005", seed: seed, program: "scenario",
      observer: NoObserver())
    let store = try RunStore(path: folder + "/" + store, durable: false)
    return try execution.run(in: store, worlds: Simulated.self)
  }

  func measurements(_ outcome: RunExecution.Outcome) -> [String: Model.Measurement] {
    let all = outcome.record.steps.first { $0.id == "convergence" }?.measurements ?? []
    return Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  @Test(arguments: [(1, Chemistry.lfp, 24), (2, .lfp, 16), (3, .ncm, 24)])
  func `a good unit brings its cells together, says so and beeps`(
    seed: UInt64, chemistry: Chemistry, cells: Int
  ) throws {
    let outcome = try run(seed: seed, chemistry: chemistry, cells: cells)
    #expect(outcome.conclusion.verdict == .pass, "\(outcome.conclusion.reason)")
    let found = measurements(outcome)
    for name in ["converges", "status-finished", "final-difference", "duration-ratio", "complete-beep"] {
      #expect(found[name]?.outcome == .pass, "\(name)")
    }
    // The simulated converter hands on 90 to 94 % of the charge, at a voltage that is up to 1 % lower.
    guard case .number(let efficiency)? = found["efficiency"]?.observation,
      let u = found["efficiency"]?.uncertainty
    else { throw CancellationError() }
    #expect(efficiency + u > 0.89 && efficiency - u < 0.94)
    let traces = outcome.record.traces.filter { $0.step == "convergence" }
    #expect(traces.first { $0.title == "cell voltages" }?.series.count == cells)
    #expect(
      traces.flatMap(\.series).allSatisfy { $0.times.count <= DecimatedTrace.rowsMax && $0.times.count > 5 })
  }

  @Test(arguments: [
    ("balancer: {stops: false}", "converges"), ("balancer: {cell-error: 1}", "converges"),
    ("balancer: {current-factor: 0.2}", "duration-ratio"),
    ("balancer: {one-direction-only: true}", "alternates"),
  ])
  func `a unit that balances wrongly fails where it is wrong`(defect: String, measurement: String) throws {
    let outcome = try run(unitFile: "unit: defective\n\(defect)\n")
    #expect(outcome.conclusion.verdict == .fail, "\(outcome.conclusion.reason)")
    #expect(measurements(outcome)[measurement]?.outcome == .fail)
    #expect(outcome.conclusion.safeStateConfirmed)
  }

  @Test func `the same seed gives the same journal`() throws {
    #expect(try run(seed: 9, store: "a").journalHead == run(seed: 9, store: "b").journalHead)
  }

  @Test(arguments: [
    ("imbalance: 0.05 Ah", "imbalance: 0.002 Ah", "balancing begins"),
    ("imbalance: 0.05 Ah", "imbalance: 1.9 Ah", "would be charged to"),
    ("current: 4 A", "limit: 200 s", "leaves no room"),
    ("current: 4 A", "stop-difference: 20 mV", "must be below the start difference"),
  ])
  func `a step that could not tell is found before anything moves`(old: String, new: String, message: String)
    throws
  {
    let text = try String(contentsOfFile: Self.procedure, encoding: .utf8)
      .replacingOccurrences(of: old, with: new)
    let path = try write(text, to: "procedure.yaml")
    try FileManager.default.createSymbolicLink(
      atPath: folder + "/Specification", withDestinationPath: Self.root + "/Procedures/Specification")
    let findings = Preflight.check(file: path, rigPath: nil, date: "2026-01-05").findings
    #expect(findings.contains { $0.message.contains(message) }, "\(findings)")
  }
}

@Suite struct DecimatedTraceTests {
  @Test(arguments: [1, 399, 400, 401, 5000])
  func `the whole length is kept in few rows, evenly, the last one included`(count: Int) {
    var trace = DecimatedTrace()
    for index in 0..<count { trace.append([Double(index)], at: Double(index)) }
    let (times, rows) = trace.finished()
    #expect(times.count == rows.count)
    #expect(times.count <= DecimatedTrace.rowsMax && times.count >= min(count, DecimatedTrace.rowsMax / 3))
    #expect(times.first == 0)
    #expect(times.last == Double(count - 1))
    #expect(zip(times, rows).allSatisfy { [$0] == $1 })
    #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
  }
}
