import Engine
import Model
import Quantities
import Testing

private func limit(_ low: Double?, _ high: Double?, expected: String? = nil) -> ResolvedLimit {
  ResolvedLimit(
    id: "trip", title: "Trip", requirement: "SPEC-OVP-01", basis: .vendor, source: "7.1-1", low: low,
    high: high,
    expected: expected)
}

private func judge(
  _ observation: Observation, _ uncertainty: Double?, _ limit: ResolvedLimit, factor: Double = 1
) -> Outcome {
  Judge.outcome(
    of: observation, uncertainty: uncertainty, against: limit,
    rule: DecisionRule(name: "w", guardFactor: factor))
}

struct Case: Sendable, CustomStringConvertible {
  let value: Double
  let low: Double?
  let high: Double?
  let uncertainty: Double
  let factor: Double
  let outcome: Outcome
  init(
    _ value: Double, _ low: Double?, _ high: Double?, u uncertainty: Double, factor: Double = 1,
    _ outcome: Outcome
  ) {
    self.value = value
    self.low = low
    self.high = high
    self.uncertainty = uncertainty
    self.factor = factor
    self.outcome = outcome
  }
  var description: String {
    "\(value) in \(low as Any) … \(high as Any), U \(uncertainty) × \(factor): \(outcome)"
  }

  // Numbers are multiples of powers of two, so that edges are exact.
  static let all = [
    Case(5, 4, 8, u: 0, .pass), Case(4, 4, 8, u: 0, .pass), Case(8, 4, 8, u: 0, .pass),
    Case(3.75, 4, 8, u: 0, .fail), Case(8.25, 4, 8, u: 0, .fail),
    // Guard band 0.5: accepted from 4.5 to 7.5, rejected below 3.5 and above 8.5.
    Case(4.5, 4, 8, u: 0.5, .pass), Case(7.5, 4, 8, u: 0.5, .pass),
    Case(4.25, 4, 8, u: 0.5, .inconclusive), Case(3.75, 4, 8, u: 0.5, .inconclusive),
    Case(3.5, 4, 8, u: 0.5, .inconclusive), Case(8.5, 4, 8, u: 0.5, .inconclusive),
    Case(3.25, 4, 8, u: 0.5, .fail), Case(8.75, 4, 8, u: 0.5, .fail),
    // The factor widens and narrows it.
    Case(4.25, 4, 8, u: 0.5, factor: 0.5, .pass), Case(4.25, 4, 8, u: 0.5, factor: 2, .inconclusive),
    Case(4, 4, 8, u: 0.5, factor: 0, .pass), Case(3.75, 4, 8, u: 0.5, factor: 0, .fail),
    // One side open.
    Case(1e6, 4, nil, u: 0.5, .pass), Case(4.25, 4, nil, u: 0.5, .inconclusive),
    Case(3.25, 4, nil, u: 0.5, .fail),
    Case(-1e6, nil, 8, u: 0.5, .pass), Case(8.25, nil, 8, u: 0.5, .inconclusive),
    Case(8.75, nil, 8, u: 0.5, .fail),
    // A window narrower than twice the guard band: nothing can pass, far away still fails.
    Case(4.25, 4, 4.5, u: 0.5, .inconclusive), Case(4.5, 4, 4.5, u: 0.5, .inconclusive),
    Case(3.25, 4, 4.5, u: 0.5, .fail), Case(5.25, 4, 4.5, u: 0.5, .fail),
    // Below zero.
    Case(-5, -8, -4, u: 0.5, .pass), Case(-8.25, -8, -4, u: 0.5, .inconclusive),
    Case(-9, -8, -4, u: 0.5, .fail),
  ]
}

@Suite struct `A number against a window` {
  @Test(arguments: Case.all) func `is decided with the guard band on both sides of each limit`(_ c: Case) {
    #expect(judge(.number(c.value), c.uncertainty, limit(c.low, c.high), factor: c.factor) == c.outcome)
  }

  @Test(arguments: [
    Double.nan, .signalingNaN, .infinity, -.infinity, 9.9e37, -9.9e37, 9.91e37, 1e38,
    .greatestFiniteMagnitude,
  ])
  func `never counts when it is an overload or no number`(_ value: Double) {
    for limit in [limit(4, 8), limit(nil, 8), limit(4, nil), limit(nil, nil), limit(nil, nil, expected: "5")]
    {
      #expect(judge(.number(value), 0, limit) == .notMeasured)
      #expect(judge(.init(reading: value), 0, limit) == .notMeasured)
    }
  }

  @Test(arguments: [nil, Double.nan, .infinity, -0.001, -.infinity] as [Double?])
  func `cannot be decided without an honest uncertainty`(_ uncertainty: Double?) {
    for value in [0, 5, 9, -1e30] { #expect(judge(.number(value), uncertainty, limit(4, 8)) == .notMeasured) }
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity]) func `never passes a limit that is no number`(
    _ edge: Double
  ) {
    for value in [-1e30, 0, 5, 1e30] {
      #expect(judge(.number(value), 0, limit(edge, 8)) == .notMeasured)
      #expect(judge(.number(value), 0, limit(4, edge)) == .notMeasured)
      #expect(judge(.number(value), 0, limit(edge, edge)) == .notMeasured)
      #expect(judge(.number(value), 0, limit(4, 8), factor: edge) == .notMeasured)
    }
  }

  @Test func `cannot pass where both sides are open`() {
    #expect(judge(.number(5), 0, limit(nil, nil)) == .notMeasured)
  }

