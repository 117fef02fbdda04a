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

  @Test func `JSON reads back as the same report`() {
    #expect(StudyJSON.report(StudyJSON.render(SampleStudy.report)) == SampleStudy.report)
    #expect(StudyJSON.report(Array("{}".utf8)) == nil)
  }

  @Test func `a defect that one procedure does not judge is a hole only when no other finds it`() throws {
    let matrix = try #require(SampleStudy.report.matrix)
    let row = try #require(matrix.rows.first { $0.cells[0].outcome == .unjudged })
    #expect(!matrix.isHole(row.cells[0], in: row))
    var alone = row
    alone.cells.removeLast()
    #expect(matrix.isHole(alone.cells[0], in: alone))
  }
}
