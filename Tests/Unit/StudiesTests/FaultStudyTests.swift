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

  @Test func `seeds beyond those that are shown are named with a command that repeats them`() throws {
    let study = try study(try SmallCatalogue())
    var found = study.perform(1)
    found.violations = ["something"]
    var report = try self.study(try SmallCatalogue(), seeds: 1...1).run { _ in }
    #expect(report.isClean && report.further.isEmpty)
    for seed in 1...UInt64(FaultStudyReport.violationsMax + 2) {
      found.seed = seed
      report.add(found, replay: "")
    }
    #expect(report.violated == 202 && report.violations.count == 200 && report.further == [201, 202])
    #expect(study.replay(report.further).contains(" --seeds 201,202 --show"))
  }

  @Test func `units that are nowhere are a finding`() throws {
    let catalogue = try SmallCatalogue()
    try FileManager.default.createDirectory(
      atPath: catalogue.path("empty"), withIntermediateDirectories: true)
    func findings(_ units: [String]) -> [String] {
      let (study, findings) = FaultStudy.check(catalogue.request(), seeds: [1], words: "1", units: units)
      return study == nil ? findings.map(\.description) : ["it runs"]
    }
    let empty = findings([catalogue.path("empty")])
    #expect(empty.count == 1 && empty[0].contains("/empty:1:1: the folder holds no unit file"), "\(empty)")
    #expect(findings(["good", catalogue.path("empty")]) == empty)
    #expect(findings([catalogue.path("nowhere.yaml")]).count == 1)
    // A procedure for 24 cells cannot be run with the 20 of this one; it alone leaves nothing to study.
    try catalogue.write("procedure.yaml", SmallCatalogue.procedure + SmallCatalogue.everyCount)
    let odd = catalogue.path("units/firmware/lto-only.yaml")
    #expect(findings([odd]).count == 1 && findings([odd])[0].contains("cannot be run with"))
    #expect(findings([odd, "good"]) == ["it runs"])
  }
}
