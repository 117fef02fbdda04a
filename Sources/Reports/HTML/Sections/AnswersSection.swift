import Model

/// What people answered, word for word: question, answer, who, where it was written down.
struct AnswersSection {
  let reading: RecordReading

  @MarkupBuilder
  var markup: Markup {
    let answers = reading.record.answers
    if !answers.isEmpty {
      section("Answers of people", id: "answers") {
        table(["Question", "Answer", "Person", "From"], class: "plain") {
          for answer in answers { row(answer) }
        }
      }
    }
  }

  private func row(_ answer: Answer) -> Markup {
    element("tr") {
      element("td") {
        answer.question
        element("span", class: "small muted") { " \(answer.prompt)" }
      }
      element("td") { element("b") { answer.answer } }
      element("td") { answer.person.isEmpty ? "not named" : answer.person }
      element("td") { answer.origin + (answer.date.isEmpty ? "" : ", \(answer.date)") }
    }
  }
}
