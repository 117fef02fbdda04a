import Documents
import Model
import Testing

@Suite struct SpecificationDocumentTests {
  /// Findings after one replacement in a good file.
  func findings(_ old: String, _ new: String) throws -> [String] {
    let text = minimalSpecification.replacing(old, with: new)
    #expect(text != minimalSpecification)
    let document = try #require(YAMLDocument.parse(text: text, file: "s.yaml").value)
    return SpecificationDocument.read(document).findings.map(\.description)
  }

  @Test func `a good file has no findings`() throws {
    let document = try #require(YAMLDocument.parse(text: minimalSpecification, file: "s.yaml").value)
    let reading = SpecificationDocument.read(document)
    #expect(reading.findings == [])
    #expect(reading.value?.specification.limit("a-limit")?.cases.first?.nominal == 1)
    #expect(reading.value?.reference.revision == "V1")
  }

  @Test(arguments: [
    (
      "requirement: SPEC-A-01", "requirement: SPEC-A-02",
      "s.yaml:11:23: there is no requirement 'SPEC-A-02' (did you mean 'SPEC-A-01'?)"
    ),
    ("nominal: 1 V", "nominal: 2 V", "s.yaml:11:43: the nominal is above the upper limit"),
    (
      "low: 0.9 V", "low: 1.2 V",
      "s.yaml:11:43: the nominal is below the lower limit"
    ),
    (
      "low: 0.9 V", "low: 0.9 A",
      "s.yaml:11:53: 'low': '0.9 A' is a current, expected a voltage (write e.g. '3.65 V' or '5 mV')"
    ),
    (
      "low: 0.9 V, high: 1.1 V,", "",
      "s.yaml:11:9: a case needs exactly one rule (write low and/or high, or within, or equals, or "
        + "'matches: nominal', or 'record: yes')"
    ),
    (
      "dimension: voltage", "dimension: voltag",
      "s.yaml:9:16: 'dimension': 'voltag' is not known here (did you mean 'voltage'?)"
    ),
    (
      "basis: vendor", "basis: ours",
      "s.yaml:11:80: 'basis': 'ours' is not known here (known: vendor, project)"
    ),
    (
      "low: 0.9 V, high: 1.1 V,", "within: {absolute: 1 V, relative: 5 %},",
      "s.yaml:11:56: a tolerance needs absolute, relative, or both with 'combine' "
        + "(write e.g. {absolute: 3 A, relative: 5 %, combine: larger})"
    ),
    (
      "basis: vendor", "also: [SPEC-A-03], basis: vendor",
      "s.yaml:11:79: there is no requirement 'SPEC-A-03' (did you mean 'SPEC-A-01'?)"
    ),
    (
      "basis: vendor", "also: [SPEC-A-01], basis: vendor",
      "s.yaml:11:79: a requirement is named twice (name each requirement of a case once)"
    ),
    (
      "basis: vendor", "also: [SPEC-A-01 at EOL], basis: vendor",
      "s.yaml:11:79: 'SPEC-A-01 at EOL' does not say which requirement is verified, and when (write e.g. "
        + "'SPEC-OVP-22', 'SPEC-OVP-22 in EOL' or 'SPEC-OVP-22 in DV for all-cells')"
    ),
    (
      "basis: vendor", "conflict: [C-01], basis: vendor",
      "s.yaml:11:83: there is no conflict 'C-01'"
    ),
    (
      "basis: vendor", "record: yes, basis: vendor",
      "s.yaml:11:9: a case needs exactly one rule (write low and/or high, or within, or equals, or "
        + "'matches: nominal', or 'record: yes')"
    ),
    (
      "value: text", "value: text, workflows: [EOL(1pt)], unverified: {DV: no chamber}",
      "s.yaml:5:94: SPEC-A-01 is not asked for in workflow DV (leave this reason out)"
    ),
    (
      "value: text", "value: text, unverified: {EOLs: no chamber}",
      "s.yaml:5:71: 'EOLs' is no workflow (known: EOL, INC, WAR, DV)"
    ),
    (
      "value: text", "value: text, unverified: \" \"",
      "s.yaml:5:70: the reason is empty (say why nothing can verify the requirement)"
    ),
  ])
  func `a slip is found where it stands`(old: String, new: String, finding: String) throws {
    let found = try findings(old, new)
    #expect(found.contains(finding), "\(found)")
  }

