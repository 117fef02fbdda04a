import Testing

@testable import Studies

@Suite struct `Clopper-Pearson bound` {
  /// Without events the bound is 1 - 0.05^(1/n), in closed form.
  @Test(arguments: [(1, 0.95), (10, 0.258866), (200, 0.014867), (10_000, 2.99528e-4)])
  func `of no event`(trials: Int, bound: Double) {
    let found = ClopperPearson.upperBound(events: 0, trials: trials)
    #expect((found - bound).magnitude < 1e-5 * max(bound, 0.1))
  }

  /// The upper end of the beta distribution's quantile, e.g. 1 of 10: Beta(0.95; 2, 9).
  @Test(arguments: [(1, 10, 0.394163), (2, 100, 0.061620), (5, 1000, 0.010484)])
  func `of some events`(events: Int, trials: Int, bound: Double) {
    #expect((ClopperPearson.upperBound(events: events, trials: trials) - bound).magnitude < 2e-5)
  }

  @Test func `is certain of nothing when all or none were tried`() {
    #expect(ClopperPearson.upperBound(events: 3, trials: 3) == 1)
    #expect(ClopperPearson.upperBound(events: 0, trials: 0) == 1)
  }
}
