import Documents
import Model
import Testing

@Suite struct ProcedureDocumentTests {
  static let text = """
    procedure: sample
    title: Sample
    revision: "1"
    workflow: EOL
    specification: Specification/ek-b24s8e300a.yaml
    unit: {chemistry: LFP, cells: 24}
    decision: {critical: {guard: 1.0}, other: {guard: 0.83}}
    expected-duration: 132 s
    phases:
      - phase: protection
        title: Protection
        steps:
          - step: trip-and-release
            id: overcharge-first
            title: Overcharge of cell 1
            on-fail: stop
            critical: yes
            measure: {trip: ovp-trip, delay: information}
            cell: 1
            approach: {from: 3.5 V, slope: 1 V/s}
          - step: accuracy
            id: accuracy-low
            title: Accuracy
            measure:
              cell-error: cell-error
    closing:
      phase: closing
      title: Restore
      steps:
        - {step: restore, id: restore, title: Restore settings, measure: {settings: settings-restored}}

    """

  func read(_ old: String = "", _ new: String = "") throws -> DocumentReading<ProcedureDocument> {
    let text = old.isEmpty ? Self.text : Self.text.replacing(old, with: new, maxReplacements: 1)
    #expect(old.isEmpty || text != Self.text)
    return ProcedureDocument.read(
      try #require(YAMLDocument.parse(text: text, file: "Procedures/p.yaml").value))
  }

  @Test func `steps keep what is theirs and leave the rest to their kind`() throws {
    let document = try #require(try read().value)
    let procedure = document.procedure
    #expect(document.specificationPath == "Procedures/Specification/ek-b24s8e300a.yaml")
    #expect(procedure.workflow == .endOfLine)
    #expect(procedure.chemistry == .lfp)
    #expect(procedure.cellCount == 24)
    #expect(procedure.criticalRule == DecisionRule(name: "guard band w = 1 U", guardFactor: 1))
    #expect(procedure.otherRule.name == "guard band w = 0.83 U")
    #expect(procedure.expectedDuration.base == 132)
    #expect(procedure.allPhases.map(\.name) == ["protection", "closing"])
    let steps = procedure.phases[0].steps
    #expect(steps[0].kind == "trip-and-release")
    #expect(steps[0].critical)
    #expect(steps[0].onFail == .stop)
    #expect(steps[0].parameters.map(\.key) == ["cell", "approach"])
    #expect(steps[0].kindPlace == SourcePlace(file: "Procedures/p.yaml", line: 13, column: 15))
    #expect(steps[0].measure.map(\.name) == ["trip", "delay"])
    #expect(
      steps[0].measure[0].use
        == .limit("ovp-trip", SourcePlace(file: "Procedures/p.yaml", line: 18, column: 25)))
    #expect(steps[0].measure[1].use == .information)
    #expect(steps[1].onFail == .goOn)
    #expect(!steps[1].critical)
  }

  @Test(arguments: [
    ("id: accuracy-low", "id: restore", "step id 'restore' is used in line 22 already"),
    ("phase: closing", "phase: protection", "phase 'protection' stands twice"),
    ("workflow: EOL", "workflow: eol", "'workflow': 'eol' is not known here"),
    ("cells: 24", "cells: 25", "'cells': '25' is outside 16 … 24"),
    (
      "{chemistry: LFP, cells: 24}", "{chemistry: LTO, cells: 16}",
      "LTO units have 20 to 24 cells (manual section 2)"
    ),
    ("on-fail: stop", "on-fail: halt", "'on-fail': 'halt' is not known here"),
    ("critical: yes", "critical: very", "'critical': 'very' is neither yes nor no"),
    ("guard: 0.83", "guard: -1", "'guard': '-1' is outside 0 … 3"),
    (
      "expected-duration: 132 s", "expected-duration: 132",
      "'expected-duration': '132' has no unit, expected a time"
    ),
    ("        id: overcharge-first\n", "", "key 'id' is missing"),
    ("revision: \"1\"\n", "", "key 'revision' is missing"),
    ("title: Sample", "tilte: Sample", "unknown key 'tilte'"),
    (
      "measure: {trip: ovp-trip, delay: information}", "measure: ovp-trip",
      "'measure' is 'ovp-trip', expected a table of keys"
    ),
    (
      "{step: restore, id: restore, title: Restore settings, measure: {settings: settings-restored}}",
      "restore", "a step is 'restore', expected a table of keys"
    ),
  ])
  func `a slip is found`(old: String, new: String, message: String) throws {
    let reading = try read(old, new)
    #expect(reading.value == nil)
    #expect(reading.findings.contains { $0.message == message }, "\(reading.findings)")
  }

  @Test func `limits are looked up for the chemistry and workflow of the procedure`() throws {
    let specification = try SpecificationFileTests.specification("300")
    #expect(try #require(try read().value).limitFindings(in: specification) == [])
    let slip = try #require(try read("ovp-trip", "ovp-tripp").value)
    #expect(
      slip.limitFindings(in: specification).map(\.description) == [
        "Procedures/p.yaml:18:25: the specification has no limit 'ovp-tripp' (did you mean 'ovp-trip'?)"
      ])
    var narrow = specification
    for index in narrow.limits.indices where narrow.limits[index].id == "ovp-trip" {
      narrow.limits[index].cases.removeAll { $0.workflows.contains(.designValidation) }
    }
    let validation = try #require(try read("workflow: EOL", "workflow: DV").value)
    #expect(
      validation.limitFindings(in: narrow).map(\.message) == ["limit 'ovp-trip' has no case for LFP in DV"])
  }
}
