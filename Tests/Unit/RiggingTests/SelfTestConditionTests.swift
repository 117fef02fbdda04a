import Model
import Steps
import Testing

@testable import Rigging

/// When a self-test of an earlier run lets the next one start.
@Suite struct `The last self-test` {
  /// A record with one, as its journal tells it.
  private func complaint(measured outcome: Outcome?, error: Bool = false, ended: Bool = true) -> String? {
    var bodies: [RunEvent.Body] = [
      .stepStarted(step: "self", kind: RigSelfTest.id, title: "", phase: "only", declared: [])
    ]
    if let outcome {
      bodies.append(
        .measured(
          Measurement(
            step: "self", name: "thermistor-agreement", dimension: nil, observation: .flag(true),
            outcome: outcome,
            at: 1)))
    }
    if error { bodies.append(.rigError(step: "self", instrument: "source", message: "silent")) }
    if ended { bodies.append(.stepEnded(step: "self", failed: false)) }
    let events = bodies.enumerated().map { RunEvent(sequence: $0.offset, nanoseconds: 0, body: $0.element) }
    var record = RunRecord(header: ShortFaultyRun.clean.run.record.header)
    events.forEach { record.apply($0) }
    return StartCheck.complaint(of: record.steps, in: record)
  }

  @Test func `lets it when everything agreed and it came to its end`() {
    #expect(complaint(measured: .pass) == nil)
  }

  @Test func `stands against it when it broke off behind its first measurement`() {
    #expect(complaint(measured: .pass, ended: false) == "it broke off")
  }

  @Test func `stands against it with what was wrong`() {
    #expect(complaint(measured: nil) == "it did not get as far as measuring anything")
    #expect(complaint(measured: .inconclusive) == "thermistor-agreement did not agree")
    #expect(complaint(measured: .notMeasured) == "thermistor-agreement was not measured")
    #expect(complaint(measured: .pass, error: true) == "source: silent")
  }
}
