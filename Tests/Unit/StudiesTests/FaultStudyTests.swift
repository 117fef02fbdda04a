import Foundation
import Model
import Testing

@testable import Studies

@Suite struct `Study of faults` {
  private func study(
    _ catalogue: SmallCatalogue, seeds: ClosedRange<UInt64> = 1...40, jobs: Int = 2,
    units: [String] = ["good"]
  ) throws -> FaultStudy {
    let (study, findings) = FaultStudy.check(
      catalogue.request(jobs: jobs), seeds: Array(seeds), words: "\(seeds)", units: units)
    return try #require(study, "\(findings)")
  }

  private func words(_ report: FaultStudyReport) -> String {
    report.violations.map { "\($0.seed): \($0.words.joined(separator: "; ")): \($0.faults)" }
      .joined(separator: "\n")
  }

  @Test func `nothing that must not happen comes of faults in a short procedure`() throws {
    let report = try study(try SmallCatalogue()).run { _ in }
    #expect(report.done == 40 && report.isClean, "\(words(report))")
    // The faults do strike: not every run passes, and not every run is spoiled.
    #expect((report.verdicts["pass"] ?? 0) > 5 && (report.verdicts["error"] ?? 0) > 5, "\(report.verdicts)")
    #expect(report.kinds.reduce(0) { $0 + $1.struck } > 20)
  }

  @Test func `the number of threads changes nothing`() throws {
    let catalogue = try SmallCatalogue()
    let one = try study(catalogue, seeds: 41...48, jobs: 1).run { _ in }
    #expect(try study(catalogue, seeds: 41...48, jobs: 3).run { _ in } == one)
  }

  @Test func `a bad unit does not pass for the faults around it`() throws {
    let catalogue = try SmallCatalogue()
    let report = try study(
      catalogue, seeds: 1...12, units: [catalogue.path("units/assembly/caught.yaml")]
    ).run { _ in }
    #expect(report.verdicts["pass"] == nil && report.verdicts["fail"] != nil, "\(report.verdicts)")
    #expect(report.isClean, "\(words(report))")
  }

  @Test func `one seed gives the same faults again, and another gives others`() throws {
    let study = try study(try SmallCatalogue())
    let first = study.perform(17)
    #expect(study.perform(17).run.record == first.run.record)
    #expect(study.perform(18).run.faults != first.run.faults)
  }
}
