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
        + "'matches: nominal')"
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
  ])
  func `a slip is found where it stands`(old: String, new: String, finding: String) throws {
    let found = try findings(old, new)
    #expect(found.contains(finding), "\(found)")
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
