import Capabilities
import Quantities
import Testing

@Suite struct AnswerReadingTests {
  @Test(arguments: [
    (AnswerKind.yesNo, " Yes ", AnswerValue.flag(true)), (.yesNo, "n", .flag(false)),
    (.quantity(.length), "237.1 mm", .number(0.2371)), (.quantity(.mass), "1.5 kg", .number(1.5)),
    (.quantity(.humidity), "55 %RH", .number(0.55)), (.quantity(.count), "3950", .number(3950)),
    (.count, "4", .number(4)), (.choice(["repair", "none"]), "Repair", .text("repair")),
    (.text, " EK-B24S8E300A ", .text("EK-B24S8E300A")),
    (.date(or: ["unknown"]), "2026-02-28", .text("2026-02-28")),
    (.date(or: ["unknown"]), "unknown", .text("unknown")),
    (.references, "a.jpg, b.jpg ,a.jpg,", .references(["a.jpg", "b.jpg"])),
  ])
  func `answers are read as people write them`(kind: AnswerKind, text: String, value: AnswerValue) throws {
    #expect(try kind.read(text) == value)
  }

  @Test(arguments: [
    (AnswerKind.yesNo, "perhaps", "yes or no"), (.quantity(.length), "237", "no unit"),
    (.quantity(.length), "237 g", "is a mass, expected a length"),
    (.quantity(.length), "inf mm", "not a quantity"),
    (.count, "4.5", "whole number"), (.count, "-1", "whole number"),
    (.choice(["repair"]), "refund", "repair"),
    (.date(or: []), "unknown", "2026-03-02"), (.date(or: ["none"]), "2026-02-29", "'none'"),
    (.text, "  ", "nothing is written"), (.references, " , ", "nothing is named"),
    (.text, String(repeating: "x", count: 501), "longer than 500"),
  ])
  func `what is no answer is refused with what would be one`(kind: AnswerKind, text: String, words: String) {
    let problem = #expect(throws: AnswerProblem.self) { try kind.read(text) }
    #expect(problem?.description.contains(words) == true, "\(problem?.description ?? "")")
  }
}
