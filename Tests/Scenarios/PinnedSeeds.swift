import Foundation
import Model
import Rigging
import Testing

/// Seeds of `bmsrig study faults` that once found something, each with what it found. The faults stand here in words of
/// their own: what a seed draws may change, these stay.
struct PinnedSeed: Sendable, CustomTestStringConvertible {
  let seed: UInt64
  /// What went wrong before it was mended.
  let found: String
  let faults: [PlannedFault]
  /// How the run ends now.
  let verdicts: [Verdict]

  var testDescription: String { "seed \(seed): \(found)" }

  static let all = [
    PinnedSeed(
      seed: 13,
      found: "an NTC simulator that started anew left its terminals open, and the unit failed to recover",
      faults: [PlannedFault(kind: .brownOut, target: "ntc2", from: 163.533)], verdicts: [.error]),
    PinnedSeed(
      seed: 24, found: "the step went on energising for seconds after the journal could not be written",
      faults: [PlannedFault(kind: .journalWrite, from: 279.543)], verdicts: [.error]),
    PinnedSeed(
      seed: 132, found: "after a lost link the next step took the alarm of the one before for its own",
      faults: [PlannedFault(kind: .radioLost, from: 158.539)], verdicts: [.inconclusive]),
    PinnedSeed(
      seed: 264, found: "a CAN port that was not heard for a time failed the unit",
      faults: [PlannedFault(kind: .busLost, from: 140.057, seconds: 18.288)], verdicts: [.inconclusive]),
    PinnedSeed(
      seed: 308, found: "a radio that was deaf for five seconds counted as time that the alarm took to clear",
      faults: [PlannedFault(kind: .radioSilent, from: 163.129, seconds: 4.971)],
      verdicts: [.pass, .inconclusive]),
    PinnedSeed(
      seed: 354, found: "a deaf radio made a connection that gives nothing, and the unit failed for it",
      faults: [PlannedFault(kind: .radioSilent, from: 138.791, seconds: 20.074)],
      verdicts: [.error, .pass, .inconclusive]),
    PinnedSeed(
      seed: 425, found: "a deaf radio heard no advertisement, and the unit failed for it",
      faults: [PlannedFault(kind: .radioSilent, from: 121.091, seconds: 40.533)], verdicts: [.error]),
    PinnedSeed(
      seed: 586, found: "the loop contactor opened under 100 A, because the source could not be told to stop",
      faults: [PlannedFault(kind: .linkClosed, target: "source", from: 294.529)], verdicts: [.error]),
    PinnedSeed(
      seed: 327, found: "a radio that was deaf for a tenth of a second failed the unit for one gap",
      faults: [PlannedFault(kind: .radioSilent, from: 137.5, seconds: 0.11)], verdicts: [.inconclusive]),
    PinnedSeed(
      seed: 327, found: "the same failed the unit for the one frame that it damaged",
      faults: [PlannedFault(kind: .radioSilent, from: 137.1, seconds: 0.11)], verdicts: [.inconclusive]),
    PinnedSeed(
      seed: 989, found: "a CAN cable that was off while its delay was timed failed the unit",
      faults: [PlannedFault(kind: .busLost, from: 133.5, seconds: 26.972)], verdicts: [.inconclusive]),
    PinnedSeed(
      seed: 989, found: "the same failed it when the port had been heard before the step and not in it",
      faults: [PlannedFault(kind: .busLost, from: 131, seconds: 26.972)], verdicts: [.inconclusive]),
    PinnedSeed(
      seed: 1188, found: "a recorder that took its time let the unit recover before its path was looked at",
      faults: [
        PlannedFault(kind: .lateReply, target: "scope", from: 400.727, seconds: 76.9, amount: 0.748)
      ], verdicts: [.inconclusive]),
    PinnedSeed(
      seed: 2602, found: "a source that took its time let the unit recover before its path was looked at",
      faults: [
        PlannedFault(kind: .lateReply, target: "source", from: 318.84, seconds: 60, amount: 1.293)
      ], verdicts: [.inconclusive]),
    PinnedSeed(
      seed: 9019, found: "a unit that crashed before anybody was connected passed",
      faults: [PlannedFault(kind: .unitReboot, from: 123.455)], verdicts: [.fail]),
    PinnedSeed(
      seed: 1032, found: "the contactor of a unit that was balancing opened for its power cycle",
      faults: [PlannedFault(kind: .unitReboot, from: 449.564)], verdicts: [.fail]),
    PinnedSeed(
      seed: 2777,
      found: "a radio that was deaf while the unit was connected failed it for the time that took",
      faults: [PlannedFault(kind: .radioSilent, from: 145.82, seconds: 8.573)], verdicts: [.inconclusive]),
    PinnedSeed(
      seed: 3608,
      found: "the contactor of an emulator whose link was gone in the middle of balancing was blamed",
      faults: [PlannedFault(kind: .linkClosed, target: "emulator", from: 355.748)], verdicts: [.error]),
    PinnedSeed(
      seed: 8918,
      found: "the contactor of an emulator that heard nothing for two minutes of balancing was blamed",
      faults: [PlannedFault(kind: .lostCommand, target: "emulator", from: 341.121, seconds: 106.79)],
      verdicts: [.error]),
    PinnedSeed(
      seed: 4842, found: "an emulator whose readings stood still failed the unit for balancing one way only",
      faults: [PlannedFault(kind: .frozenReading, target: "emulator", from: 334.094, seconds: 64.928)],
      verdicts: [.error]),
    PinnedSeed(
      seed: 6086,
      found: "a shunt's meter that stood still while the path opened failed the unit for its delay",
      faults: [PlannedFault(kind: .frozenReading, target: "reference", from: 322.235, seconds: 2.016)],
      verdicts: [.inconclusive, .error]),
    PinnedSeed(
      seed: 6648, found: "a shunt's meter that answered late failed the unit for its delay",
      faults: [
        PlannedFault(kind: .lateReply, target: "reference", from: 333.685, seconds: 3.146, amount: 0.066942)
      ], verdicts: [.pass, .inconclusive]),
    PinnedSeed(
      seed: 13223,
      found: "currents of the self-test, read again while nothing was powered, were taken for a short",
      faults: [
        PlannedFault(kind: .frozenReading, target: "emulator", from: 121.419, seconds: 10.699)
      ], verdicts: [.error]),
    PinnedSeed(
      seed: 14587,
      found: "an emulator that read too much while the unit balanced, and right again afterwards",
      faults: [
        PlannedFault(
          kind: .driftingReading, target: "emulator", from: 284.41, seconds: 107.109, amount: 0.006006)
      ], verdicts: [.error]),
    PinnedSeed(
      seed: 14771, found: "a voltmeter that was wrong for a second shifted a cell's trip voltage",
      faults: [
        PlannedFault(
          kind: .driftingReading, target: "reference", from: 219.017, seconds: 0.981, amount: 0.042095)
      ], verdicts: [.pass]),
    PinnedSeed(
      seed: 14774, found: "an emulator whose readings stood still made two transfers look like one",
      faults: [PlannedFault(kind: .frozenReading, target: "emulator", from: 333.105, seconds: 6.726)],
      verdicts: [.inconclusive]),
    PinnedSeed(
      seed: 14955, found: "an emulator that answered seconds late made two transfers look like one",
      faults: [
        PlannedFault(kind: .lateReply, target: "emulator", from: 345.215, seconds: 29.793, amount: 4.333)
      ], verdicts: [.error]),
    PinnedSeed(
      seed: 4916, found: "the unit was switched on again in the closing phase although the guard had died",
      faults: [PlannedFault(kind: .guardDeath, from: 460.638)], verdicts: [.error]),
  ]
}

@Suite struct `Seeds that once found something` {
  @Test(arguments: PinnedSeed.all) func `stay mended`(_ pinned: PinnedSeed) throws {
    let unitSeed = 1 + pinned.seed % 8
    let runner = FaultyRunner(
      checked: Scenario().checkedRun, unit: "EK24-\(unitSeed)", unitSeed: unitSeed, worldSeed: pinned.seed,
      program: "scenarios")
    let journal = FileManager.default.temporaryDirectory.path + "/bmsrig-pinned-\(UUID().uuidString).jsonl"
    defer { try? FileManager.default.removeItem(atPath: journal) }
    let run = try runner.run(pinned.faults, timeMax: 2000, journal: journal)
    #expect(run.violations.isEmpty, "\(run.violations)")
    #expect(pinned.verdicts.contains(run.conclusion.verdict), "\(run.conclusion)")
    #expect(run.struck.allSatisfy { $0 }, "the fault met nothing: \(run.conclusion)")
  }
}
