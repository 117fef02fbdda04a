import Foundation
import Model
import Testing

@testable import Reports

@Suite struct `Report of a study` {
  private let page = String(decoding: StudyHTML.render(SampleStudy.report), as: UTF8.self)

  /// Set `REPORT_SAMPLES` to a folder to look at the page.
  @Test func `sample page can be written out to look at`() throws {
    guard let folder = ProcessInfo.processInfo.environment["REPORT_SAMPLES"] else { return }
    try Data(page.utf8).write(to: URL(fileURLWithPath: "\(folder)/study.html"))
  }

  @Test func `page fetches nothing and escapes what comes from files`() {
    #expect(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"))
    #expect(!page.contains("src=") && !page.contains("@import"))
    #expect(page.contains("&lt;A story &amp; more&gt;") && !page.contains("<A story"))
  }

  @Test(arguments: DefectOutcome.allCases) func `page says each outcome in words`(_ outcome: DefectOutcome) {
    // The sign has a name, too: colour is never the only difference.
    #expect(page.contains("<title>\(StudyWords.outcome(outcome))</title>"))
    #expect(page.contains("<b>\(StudyWords.outcome(outcome))</b>"))
    #expect(page.contains(StudyWords.meaning(outcome)))
  }

  @Test func `page explains what keeps the study from being clean and how to repeat it`() {
    #expect(page.contains("NOT CLEAN"))
    for outcome in [DefectOutcome.escaped, .overkill, .rigError, .notRun] {
      #expect(page.contains("reason of \(outcome.rawValue)"), "\(outcome)")
      #expect(page.contains("bmsrig run \(outcome.rawValue)"), "\(outcome)")
    }
    // Another procedure of the study catches it: no hole, but said with its reason.
    #expect(page.contains("reason of unjudged") && !page.contains("bmsrig run unjudged"))
    #expect(page.contains("bmsrig run --seed 77"))
    #expect(page.contains("at most 0.47 % with 95 % confidence"))
    #expect(page.contains(SampleStudy.hash))
  }

  @Test func `table fits a terminal of 100 columns`() {
    let text = StudyTable.text(SampleStudy.report)
    for line in text.split(separator: "\n") where !line.contains("bmsrig run") {
      #expect(line.count <= 100, "\(line)")
    }
    #expect(text.contains("1 ESCAPED") && text.contains("1 RIG ERROR"))
    #expect(text.contains("seed 77: fail"))
    #expect(text.hasSuffix("NOT CLEAN\n"))
  }

  @Test func `what could not be run is listed with its reason and is no hole`() throws {
    let report = SampleStudy.report
    let row = try #require(report.matrix?.rows.first { $0.cells[0].outcome == .notApplicable })
    #expect(!report.isHole(0, in: row))
    #expect(page.contains("Not applicable, and why") && page.contains("reason of notApplicable"))
    let text = StudyTable.text(report)
    #expect(text.contains("NOT APPLICABLE, AND WHY") && text.contains("reason of notApplicable"))
    #expect(text.contains("1 n/a"))
    let json = String(decoding: StudyJSON.render(report), as: UTF8.self)
    #expect(json.contains("\"outcome\" : \"notApplicable\""))
  }

  @Test func `JSON reads back as the same report`() {
    #expect(StudyJSON.report(StudyJSON.render(SampleStudy.report)) == SampleStudy.report)
    #expect(StudyJSON.report(Array("{}".utf8)) == nil)
  }

  @Test func `a defect that one procedure does not judge is a hole only when no other finds it`() throws {
    let report = SampleStudy.report
    let row = try #require(report.matrix?.rows.first { $0.cells[0].outcome == .unjudged })
    #expect(!report.isHole(0, in: row))
    var alone = row
    alone.cells.removeLast()
    #expect(report.isHole(0, in: alone))
  }

  @Test func `procedures of one workflow find defects together, those of another do not help them`() throws {
    let report = SampleStudy.together
    #expect(report.procedureSets.map(\.columns) == [[0, 2], [1]])
    let rows = try #require(report.matrix?.rows)
    let set = report.procedureSets[0]
    // Escaped end of line's first procedure, caught by its second.
    #expect(report.together(set, rows[0]).outcome == .caught)
    #expect(report.finders(set, rows[0]) == ["end-of-line-2"])
    #expect(!report.isHole(0, in: rows[0]))
    // Escaped both, caught in validation only: end of line has a hole.
    #expect(report.together(set, rows[1]).outcome == .escaped)
    #expect(report.isHole(0, in: rows[1]) && report.isHole(2, in: rows[1]))
    // What was booked on the rig stays ours to mend, whoever catches the defect.
    #expect(report.together(set, rows[2]).outcome == .caught)
    #expect(report.isHole(0, in: rows[2]))
    // A good unit that one of them turns away is turned away.
    #expect(report.together(set, rows[3]).outcome == .overkill)
    let page = String(decoding: StudyHTML.render(report), as: UTF8.self)
    #expect(page.contains("EOL together") && page.contains("by end-of-line-2"))
    let text = StudyTable.text(report)
    #expect(text.contains("Defects EOL together: 2 caught, 1 ESCAPED, 1 OVERKILL"))
    for line in text.split(separator: "\n") where !line.contains("bmsrig run") {
      #expect(line.count <= 100, "\(line)")
    }
  }
}
