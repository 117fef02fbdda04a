import Foundation
import Model
import Quantities
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

  func page(_ record: RunRecord) -> String {
    String(decoding: HTMLReport().render(record: record, context: Self.context), as: UTF8.self)
  }
  func page(_ story: SampleRun.Story) -> String { page(SampleRun(story).record) }

  /// The text a reader sees between two marks of the source.
  func text(_ page: String, from start: String, to end: String) -> String {
    guard let begin = page.range(of: start),
      let stop = page.range(of: end, range: begin.upperBound..<page.endIndex)
    else { return "" }
    return String(page[begin.lowerBound..<stop.lowerBound])
      .replacing(/<title>[^<]*<\/title>/, with: "").replacing(/<[^>]*>/, with: "").replacing("\n", with: " ")
  }

  /// Set `REPORT_SAMPLES` to a folder to look at the pages.
  @Test func `sample pages can be written out to look at`() throws {
    guard let folder = ProcessInfo.processInfo.environment["REPORT_SAMPLES"] else { return }
    for story in SampleRun.Story.allCases {
      try Data(page(story).utf8).write(to: URL(fileURLWithPath: "\(folder)/\(story.rawValue).html"))
    }
    var live = SampleRun(.pass).record
    live.safeStateConfirmed = false
    live.safeState?.entries[0] = .init(action: "loop-off", confirmed: false, message: "still 12 A")
    try Data(page(live).utf8).write(to: URL(fileURLWithPath: "\(folder)/not-safe.html"))
  }

  @Test(arguments: SampleRun.Story.allCases)
  func `the page is well formed and fetches nothing`(story: SampleRun.Story) throws {
    let page = page(story)
    #expect(openTags(page) == [])
    #expect(!page.contains("<script"))
    #expect(!page.contains("http://") && !page.contains("https://"))
    #expect(!page.contains("src="))
    #expect(!page.contains("@import"))
  }

  @Test(arguments: SampleRun.Story.allCases)
  func `the same record gives the same bytes`(story: SampleRun.Story) {
    #expect(page(story) == page(story))
  }

  @Test func `references inside the page lead somewhere`() {
    let page = page(.fail)
    let ids = Set(page.matches(of: /\bid="([^"]*)"/).map { String($0.1) })
    for link in page.matches(of: /href="#([^"]*)"/) { #expect(ids.contains(String(link.1)), "\(link.1)") }
  }

  @Test func `the verdict stands first with unit and reason`() {
    let top = text(page(.fail), from: "<header", to: "</header>")
    #expect(top.contains("FAIL"))
    #expect(top.contains("the unit does not conform"))
    #expect(top.contains("EK300A2611000042"))
    #expect(top.contains("measured 4.2312 V, 16.2 mV too high (limit 4.185 … 4.215 V)"))
    #expect(top.contains("SPEC-OVP-01"))
    #expect(top.contains("NCM"))
    #expect(top.contains("24 cells"))
    #expect(top.contains("2026-11-22 10:14:03 UTC"))
    #expect(top.contains("Safe state confirmed"))
  }

  @Test func `each verdict has a shape of its own`() {
    for story in [SampleRun.Story.pass, .fail, .inconclusive, .error, .aborted] {
      #expect(text(page(story), from: "<header", to: "</header>").contains(story.rawValue.uppercased()))
      #expect(page(story).contains("class=\"seal\" role=\"img\" aria-label=\"\(story.rawValue)\""))
    }
  }

  @Test func `a rig error is not a failure of the unit`() {
    let page = page(.error)
    let box = text(page, from: "id=\"errors\"", to: "</section>")
    #expect(box.contains("dmm"))
    #expect(box.contains("They say nothing about the unit"))
    #expect(!page.contains("id=\"failures\""))
    let top = text(page, from: "<header", to: "</header>")
    #expect(top.contains("Safe state NOT confirmed"))
    #expect(top.contains("terminals-dead (the voltmeter does not answer)"))
  }

  @Test(arguments: [SampleRun.Story.pass, .fail, .error])
  func `a rig that was not proven safe is told above the seal, whatever the verdict`(story: SampleRun.Story)
    throws
  {
    var record = SampleRun(story).record
    record.safeStateConfirmed = false
    record.safeState?.entries[0] = .init(action: "loop-off", confirmed: false, message: "still 12 A")
    let page = page(record)
    let alarm = try #require(page.range(of: "<div class=\"alarm\""))
    let seal = try #require(page.range(of: "class=\"seal\""))
    #expect(alarm.lowerBound < seal.lowerBound)
    let words = text(page, from: "<div class=\"alarm\"", to: "<div class=\"verdict\"")
    for part in [
      "Safe state NOT confirmed: treat the rig as live", "loop-off (still 12 A)", "emergency stop",
      "bmsrig rig acknowledge bench-2",
    ] {
      #expect(words.contains(part), "\(part) in \(words)")
    }
    #expect(!words.contains("open-loop-contactor"), "that one was confirmed")
    #expect(openTags(page) == [])
    #expect(!self.page(.pass).contains("<div class=\"alarm\""))
  }

  @Test func `a run that broke off after its safe-state sequence is not called safe`() {
    var record = SampleRun(.aborted).record
    record.safeStateConfirmed = false
    let top = text(page(record), from: "<header", to: "</header>")
    #expect(top.contains("broke off before its end"))
    #expect(!top.contains("Safe state confirmed"))
    record.safeState = nil
    #expect(page(record).contains("No safe-state sequence was recorded."))
  }

  @Test func `an abort shows its reason and what was never measured`() {
    let page = page(.aborted)
    #expect(text(page, from: "<header", to: "</header>").contains("the cover was opened"))
    #expect(text(page, from: "id=\"measurements\"", to: "</section>").contains("never measured: cell-spread"))
  }

  @Test func `failures are apart from what could not be decided`() {
    let page = page(.inconclusive)
    #expect(!page.contains("id=\"failures\""))
    let open = text(page, from: "id=\"undecided\"", to: "</section>")
    #expect(open.contains("cell 19"))
    #expect(open.contains("not measured") && open.contains("no answer from the unit"))
  }

  @Test func `limits of ours are never shown as the vendor's`() {
    let table = text(page(.pass), from: "id=\"step-short\"", to: "</table>")
    #expect(table.contains("vendor") && table.contains("section 7.1-3"))
    let ours = text(page(.pass), from: "id=\"step-contact\"", to: "</table>")
    #expect(ours.contains("project default") && !ours.contains("vendor"))
  }

  @Test func `a measurement shows uncertainty, guard band, rule and instruments`() {
    let row = text(
      page(.pass), from: "id=\"step-overcharge\"", to: "</tr>\n<tr class=\"pass\"><td class=\"sign\"")
    for part in [
      "4.1987 V", "± 1.2 mV", "4.185 … 4.215 V", "guard band w = U", "4.1862 … 4.2138 V", "dmm, unit",
    ] {
      #expect(row.contains(part), "\(part) in \(row)")
    }
  }

  @Test func `every cell is drawn, and a failing one is crossed and labelled`() {
    let charts = page(.fail).components(separatedBy: "<figure class=\"chart\">").filter {
      $0.contains("per cell")
    }
    #expect(charts.count == 3)
    #expect(charts.map { $0.components(separatedBy: "<circle").count - 1 } == [24, 24, 23])
    #expect(charts[2].contains("pointer fail"))
  }

  @Test func `curves of several dimensions are stacked over one time axis`() {
    let page = page(.fail)
    let chart = text(page, from: "aria-label=\"Overcharge of cell 7\"", to: "</svg>")
    for word in ["voltage, V", "current, A", "charge path", "stimulus", "telemetry", "time, s"] {
      #expect(chart.contains(word), "\(word)")
    }
    #expect(text(page, from: "aria-label=\"Short circuit\"", to: "</svg>").contains("time, µs"))
  }

  @Test func `long curves are thinned without losing their peak`() throws {
    let values = (0..<50_000).map { $0 == 31_337 ? 9.0 : Double($0 % 2) }
    let trace = Trace(
      step: "s", title: "t",
      series: [.init(name: "n", dimension: .current, times: (0..<50_000).map(Double.init), values: values)])
    let drawing = TraceChart(trace: trace).markup.html
    #expect(drawing.utf8.count < 60_000)
    let path = try #require(drawing.firstMatch(of: /class="series s0" d="([^"]*)"/)?.1)
    let heights = Set(path.matches(of: /[ML][\d.]+ ([\d.]+)/).map { Double($0.1)! })
    #expect(heights.min()! < heights.sorted()[1] - 50, "the peak stands alone above all other points")
  }

  @Test func `a unit that was left changed is told at the top`() {
    let page = page(.fail)
    #expect(
      text(page, from: "<header", to: "</header>").contains("not left as it came: Overcharge protection"))
    let settings = text(page, from: "id=\"settings\"", to: "</section>")
    #expect(settings.contains("4.200 V") && settings.contains("4.250 V") && settings.contains("CHANGED"))
    let good = text(self.page(.pass), from: "id=\"settings\"", to: "</section>")
    #expect(good.contains("left as it came: 12 settings equal"))
    #expect(good.contains("60 A") && !good.contains("CHANGED"))
  }

  @Test func `an expired calibration and a simulated rig are told`() {
    #expect(text(page(.error), from: "id=\"instruments\"", to: "</section>").contains("EXPIRED"))
    #expect(!page(.fail).contains("EXPIRED"))
    #expect(page(.pass).contains("SIMULATED RIG"))
    #expect(!page(.fail).contains("SIMULATED RIG"))
  }

  @Test func `only conflicts that touch the run are listed`() {
    let listed = text(page(.fail), from: "id=\"conflicts\"", to: "</section>")
    #expect(listed.contains("C-01") && listed.contains("The table in section 2 counts."))
    #expect(!page(.fail).contains("C-17"))
    // Known from the measurements themselves, without a specification at hand.
    #expect(listed.contains("C-08") && listed.contains("SPEC-VM-01"))
    #expect(listed.contains("errors count against 1 mV"))
    let other = text(page(.error), from: "id=\"conflicts\"", to: "</section>")
    #expect(other.contains("C-08") && !other.contains("C-01") && !other.contains("C-17"))
  }

  @Test func `a failure says which contradiction of the manual it rests on`() {
    let failures = text(page(.fail), from: "id=\"failures\"", to: "</section>")
    #expect(failures.contains("rests on conflict C-08: errors count against 1 mV"))
    let top = text(page(.fail), from: "<header", to: "</header>")
    #expect(top.contains("rests on conflict C-08: errors count against 1 mV"))
  }

  @Test func `what else a measurement verifies stands with it`() {
    #expect(text(page(.pass), from: "id=\"step-overcharge\"", to: "</table>").contains("also SPEC-OVP-22"))
    #expect(text(page(.pass), from: "id=\"requirements\"", to: "</section>").contains("also SPEC-OVP-22"))
  }

  @Test func `a value that is only recorded stands beside the printed one`() {
    let limit = ResolvedLimit(
      id: "l", title: "Default", requirement: "SPEC-DOC-01", basis: .vendor, source: "section 2",
      recorded: true, nominal: 120)
    let measurement = Measurement(
      step: "s", name: "n", dimension: .current, observation: .number(100), limit: limit,
      outcome: .information)
    #expect(MeasurementWording(measurement).limit == "recorded, printed 120 A")
  }

  @Test func `the run can be traced`() {
    let trace = text(page(.fail), from: "id=\"traceability\"", to: "</section>")
    for word in [SHA256.hex(of: [1]), "18446744073709551615", "bmsrig 0.3.0 (4f2c19a)", "manual V1.01"] {
      #expect(trace.contains(word), "\(word)")
    }
  }

  @Test func `texts from outside cannot become markup or reorder the page`() {
    let page = page(.hostile)
    #expect(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;⟨1B⟩[2J⟨202E⟩&amp;&quot;"))
    #expect(!page.unicodeScalars.contains("\u{202E}"))
    #expect(!page.unicodeScalars.contains("\u{1B}"))
    #expect(page.components(separatedBy: "</style>").count == 2)
  }

  @Test func `answers stand with their question and who gave them`() {
    let page = page(.pass)
    for text in ["How many screws are in the box?", "kit-screws", "M. Weber", "terminal"] {
      #expect(page.contains(text), "\(text)")
    }
    #expect(page.contains("<b>4</b>"))
  }

  @Test func `a run that only began can be shown`() {
    let record = RunRecord(header: SampleRun(.pass).header)
    let page = page(record)
    #expect(page.contains("UNFINISHED"))
    #expect(page.contains("Safe state NOT confirmed"))
    #expect(openTags(page) == [])
  }

  @Test func `numbers far outside their limits stay inside the drawing`() {
    for value in [-1e9, 0.0, 4.2, 1e12] {
      let measurement = Measurement(
        step: "s", name: "n", dimension: .voltage, observation: .number(value), uncertainty: 0.001,
        limit: ResolvedLimit(
          id: "", title: "", requirement: "", basis: .vendor, source: "", low: 4.1, high: 4.3),
        outcome: .fail)
      let drawing = NumberLine(measurement).markup.html
      for match in drawing.matches(of: /\b(?:x|x1|x2|cx)="(-?[\d.]+)"/) {
        #expect((0...172).contains(Double(match.1)!), "\(match.1) for \(value)")
      }
    }
  }

  /// Tags that are opened and not closed, or closed and not opened.
  private func openTags(_ page: String) -> [String] {
    let bare = page.replacing(/<style>.*?<\/style>/.dotMatchesNewlines(), with: "")
    var open: [String] = []
    for tag in bare.matches(of: /<(\/?)([a-zA-Z0-9]+)[^>]*?(\/?)>/) {
      let name = String(tag.2)
      if ["meta", "br"].contains(name) || tag.3 == "/" { continue }
      if tag.1.isEmpty {
        open.append(name)
      } else if open.last == name {
        open.removeLast()
      } else {
        return open + ["/" + name]
      }
    }
    return open
  }
}
