import Capabilities
import Ports
import Testing

@testable import Steps

/// What counts as lost on a link that tells by itself, and on one that is asked.
@Suite struct LinkLogTests {
  private final class Ear: UnitBus {
    let profile = "scripted"
    let isProfileConfirmed = true
    let period: Double?
    init(period: Double?) { self.period = period }
    func tells(_ quantity: UnitBusQuantity) -> Bool { true }
    func nextFrame(deadline: WorldInstant) async throws(UnitLinkError) -> WorldInstant { deadline }
    func broadcast(after instant: WorldInstant, deadline: WorldInstant) async throws(UnitLinkError)
      -> UnitBroadcast
    { throw UnitLinkError(.noAnswer, attempted: "listen", cause: "scripted") }
  }

  private func loss(at seconds: [Double], until end: Double) -> [Double] {
    var log = LinkLog(.can, Ear(period: 1))
    log.samples = seconds.map { LinkSample(at: .start + .seconds($0)) }
    let (expected, lost) = log.loss(from: .start, to: .start + .seconds(end))
    return [expected, lost]
  }

  @Test func `a sender that keeps its period loses nothing, wherever the window begins`() {
    for phase in [0.01, 0.3, 0.5, 0.99] {
      #expect(loss(at: (0..<10).map { Double($0) + phase }, until: 10) == [10, 0], "phase \(phase)")
    }
    // Half a period late is not lost.
    #expect(loss(at: [0.5, 1.7, 2.4, 3.6], until: 4) == [4, 0])
  }

  @Test func `gaps are lost frames, at the ends of the window too`() {
    #expect(loss(at: [0.5, 1.5, 4.5, 5.5], until: 6) == [6, 2])
    #expect(loss(at: [0.5, 1.5], until: 10) == [10, 8])
    #expect(loss(at: [8.5, 9.5], until: 10) == [10, 8])
    #expect(loss(at: [], until: 10)[1] == 9)
  }

  @Test func `a port that is asked has lost what was not answered`() {
    var log = LinkLog(.rs485, Ear(period: nil))
    log.asked = 40
    log.unanswered = 3
    let (expected, lost) = log.loss(from: .start, to: .start + .seconds(20))
    #expect(expected == 40 && lost == 3)
  }
}
