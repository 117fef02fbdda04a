import Ports
import Simulation

/// Somebody who looks at the simulated article and types answers: the other end of `sim://operator`.
///
/// Modelled: reading a question by its id in brackets, the time looking and typing take, one line per question, saying
/// `-` to what cannot be seen on the article. Not modelled: slips and corrections, asking back, leaving the station.
public final class SimulatedPerson: InstrumentTwin {
  private let article: Article
  private var random: SeededRandom
  private var heard: [UInt8] = []

  /// Seconds until an answer: a glance takes three, a slow measurement twelve. A visual check of about a dozen
  /// questions takes a person 30 … 60 s.
  static let answerTime = 3.0...12.0

  public init(article: Article, random: SeededRandom) {
    self.article = article
    self.random = random
  }

  public func receive(_ bytes: [UInt8], at now: WorldInstant) -> [TwinReply] {
    heard += bytes
    let text = String(decoding: heard, as: UTF8.self)
    // A question is complete when the cursor waits behind it.
    guard text.hasSuffix("> ") else { return [] }
    heard = []
    let lines = text.split(separator: "\n")
    let asked = lines.last { $0.hasPrefix("[") }.flatMap {
      $0.split(whereSeparator: { "[]".contains($0) }).first
    }
    // Without a new question the last answer was not understood; nothing better will come.
    let answer = asked.map { self.answer(to: String($0)) } ?? "-"
    let delay = random.uniform(Self.answerTime.lowerBound, Self.answerTime.upperBound)
    return [TwinReply(bytes: Array((answer + "\n").utf8), delay: .seconds(delay))]
  }

  private func answer(to question: String) -> String {
    return question == "operator" ? "Simulated operator" : article.answer(to: question) ?? "-"
  }
}
