import Foundation
import Quantities
import Testing

/// `bmsrig coverage` as people and scripts use it.
@Suite struct CoverageCommandTests {
  /// A folder with a specification and one procedure beside its folder; gone at the end.
  final class Folder {
    let url = FileManager.default.temporaryDirectory.appending(path: "bmsrig-coverage-\(UUID().uuidString)")
    var specification: String { url.appending(path: "Specification/s.yaml").path }
    var procedure: String { url.appending(path: "p.yaml").path }

    init(workflows: String, measure: String = "a-limit") throws {
      try FileManager.default.createDirectory(
        at: url.appending(path: "Specification"), withIntermediateDirectories: true)
      try """
      specification: X
      document: {title: Manual, version: V1, date: "2025-05-17"}
      rated-current: 300 A
      requirements:
        - {id: SPEC-A-01, title: A, section: "1", value: text, workflows: \(workflows)}
      limits:
        a-limit:
          title: A
          dimension: voltage
          cases: [{requirement: SPEC-A-01, low: 1 V, basis: vendor, source: section 1}]

      """.write(toFile: specification, atomically: true, encoding: .utf8)
      try """
      procedure: p
      title: P
      revision: "1"
      workflow: EOL
      specification: Specification/s.yaml
      unit: {chemistry: LFP, cells: 24}
      decision: {critical: {guard: 1.0}, other: {guard: 1.0}}
      expected-duration: 60 s
      phases:
        - phase: only
          title: Only
          steps:
            - {step: channel-reading, id: look, title: Look, role: pack-voltage, measure: {reading: \(measure)}}

      """.write(toFile: procedure, atomically: true, encoding: .utf8)
    }
    deinit { try? FileManager.default.removeItem(at: url) }
  }

  @Test func `a complete matrix ends with 0, one with a gap with 1`() throws {
    let complete = try Folder(workflows: "[EOL]")
    let end = try Program.run(["coverage", "--specification", complete.specification])
    #expect(end.code == 0, "\(end.errors)")
    #expect(end.output.contains("EOL   1 asked: 1 verified"))
    let open = try Folder(workflows: "[EOL, DV]")
    let other = try Program.run(["coverage", "--specification", open.specification])
    #expect(other.code == 1 && other.errors.isEmpty)
    #expect(other.output.contains("DV (1)        SPEC-A-01"))
  }

  @Test func `the specification of the first procedure is taken when none is named`() throws {
    let folder = try Folder(workflows: "[EOL]")
    let end = try Program.run(["coverage", folder.procedure, "--workflow", "eol"])
    #expect(end.code == 0 && end.output.contains("p/look: reading"))
  }

  @Test func `the matrix can be had as JSON and written to a file`() throws {
    let folder = try Folder(workflows: "[EOL, DV]")
    let end = try Program.run(["coverage", folder.procedure, "--format", "json"])
    #expect(try OrderedJSON(parsing: end.output)["complete"] == .bool(false))
    let page = folder.url.appending(path: "matrix.html").path
    let written = try Program.run(["coverage", folder.procedure, "--format", "html", "--output", page])
    #expect(written.code == 1 && written.output == page + "\n")
    #expect(try String(contentsOfFile: page, encoding: .utf8).contains("1 GAP"))
  }

  @Test func `bad input ends with 2 and says what is wrong`() throws {
    let folder = try Folder(workflows: "[EOL]", measure: "b-limit")
    let end = try Program.run(["coverage", folder.procedure])
    #expect(end.code == 2 && end.output.isEmpty)
    #expect(end.errors.contains("the specification has no limit 'b-limit' (did you mean 'a-limit'?)"))
    let missing = try Program.run(["coverage", "--specification", "/nowhere/Specification/s.yaml"])
    #expect(missing.code == 2 && missing.errors.contains("/nowhere/Specification/s.yaml:1:1:"))
    #expect(missing.errors.split(separator: "\n").count == 1)
    #expect(try Program.run(["coverage", "--workflow", "holidays"]).code == 2)
  }
}
