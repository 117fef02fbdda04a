import Model
import Testing

@testable import Rigging

/// A run whose program was killed, closed by the next start of the program, and replayed.
@Suite struct `A run that was closed after a crash` {
  /// Its journal: as far as it had come, and what closing it adds.
  static func closed(part: Double) throws -> (result: Scenario.Result, events: [RunEvent]) {
    let result = try ReplayScenarios.usual.get()
    var events = Array(result.events.prefix(Int(Double(result.events.count) * part)))
    let last = try #require(events.last).nanoseconds
    let ending: [RunEvent.Body] = [
      .recovered(Recovery(cutBytes: 12, guardProof: nil)),
      .runEnded(verdict: .aborted, reason: "the program ended before the run did", safeStateConfirmed: false),
    ]
    for body in ending { events.append(RunEvent(sequence: events.count, nanoseconds: last, body: body)) }
    return (result, events)
  }

  @Test(arguments: [0.05, 0.4, 0.8]) func `replays identically as far as it goes`(_ part: Double) throws {
    let (result, events) = try Self.closed(part: part)
    let comparison = try ReplayScenarios.replay(result, events)
    #expect(!comparison.isWhole)
    #expect(comparison.isIdentical, "\(ReplayScenarios.words(comparison))")
  }

  @Test func `still shows what today's program does otherwise before that`() throws {
    let (result, events) = try Self.closed(part: 0.8)
    let changed = try ReplayScenarios.changed(
      events, where: { $0.port == "emulator" && $0.outgoing && $0.bytes.contains("SOUR") }
    ) { $0.bytes = "SOUR:VOLT 1.0000(@7)\n" }
    let comparison = try ReplayScenarios.replay(result, changed)
    #expect(comparison.count[.sent] == 1, "\(ReplayScenarios.words(comparison))")
    #expect(comparison.count[.verdict] == nil)
  }

  @Test func `shows another verdict when it had come to its own end`() throws {
    let result = try ReplayScenarios.usual.get()
    var events = result.events
    events[events.count - 1].body = .runEnded(verdict: .fail, reason: "x", safeStateConfirmed: true)
    #expect(try ReplayScenarios.replay(result, events).count[.verdict] == 1)
  }
}
