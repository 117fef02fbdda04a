import Documents
import Model
import Rigging
import Testing

/// The rules of the conformance matrix on small documents.
@Suite struct `A requirement` {
  static let specification = """
    specification: X
    document: {title: Manual, version: V1, date: "2025-05-17"}
    rated-current: 300 A
    requirements:
      - {id: SPEC-A-01, title: A, section: "1", value: text, workflows: [EOL, DV]}
      - {id: SPEC-A-02, title: B, section: "1", value: text, workflows: ["EOL(1pt)", DV]}
      - {id: SPEC-A-03, title: C, section: "1", value: text, workflows: [DV], follows: [SPEC-A-01, SPEC-A-02]}
      - {id: SPEC-A-04, title: D, section: "1", value: text, workflows: [EOL], unverified: {EOL: takes a day}}
      - {id: SPEC-A-05, title: E, section: "1", value: text, unverified: not about the unit}
      - {id: SPEC-A-06, title: F, section: "1", value: text, workflows: [EOL]}
    limits:
      a-limit:
        title: A
        dimension: voltage
        also: [SPEC-A-02 in EOL, SPEC-A-02 in DV for all-cells]
        cases: [{requirement: SPEC-A-01, low: 1 V, basis: vendor, source: section 1}]
      d-limit:
        title: D
        dimension: voltage
        cases: [{requirement: SPEC-A-04, chemistry: [LTO], record: yes, basis: vendor, source: section 1}]
      stored-limit:
        title: F
        dimension: current
        cases: [{requirement: SPEC-A-06, nominal: 10 A, low: 10 A, high: 10 A, basis: vendor, source: section 1}]
      wide-limit:
        title: F
        dimension: current
        cases: [{requirement: SPEC-A-06, nominal: 10 A, low: 9 A, high: 11 A, basis: vendor, source: section 1}]

    """

  static func rows(_ workflow: String, _ steps: String) throws -> [String: CoverageMatrix.Row] {
    let document = try #require(YAMLDocument.parse(text: specification, file: "s.yaml").value)
    let reading = SpecificationDocument.read(document)
    #expect(reading.findings == [])
    let indented = steps.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n")
    let text = """
      procedure: p
      title: P
      revision: "1"
      workflow: \(workflow)
      specification: s.yaml
      unit: {chemistry: LFP, cells: 24}
      decision: {critical: {guard: 1.0}, other: {guard: 1.0}}
      expected-duration: 60 s
      phases:
        - phase: only
          title: Only
          steps:
      \(indented)

      """
    let plan = ProcedureDocument.read(
      try #require(YAMLDocument.parse(text: text, file: "p.yaml").value))
    #expect(plan.findings == [])
    let computation = CoverageComputation(
      specification: try #require(reading.value).specification,
      procedures: [try #require(plan.value).procedure])
    return Dictionary(uniqueKeysWithValues: computation.rows().map { ($0.requirement.id, $0) })
  }

  static func reading(_ use: String) -> String {
    """
    - step: channel-reading
      id: look
      title: Look
      role: pack-voltage
      measure: {reading: \(use)}
    """
  }

  func cell(_ id: String, _ workflow: Workflow, _ rows: [String: CoverageMatrix.Row]) throws
    -> CoverageMatrix.Cell
  {
    try #require(rows[id]?.cells.first { $0.workflow == workflow })
  }

  @Test func `is verified by the step whose limit leads to it, and open without it`() throws {
    let rows = try Self.rows("EOL", Self.reading("a-limit"))
    let found = try cell("SPEC-A-01", .endOfLine, rows)
    #expect(found.state == .verified)
    #expect(found.evidence.map(\.step) == ["look"] && found.evidence.map(\.measurement) == ["reading"])
    #expect(found.evidence.first?.chemistries == Chemistry.allCases)
    #expect(try cell("SPEC-A-01", .designValidation, rows).state == .gap)
    #expect(try cell("SPEC-A-01", .incoming, rows).state == .notAsked)
  }

  @Test func `is not verified by information`() throws {
    let rows = try Self.rows("EOL", Self.reading("information"))
    #expect(try cell("SPEC-A-01", .endOfLine, rows).state == .gap)
    #expect(try cell("SPEC-A-01", .endOfLine, rows).evidence == [])
  }

  @Test func `is verified by another one's limit only where that says so`() throws {
    let line = try cell("SPEC-A-02", .endOfLine, Self.rows("EOL", Self.reading("a-limit")))
    #expect(line.state == .verified && line.form == "1pt" && line.evidence.map(\.kind) == [.also])
    let validation = try cell("SPEC-A-02", .designValidation, Self.rows("DV", Self.reading("a-limit")))
    #expect(validation.state == .gap)
  }

  @Test(arguments: [("[all]", CoverageMatrix.State.verified), ("[first, last]", .gap)])
  func `about every cell is verified by a step over every cell`(
    cells: String, state: CoverageMatrix.State
  ) throws {
    let rows = try Self.rows(
      "DV",
      """
      - step: voltage-protection
        id: trip
        title: Trip
        protection: overcharge
        cells: \(cells)
        measure: {trip: a-limit}
      """)
    #expect(try cell("SPEC-A-02", .designValidation, rows).state == state)
    #expect(try cell("SPEC-A-01", .designValidation, rows).state == .verified)
    // It consists of both, so one is not enough.
    #expect(try cell("SPEC-A-03", .designValidation, rows).state == state)
  }

  @Test func `with a written reason is no gap`() throws {
    let rows = try Self.rows("EOL", Self.reading("a-limit"))
    let found = try cell("SPEC-A-04", .endOfLine, rows)
    #expect(found.state == .reason && found.reason == "takes a day")
    #expect(rows["SPEC-A-05"]?.isUnexplained == false)
  }

  @Test func `whose reason is out of date says so`() throws {
    let found = try cell("SPEC-A-04", .endOfLine, Self.rows("EOL", Self.reading("d-limit")))
    #expect(found.state == .verified && found.isReasonOutOfDate)
    #expect(found.evidence.map(\.kind) == [.recorded])
    #expect(found.evidence.first?.chemistries == [.lto])
  }

  @Test func `that is verified where nobody asks is listed as extra`() throws {
    let rows = try Self.rows("INC", Self.reading("a-limit"))
    #expect(try cell("SPEC-A-01", .incoming, rows).state == .extra)
  }

  @Test(arguments: [("stored-limit", CoverageMatrix.State.verified), ("wide-limit", .gap)])
  func `about a stored value is verified by the archive, about a threshold it is not`(
    limit: String, state: CoverageMatrix.State
  ) throws {
    let rows = try Self.rows(
      "EOL",
      """
      - step: settings-archive
        id: archive
        title: Archive
        defaults: {charge-overcurrent: \(limit)}
        measure: {stable: information, default: information, cell-count: information}
      """)
    #expect(try cell("SPEC-A-06", .endOfLine, rows).state == state)
  }
}
