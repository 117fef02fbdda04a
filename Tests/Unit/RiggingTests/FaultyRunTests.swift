import Foundation
import Model
import Ports
import Testing

@testable import Rigging

@Suite struct `A run with faults` {
  private var end: Double { ShortFaultyRun.clean.run.record.elapsedSeconds }

  @Test func `is a pass that nothing is to be said of when no fault comes`() {
    let run = ShortFaultyRun.clean.run
    #expect(run.conclusion.verdict == .pass && run.violations.isEmpty, "\(run.conclusion) \(run.violations)")
  }

  @Test func `is struck by nothing that comes after its end`() throws {
    let late = [
      PlannedFault(kind: .frozenReading, target: "reference", from: end + 20, seconds: 60),
      PlannedFault(kind: .telemetryFreeze, from: end + 20, seconds: 5),
      PlannedFault(kind: .emergencyStop, from: end + 30, seconds: 5),
      PlannedFault(kind: .diskFull, from: end + 40),
    ]
    let run = try ShortFaultyRun.run(late)
    #expect(run.struck == [false, false, false, false])
    #expect(run.record == ShortFaultyRun.clean.run.record && run.violations.isEmpty, "\(run.violations)")
  }

  @Test func `tells two faults of one instrument apart`() throws {
    let faults = [
      PlannedFault(kind: .splitReply, target: "reference", from: 0, seconds: 60, amount: 1e-6),
      PlannedFault(kind: .garbledReply, target: "reference", from: end + 20, seconds: 60, exchanges: 1),
    ]
    let run = try ShortFaultyRun.run(faults)
    #expect(run.struck == [true, false] && run.violations.isEmpty, "\(run.violations)")
  }

  @Test func `is the same with its traffic recorded, also when the disk fails`() throws {
    for kind in [FaultKind.diskFull, .journalWrite] {
      let fault = PlannedFault(kind: kind, from: ShortFaultyRun.stepsEnd / 2)
      let plain = try ShortFaultyRun.run([fault])
      var shown = try ShortFaultyRun.run([fault], recordsTraffic: true) { run, _ in run }
      #expect(shown.record.trafficCount > 100)
      shown.record.trafficCount = 0
      // The clock of the record is that of its last event, whatever that was.
      shown.record.elapsedSeconds = plain.record.elapsedSeconds
      #expect(shown.record == plain.record && shown.conclusion == plain.conclusion)
      #expect(plain.struck == [true] && plain.violations.isEmpty, "\(plain.violations)")
      #expect(plain.conclusion.reason.contains(kind == .diskFull ? "no space left" : "input/output error"))
    }
  }

  @Test func `is watched until its last fault is over`() {
    let ended = WorldInstant.start + .seconds(100)
    func until(_ from: Double, _ seconds: Double) -> Double {
      FaultyRunner.watchedUntil(ended, [PlannedFault(kind: .inhibit, from: from, seconds: seconds)]).seconds
    }
    #expect(until(10, 20) == 170)
    #expect(until(95, 120) == 225)
    #expect(until(165, 30) == 205)
    // What begins later does so without anybody looking.
    #expect(until(171, 30) == 170)
    #expect(FaultyRunner.watchedUntil(ended, []).seconds == 170)
  }
}
