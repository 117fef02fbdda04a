import Foundation
import Testing

/// `bmsrig study` as people and scripts use it.
@Suite struct StudyCommandTests {
  private func study(_ desk: Desk, _ more: [String] = []) throws -> Program.End {
    try Program.run(
      [
        "study", "defects", "--procedure", desk.path("procedure.yaml"), "--rig", desk.path("rig.yaml"),
        "--catalogue", desk.path("units"),
      ] + more)
  }

  @Test func `a study ends with 0 when clean, 1 when something escapes, 2 when nothing can be run`() throws {
    let desk = try Desk()
    #expect(try study(desk).code == 2)
    try FileManager.default.createDirectory(
      atPath: desk.path("units/good"), withIntermediateDirectories: true)
    try desk.write("units/good/nominal.yaml", "unit: nominal\ntitle: Good\nbreaks: nothing\n")
    let clean = try study(desk)
    #expect(clean.code == 0)
    #expect(clean.output.contains("1 passed") && clean.output.hasSuffix("\nclean\n"))
    // The terminals of this unit are as dead as those of a good one, whatever its file says.
    try desk.write("units/blind.yaml", "unit: blind\ntitle: Blind\nbreaks: SPEC-SAF-04\n")
    let escaped = try study(desk, ["--format", "json", "--output", desk.path("defects.json")])
    #expect(escaped.code == 1)
    #expect(escaped.output.contains("1 ESCAPED") && escaped.output.contains("NOT CLEAN"))

    let population = try Program.run([
      "study", "population", "--procedure", desk.path("procedure.yaml"), "--rig", desk.path("rig.yaml"),
      "--units", "3", "--output", desk.path("population.json"),
    ])
    #expect(population.code == 0)
    let page = try Program.run([
      "study", "report", desk.path("defects.json"), desk.path("population.json"), "--output",
      desk.path("page.html"),
    ])
    #expect(page.code == 1)
    let html = try String(contentsOfFile: desk.path("page.html"), encoding: .utf8)
    #expect(html.contains("ESCAPED") && html.contains("Good units") && html.contains("--seed 1"))
  }

  @Test func `an unknown requirement and a damaged report are refused with a way out`() throws {
    let desk = try Desk()
    try FileManager.default.createDirectory(atPath: desk.path("units"), withIntermediateDirectories: true)
    try desk.write("units/typo.yaml", "unit: typo\ntitle: Typo\nbreaks: SPEC-SAF-40\n")
    let typo = try study(desk)
    #expect(typo.code == 2)
    #expect(
      typo.errors.contains("typo.yaml:1:1: 'breaks' names SPEC-SAF-40")
        && typo.errors.contains("did you mean"))
    try desk.write("broken.json", "{\"matrix\":")
    let broken = try Program.run(["study", "report", desk.path("broken.json")])
    #expect(broken.code == 2)
    #expect(broken.errors.contains("--format json"))
  }

  private func faults(_ desk: Desk, _ more: [String]) throws -> Program.End {
    try Program.run(
      ["study", "faults", "--procedure", desk.path("procedure.yaml"), "--rig", desk.path("rig.yaml")] + more)
  }

  @Test func `a study of faults says what is wrong before it runs anything`() throws {
    let desk = try Desk()
    try FileManager.default.createDirectory(atPath: desk.path("units"), withIntermediateDirectories: true)
    let empty = try faults(desk, ["--units", desk.path("units")])
    #expect(empty.code == 2 && empty.errors.contains("the folder holds no unit file"), "\(empty)")
    let both = try faults(desk, ["--seeds", "1", "--show", "--output", desk.path("report.json")])
    #expect(both.code == 2 && both.errors.contains("--output does not go with --show"), "\(both)")
    try desk.write("there.jsonl", "mine")
    for (name, words) in [
      ("there.jsonl", "never overwritten"), ("nowhere/new.jsonl", "name a file in a folder that exists"),
    ] {
      let refused = try faults(desk, ["--seeds", "1", "--show", "--journal", desk.path(name)])
      #expect(refused.code == 2 && refused.errors.contains(words) && refused.output.isEmpty, "\(refused)")
    }
    #expect(try String(contentsOfFile: desk.path("there.jsonl"), encoding: .utf8) == "mine")
    let shown = try faults(desk, ["--seeds", "1", "--show", "--journal", desk.path("new.jsonl")])
    #expect(shown.code == 0 && shown.output.contains("seed 1, unit good"), "\(shown)")
    let journal = try String(contentsOfFile: desk.path("new.jsonl"), encoding: .utf8)
    #expect(journal.contains("runStarted") && journal.contains("traffic"))
  }
}
