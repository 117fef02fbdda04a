import Ports

/// A world in virtual time: one circuit, the unit in its socket, simulated instruments behind `sim://NAME` ports,
/// seeded chance.
///
/// Modelled: the links' latencies, arrival in pieces, loss, silence and flipped bits as far as `LinkBehaviour` says;
/// stops; the order of everything that happens. Not modelled: the time that a computer needs, driver and bus
/// latencies (a twin answers with its instrument's own delay), several computers.
///
/// Whenever code above the seam runs, the circuit stands at the same instant as the clock.
public final class SimulatedWorld: World {
  public let circuit: Circuit
  public let calendarStart: String
  /// Chance of this world; fork it by purpose.
  public let random: SeededRandom
  let executor = SimulationExecutor()
  private let plant: HostedPlant

  public var holdStops = false
  public private(set) var stopRequested: String?
  private var hosted: [String: HostedPort] = [:]
  /// Guards that were started, the last one last.
  public internal(set) var guards: [SimulatedGuard] = []
  /// What `terminal://` opens: the terminal of a person who watches the simulation; nil when nobody does.
  public var terminal: (any StreamPort)?

  /// - Parameter calendarStart: ISO 8601 in UTC.
  /// - Precondition: the circuit still stands at its start.
  public init(circuit: Circuit, seed: UInt64, calendarStart: String = "2026-01-05T06:00:00Z") {
    precondition(circuit.now == .start, "a world begins with a fresh circuit")
    self.circuit = circuit
    self.calendarStart = calendarStart
    random = SeededRandom(seed: seed)
    plant = HostedPlant(circuit: circuit)
    executor.plant = plant
  }

  /// Runs `body` to its end in virtual time, on the calling thread. See `SimulationExecutor.run`.
  public func run<T>(_ body: @escaping () async throws -> T) throws -> T { try executor.run(body) }

  public var now: WorldInstant { executor.now }

  // MARK: waiting and stopping

  /// - Throws: `WorldStopped`; `CancellationError` when the task is cancelled. Neither while `holdStops` is true.
  public func sleep(until instant: WorldInstant) async throws {
    while true {
      if !holdStops {
        if let stopRequested { throw WorldStopped(reason: stopRequested) }
        try Task.checkCancellation()
      }
      guard now < instant else { return }
      await executor.pause(until: instant, cancellable: !holdStops)
    }
  }

  /// Somebody asks for the run to stop (Ctrl-C, the station's stop button). The first reason counts; waits in
  /// progress end at once unless stops are held off.
  public func requestStop(reason: String) {
    if stopRequested == nil { stopRequested = reason }
    executor.wakeEverybody()
  }

  /// Lets a scenario act at a later instant, e.g. open the cover. The action runs before any task sees the instant.
  public func schedule(at instant: WorldInstant, _ action: @escaping () -> Void) {
    executor.schedule(at: instant, action)
  }

  /// Throws when a stop is pending and not held off.
  func checkStop(_ attempted: String, port: String) throws(PortError) {
    guard !holdStops else { return }
    if let stopRequested { throw PortError(.stopped, attempted: attempted, port: port, cause: stopRequested) }
    if Task.isCancelled {
      throw PortError(.stopped, attempted: attempted, port: port, cause: "the task was cancelled")
    }
  }

  /// Waits until `due` names an instant that has come.
  /// - Throws: `.deadline` when it has not by `deadline`; `.stopped`.
  func wait(
    until deadline: WorldInstant, to attempted: String, port: String, due: @escaping () -> WorldInstant?
  ) async throws(PortError) {
    while true {
      try checkStop(attempted, port: port)
      if let instant = due(), instant <= now { return }
      guard now < deadline else {
        throw PortError(
          .deadline, attempted: attempted, port: port, cause: "nothing came before the deadline",
          advice: "check power, cable and address of what is at the other end")
      }
      await executor.pause(until: deadline, cancellable: !holdStops, due: due)
    }
  }

  // MARK: hosting

