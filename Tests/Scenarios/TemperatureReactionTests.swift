import Model
import Testing

/// The time until a temperature protection acts has a limit of its own.
@Suite struct TemperatureReactionTests {
  private static func hot(_ reaction: String) -> String {
    """
    - step: temperature-ladder
      id: hot
      title: Hot
      measure:
        charge-trip: otc-trip-bracket
        discharge-trip: otd-trip-bracket
        reaction: \(reaction)
      rungs:
        - {at: otc-trip, edge: low, charge: conducts, discharge: conducts, proves: [charge-trip, discharge-trip]}
        - {at: otc-trip, edge: high, charge: cut, discharge: cut, proves: [charge-trip, discharge-trip]}
    """
  }

  private static let late = """
    protections:
      charge-overtemperature: {delay-factor: 30}
      discharge-overtemperature: {delay-factor: 30}
    """

  @Test func `heat that is noticed late fails at its time and not at its threshold`() throws {
    let good = try StepRun(steps: Self.hot("temperature-delay")).run()
    #expect(good.verdict == .pass, "\(good.complaints)")
    let late = try StepRun(defect: Self.late, steps: Self.hot("temperature-delay")).run()
    #expect(late.failedRequirements == ["SPEC-TMP-23"], "\(late.complaints)")
    let reaction = try #require(late.measurements("reaction").first)
    guard case .number(let seconds) = reaction.observation else { return #expect(Bool(false), "\(reaction)") }
    #expect((14.0...18.0).contains(seconds))
    #expect(late.outcomes("charge-trip") == [.pass, .pass])
  }

  @Test func `where nobody judges the time a late trip is no trip`() throws {
    let late = try StepRun(defect: Self.late, steps: Self.hot("information")).run()
    #expect(late.failedRequirements == ["SPEC-OTC-01", "SPEC-OTD-01"], "\(late.complaints)")
  }

  @Test func `a protection that never acts fails at its threshold`() throws {
    let never = try StepRun(
      defect: "protections: {charge-overtemperature: {enabled: false}}", steps: Self.hot("temperature-delay")
    ).run()
    #expect(never.failedRequirements == ["SPEC-OTC-01"], "\(never.complaints)")
  }
}