  /// The limit of a good file after one replacement.
  func limitCase(_ old: String, _ new: String) throws -> LimitCase {
    let text = minimalSpecification.replacing(old, with: new)
    let reading = SpecificationDocument.read(
      try #require(YAMLDocument.parse(text: text, file: "s.yaml").value))
    #expect(reading.findings == [])
    return try #require(reading.value?.specification.limit("a-limit")?.cases.first)
  }

  @Test func `a value can be asked for without being compared`() throws {
    let limit = try limitCase("low: 0.9 V, high: 1.1 V", "record: yes")
    #expect(limit.rule == .recorded && limit.nominal == 1)
  }

  @Test func `a tolerance can leave one side open`() throws {
    let limit = try limitCase("low: 0.9 V, high: 1.1 V", "within: {relative: 20 %, open: below}")
    #expect(limit.rule == .tolerance(absolute: 0, relative: 0.2, larger: true, open: .below))
  }

  @Test func `a limit verifies further requirements, for all cases or for one`() throws {
    let text = minimalSpecification.replacing(
      "  - {id: SPEC-A-01",
      with:
        "  - {id: SPEC-A-02, title: B, section: \"1\", value: text, unverified: the rig has no chamber}\n"
        + "  - {id: SPEC-A-03, title: C, section: \"1\", value: text, workflows: [DV], "
        + "unverified: {DV: no chamber}}\n  - {id: SPEC-A-01"
    ).replacing(
      "limits:",
      with: "conflicts: [{id: C-01, where: \"1\", gap: one, decision: other}, "
        + "{id: C-02, where: \"2\", gap: one, decision: other}]\nlimits:"
    )
    .replacing(
      "dimension: voltage",
      with: "dimension: voltage\n    also: [SPEC-A-02]\n    conflict: [C-01, C-02 in WAR]"
    )
    .replacing(
      "      - {requirement: SPEC-A-01, nominal",
      with: "      - {requirement: SPEC-A-01, workflows: [WAR], low: 0 V, basis: project, source: s}\n"
        + "      - {requirement: SPEC-A-01, nominal"
    )
    .replacing("basis: vendor", with: "also: [SPEC-A-03 in DV WAR for all-cells], basis: vendor")
    let reading = SpecificationDocument.read(
      try #require(YAMLDocument.parse(text: text, file: "s.yaml").value))
    #expect(reading.findings == [])
    let specification = try #require(reading.value).specification
    let cases = try #require(specification.limit("a-limit")?.cases)
    #expect(cases.map(\.conflicts) == [["C-01", "C-02"], ["C-01"]])
    let limit = try #require(cases.last)
    #expect(limit.also(in: .endOfLine, reach: [.allCells]) == ["SPEC-A-02"])
    #expect(limit.also(in: .warranty, reach: []) == ["SPEC-A-02"])
    #expect(limit.also(in: .warranty, reach: [.allCells]) == ["SPEC-A-02", "SPEC-A-03"])
    #expect(
      specification.requirement("SPEC-A-02")?.unverified.reason(for: .incoming) == "the rig has no chamber")
    #expect(specification.requirement("SPEC-A-03")?.unverified.reason(for: .designValidation) == "no chamber")
    #expect(specification.requirement("SPEC-A-03")?.unverified.reason(for: .endOfLine) == nil)
  }

  @Test func `a case that an earlier one hides is found`() throws {
    let line = "      - {requirement: SPEC-A-01, workflows: [EOL], low: 0 V, basis: project, source: ours}\n"
    let document = try #require(
      YAMLDocument.parse(text: minimalSpecification + line, file: "s.yaml").value)
    #expect(
      SpecificationDocument.read(document).findings.map(\.message) == [
        "this case of 'a-limit' can never hold"
      ])
  }

  @Test func `a variant cannot change what its base does not have`() throws {
    let base = try #require(YAMLDocument.parse(text: minimalSpecification, file: "b.yaml").value)
    let variant = try #require(
      YAMLDocument.parse(
        text: """
          specification: V
          extends: b.yaml
          rated-current: 200 A
          limits:
            a-limits:
              title: A
              cases:
                - {requirement: SPEC-A-01, equals: flashing, basis: vendor, source: section 5}
          """, file: "v.yaml"
      ).value)
    #expect(
      SpecificationDocument.read(variant, extending: base).findings.map(\.description) == [
        "v.yaml:6:5: the extended specification has no limit 'a-limits' (did you mean 'a-limit'?)"
      ])
  }
}
