import Foundation
import Model
import Quantities
import Testing

@testable import Studies

@Suite struct `Study of good units` {
  private func report(
    _ catalogue: SmallCatalogue, units: Int = 4, jobs: Int = 1, results: String? = nil, resumes: Bool = false
  ) throws -> StudyReport {
    let (study, findings) = PopulationStudy.check(
      catalogue.request(jobs: jobs, results: results, resumes: resumes), units: units)
    return try #require(study, "\(findings)").run { _ in }
  }

  @Test func `counts verdicts and measures margins, whatever the number of threads`() throws {
    let catalogue = try SmallCatalogue()
    let report = try report(catalogue, results: "one.jsonl")
    let figures = try #require(report.populations.first)
    #expect(figures.passed == 4 && figures.done == 4 && figures.kept.isEmpty)
    #expect(report.isClean)
    // 1 - 0.05^(1/4)
    #expect((figures.overkillBound - 0.527129).magnitude < 1e-5)
    let cells = try #require(figures.margins.first { $0.measurement == "cell-error" })
    #expect(cells.count == 4 * 24)
    #expect((7...10).contains(cells.closest.seed))
    #expect(cells.closest.share > 0 && cells.closest.share < 1)
    // Units differ, and none is near the limit of ±5 mV.
    #expect(try #require(cells.capability) > 1)
    #expect(try #require(cells.acceptanceCapability) < #require(cells.capability))

    #expect(try self.report(catalogue, jobs: 2, results: "two.jsonl") == report)
    let one = try Data(contentsOf: URL(fileURLWithPath: catalogue.path("one.jsonl")))
    #expect(try Data(contentsOf: URL(fileURLWithPath: catalogue.path("two.jsonl"))) == one)

    // Two of four lines without sums: gone on with from the start, with the same result.
    let lines = one.split(separator: UInt8(ascii: "\n"))
    let torn = Data(lines.prefix(3).joined(separator: [UInt8(ascii: "\n")])) + Data("\n".utf8)
    try torn.write(to: URL(fileURLWithPath: catalogue.path("torn.jsonl")))
    #expect(try self.report(catalogue, results: "torn.jsonl", resumes: true) == report)
    // A finished study is read, not run again.
    #expect(try self.report(catalogue, results: "one.jsonl", resumes: true) == report)
  }

  @Test func `keeps the units that do not pass with the command that repeats them`() {
    var tally = PopulationTally(
      figures: PopulationFigures(procedure: 0, chemistry: .lfp, cellCount: 24, seed: 5, planned: 3))
    let results = [
      StudyResult(index: 0, verdict: .pass, reason: "all pass", seconds: 10),
      StudyResult(index: 1, verdict: .fail, reason: "too much", failed: ["SPEC-MEAS-02"], seconds: 12),
      // A pass with something booked on the rig is no pass.
      StudyResult(index: 2, verdict: .pass, reason: "all pass", rigErrors: ["meter: silent"], seconds: 8),
    ]
    for result in results {
      tally.add(
        StudyRun(result, []), unit: "U", seed: 5 + UInt64(result.index), replay: "run \(result.index)")
    }
    let figures = tally.report
    #expect(figures.passed == 1 && figures.failed == 1 && figures.errors == 1)
    #expect(figures.kept.map(\.replay) == ["run 1", "run 2"])
    #expect(figures.kept.map(\.verdict) == [.fail, .error])
    #expect(figures.secondsMin == 8 && figures.secondsMax == 12)
    #expect(!figures.isClean)
  }

  @Test func `margins are taken to the acceptance limit`() throws {
    let limit = ResolvedLimit(
      id: "cell-error", title: "", requirement: "SPEC-MEAS-02", basis: .project, source: "", low: -5, high: 5)
    var tally = PopulationTally(
      figures: PopulationFigures(procedure: 0, chemistry: .lfp, cellCount: 24, seed: 0, planned: 3))
    for (seed, value) in [0, 4.5, -1].enumerated() {
      let measurement = Measurement(
        step: "cells", name: "cell-error", dimension: .voltage, observation: .number(value), uncertainty: 1,
        limit: limit, rule: DecisionRule(name: "", guardFactor: 1), outcome: .pass)
      tally.add(
        StudyRun(StudyResult(index: seed, verdict: .pass, reason: ""), [measurement]), unit: "U",
        seed: UInt64(seed), replay: "")
    }
    let margin = try #require(tally.report.margins.first)
    // 4.5 lies 0.5 inside the limit and 0.5 outside the guarded one, of a half window of 5.
    let share: Double = margin.closest.share
    #expect((share + 0.1).magnitude < 1e-12)
    #expect(margin.closest.seed == 1)
    let mean: Double = try #require(margin.high?.mean)
    let expected: Double = 1 - 3.5 / 15
    #expect((mean - expected).magnitude < 1e-12)
    #expect(margin.guardBand == 0.2 && margin.closest.guardBand == 1)
  }
}
