import Engine
import Model
import Quantities
import Testing

private func limitCase(
  _ rule: LimitRule, nominal: Double? = nil, chemistries: [Chemistry] = [], workflows: [Workflow] = []
) -> LimitCase {
  LimitCase(
    requirement: "SPEC-MEAS-02", chemistries: chemistries, workflows: workflows, nominal: nominal, rule: rule,
    basis: .project, source: "ours")
}

private func resolver(
  _ cases: [LimitCase], chemistry: Chemistry = .lfp, workflow: Workflow = .endOfLine
) -> LimitResolver {
  let limit = LimitDefinition(id: "trip", title: "Trip", dimension: .voltage, cases: cases)
  return LimitResolver(
    specification: Specification(
      model: "EK", ratedCurrent: 300, document: "manual", requirements: [], limits: [limit]),
    chemistry: chemistry, workflow: workflow)
}

@Suite struct `Limits` {
  @Test func `of a window are taken as they are`() throws {
    let limit = try #require(
      resolver([limitCase(.window(low: 3.6, high: nil))]).resolve("trip", nominal: nil))
    #expect(limit.low == 3.6 && limit.high == nil && limit.expected == nil)
    #expect(limit.requirement == "SPEC-MEAS-02" && limit.basis == .project && limit.title == "Trip")
  }

  @Test func `of a tolerance take the sum of both parts or the larger one`() throws {
    let sum = resolver([limitCase(.tolerance(absolute: 0.5, relative: 0.125, larger: false))])
    let larger = resolver([limitCase(.tolerance(absolute: 0.5, relative: 0.125, larger: true))])
    let wide = try #require(sum.resolve("trip", nominal: .number(8)))
    #expect(wide.low == 6.5 && wide.high == 9.5)
    let relative = try #require(larger.resolve("trip", nominal: .number(8)))
    #expect(relative.low == 7 && relative.high == 9)
    let absolute = try #require(larger.resolve("trip", nominal: .number(2)))
    #expect(absolute.low == 1.5 && absolute.high == 2.5)
  }

  @Test func `of a tolerance lie around a negative nominal, too`() throws {
    let limit = try #require(
      resolver([limitCase(.tolerance(absolute: 0, relative: 0.25, larger: false))])
        .resolve("trip", nominal: .number(-8)))
    #expect(limit.low == -10 && limit.high == -6)
  }

  @Test func `prefer the nominal of the moment to the written one`() throws {
    let limits = resolver([limitCase(.tolerance(absolute: 1, relative: 0, larger: false), nominal: 5)])
    #expect(try #require(limits.resolve("trip", nominal: nil)).low == 4)
    #expect(try #require(limits.resolve("trip", nominal: .number(8))).low == 7)
  }

  @Test(arguments: [nil, .number(.nan), .number(.infinity), .text("8")] as [Nominal?])
  func `of a tolerance without a number to lie around cannot be resolved`(_ nominal: Nominal?) {
    let limits = resolver([limitCase(.tolerance(absolute: 1, relative: 0, larger: false))])
    #expect(limits.resolve("trip", nominal: nominal) == nil)
  }

  @Test(arguments: [(OpenSide.below, nil, 9.5), (.above, 6.5, nil)] as [(OpenSide, Double?, Double?)])
  func `of a tolerance can be open on one side`(open: OpenSide, low: Double?, high: Double?) throws {
    let limits = resolver([limitCase(.tolerance(absolute: 1.5, relative: 0, larger: true, open: open))])
    let limit = try #require(limits.resolve("trip", nominal: .number(8)))
    #expect(limit.low == low && limit.high == high)
  }

  @Test func `that only ask for a record take any value, and none for nothing`() throws {
    let limit = try #require(
      resolver([limitCase(.recorded, nominal: 120)]).resolve("trip", nominal: nil))
    #expect(limit.recorded && limit.nominal == 120 && limit.low == nil && limit.expected == nil)
    let rule = DecisionRule(name: "w", guardFactor: 1)
    func outcome(_ observation: Observation) -> Outcome {
      Judge.outcome(of: observation, uncertainty: nil, against: limit, rule: rule)
    }
    #expect(outcome(.number(500)) == .information)
    #expect(outcome(.text("SW-2.0.0")) == .information && outcome(.flag(false)) == .information)
    for nothing: Observation in [
      .missing("no answer"), .text(" "), .text(""), .number(.nan), .number(9.91e37),
    ] {
      #expect(outcome(nothing) == .notMeasured)
    }
  }

  @Test func `carry what else they verify and the decisions they rest on`() throws {
    var one = limitCase(.window(low: 1, high: 2))
    one.also = [
      AlsoVerified(requirement: "SPEC-A-01"),
      AlsoVerified(requirement: "SPEC-A-02", workflows: [.endOfLine], reach: .allCells),
    ]
    one.conflicts = ["C-08"]
    let limit = LimitDefinition(id: "trip", title: "Trip", dimension: .voltage, cases: [one])
    let conflict = SpecificationConflict(id: "C-08", place: "1, 2", gap: "two words", decision: "the first")
    let specification = Specification(
      model: "EK", ratedCurrent: 300, document: "manual", requirements: [], limits: [limit],
      conflicts: [conflict])
    let line = LimitResolver(specification: specification, chemistry: .lfp, workflow: .endOfLine)
    #expect(line.resolve("trip", nominal: nil)?.also == ["SPEC-A-01"])
    let all = try #require(line.resolve("trip", nominal: nil, reach: [.allCells]))
    #expect(all.also == ["SPEC-A-01", "SPEC-A-02"])
    #expect(all.conflicts == [ConflictDecision(id: "C-08", decision: "the first")])
    let incoming = LimitResolver(specification: specification, chemistry: .lfp, workflow: .incoming)
    #expect(incoming.resolve("trip", nominal: nil, reach: [.allCells])?.also == ["SPEC-A-01"])
  }

  @Test func `can be texts, written or given`() {
    #expect(resolver([limitCase(.equals("steady"))]).resolve("trip", nominal: nil)?.expected == "steady")
    let given = resolver([limitCase(.matchesNominal)])
    #expect(given.resolve("trip", nominal: .text("EK-1"))?.expected == "EK-1")
    #expect(given.resolve("trip", nominal: nil) == nil)
  }

  @Test func `that match a given number accept exactly that number`() throws {
    let limit = try #require(resolver([limitCase(.matchesNominal)]).resolve("trip", nominal: .number(3.65)))
    let rule = DecisionRule(name: "w", guardFactor: 1)
    #expect(Judge.outcome(of: .number(3.65), uncertainty: 0, against: limit, rule: rule) == .pass)
    #expect(Judge.outcome(of: .number(3.651), uncertainty: 0, against: limit, rule: rule) == .fail)
  }

  @Test func `hold for their chemistry and workflow only, the first that fits`() {
    let cases = [
      limitCase(.window(low: 1, high: nil), chemistries: [.lto]),
      limitCase(.window(low: 2, high: nil), workflows: [.incoming]), limitCase(.window(low: 3, high: nil)),
    ]
    #expect(resolver(cases, chemistry: .lto).window("trip")?.low == 1)
    #expect(resolver(cases, workflow: .incoming).window("trip")?.low == 2)
    #expect(resolver(cases).window("trip")?.low == 3)
    #expect(resolver([cases[0]]).resolve("trip", nominal: nil) == nil)
  }

  @Test func `give their nominal in workflows without a tolerance of their own`() {
    let cases = [
      limitCase(.window(low: 1, high: 2), nominal: 2.7, chemistries: [.lto]),
      limitCase(.window(low: 3, high: 4), nominal: 3.65, chemistries: [.lfp], workflows: [.incoming]),
    ]
    #expect(resolver(cases).nominal("trip") == 3.65)
    #expect(resolver(cases, chemistry: .ncm).nominal("trip") == nil)
  }

  @Test func `nobody wrote are unknown`() {
    let limits = resolver([])
    #expect(limits.definition("other") == nil && limits.resolve("other", nominal: .number(1)) == nil)
    #expect(limits.nominal("other") == nil && limits.window("other") == nil)
  }
}
