import Model
import Testing

@testable import Reports

@Suite struct TerminalProgressTests {
  func text(_ story: SampleRun.Story, _ mode: TerminalProgress.Mode = .plain) -> String {
    var progress = TerminalProgress(mode: mode)
    return SampleRun(story).events.map { progress.text(for: $0) }.joined()
  }

  @Test func `plain mode writes one line per good step`() {
    let lines = text(.pass).split(separator: "\n")
    #expect(lines.filter { $0.contains("Cell voltages at 2.9 V") }.count == 1)
    #expect(lines.contains { $0.contains("pass") && $0.contains("Short circuit is cut") })
    #expect(lines.count < 24)
    #expect(lines.contains { $0.contains("PASS") && $0.contains("EK300A2611000042") })
  }

  @Test func `plain mode has no control characters`() {
    for story in SampleRun.Story.allCases { #expect(!text(story).contains("\u{1B}")) }
  }

  @Test func `a failure stands with value, limit and requirement`() throws {
    let line = try #require(text(.fail).split(separator: "\n").first { $0.contains("trip-voltage") })
    #expect(line.contains("4.2312 V, 16.2 mV too high"))
    #expect(line.contains("limit 4.185 … 4.215 V"))
    #expect(line.contains("SPEC-OVP-01"))
  }

  @Test func `limits of ours are marked`() throws {
    let line = try #require(text(.fail).split(separator: "\n").first { $0.contains("cell-error") })
    #expect(line.contains("project default"))
  }

  @Test func `failures of a step name the contradiction they rest on once`() {
    let lines = text(.fail).split(separator: "\n").filter {
      $0.contains("rests on conflict C-08: errors count")
    }
    let failing = text(.fail).split(separator: "\n").filter { $0.contains("cell-error · cell 7") }
    #expect(lines.count == failing.count && !failing.isEmpty)
  }

  @Test func `a rig error names the instrument and is no failure of the unit`() {
    let shown = text(.error)
    #expect(shown.contains("RIG ERROR  dmm:"))
    #expect(shown.contains("0 failed"))
    #expect(shown.contains("SAFE STATE NOT CONFIRMED"))
    #expect(shown.contains("NOT SAFE"))
  }

  @Test func `a stop shows its reason`() { #expect(text(.aborted).contains("STOP  the cover was opened")) }

  @Test func `live mode never paints wider than the terminal and cleans up`() throws {
    var progress = TerminalProgress(mode: .live(width: 60))
    var screen: [String] = []
    for event in SampleRun(.fail).events {
      let sent = progress.text(for: event)
      let body = apply(sent, to: &screen)
      for line in body where line.hasPrefix("▸") || line.hasPrefix("[") || line.hasPrefix("    ") {
        #expect(line.count < 60 || line.contains("limit"))
      }
    }
    #expect(!screen.contains { $0.hasPrefix("▸") || $0.contains("of about") })
    #expect(screen.contains { $0.contains("FAIL") && $0.contains("failed, ") })
  }

  @Test func `a tick moves the clock and nothing else`() {
    var progress = TerminalProgress(mode: .live(width: 80))
    var screen: [String] = []
    for event in SampleRun(.pass).events.prefix(9) { _ = apply(progress.text(for: event), to: &screen) }
    let before = screen
    _ = apply(progress.tick(nanoseconds: 47_500_000_000), to: &screen)
    #expect(screen.count == before.count)
    #expect(screen.contains { $0.contains("[############............] 47.5 s of about 1 min 35 s") })
  }

  @Test func `texts from outside cannot steer the terminal`() {
    let shown = text(.hostile)
    #expect(!shown.contains("\u{1B}[2J"))
    #expect(!shown.contains("\u{202E}"))
    #expect(shown.contains("⟨1B⟩"))
  }

  /// A terminal that knows what `TerminalProgress` sends: lines, cursor up, erase below, colours.
  private func apply(_ sent: String, to screen: inout [String]) -> [String] {
    var rest = Substring(sent)
    if rest.hasPrefix("\r\u{1B}[") {
      rest = rest.dropFirst(3)
      let up = Int(rest.prefix { $0.isNumber })!
      rest = rest.drop { $0.isNumber }.dropFirst("A\u{1B}[J".count)
      screen.removeLast(up)
    }
    let plain = String(rest).replacing(/\x{1B}\[\d+m/, with: "")
    let lines = plain.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    screen += lines
    return lines
  }
}
