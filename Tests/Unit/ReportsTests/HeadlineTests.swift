import Model
import Testing

@testable import Reports

/// The line beside a verdict.
@Suite struct `The reason beside a verdict` {
  @Test func `says why a run has no recorded end`() {
    var record = RunRecord(header: SampleRun(.pass).header)
    #expect(Headline.of(record).hasPrefix("no end was recorded"))
    #expect(Headline.of(record, unrecorded: "the disk is full") == "the disk is full")
    record.stopReason = "Ctrl-C"
    #expect(Headline.of(record) == "no end was recorded; asked to stop: Ctrl-C")
  }

  @Test(arguments: SampleRun.Story.allCases)
  func `is that of the record once it has an end`(story: SampleRun.Story) {
    let record = SampleRun(story).record
    #expect(!Headline.of(record).isEmpty)
    #expect(Headline.of(record, unrecorded: "something else") == Headline.of(record))
  }
}
