import Ports
import Quantities

/// What an answer must be.
public enum AnswerKind: Hashable, Sendable {
  case yesNo
  /// A number with a unit of this dimension.
  case quantity(Dimension)
  /// A whole number of things.
  case count
  case choice([String])
  case text
  /// A calendar date, or one of these words (`unknown`, `none`).
  case date(or: [String])
  /// File names or numbers of photos and papers, separated by commas.
  case references
}

/// One question to the person at the station.
public struct OperatorQuestion: Hashable, Sendable {
  /// What answers files use as key, e.g. `kit-screws`; unique in a procedure.
  public let id: String
  public let text: String
  public let kind: AnswerKind
  public init(id: String, text: String, kind: AnswerKind) {
    self.id = id
    self.text = text
    self.kind = kind
  }
}

/// A value that fits its question.
public enum AnswerValue: Hashable, Sendable {
  case flag(Bool)
  /// Base units.
  case number(Double)
  case text(String)
  case references([String])
}

/// What a person said, who said it and where it was written down.
public struct OperatorAnswer: Hashable, Sendable {
  public let value: AnswerValue
  /// As it was written.
  public let text: String
  /// Name of the person; empty when nobody gave one.
  public let person: String
  /// Where it came from: `terminal`, `answers file NAME`.
  public let origin: String
  /// Day on which it was written down, ISO 8601; empty when it was given during the run.
  public let date: String
  public init(value: AnswerValue, text: String, person: String, origin: String, date: String = "") {
    self.value = value
    self.text = text
    self.person = person
    self.origin = origin
    self.date = date
  }
}

/// What became of a question.
public enum OperatorReply: Hashable, Sendable {
  case answer(OperatorAnswer)
  /// This question stays without an answer: why. The next one may have one.
  case declined(String)
  /// Nobody is there to ask: why. Asking on is of no use.
  case nobody(String)
}

/// The person at the station, whatever carries question and answer.
public protocol OperatorConnection: AnyObject {
  /// Asks one question and waits for an answer that fits it.
  ///
  /// - Parameter watching: Called every few seconds of a longer wait; what it throws ends the wait.
  /// - Throws: when the run was told to stop; what `watching` throws. A missing answer is no error but a reply.
  func ask(
    _ question: OperatorQuestion, deadline: WorldInstant, watching: () async throws -> Void
  ) async throws -> OperatorReply
}

/// Stands where nobody can be asked.
public final class UnattendedStation: OperatorConnection {
  private let why: String
  public init(why: String = "the rig file names no operator and no answers file was given") { self.why = why }
  public func ask(
    _ question: OperatorQuestion, deadline: WorldInstant, watching: () async throws -> Void
  ) async throws -> OperatorReply { .nobody(why) }
}