  @Test func `cannot pass a window that is the wrong way round`() {
    for value in [3.0, 4, 5, 8, 9] { #expect(judge(.number(value), 0, limit(8, 4)) != .pass) }
  }
}

@Suite struct `A wait that ended without what was waited for` {
  @Test func `fails when it was longer than the limit allows, and never passes below it`() {
    #expect(judge(.atLeast(9), 0.5, limit(nil, 8)) == .fail)
    #expect(judge(.atLeast(9), 0.5, limit(4, 8)) == .fail)
    for waited in [0, 2, 4, 6, 8, 8.5] {
      #expect(judge(.atLeast(waited), 0.5, limit(nil, 8)) == .notMeasured)
      #expect(judge(.atLeast(waited), 0.5, limit(4, 8)) == .notMeasured)
    }
  }

  @Test func `passes a least time that is over, and fails none that is not`() {
    #expect(judge(.atLeast(5), 0.5, limit(4, nil)) == .pass)
    for waited in [0, 3, 4.25] { #expect(judge(.atLeast(waited), 0.5, limit(4, nil)) == .notMeasured) }
  }

  @Test(arguments: [Double.nan, .infinity, 9.9e37]) func `is nothing when it is no number`(_ waited: Double) {
    for limit in [limit(nil, 8), limit(4, nil), limit(nil, nil), limit(nil, nil, expected: "5")] {
      #expect(judge(.atLeast(waited), 0, limit) == .notMeasured)
    }
  }
}

@Suite struct `An exact observation` {
  @Test func `passes only when it matches`() {
    #expect(judge(.text("EK-B24"), nil, limit(nil, nil, expected: "EK-B24")) == .pass)
    #expect(judge(.text("ek-b24"), nil, limit(nil, nil, expected: "EK-B24")) == .fail)
    #expect(judge(.flag(true), nil, limit(nil, nil, expected: "true")) == .pass)
    #expect(judge(.flag(false), nil, limit(nil, nil, expected: "true")) == .fail)
    #expect(judge(.number(24), nil, limit(nil, nil, expected: "24")) == .pass)
    #expect(judge(.number(23), nil, limit(nil, nil, expected: "24")) == .fail)
  }

  @Test func `is not measured when limit and observation are of different kinds`() {
    #expect(judge(.text("5"), 0, limit(4, 8)) == .notMeasured)
    #expect(judge(.flag(true), 0, limit(0, 8)) == .notMeasured)
    #expect(judge(.number(1), 0, limit(nil, nil, expected: "steady")) == .notMeasured)
    #expect(judge(.missing("overload"), 0, limit(nil, nil, expected: "overload")) == .notMeasured)
    #expect(judge(.missing("stale"), 0, limit(4, 8)) == .notMeasured)
  }
}

@Suite struct `The verdict` {
  static func facts(_ outcomes: [Outcome], error: String? = nil, stop: String? = nil) -> RunFacts {
    var facts = RunFacts()
    for outcome in outcomes {
      facts.add(
        Measurement(step: "s", name: "m", dimension: .voltage, observation: .number(1), outcome: outcome))
    }
    facts.rigErrors = error.map { [$0] } ?? []
    facts.stopReason = stop
    return facts
  }

  @Test func `is the most serious thing that happened`() {
    func verdict(_ outcomes: [Outcome], error: String? = nil, stop: String? = nil) -> Verdict {
      Judge.verdict(Self.facts(outcomes, error: error, stop: stop)).verdict
    }
    #expect(verdict([.pass]) == .pass)
    #expect(verdict([.pass, .information, .notApplicable]) == .pass)
    #expect(verdict([.pass, .inconclusive]) == .inconclusive)
    #expect(verdict([.pass, .notMeasured]) == .inconclusive)
    #expect(verdict([.fail, .inconclusive, .notMeasured, .pass]) == .fail)
    #expect(verdict([.fail], error: "meter: dead") == .error)
    #expect(verdict([.fail], error: "meter: dead", stop: "cover open") == .aborted)
    #expect(verdict([.pass], stop: "Ctrl-C") == .aborted)
  }

  @Test func `is never a pass when nothing was judged`() {
    #expect(Judge.verdict(Self.facts([])).verdict == .inconclusive)
    #expect(Judge.verdict(Self.facts([.information, .notApplicable])).verdict == .inconclusive)
  }

  @Test func `names value and limit of what failed`() {
    var facts = RunFacts()
    facts.add(
      Measurement(
        step: "accuracy", name: "cell-error", channel: "cell 7", dimension: .voltage,
        observation: .number(0.025),
        limit: limit(-0.005, 0.005), outcome: .fail))
    #expect(Judge.verdict(facts).reason == "SPEC-OVP-01 cell-error cell 7: 25 mV, limit -5 mV … 5 mV")
  }

  @Test func `names the contradiction of the manual behind the limit`() {
    var facts = RunFacts()
    var judged = limit(-0.005, 0.005)
    judged.conflicts = [ConflictDecision(id: "C-08", decision: "five millivolts at the end of the line")]
    facts.add(
      Measurement(
        step: "accuracy", name: "cell-error", dimension: .voltage, observation: .number(0.025), limit: judged,
        outcome: .fail))
    #expect(
      Judge.verdict(facts).reason == "SPEC-OVP-01 cell-error: 25 mV, limit -5 mV … 5 mV, rests on C-08")
  }

  @Test func `stays readable when everything fails`() {
    let reason = Judge.verdict(Self.facts(Array(repeating: .fail, count: 10_000))).reason
    #expect(reason.count < 2000)
  }
}
