import Ports

/// A sensor or contact on an input line that stays at one level from an instant on: blind, disconnected, shorted.
public struct LineFault: Hashable, Sendable {
  public let line: Int
  public let stuckActive: Bool
  public let from: WorldInstant
  public init(line: Int, stuckActive: Bool, from: WorldInstant) {
    self.line = line
    self.stuckActive = stuckActive
    self.from = from
  }
}

/// The wiring of a simulated bank of lines and the levels at its output pins.
final class LineBoard {
  let terminals: [Int: Terminal]
  private let activeLevels: [Int: Bool]
  private let faults: [LineFault]
  /// Levels driven at the pins of outputs; at first all inactive.
  var pins: [Int: Bool] = [:]
  var isOpen = false

  init(terminals: [Int: Terminal], activeLevels: [Int: Bool], faults: [LineFault]) {
    self.faults = faults
    self.terminals = terminals
    self.activeLevels = activeLevels
  }

  func activeLevel(_ line: Int) -> Bool { activeLevels[line] ?? true }
  /// Translates between the level of a line and whether its terminal is active; the same in both directions.
  func translate(_ line: Int, _ value: Bool) -> Bool { value == activeLevel(line) }

  /// What the sensor of an input makes of the changes of its terminal: nothing new from its fault on.
  func seen(_ line: Int, _ history: [(level: Bool, at: WorldInstant)], now: WorldInstant) -> [(
    level: Bool, at: WorldInstant
  )] {
    guard let fault = faults.first(where: { $0.line == line }), now >= fault.from else { return history }
    var kept = history.filter { $0.at < fault.from }
    if kept.last?.level ?? false != fault.stuckActive { kept.append((fault.stuckActive, fault.from)) }
    return kept
  }
  /// The level at which a faulty sensor stays; nil while it follows its terminal.
  func stuck(_ line: Int, now: WorldInstant) -> Bool? {
    faults.first { $0.line == line && now >= $0.from }?.stuckActive
  }
  var wired: String { terminals.keys.sorted().map(String.init).joined(separator: ", ") }
}

/// A simulated bank of lines: outputs drive relays of the circuit, inputs read indicators and contacts.
final class SimulatedLines: LinePort {
  let address: PortAddress
  private let world: SimulatedWorld
  private let link: SimulatedLink
  private let board: LineBoard
  private let configuration: LineConfiguration
  /// Edges already handed over, per input in the order of `configuration.inputs`.
  private var taken: [Int]
  private var isClosed = false

  /// Opens the bank and puts its outputs to their safe level.
  init(
    world: SimulatedWorld, address: PortAddress, link: SimulatedLink, board: LineBoard,
    configuration: LineConfiguration
  ) throws(PortError) {
    self.address = address
    self.world = world
    self.link = link
    self.board = board
    self.configuration = configuration
    taken = []
    guard !board.isOpen else {
      throw PortError(
        .busy, attempted: "open a bank of lines", port: address.description, cause: "it is already open")
    }
    for output in configuration.outputs {
      guard case .relay = try terminal(output.line) else { throw wrongDirection(output.line, "an output") }
    }
    for line in configuration.inputs {
      switch try terminal(line) {
      case .indicator, .contact: taken.append(history(line).count)
      default: throw wrongDirection(line, "an input")
      }
    }
    board.isOpen = true
    makeSafe()
  }

  func set(line: Int, to level: Bool) async throws(PortError) {
    try check("set line \(line)")
    guard configuration.outputs.contains(where: { $0.line == line }) else {
      throw notConfigured(line, "set line \(line)", "an output")
    }
    drive(line, level)
    link.noteSend(at: world.now)
  }

  func read(line: Int) async throws(PortError) -> Bool {
    let attempted = "read line \(line)"
    try check(attempted)
    if configuration.outputs.contains(where: { $0.line == line }) {
      return board.pins[line] ?? board.translate(line, false)
    }
    guard configuration.inputs.contains(line) else { throw notConfigured(line, attempted, "an input") }
    if let stuck = board.stuck(line, now: world.now) { return board.translate(line, stuck) }
    switch board.terminals[line] {
    case .indicator(let indicator): return board.translate(line, world.circuit.isOn(indicator))
    case .contact(let contact): return board.translate(line, world.circuit.isActive(contact))
    default: throw wrongDirection(line, "an input")
    }
  }

  func takeEdges() async throws(PortError) -> [LineEdge] {
    try check("read edges")
    var edges: [LineEdge] = []
    for (index, line) in configuration.inputs.enumerated() {
      let history = history(line)
      for edge in history[taken[index]...] {
        edges.append(LineEdge(line: line, level: board.translate(line, edge.level), at: edge.at))
      }
      taken[index] = history.count
    }
    return edges.sorted { $0.at != $1.at ? $0.at < $1.at : $0.line < $1.line }
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    board.isOpen = false
    if !link.isDead(at: world.now) { makeSafe() }
  }

  private func makeSafe() {
    for output in configuration.outputs { drive(output.line, output.safeLevel) }
  }

  private func drive(_ line: Int, _ level: Bool) {
    guard case .relay(let relay) = board.terminals[line] else { return }
    board.pins[line] = level
    world.circuit.setRelay(relay, active: board.translate(line, level))
  }

  private func history(_ line: Int) -> [(level: Bool, at: WorldInstant)] {
    let history: [(level: Bool, at: WorldInstant)] =
      switch board.terminals[line] {
      case .indicator(let indicator): world.circuit.edges(of: indicator)
      case .contact(let contact): world.circuit.edges(of: contact)
      default: []
      }
    return board.seen(line, history, now: world.now)
  }

  private func terminal(_ line: Int) throws(PortError) -> Terminal {
    if let terminal = board.terminals[line] { return terminal }
    throw PortError(
      .notFound, attempted: "open a bank of lines", port: address.description,
      cause: "line \(line) is not wired", advice: "wired lines: \(board.wired)")
  }

  private func wrongDirection(_ line: Int, _ wanted: String) -> PortError {
    PortError(
      .permission, attempted: "use line \(line) as \(wanted)", port: address.description,
      cause: "it is wired the other way", advice: "relays are outputs; indicators and contacts are inputs")
  }

  private func notConfigured(_ line: Int, _ attempted: String, _ wanted: String) -> PortError {
    PortError(
      .permission, attempted: attempted, port: address.description,
      cause: "line \(line) was not opened as \(wanted)")
  }

  private func check(_ attempted: String) throws(PortError) {
    try world.checkStop(attempted, port: address.description)
    guard !isClosed, !link.isDead(at: world.now) else {
      throw PortError(
        .closed, attempted: attempted, port: address.description,
        cause: isClosed ? "the port was closed by this program" : "the link is gone")
    }
  }
}
