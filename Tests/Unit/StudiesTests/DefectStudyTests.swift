import Foundation
import Model
import Testing

@testable import Studies

@Suite struct `Study of defects` {
  private func report(
    _ catalogue: SmallCatalogue, jobs: Int = 1, results: String? = nil, resumes: Bool = false
  ) throws -> StudyReport {
    let (study, findings) = DefectStudy.check(
      catalogue.request(jobs: jobs, results: results, resumes: resumes),
      catalogue: catalogue.path("units"))
    return try #require(study, "\(findings)").run { _ in }
  }

  @Test func `says of every unit what became of it`() throws {
    let catalogue = try SmallCatalogue()
    let report = try report(catalogue, results: "one.jsonl")
    let matrix = try #require(report.matrix)
    let outcomes = matrix.rows.map { "\($0.group)/\($0.unit.name) \($0.cells[0].outcome.rawValue)" }
    #expect(
      outcomes == [
        "article/good spared", "article/overkill overkill", "assembly/caught caught",
        "assembly/elsewhere caughtElsewhere", "assembly/escaped escaped", "firmware/lto-only caught",
        "firmware/unjudged unjudged", "/out-of-scope outOfScope",
      ])
    #expect(!report.isClean)
    let cells = matrix.rows.map { $0.cells[0] }
    #expect(cells[2].seen == ["SPEC-MEAS-02"])
    #expect(cells[3].besides == ["SPEC-MEAS-02"])
    #expect(cells[5].replay.contains("--chemistry LTO --cells 20"))
    #expect(cells[6].reason.contains("no step of 'short' judges"))
    #expect(cells[7].reason.contains("SPEC-ID-06") && cells[7].reason.contains("DV"))

    // Two at a time give the same, byte for byte.
    #expect(try self.report(catalogue, jobs: 2, results: "two.jsonl") == report)
    let one = try Data(contentsOf: URL(fileURLWithPath: catalogue.path("one.jsonl")))
    #expect(try Data(contentsOf: URL(fileURLWithPath: catalogue.path("two.jsonl"))) == one)

    // Broken off in the middle of a line, and gone on with.
    let lines = one.split(separator: UInt8(ascii: "\n"))
    let torn = Data(lines.prefix(4).joined(separator: [UInt8(ascii: "\n")])) + Data("\n{\"result\":{".utf8)
    try torn.write(to: URL(fileURLWithPath: catalogue.path("torn.jsonl")))
    #expect(try self.report(catalogue, results: "torn.jsonl", resumes: true) == report)
    #expect(try Data(contentsOf: URL(fileURLWithPath: catalogue.path("torn.jsonl"))) == one)

    // A file of results belongs to the files it was made with.
    try catalogue.write("units/article/good.yaml", "unit: good\ntitle: Other\nbreaks: nothing\n")
    #expect(throws: StudyError.self) { try self.report(catalogue, results: "torn.jsonl", resumes: true) }
    #expect(throws: StudyError.self) { try self.report(catalogue, results: "one.jsonl") }
  }

  @Test func `refuses a catalogue with requirements nobody knows`() throws {
    let catalogue = try SmallCatalogue()
    try catalogue.write("units/typo.yaml", "unit: typo\ntitle: Typo\nbreaks: SPEC-MEAS-99\n")
    try catalogue.write("units/when.yaml", "unit: when\ntitle: When\nconditions: {cells: 30}\n")
    try catalogue.write(
      "units/lto.yaml", "unit: lto\ntitle: LTO\nconditions: {chemistry: LTO, cells: 16}\n")
    let (study, findings) = DefectStudy.check(catalogue.request(), catalogue: catalogue.path("units"))
    #expect(study == nil)
    #expect(findings.contains { $0.message.contains("SPEC-MEAS-99") && $0.place.file.hasSuffix("typo.yaml") })
    #expect(findings.contains { $0.message.contains("30") && $0.place.file.hasSuffix("when.yaml") })
    #expect(findings.contains { $0.message.contains("LTO") && $0.place.file.hasSuffix("lto.yaml") })
  }

  @Test func `leaves out a pair whose procedure cannot feed the cells that the unit needs, with the reason`()
    throws
  {
    let catalogue = try SmallCatalogue()
    for group in ["article", "assembly", "out-of-scope.yaml"] {
      try FileManager.default.removeItem(atPath: catalogue.path("units/" + group))
    }
    let short = try String(contentsOfFile: catalogue.path("procedure.yaml"), encoding: .utf8)
    try catalogue.write("counts.yaml", short + SmallCatalogue.everyCount)
    var request = catalogue.request()
    request.procedures.append(catalogue.path("counts.yaml"))
    let (study, findings) = DefectStudy.check(request, catalogue: catalogue.path("units"))
    var planned = 0
    let report = try #require(study, "\(findings)").run { planned = $0.planned }
    let rows = try #require(report.matrix).rows
    #expect(rows.map(\.unit.name) == ["lto-only", "unjudged"])
    #expect(planned == 3)
    #expect(rows[0].cells.map(\.outcome) == [.caught, .notApplicable])
    let reason = rows[0].cells[1].reason
    #expect(
      reason.hasPrefix("cannot be run with LTO, 20 cells: ") && reason.contains("cells cannot be tried"))
    #expect(rows[1].cells[1].outcome != .notApplicable)
    #expect(!report.isHole(1, in: rows[0]))
    #expect(report.stopped == nil)
  }

  @Test func `a procedure that is wrong as it stands still refuses the study`() throws {
    let catalogue = try SmallCatalogue()
    let short = try String(contentsOfFile: catalogue.path("procedure.yaml"), encoding: .utf8)
    try catalogue.write(
      "procedure.yaml", (short + SmallCatalogue.everyCount).replacingOccurrences(of: "[16,", with: "[15,"))
    let (study, findings) = DefectStudy.check(catalogue.request(), catalogue: catalogue.path("units"))
    #expect(study == nil && !findings.isEmpty)
  }

  @Test func `refuses a rig with real instruments and an empty folder`() throws {
    let catalogue = try SmallCatalogue()
    var request = catalogue.request()
    request.rig = SmallCatalogue.root.appending(path: "Rigs/eol-line.yaml").path
    let real = DefectStudy.check(request, catalogue: catalogue.path("units"))
    #expect(real.findings.contains { $0.message.contains("real socket") })
    let nothing = DefectStudy.check(catalogue.request(), catalogue: catalogue.path("nowhere"))
    #expect(nothing.findings.contains { $0.message.contains("no unit files") })
  }

  @Test func `puts matrices of the same defects side by side`() throws {
    let catalogue = try SmallCatalogue()
    try FileManager.default.removeItem(atPath: catalogue.path("units/assembly"))
    try FileManager.default.removeItem(atPath: catalogue.path("units/article"))
    let report = try report(catalogue)
    let both = try StudyReport.joined([report, report])
    #expect(both.matrix?.rows.allSatisfy { $0.cells.count == 2 && $0.cells[0] == $0.cells[1] } == true)
    #expect(both.matrixProcedures == [0, 1])
    var other = report
    other.matrix?.seed = 8
    #expect(throws: StudyError.self) { try StudyReport.joined([report, other]) }
  }
}
