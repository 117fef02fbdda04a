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
}
