import Capabilities
import Ports

/// Asks in plain lines of text and reads lines of text: at a terminal, or of whatever else answers on a byte stream.
///
/// A question stands after its id in brackets and ends in `> `; an answer is one line. What was typed before a question
/// was shown is thrown away: it cannot have been meant for it.
final class ConsoleOperator: OperatorConnection {
  /// Typed instead of an answer by a person who has none.
  static let noAnswer = "-"
  /// Answers to one question that may be unreadable.
  static let attemptLimit = 10
  /// Longest line that is read; more is no answer but a cat on the keyboard.
  static let lineLengthMax = 4096
  /// How often others are looked after while a person thinks.
  static let lookInterval = Interval.seconds(2)
  static let connectLimit = Interval.seconds(5)
  static let writeLimit = Interval.seconds(5)

  private let world: any World
  private let address: PortAddress
  private let tap: TrafficTap
  private var port: (any StreamPort)?
  private var person: String?
  private var unread: [UInt8] = []

  init(world: any World, address: PortAddress, tap: TrafficTap) {
    self.world = world
    self.address = address
    self.tap = tap
  }

  private enum Line {
    case text(String)
    case late
    case ended(String)
  }

  func ask(
    _ question: OperatorQuestion, deadline: WorldInstant, watching: () async throws -> Void
  ) async throws -> OperatorReply {
    do {
      let port = try await connected()
      if person == nil {
        let name = OperatorQuestion(
          id: "operator", text: "Who answers? Your name or badge number", kind: .text)
        let reply = try await converse(name, port, deadline, watching)
        guard case .answer(let answer) = reply else { return reply }
        person = answer.text
      }
      return try await converse(question, port, deadline, watching)
    } catch let error as PortError {
      if error.code == .stopped { throw error }
      return .nobody(error.description)
    }
  }

  private func connected() async throws -> any StreamPort {
    if let port { return port }
    let opened: any StreamPort
    do throws(PortError) {
      opened = try await world.openStream(address, deadline: world.now + Self.connectLimit)
    } catch {
      tap.note(error, outgoing: true)
      throw error
    }
    let recording = RecordingStream(opened, world: world, tap: tap)
    port = recording
    return recording
  }

  private func converse(
    _ question: OperatorQuestion, _ port: any StreamPort, _ deadline: WorldInstant,
    _ watching: () async throws -> Void
  ) async throws -> OperatorReply {
    try await discardInput(port)
    try await say("\n[\(question.id)] \(question.text)\n", port)
    for _ in 1...Self.attemptLimit {
      try await say("  \(question.kind.expectation) ('\(Self.noAnswer)' if you cannot answer) > ", port)
      switch try await line(port, deadline, watching) {
      case .late: return .nobody("no answer to '\(question.id)' in time")
      case .ended(let why): return .declined("no answer to '\(question.id)': \(why)")
      case .text(Self.noAnswer): return .declined("the operator had no answer to '\(question.id)'")
      case .text(let text):
        do throws(AnswerProblem) {
          let value = try question.kind.read(text)
          return .answer(
            OperatorAnswer(value: value, text: text, person: person ?? "", origin: origin))
        } catch {
          try await say("  \(error)\n", port)
        }
      }
    }
    return .declined("\(Self.attemptLimit) answers to '\(question.id)' could not be read")
  }

  private var origin: String { address.scheme == .terminal ? "terminal" : address.description }

  private func say(_ text: String, _ port: any StreamPort) async throws {
    try await port.send(Array(text.utf8), deadline: world.now + Self.writeLimit)
  }

  private func discardInput(_ port: any StreamPort) async throws {
    unread = []
    while true {
      do throws(PortError) { _ = try await port.receive(deadline: world.now) } catch {
        if error.code == .stopped { throw error }
        return
      }
    }
  }

  private func line(
    _ port: any StreamPort, _ deadline: WorldInstant, _ watching: () async throws -> Void
  ) async throws -> Line {
    while true {
      if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        let bytes = unread[..<end]
        unread.removeFirst(end + 1)
        return .text(Self.visible(bytes))
      }
      guard unread.count <= Self.lineLengthMax else {
        unread = []
        return .text("")
      }
      let look = world.now + Self.lookInterval
      do throws(PortError) {
        unread += try await port.receive(deadline: min(look, deadline))
      } catch {
        switch error.code {
        case .deadline:
          if world.now >= deadline { return .late }
          try await watching()
        case .closed: return .ended(error.cause)
        default: throw error
        }
      }
    }
  }

  /// Without blanks at the ends and without control characters, which a terminal sends for arrow keys.
  private static func visible(_ bytes: ArraySlice<UInt8>) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    let scalars = text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }
    return String(String.UnicodeScalarView(scalars)).split(separator: " ").joined(separator: " ")
  }

  func close() { port?.close() }
}
