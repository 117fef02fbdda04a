import Documents
import Foundation
import Model
import Testing

/// Phases in files of their own: read as if they stood in the procedure, found fault with where they stand.
@Suite struct PhaseInclusionTests {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "bmsrig-include-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder.appending(path: "Phases"), withIntermediateDirectories: true)
  }

  static let phase = """
    phase: protection
    title: Protection
    revision: "4"
    steps:
      - {step: trip, id: first, title: First, measure: {trip: ovp-trip}}

    """

  func read(
    phase: String = Self.phase, list: String = "  - include: Phases/protection.yaml", closing: String = ""
  ) throws -> DocumentReading<ProcedureDocument> {
    defer { try? FileManager.default.removeItem(at: folder) }
    try phase.write(
      to: folder.appending(path: "Phases/protection.yaml"), atomically: true, encoding: .utf8)
    let text = """
      procedure: sample
      title: Sample
      revision: "1"
      workflow: DV
      specification: s.yaml
      unit: {chemistry: LFP, cells: 24}
      decision: {critical: {guard: 1.0}, other: {guard: 0.83}}
      expected-duration: 132 s
      phases:
      \(list)
      \(closing)

      """
    let path = folder.appending(path: "p.yaml")
    try text.write(to: path, atomically: true, encoding: .utf8)
    return ProcedureDocument.load(path: path.path)
  }

  @Test func `an included phase stands where it is named`() throws {
    let here = "  - {phase: own, title: Own, steps: [{step: trip, id: second, title: Second}]}"
    let document = try #require(try read(list: here + "\n  - include: Phases/protection.yaml").value)
    #expect(document.procedure.phases.map(\.name) == ["own", "protection"])
    #expect(document.procedure.phases[1].steps.map(\.id) == ["first"])
    #expect(document.included.map(\.name) == ["protection"])
    #expect(document.included.map(\.revision) == ["4"])
  }

  @Test func `a change of an included phase changes the hash of the procedure`() throws {
    let one = try #require(try read().value)
    try FileManager.default.createDirectory(
      at: folder.appending(path: "Phases"), withIntermediateDirectories: true)
    let other = try #require(try read(phase: Self.phase.replacing("First", with: "Last")).value)
    #expect(one.reference.contentHash != other.reference.contentHash)
    #expect(one.included[0].contentHash != other.included[0].contentHash)
  }

  @Test func `the closing phase may be included too`() throws {
    let own = "  - {phase: own, title: Own, steps: [{step: trip, id: second, title: Second}]}"
    let document = try #require(
      try read(list: own, closing: "closing: {include: Phases/protection.yaml}").value)
    #expect(document.procedure.closing?.name == "protection")
  }

  @Test func `a slip in an included phase names that file and line`() throws {
    let findings = try read(phase: Self.phase.replacing("title: First", with: "titel: First")).findings
    #expect(findings.allSatisfy { $0.place.file.hasSuffix("Phases/protection.yaml") && $0.place.line == 5 })
    #expect(findings.map(\.message) == ["key 'title' is missing"], "\(findings)")
  }

  @Test(arguments: [
    ("  - include: Phases/protecton.yaml", "the included phase 'Phases/protecton.yaml' cannot be read"),
    ("  - {include: Phases/protection.yaml, title: Other}", "'title' stands beside 'include'"),
    ("  - include: p.yaml", "'p.yaml' is not a phase"),
    ("  - include: [a, b]", "'include' names one file"),
    (
      "  - include: Phases/protection.yaml\n  - include: Phases/protection.yaml",
      "phase 'protection' stands twice"
    ),
  ])
  func `a slip in the inclusion is found`(list: String, message: String) throws {
    let reading = try read(list: list)
    #expect(reading.value == nil)
    #expect(reading.findings.contains { $0.message == message }, "\(reading.findings)")
  }
}
