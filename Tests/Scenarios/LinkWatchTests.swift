import Model
import Testing

/// A unit whose frames come damaged now and then: the look when the link was set up often sees none of them.
@Suite struct LinkWatchTests {
  /// With these seeds the first frames are good.
  @Test(arguments: [UInt64(3), 4])
  func `one damaged frame in sixteen fails at end of line whenever it shows`(_ seed: UInt64) throws {
    let result = try Scenario(seed: seed, unitFile: "checksum-errors").run()
    #expect(result.verdict == .fail, "\(result.complaints)")
    #expect(result.failedRequirements == ["SPEC-COM-02"], "\(result.complaints)")
    let damaged = try #require(result.record.measurements.first { $0.name == "damaged" })
    #expect(damaged.outcome == .fail && damaged.note.contains("damaged"), "\(result.complaints)")
  }

  @Test func `a unit whose damaged frames keep the modelled cells waiting is no error of the rig`() throws {
    let result = try Scenario(seed: 3, unitFile: "checksum-errors", procedure: "balance-convergence").run()
    #expect(result.verdict == .fail, "\(result.complaints)")
    #expect(result.failedRequirements == ["SPEC-COM-02"], "\(result.complaints)")
    #expect(result.record.errors.isEmpty, "\(result.complaints)")
  }

  @Test func `a good unit's frames are all there and whole`() throws {
    let result = try Scenario(procedure: "balance-convergence").run()
    let share = result.record.measurements.filter { ["damaged", "missing"].contains($0.name) }
    #expect(share.count == 2 && share.allSatisfy { $0.outcome == .pass && $0.observation == .number(0) })
  }
}
