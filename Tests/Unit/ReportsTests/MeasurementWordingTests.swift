import Model
import Quantities
import Testing

@testable import Reports

@Suite struct MeasurementWordingTests {
  func text(
    _ observation: Observation, _ dimension: Dimension? = .voltage, low: Double? = nil, high: Double? = nil,
    expected: String? = nil, u: Double? = nil, outcome: Outcome = .pass
  ) -> MeasurementWording {
    MeasurementWording(
      Measurement(
        step: "s", name: "n", dimension: dimension, observation: observation, uncertainty: u,
        limit: ResolvedLimit(
          id: "", title: "", requirement: "", basis: .vendor, source: "", low: low, high: high,
          expected: expected),
        rule: DecisionRule(name: "w = U", guardFactor: 1), outcome: outcome))
  }

  @Test func `the uncertainty decides the digits of the value`() {
    #expect(text(.number(4.199_876_5), low: 4.1, high: 4.3, u: 0.0012).value == "4.1999 V")
    #expect(text(.number(4.199_876_5), low: 4.1, high: 4.3, u: 0.12).value == "4.20 V")
    #expect(text(.number(1234.5), .current, high: 2000, u: 25).value == "1235 A")
  }

  @Test func `value and limit share one unit`() {
    let small = text(.number(0.000_3), low: -0.005, high: 0.005, u: 0.000_08)
    #expect(small.value == "0.300 mV")
    #expect(small.limit == "±5 mV")
    #expect(text(.number(0.5), .ratio, low: 0.8).limit == "≥ 80 %")
    #expect(text(.number(24), .count, low: 24, high: 24).limit == "= 24")
  }

  @Test func `a value outside says by how much`() {
    #expect(text(.number(4.31), low: 4.1, high: 4.3).excess == "10 mV too high")
    #expect(text(.number(3.6), low: 4.1, high: 4.3).excess == "0.5 V too low")
    #expect(text(.number(4.2), low: 4.1, high: 4.3).excess == "")
  }

  @Test func `what is no number is said in words`() {
    #expect(text(.missing("overload"), outcome: .notMeasured).value == "not measured: overload")
    #expect(text(.missing("no sensor"), outcome: .notApplicable).value == "not applicable: no sensor")
    #expect(text(.flag(true), nil, expected: "true").limit == "= yes")
    #expect(text(.text(""), nil).value == "(empty)")
  }

  @Test func `durations read like a person says them`() {
    #expect(Words.duration(0.85) == "850 ms")
    #expect(Words.duration(12.44) == "12.4 s")
    #expect(Words.duration(59.97) == "1 min 00 s")
    #expect(Words.duration(125) == "2 min 05 s")
    #expect(Words.duration(3725) == "1 h 02 min")
  }
}
