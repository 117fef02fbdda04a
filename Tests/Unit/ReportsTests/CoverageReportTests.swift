import Foundation
import Model
import Quantities
import Testing

@testable import Reports

/// The conformance matrix as people and programs read it.
@Suite struct CoverageReportTests {
  static func requirement(
    _ id: String, _ workflows: [String], unverified: UnverifiedReasons = .none
  ) -> Requirement {
    Requirement(
      id: id, title: "Title of \(id) <b>&", value: "", section: "2", tolerance: "", workflows: workflows,
      procedures: [], pass: "when it is met", defaultLimit: "", unverified: unverified)
  }

  static func evidence(
    _ step: String, _ measurement: String, chemistries: [Chemistry] = Chemistry.allCases,
    kind: CoverageMatrix.Evidence.Kind = .judged
  ) -> CoverageMatrix.Evidence {
    CoverageMatrix.Evidence(
      procedure: "end-of-line", step: step, stepTitle: "Title", measurement: measurement, limit: "a-limit",
      kind: kind, basis: .project, chemistries: chemistries, conflicts: ["C-08"])
  }

  static func cell(
    _ workflow: Workflow, _ state: CoverageMatrix.State, evidence: [CoverageMatrix.Evidence] = [],
    form: String = "", reason: String = ""
  ) -> CoverageMatrix.Cell {
    CoverageMatrix.Cell(
      workflow: workflow, state: state, form: form, evidence: evidence, follows: [], reason: reason)
  }

  static func matrix(_ workflows: [Workflow] = Workflow.allCases, open: Bool = true) -> CoverageMatrix {
    let trip = evidence("overcharge", "trips", chemistries: [.lfp])
    let cells: [[CoverageMatrix.Cell]] = [
      [
        cell(.endOfLine, .verified, evidence: [trip, evidence("overcharge", "delay")]),
        cell(.incoming, open ? .gap : .notAsked), cell(.warranty, .notAsked),
        cell(.designValidation, .extra, evidence: [evidence("search", "value", kind: .recorded)]),
      ],
      [
        cell(.endOfLine, .reason, form: "read", reason: "no interface is described in the manual"),
        cell(.incoming, .notAsked), cell(.warranty, .notAsked),
        cell(.designValidation, .reason, reason: "no interface is described in the manual"),
      ],
      Workflow.allCases.map { cell($0, .notAsked) },
    ]
    let requirements = [
      requirement("SPEC-OVP-01", open ? ["EOL", "INC"] : ["EOL"]),
      requirement("SPEC-COM-04", ["EOL(read)", "DV"]),
      requirement("SPEC-WAR-23", [], unverified: UnverifiedReasons(general: "a sentence about law")),
    ]
    let reference = DocumentReference(name: "X", revision: "V1", contentHash: SHA256.hex(of: [1]))
    return CoverageMatrix(
      model: "X", document: "Manual V1", specification: reference,
      procedures: [.init(title: "End-of-line test", workflow: .endOfLine, reference: reference)],
      workflows: workflows,
      rows: zip(requirements, cells).map { requirement, cells in
        .init(requirement: requirement, cells: cells.filter { workflows.contains($0.workflow) })
      })
  }

  // MARK: Terminal

