import Ports
import Testing

@testable import Simulation

@Suite struct SimulatedLinesTests {
  private let configuration = LineConfiguration(
    outputs: [.init(line: 0, safeLevel: false), .init(line: 1, safeLevel: true)], inputs: [10, 11, 12])

  private func world(_ board: ScriptedBoard, _ behaviour: LinkBehaviour = .init()) -> SimulatedWorld {
    let circuit = Circuit.fresh
    circuit.insert(board)
    let world = SimulatedWorld(circuit: circuit, seed: 1)
    world.host(
      lines: [
        0: .relay(.emulatorContactor), 1: .relay(.nodeOpen(3)), 10: .indicator(.red),
        11: .contact(.emergencyStop), 12: .contact(.emulatorContactorMirror), 13: .cellSense(1),
      ],
      activeLevels: [1: false, 11: false], named: "lines", behaviour: behaviour)
    return world
  }

  @Test func `outputs start and end at their safe level, inverted lines are translated`() throws {
    let world = world(ScriptedBoard())
    try world.run {
      world.circuit.setRelay(.emulatorContactor, active: true)
      let lines = try await world.openLines(
        PortAddress(parsing: "sim://lines"), configuration: configuration, deadline: .start)
      #expect(!world.circuit.isActive(.emulatorContactor))
      #expect(!world.circuit.isActive(.nodeOpen(3)))
      try await lines.set(line: 1, to: false)
      try await lines.set(line: 0, to: true)
      #expect(world.circuit.isActive(.nodeOpen(3)))
      #expect(try await lines.read(line: 1) == false)
      lines.close()
      #expect(!world.circuit.isActive(.nodeOpen(3)))
      #expect(!world.circuit.isActive(.emulatorContactor))
      #expect(await code { try await lines.set(line: 0, to: true) } == .closed)
    }
  }

  @Test func `inputs read the circuit and give their edges once, in order of time`() throws {
    let board = ScriptedBoard()
    board.at(0.004) { board, surroundings in board.light(.red, true, at: surroundings.now) }
    board.at(0.5) { board, surroundings in board.light(.red, false, at: surroundings.now) }
    let world = world(board)
    world.schedule(at: .start + .seconds(0.25)) { world.circuit.setContact(.emergencyStop, active: true) }
    try world.run {
      let lines = try await world.openLines(
        PortAddress(parsing: "sim://lines"), configuration: configuration, deadline: .start)
      #expect(try await lines.read(line: 11))
      try await lines.set(line: 0, to: true)
      try await world.sleep(for: .seconds(0.3))
      #expect(try await lines.read(line: 10))
      #expect(try await !lines.read(line: 11))
      let first = try await lines.takeEdges()
      #expect(first.map(\.line) == [10, 12, 11])
      #expect(first.map(\.level) == [true, true, false])
      #expect(first.map(\.at.seconds) == [0.004, 0.015, 0.25])
      try await world.sleep(for: .seconds(1))
      #expect(try await lines.takeEdges().map(\.at.seconds) == [0.5])
      #expect(try await lines.takeEdges().isEmpty)
    }
  }

  @Test func `wrong wiring is refused before any level changes`() throws {
    let world = world(ScriptedBoard())
    try world.run {
      world.circuit.setRelay(.emulatorContactor, active: true)
      func opening(_ outputs: [Int], _ inputs: [Int]) async -> PortError? {
        await failure {
          _ = try await world.openLines(
            PortAddress(parsing: "sim://lines"),
            configuration: LineConfiguration(
              outputs: outputs.map { .init(line: $0, safeLevel: false) }, inputs: inputs),
            deadline: .start)
        }
      }
      #expect(await opening([0, 7], [])?.code == .notFound)
      #expect(await opening([0, 10], [])?.code == .permission)
      #expect(await opening([0], [1])?.code == .permission)
      #expect(world.circuit.isActive(.emulatorContactor))
      #expect(await opening([0], []) == nil)
      #expect(await opening([0], [])?.code == .busy)
    }
  }

  @Test func `a line that is no output is refused and a dead bank answers closed`() throws {
    var behaviour = LinkBehaviour()
    behaviour.dropAfter = 1
    let world = world(ScriptedBoard(), behaviour)
    try world.run {
      let lines = try await world.openLines(
        PortAddress(parsing: "sim://lines"), configuration: configuration, deadline: .start)
      #expect(await code { try await lines.set(line: 10, to: true) } == .permission)
      try await lines.set(line: 0, to: true)
      #expect(await code { try await lines.set(line: 0, to: false) } == .closed)
      #expect(await code { _ = try await lines.takeEdges() } == .closed)
      #expect(world.circuit.isActive(.emulatorContactor))
    }
  }
}
