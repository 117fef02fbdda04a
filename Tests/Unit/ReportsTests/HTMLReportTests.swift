import Foundation
import Model
import Testing

@testable import Reports

@Suite struct HTMLReportTests {
  static let context = ReportContext(
    journal: "EK300A2611000042-2.jsonl", journalHead: SHA256.hex(of: [1]),
    requirements: [
      Requirement(
        id: "SPEC-OVP-01", title: "Overcharge protection, NCM", value: "4.200 V", section: "2, 7.1-1",
        tolerance: "",
        workflows: ["EOL"], procedures: [], pass: "", defaultLimit: "")
    ],
    conflicts: [
      .init(
        id: "C-01", requirements: ["SPEC-OVP-01"],
        text: "Section 7.1-1 gives 4.25 V as an example, section 2 4.200 V.",
        decision: "The table in section 2 counts."),
      .init(id: "C-17", requirements: ["SPEC-SAFE-01"], text: "not touched", decision: "not touched"),
    ])

  func page(_ story: SampleRun.Story) -> String {
    String(
      decoding: HTMLReport().render(record: SampleRun(story).record, context: Self.context), as: UTF8.self)
  }

  /// Set `REPORT_SAMPLES` to a folder to look at the pages.
  @Test func `sample pages can be written out to look at`() throws {
    guard let folder = ProcessInfo.processInfo.environment["REPORT_SAMPLES"] else { return }
    for story in SampleRun.Story.allCases {
      try Data(page(story).utf8).write(to: URL(fileURLWithPath: "\(folder)/\(story.rawValue).html"))
    }
  }
}
