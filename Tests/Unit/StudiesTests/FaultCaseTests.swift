import Foundation
import Model
import Rigging
import Testing

@testable import Studies

/// Runs that were doctored, judged beside undisturbed ones of the same unit.
@Suite struct `A run with faults beside undisturbed ones` {
  private static let undisturbed: [FaultyRun] = {
    do {
      let catalogue = try SmallCatalogue()
      let study = FaultStudy.check(catalogue.request(), seeds: [1], words: "1", units: ["good"]).study
      guard let checked = study?.sockets.first?.checked else { fatalError("the short procedure is refused") }
      return try (UInt64(101)...102).map { world in
        let path = catalogue.path("journal-\(world).jsonl")
        return try FaultyRunner(
          checked: checked, unit: "EK24-1", unitSeed: 1, worldSeed: world, program: "tests"
        ).run([], timeMax: 1000, journal: path)
      }
    } catch { fatalError("\(error)") }
  }()

  private let clean = Self.undisturbed[0]
  private var baseline: FaultBaseline { FaultBaseline(runs: Self.undisturbed) }

  private func doctored(
    _ kind: FaultKind = .lateReply, struck: Bool = true, _ change: (inout FaultyRun) -> Void = { _ in }
  ) -> FaultyRun {
    var run = clean
    run.faults = [PlannedFault(kind: kind, target: "reference", from: 5)]
    run.struck = [struck]
    change(&run)
    return run
  }

  private func violations(
    _ run: FaultyRun, isGood: Bool = true, _ baseline: FaultBaseline? = nil
  ) -> [String] {
    FaultCase(seed: 1, unit: "u", isGood: isGood, run: run, baseline: baseline ?? self.baseline).violations
  }

  /// The error of the first cell, changed.
  private func shifted(_ run: inout FaultyRun, by volts: Double) {
    let step = run.record.steps.count - 1
    guard let index = run.record.steps[step].measurements.firstIndex(where: { $0.name == "cell-error" }),
      case .number(let value) = run.record.steps[step].measurements[index].observation
    else { return }
    run.record.steps[step].measurements[index].observation = .number(value + volts)
  }

  @Test func `has nothing against it when it is as they are`() {
    #expect(clean.conclusion.verdict == .pass)
    #expect(violations(clean).isEmpty && violations(doctored()).isEmpty)
  }

  @Test func `keeps what was found in it`() {
    #expect(violations(doctored { $0.violations = ["the run took 900 s"] }) == ["the run took 900 s"])
  }

  @Test func `must not pass where they do not`() {
    var failing = Self.undisturbed
    failing[1].fail("cell 7")
    #expect(
      violations(doctored(), isGood: false, FaultBaseline(runs: failing))
        == ["a unit passed that must not: cell 7"])
    #expect(violations(doctored { $0.unitCrashed = true }).count == 1)
  }

  @Test func `must not fail for the rig`() {
    let words = ["a good unit failed for the rig: cell 7"]
    func failed(_ kind: FaultKind, struck: Bool = true) -> FaultyRun {
      doctored(kind, struck: struck) { $0.fail("cell 7") }
    }
    #expect(violations(failed(.lateReply)) == words)
    // A defect that undisturbed runs do not see makes nothing fail either.
    #expect(violations(failed(.lateReply), isGood: false) == words)
    #expect(violations(failed(.unitReboot)).isEmpty && violations(failed(.radioGarbled)).isEmpty)
    #expect(violations(failed(.unitReboot, struck: false)) == words)
  }

  @Test func `shows a good unit that does not pass undisturbed, and whatever happened there`() {
    var failing = Self.undisturbed
    failing[0].fail("cell 7")
    failing[1].violations = ["the journal ends in half a line"]
    let run = doctored { $0.fail("cell 7") }
    let baseline = FaultBaseline(runs: failing)
    #expect(
      violations(run, baseline) == [
        "without any fault: the journal ends in half a line",
        "without any fault a good unit is no pass: fail: cell 7", "a good unit failed for the rig: cell 7",
      ])
    #expect(
      violations(run, isGood: false, baseline) == ["without any fault: the journal ends in half a line"])
  }

  @Test(arguments: FaultKind.allCases)
  func `must not pass with a value that they never come near, unless the unit started anew`(_ kind: FaultKind)
  {
    let wrong = violations(doctored(kind) { shifted(&$0, by: 0.02) })
    #expect(kind == .unitReboot ? wrong.isEmpty : wrong.count == 1, "\(wrong)")
    #expect(kind == .unitReboot || wrong.first?.hasPrefix("passed with a wrong value: ") == true)
    #expect(violations(doctored(kind) { shifted(&$0, by: 0.0005) }).isEmpty)
    #expect(violations(doctored(kind, struck: false) { shifted(&$0, by: 0.02) }).count == 1)
  }

  @Test(arguments: FaultKind.allCases)
  func `may pass with damaged frames that the radio has damaged`(_ kind: FaultKind) {
    let found = violations(
      doctored(kind) { run in
        for step in run.record.steps.indices {
          for index in run.record.steps[step].measurements.indices
          where run.record.steps[step].measurements[index].name == "checksum-errors" {
            run.record.steps[step].measurements[index].observation = .number(1)
          }
        }
      })
    let may: Set<FaultKind> = [.radioLost, .radioSilent, .radioGarbled, .unitReboot]
    #expect(found.isEmpty == may.contains(kind), "\(found)")
  }

  @Test func `must not pass without what they always measured`() {
    let channels = clean.record.steps.last?.measurements.count ?? 0
    #expect(channels > 20)
    let run = doctored(.unitReboot) { run in
      run.record.steps[run.record.steps.count - 1].measurements.removeAll {
        $0.name == "cell-error" && $0.channel == "cell 24"
      }
    }
    let found = violations(run)
    #expect(found.count == 1 && found[0].hasPrefix("passed without cells/cell-error"), "\(found)")
    // What one of them went without is nothing to be missed.
    #expect(violations(run, FaultBaseline(runs: Self.undisturbed + [run])).isEmpty)
    var undecided = run
    undecided.conclusion.verdict = .inconclusive
    #expect(violations(undecided).isEmpty)
  }

  @Test func `counts failed measurements under another verdict of good units only`() {
    let run = doctored {
      $0.conclusion.verdict = .error
      $0.record.steps[0].measurements[0].outcome = .fail
    }
    func fails(_ run: FaultyRun, _ isGood: Bool) -> Bool {
      FaultCase(seed: 1, unit: "u", isGood: isGood, run: run, baseline: baseline).failsWithin
    }
    #expect(fails(run, true) && !fails(run, false) && !fails(clean, true))
  }
}

extension FaultyRun {
  fileprivate mutating func fail(_ reason: String) {
    conclusion.verdict = .fail
    conclusion.reason = reason
  }
}
