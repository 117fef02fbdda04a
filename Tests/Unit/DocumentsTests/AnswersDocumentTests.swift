import Documents
import Testing

@Suite struct AnswersDocumentTests {
  private func reading(_ text: String) throws -> DocumentReading<AnswersDocument> {
    AnswersDocument.read(try #require(YAMLDocument.parse(text: text, file: "a.yaml").value))
  }

  private static let head = "answers: lot-17\nperson: M. Weber\ndate: \"2026-11-22\"\n"

  @Test func `what is written for one unit stands before what holds for all`() throws {
    let text =
      Self.head + "all-units: {kit-screws: 4, mass: 1500 g}\nunits:\n  U1: {kit-screws: 3}\n  U2: {}\n"
    let answers = try #require(try reading(text).value)
    #expect(answers.entry("kit-screws", unit: "U1")?.text == "3")
    #expect(answers.entry("kit-screws", unit: "U2")?.text == "4")
    #expect(answers.entry("mass", unit: "U1")?.text == "1500 g")
    #expect(answers.entry("length", unit: "U1") == nil)
    #expect(answers.units[0].entries[0].keyPlace.line == 6)
    #expect((answers.person, answers.date, answers.station) == ("M. Weber", "2026-11-22", "desk"))
  }

  @Test(arguments: [
    ("answers: x\ndate: \"2026-11-22\"\n", "key 'person' is missing"),
    ("answers: x\nperson: W\ndate: \"2026-02-30\"\n", "'2026-02-30' is no calendar date"),
    ("answers: x\nperson: W\ndate: \"2026-02-03\"\nunit: {}\n", "unknown key 'unit'"),
    ("answers: x\nperson: W\ndate: \"2026-02-03\"\nall-units: [4]\n", "a list, expected a table of keys"),
  ])
  func `a wrong file is refused`(text: String, words: String) throws {
    let findings = try reading(text).findings
    #expect(findings.contains { $0.description.contains(words) }, "\(findings)")
  }
}