  @Test func `the table counts steps, names gaps and gives reasons once`() {
    let lines = CoverageTable(Self.matrix()).lines
    let row = lines.first { $0.hasPrefix("SPEC-OVP-01") }?.split(separator: " ").prefix(5)
    #expect(row == ["SPEC-OVP-01", "1", "GAP", "-", "+1"])
    #expect(lines.contains { $0.contains("INC (1)") && $0.contains("SPEC-OVP-01") })
    let reasons = lines.filter { $0.contains("no interface is described") }
    #expect(reasons.count == 1 && reasons[0].contains("EOL (read), DV"))
    #expect(lines.contains { $0.contains("SPEC-WAR-23") && $0.contains("a sentence about law") })
    #expect(
      lines.contains { $0.hasPrefix("INC") && $0.contains("1 asked: 0 verified") && $0.contains("1 gaps") })
  }

  @Test func `the table of one workflow names steps, measurements and chemistries`() {
    let lines = CoverageTable(Self.matrix([.endOfLine])).lines
    #expect(lines.contains { $0.contains("end-of-line/overcharge: trips (LFP)") })
    #expect(lines.contains { $0.contains("end-of-line/overcharge: delay") && !$0.contains("(") })
    #expect(lines.contains { $0.contains("not verified: no interface is described") })
  }

  @Test func `no line is wider than 100 columns, and a complete matrix shows no gaps`() {
    var matrix = Self.matrix(open: false)
    matrix.rows[0].requirement.title = String(repeating: "long ", count: 60)
    for shown in [matrix, Self.matrix([.endOfLine])] {
      #expect(CoverageTable(shown).lines.allSatisfy { $0.count <= 100 })
    }
    #expect(!CoverageTable(matrix).lines.contains { $0.hasPrefix("Gaps") })
  }

  // MARK: Page

  private func page(_ matrix: CoverageMatrix) -> String {
    String(decoding: CoverageHTML(matrix).render(), as: UTF8.self)
  }

  @Test func `the page says on top how many gaps there are, and lists them`() {
    let open = page(Self.matrix())
    #expect(open.contains("1 GAP<") && open.contains("id=\"gaps\""))
    let complete = page(Self.matrix(open: false))
    #expect(complete.contains("COMPLETE") && !complete.contains("id=\"gaps\""))
  }

  @Test func `the page fetches nothing, escapes every text and is the same each time`() {
    let page = page(Self.matrix())
    #expect(page == self.page(Self.matrix()))
    #expect(!page.contains("<script") && !page.contains("http://") && !page.contains("src="))
    #expect(page.contains("Title of SPEC-OVP-01 &lt;b&gt;&amp;") && !page.contains("<b>&"))
    #expect(page.contains("value (recorded)"))
  }

  // MARK: JSON

  @Test func `a program finds state, evidence and reason by workflow`() throws {
    let json = CoverageJSON.document(Self.matrix())
    #expect(json["complete"] == .bool(false))
    #expect(json["gaps"]?.arrayValue?.count == 1)
    let first = try #require(json["requirements"]?.arrayValue?.first)
    let cell = try #require(first["workflows"]?["EOL"])
    #expect(cell["state"]?.stringValue == "verified")
    #expect(cell["evidence"]?.arrayValue?.first?["step"]?.stringValue == "overcharge")
    #expect(cell["evidence"]?.arrayValue?.first?["basis"]?.stringValue == "project default")
    #expect(json["figures"]?["INC"]?["gap"] == .int(1))
  }

  @Test(
    .enabled(
      if: JSONReportTests.python != nil, "python3 with jsonschema is needed to check the published schema"),
    arguments: [Workflow.allCases, [.warranty]])
  func `every matrix obeys the published schema`(workflows: [Workflow]) throws {
    let folder = URL(fileURLWithPath: NSTemporaryDirectory() + "bmsrig-coverage-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(CoverageSchema.text.utf8).write(to: folder.appending(path: "schema.json"))
    let text = CoverageJSON.document(Self.matrix(workflows)).serialized(pretty: true)
    try Data(text.utf8).write(to: folder.appending(path: "matrix.json"))
    let program = """
      import json, sys, jsonschema
      schema = json.load(open(sys.argv[1] + '/schema.json'))
      matrix = json.load(open(sys.argv[1] + '/matrix.json'))
      checker = jsonschema.Draft202012Validator
      checker.check_schema(schema)
      problems = [str(e.json_path) + ': ' + e.message for e in checker(schema).iter_errors(matrix)]
      del matrix['complete']
      problems += [] if list(checker(schema).iter_errors(matrix)) else ['a matrix without an end was accepted']
      print('; '.join(problems[:5]))
      sys.exit(1 if problems else 0)
      """
    let result = JSONReportTests.run(try #require(JSONReportTests.python), ["-c", program, folder.path])
    #expect(result.status == 0, "\(result.output)")
  }
}
