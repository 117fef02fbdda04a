import Capabilities
import Ports
import Testing

@testable import Engine

/// What running time and power-on count prove about a unit that was not heard for a while.
@Suite struct RestartEvidenceTests {
  private func heard(_ count: Int, _ uptime: Int, at seconds: Double) -> UnitRunning {
    UnitRunning(address: "A", powerOnCount: count, uptimeSeconds: uptime, at: .start + .seconds(seconds))
  }

  private func restarted(_ before: UnitRunning, _ after: UnitRunning) -> Bool {
    if case .restarted = RestartEvidence.compare(before, after) { true } else { false }
  }

  @Test(arguments: [0.5, 3, 40, 900])
  func `a unit whose running time goes on did not restart`(_ gap: Double) {
    #expect(!restarted(heard(3, 100, at: 200), heard(3, 100 + Int(gap), at: 200 + gap)))
  }

  @Test func `running time that fell is a new start, with or without a count`() {
    #expect(restarted(heard(3, 98, at: 100), heard(4, 3, at: 106)))
    #expect(restarted(heard(0, 98, at: 100), heard(0, 3, at: 106)))
  }

  @Test func `soon after a start only the count tells`() {
    #expect(restarted(heard(3, 2, at: 10), heard(4, 4, at: 18)))
    #expect(!restarted(heard(3, 2, at: 10), heard(3, 4, at: 18)))
  }

  @Test func `a count that rises while running time goes on accuses nobody`() {
    #expect(!restarted(heard(3, 98, at: 100), heard(4, 104, at: 106)))
  }

  @Test(arguments: [(98, 97), (98, 98), (0, 0)])
  func `a clock that stands still or is a second off is no restart`(_ before: Int, _ after: Int) {
    #expect(!restarted(heard(3, before, at: 100), heard(3, after, at: 108)))
  }

  @Test func `the words name what was seen and what was expected`() {
    guard case .restarted(let words) = RestartEvidence.compare(heard(3, 98, at: 100), heard(4, 3, at: 106))
    else {
      Issue.record("no restart")
      return
    }
    #expect(words == "running time 3 s, expected 104 s, power-on count 3, then 4", "\(words)")
  }
}