  /// Puts a twin behind a byte stream `sim://NAME`.
  public func host(stream twin: any InstrumentTwin, named name: String, behaviour: LinkBehaviour = .init()) {
    add(.stream(twin), named: name, behaviour: behaviour)
    plant.add(twin)
  }

  /// Puts a twin behind a message port `sim://NAME`. One `TwinReply` is one message.
  public func host(messages twin: any InstrumentTwin, named name: String, behaviour: LinkBehaviour = .init())
  {
    add(.messages(twin), named: name, behaviour: behaviour)
    plant.add(twin)
  }

  /// Wires a bank of lines `sim://NAME` to relays (outputs) and to indicators and contacts (inputs).
  /// - Parameter activeLevels: level of a line at which its terminal counts as active; high unless given.
  public func host(
    lines: [Int: Terminal], activeLevels: [Int: Bool] = [:], faults: [LineFault] = [], named name: String,
    behaviour: LinkBehaviour = .init()
  ) {
    let board = LineBoard(terminals: lines, activeLevels: activeLevels, faults: faults)
    add(.lines(board), named: name, behaviour: behaviour)
  }

  /// Puts a Bluetooth central `sim://NAME` within reach of `peripherals`.
  public func host(
    radio peripherals: [any PeripheralModel], named name: String, behaviour: LinkBehaviour = .init()
  ) {
    add(.radio(peripherals), named: name, behaviour: behaviour)
  }

  /// Puts an ear `sim://NAME` on the bus of `node`.
  public func host(bus node: any BusNodeModel, named name: String, behaviour: LinkBehaviour = .init()) {
    add(.bus(node), named: name, behaviour: behaviour)
  }

  /// Replaces the behaviour of a hosted link and revives it if it was dead.
  /// - Precondition: something is hosted under the name.
  public func setLink(_ behaviour: LinkBehaviour, of name: String) {
    guard let port = hosted[name] else { preconditionFailure("nothing is hosted as \(name)") }
    port.link.reset(to: behaviour)
    executor.wakeEverybody()
  }

  private func add(_ kind: HostedPort.Kind, named name: String, behaviour: LinkBehaviour) {
    precondition(hosted[name] == nil, "two ports are named \(name)")
    let link = SimulatedLink(name: name, behaviour: behaviour, random: random.fork("link \(name)"))
    hosted[name] = HostedPort(kind: kind, link: link)
  }

  /// Names of everything hosted, in alphabetical order.
  public var hostedNames: [String] { hosted.keys.sorted() }

  func port(at address: PortAddress, attempted: String) throws(PortError) -> HostedPort {
    try checkStop(attempted, port: address.description)
    guard address.scheme == .sim else {
      throw PortError(
        .unsupported, attempted: attempted, port: address.description,
        cause: "this world has simulated ports only", advice: "write sim://NAME or use a rig with real ports")
    }
    guard let port = hosted[address.target] else {
      throw PortError(
        .notFound, attempted: attempted, port: address.description, cause: "nothing has that name",
        advice: hosted.isEmpty
          ? "no simulated port exists"
          : "simulated ports: \(hostedNames.map { "sim://\($0)" }.joined(separator: ", "))")
    }
    return port
  }
}

/// One simulated port by name.
final class HostedPort {
  enum Kind {
    case stream(any InstrumentTwin)
    case messages(any InstrumentTwin)
    case lines(LineBoard)
    case radio([any PeripheralModel])
    case bus(any BusNodeModel)

    var title: String {
      switch self {
      case .stream: "a byte stream"
      case .messages: "a message port"
      case .lines: "a bank of lines"
      case .radio: "a radio"
      case .bus: "a CAN bus"
      }
    }
  }
  let kind: Kind
  let link: SimulatedLink

  init(kind: Kind, link: SimulatedLink) {
    self.kind = kind
    self.link = link
  }

  func mismatch(_ attempted: String, _ address: PortAddress) -> PortError {
    PortError(
      .unsupported, attempted: attempted, port: address.description, cause: "it is \(kind.title)",
      advice: "check which kind of port the driver needs")
  }
}
