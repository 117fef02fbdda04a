import Engine
import Model
import Testing

/// No limit of the specification lets a broken reading pass, whatever the rule.
@Suite struct BrokenReadingScenarios {
  static let broken: [(String, Observation)] = [
    ("not a number", .number(.nan)), ("infinite", .number(.infinity)),
    ("minus infinite", .number(-.infinity)),
    ("overload", .number(9.9e37)), ("negative overload", .number(-9.9e37)),
    ("IEEE 488.2 not a number", .number(9.91e37)),
    ("missing", .missing("no answer")), ("stale", .missing("older than the stimulus")),
    ("text for a number", .text("3.3 V")), ("empty text", .text("")),
    ("reading of not a number", Observation(reading: .nan)),
    ("reading of overload", Observation(reading: 9.9e37)),
  ]

  @Test(arguments: Chemistry.allCases)
  func `broken readings never pass against any limit`(_ chemistry: Chemistry) throws {
    let specification = Scenario().checkedRun.specification.specification
    for workflow in Workflow.allCases {
      let limits = LimitResolver(specification: specification, chemistry: chemistry, workflow: workflow)
      for definition in specification.limits {
        for nominal in [Nominal.number(1), .number(.nan), .number(.infinity), .text("x")] {
          guard let limit = limits.resolve(definition.id, nominal: nominal) else { continue }
          for (name, observation) in Self.broken {
            let outcome = Judge.outcome(
              of: observation, uncertainty: 0, against: limit,
              rule: DecisionRule(name: "none", guardFactor: 0))
            #expect(outcome != .pass, "\(name) passes \(definition.id)")
          }
        }
      }
    }
  }

  @Test(arguments: [nil, .nan, .infinity, -1] as [Double?])
  func `a number without a usable uncertainty never passes`(_ uncertainty: Double?) throws {
    let limit = ResolvedLimit(
      id: "x", title: "x", requirement: "SPEC-X", basis: .project, source: "", low: -1, high: 1)
    let outcome = Judge.outcome(
      of: .number(0), uncertainty: uncertainty, against: limit, rule: DecisionRule(name: "U", guardFactor: 1))
    #expect(outcome == .notMeasured)
  }
}
