import Capabilities
import Documents
import Engine
import Model
import Steps

/// Answers that were written down for one unit.
public struct AnswersForUnit: Sendable {
  public let document: AnswersDocument
  public let unit: String
  public var reference: DocumentReference { document.reference }
}

/// Checks an answers file against the questions of a procedure, before anything is opened.
struct AnswersCheck {
  let document: AnswersDocument
  let unit: String
  let questions: [OperatorQuestion]

  /// Keys nobody asks for and answers that do not fit their question.
  var findings: [Finding] {
    let known = questions.map(\.id)
    var findings: [Finding] = []
    for entry in document.common + document.units.flatMap(\.entries) {
      guard let question = questions.first(where: { $0.id == entry.key }) else {
        findings.append(
          Finding(
            place: entry.keyPlace, message: "the procedure asks no '\(entry.key)'",
            suggestion: NearestName.of(entry.key, in: known).map { "did you mean '\($0)'?" }
              ?? (known.isEmpty ? "it asks nothing at all" : "it asks \(Self.first(known))")))
        continue
      }
      guard entry.text != ConsoleOperator.noAnswer else { continue }
      do throws(AnswerProblem) { _ = try question.kind.read(entry.text) } catch {
        findings.append(
          Finding(
            place: entry.place, message: "'\(entry.key)': \(error.message)", suggestion: error.suggestion))
      }
    }
    return findings
  }

  /// Questions without an answer for this unit.
  var missing: [String] {
    questions.map(\.id).filter { document.entry($0, unit: unit) == nil }
  }

  private static func first(_ names: [String]) -> String {
    let shown = names.prefix(8).joined(separator: ", ")
    return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
  }
}

extension Procedure {
  /// What the steps will ask a person, in order.
  func questions(_ parameters: [String: FieldValues]) -> [OperatorQuestion] {
    allPhases.flatMap(\.steps).flatMap { step -> [OperatorQuestion] in
      guard let kind = StepCatalog.kind(step.kind), let values = parameters[step.id] else { return [] }
      return kind.questions(for: values)
    }
  }
}
