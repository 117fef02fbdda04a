import Ports
import Testing

@testable import Simulation

@Suite struct `A twin behind wires that can be spoiled` {
  private let inner = EchoTwin()
  private var twin: FaultyTwin { FaultyTwin(inner, random: SeededRandom(seed: 1)) }

  private func ask(_ twin: FaultyTwin, _ text: String, at seconds: Double = 1) -> [TwinReply] {
    twin.receive(Array("\(text)\n".utf8), at: .start + .seconds(seconds))
  }

  private func begin(
    _ fault: ExchangeFault, on twin: FaultyTwin, number: Int, from: Double = 0, until: Double = 100,
    exchanges: Int = .max
  ) {
    twin.begin(
      fault, at: .start + .seconds(from), until: .start + .seconds(until), amount: 0, exchanges: exchanges,
      number: number)
  }

  @Test func `counts for each fault whether it met an exchange`() {
    let twin = twin
    begin(.duplicatedReply, on: twin, number: 0, exchanges: 1)
    begin(.frozenReading, on: twin, number: 1)
    begin(.droppedReply, on: twin, number: 2, until: 0.5)
    begin(.garbledReply, on: twin, number: 3)
    #expect(twin.spoiledBy.isEmpty)
    // No question about a reading, and after the time of the third.
    #expect(ask(twin, "hello").count == 2)
    #expect(twin.spoiledBy == [0, 3])
    #expect(ask(twin, "hello").count == 1)
    #expect(twin.spoiledBy == [0, 3])
  }

  @Test func `counts only one of two that would do the same to one exchange`() {
    let twin = twin
    begin(.droppedReply, on: twin, number: 4, exchanges: 1)
    begin(.droppedReply, on: twin, number: 7)
    #expect(ask(twin, "a").isEmpty)
    #expect(twin.spoiledBy == [4])
    #expect(ask(twin, "b").isEmpty)
    #expect(twin.spoiledBy == [4, 7] && inner.heard == ["a", "b"])
  }

  @Test func `tells also of a command that is lost on its way, before it is`() {
    let twin = twin
    var told: [String] = []
    twin.heard = { [unowned twin] in told.append("\($0.dropLast()) \(twin.failed)") }
    begin(.lostCommand, on: twin, number: 0, exchanges: 1)
    #expect(ask(twin, "on").isEmpty && inner.heard.isEmpty)
    #expect(ask(twin, "on").count == 1 && inner.heard == ["on"])
    #expect(told == ["on 0", "on 1"])
  }
}
