import Capabilities
import Ports

/// Answers from a file that a person wrote before the run; what it lacks, others are asked for.
final class AnswersOperator: OperatorConnection {
  private let answers: AnswersForUnit
  private let others: any OperatorConnection

  init(answers: AnswersForUnit, others: any OperatorConnection) {
    self.answers = answers
    self.others = others
  }

  func ask(
    _ question: OperatorQuestion, deadline: WorldInstant, watching: () async throws -> Void
  ) async throws -> OperatorReply {
    let document = answers.document
    let file = "answers file \(document.reference.name)"
    guard let entry = document.entry(question.id, unit: answers.unit) else {
      let reply = try await others.ask(question, deadline: deadline, watching: watching)
      // Nobody to ask does not mean that the file has no more answers.
      guard case .nobody = reply else { return reply }
      return .declined("\(file) says nothing about '\(question.id)', and there is no terminal to ask at")
    }
    guard entry.text != ConsoleOperator.noAnswer else {
      return .declined("\(file) leaves '\(question.id)' without an answer")
    }
    do throws(AnswerProblem) {
      let value = try question.kind.read(entry.text)
      return .answer(
        OperatorAnswer(
          value: value, text: entry.text, person: document.person, origin: "\(file), \(document.station)",
          date: document.date))
    } catch {
      // The check before the run refuses such a file.
      return .declined("\(file), '\(question.id)': \(error)")
    }
  }
}
