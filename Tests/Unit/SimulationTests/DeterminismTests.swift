import Ports
import Testing

@testable import Simulation

@Suite struct DeterminismTests {
  /// A stream, a radio and lines used by three children at once on links with every kind of seeded trouble.
  private func journal(seed: UInt64) throws -> [String] {
    var trouble = LinkBehaviour()
    trouble.splitReplies = true
    trouble.garble = 0.3
    let board = ScriptedBoard()
    for n in 1...20 {
      board.at(Double(n) * 0.11) { board, now in board.light(.blue, n % 2 == 1, at: now.now) }
    }
    let circuit = Circuit.fresh
    circuit.insert(board)
    let world = SimulatedWorld(circuit: circuit, seed: seed)
    let beacon = BeaconPeripheral("AA:00:00:00:00:01", periodMilliseconds: 130)
    world.host(stream: EchoTwin(), named: "echo", behaviour: trouble)
    world.host(radio: [beacon], named: "radio", behaviour: trouble)
    world.host(lines: [1: .indicator(.blue)], named: "lines")
    let log = Log()
    let shared = Shared(world)
    try world.run {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          let port = try await shared.value.openStream(PortAddress(parsing: "sim://echo"), deadline: .start)
          for n in 0..<10 {
            try await port.send(Array("line \(n)\n".utf8), deadline: shared.value.now)
            for _ in 0..<7 {
              log.add("stream \(try await port.receive(deadline: .distantFuture)) \(shared.value.now)")
            }
          }
        }
        group.addTask {
          let radio = try await shared.value.openRadio(PortAddress(parsing: "sim://radio"), deadline: .start)
          let gatt = try await radio.connect(
            to: "AA:00:00:00:00:01", service: "FFE0", characteristic: "FFE1", deadline: .distantFuture)
          for n in 0..<10 as Range<UInt8> {
            try await gatt.write([n], deadline: .distantFuture)
            log.add("radio \(try await gatt.notification(deadline: .distantFuture)) \(shared.value.now)")
          }
        }
        group.addTask {
          let lines = try await shared.value.openLines(
            PortAddress(parsing: "sim://lines"), configuration: .init(outputs: [], inputs: [1]),
            deadline: .start)
          for _ in 0..<10 {
            try await shared.value.sleep(for: .milliseconds(250))
            log.add("lines \(try await lines.takeEdges())")
          }
        }
        try await group.waitForAll()
      }
    }
    return log.lines
  }

  @Test func `the same seed gives the same journal, another seed another one`() throws {
    var journals: Set<[String]> = []
    for seed in 1...20 as ClosedRange<UInt64> {
      let first = try journal(seed: seed)
      #expect(try journal(seed: seed) == first)
      journals.insert(first)
    }
    #expect(journals.count == 20)
  }
}
