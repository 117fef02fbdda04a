import Foundation
import Model
import Quantities

/// Foundation has a type of that name, too.
typealias Measurement = Model.Measurement

/// A folder of its own for one test, gone when the value is.
final class ScratchFolder {
  let path: String
  init() {
    path = NSTemporaryDirectory() + "bmsrig-store-" + UUID().uuidString
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  func bytes(_ name: String) -> [UInt8] {
    [UInt8](FileManager.default.contents(atPath: path + "/" + name) ?? Data())
  }
  func write(_ bytes: [UInt8], to name: String) {
    try! Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
  }
}

func header(run: String, unit: String = "EK-0042") -> RunHeader {
  func document(_ name: String) -> DocumentReference {
    DocumentReference(name: name, revision: "3", contentHash: SHA256.hex(of: Array(name.utf8)))
  }
  let rule = DecisionRule(name: "guard band w = U", guardFactor: 1)
  return RunHeader(
    run: run, unit: unit, model: "EK-B24S8E300A", chemistry: .ncm, cellCount: 24, workflow: .endOfLine,
    procedure: document("end-of-line"), procedureTitle: "End of line", rig: document("bench"),
    rigTitle: "Bench",
    specification: document("ek-b24"), unitFile: nil, document: "manual", criticalRule: rule, otherRule: rule,
    seed: .max, program: "bmsrig 0.1", startedAt: "2026-11-22T10:00:00Z", expectedSeconds: 60, instruments: []
  )
}

func measurement(_ value: Double, outcome: Outcome = .pass) -> Measurement {
  Measurement(
    step: "trip", name: "ovp-trip", channel: "cell 7", dimension: .voltage, observation: .number(value),
    uncertainty: 0.0008,
    limit: ResolvedLimit(
      id: "ovp-trip", title: "Overcharge trip", requirement: "SPEC-OVP-01", basis: .project,
      source: "table 2",
      low: 4.185, high: 4.215),
    outcome: outcome, instruments: ["dmm"], at: 1.5)
}

/// A whole run: start, one step with the given measurements, safe state, end.
func events(
  run: String, unit: String = "EK-0042", values: [Measurement] = [measurement(4.2)], verdict: Verdict = .pass
)
  -> [RunEvent]
{
  var bodies: [RunEvent.Body] = [
    .runStarted(header(run: run, unit: unit)), .phaseStarted(name: "main", title: "Main"),
    .stepStarted(step: "trip", kind: "threshold", title: "Trip", phase: "main", declared: ["ovp-trip"]),
  ]
  bodies += values.map { .measured($0) }
  bodies += [
    .stepEnded(step: "trip", failed: false), .phaseEnded(name: "main"),
    .safeState(SafeStateResult(entries: [.init(action: "loop-off", confirmed: true, message: "0.0 A")])),
    .runEnded(verdict: verdict, reason: "all measured", safeStateConfirmed: true),
  ]
  return bodies.enumerated().map {
    RunEvent(sequence: $0.offset, nanoseconds: Int64($0.offset) * 500_000_000, body: $0.element)
  }
}
