import Ports
import Simulation

/// Circuit, unit and twins of a simulated rig in real time: the world's clock is theirs.
///
/// They are machines that are told the time, so nothing runs between two exchanges unless `follow` does it. Before
/// anybody looks at them or changes them they are brought to the present.
///
/// Modelled: what `SimulatedWorld` models of instruments and unit. Different: a twin hears a command when the kernel
/// hands it over and its reply leaves at the due instant or as soon after it as the computer can. Link faults of the
/// simulated world (`LinkBehaviour`) do not exist here: the links are real.
public final class LivePlant: TwinHost {
  public let circuit: Circuit
  public let random: SeededRandom
  /// Everything hosted, in the order of the rig file.
  public private(set) var hosted: [(name: String, link: HostedLink)] = []
  private let world: any World
  private let plant: HostedPlant
  private var reporters: [(name: String, reporter: any OutputReporting, last: Int)] = []
  /// Told whenever the number of an instrument's outputs that are on has changed.
  public var onOutputs: ((_ name: String, _ on: Int, _ at: WorldInstant) -> Void)?
  private var actions: [(at: WorldInstant, act: () -> Void)] = []
  /// Longest time that stays unsimulated while nobody asks, so that a question after a quiet hour is not kept waiting
  /// while that hour is made up for.
  static let lagMax = Interval.milliseconds(50)

  /// - Precondition: The circuit still stands at its start.
  public init(circuit: Circuit, seed: UInt64, world: any World) {
    precondition(circuit.now == .start, "a plant begins with a fresh circuit")
    self.circuit = circuit
    self.world = world
    random = SeededRandom(seed: seed)
    plant = HostedPlant(circuit: circuit)
  }

  public func host(_ link: HostedLink, named name: String) {
    precondition(!hosted.contains { $0.name == name }, "two things are named \(name)")
    hosted.append((name, link))
    switch link {
    case .stream(let twin), .messages(let twin):
      plant.add(twin)
      if let reporter = (twin as? any OutputReportingHost)?.outputReporter {
        reporters.append((name, reporter, 0))
      }
    case .lines, .radio, .bus: break
    }
  }

  public func schedule(at instant: WorldInstant, _ action: @escaping () -> Void) {
    let place = actions.firstIndex { $0.at > instant } ?? actions.endIndex
    actions.insert((instant, action), at: place)
  }

  /// Brings circuit and twins to the present.
  /// - Returns: The present, at which the circuit stands now.
  @discardableResult
  public func catchUp() -> WorldInstant {
    let now = max(world.now, circuit.now)
    while let next = actions.first, next.at <= now {
      plant.advance(to: max(next.at, circuit.now))
      actions.removeFirst().act()
    }
    plant.advance(to: now)
    lookAtOutputs()
    return now
  }

  /// After anything that may have switched an output.
  func lookAtOutputs() {
    guard let onOutputs else { return }
    for index in reporters.indices where reporters[index].reporter.outputsOn != reporters[index].last {
      reporters[index].last = reporters[index].reporter.outputsOn
      onOutputs(reporters[index].name, reporters[index].last, world.now)
    }
  }

  /// When something changes by itself next.
  public var nextEvent: WorldInstant? {
    guard let action = actions.first?.at else { return plant.nextEvent }
    return plant.nextEvent.map { min($0, action) } ?? action
  }

  /// Keeps the plant close to the present until the world stops.
  public func follow() async throws {
    while true {
      catchUp()
      try await world.sleep(for: Self.lagMax)
    }
  }

  /// A twin that is brought to the present before it hears anything, for links that know nothing of plants.
  public func live(_ twin: any InstrumentTwin) -> any InstrumentTwin { LiveTwin(twin, plant: self) }
}

private final class LiveTwin: InstrumentTwin {
  private let twin: any InstrumentTwin
  private let plant: LivePlant
  init(_ twin: any InstrumentTwin, plant: LivePlant) {
    self.twin = twin
    self.plant = plant
  }
  func receive(_ bytes: [UInt8], at now: WorldInstant) -> [TwinReply] {
    let replies = twin.receive(bytes, at: plant.catchUp())
    plant.lookAtOutputs()
    return replies
  }
  func clear(at now: WorldInstant) { twin.clear(at: plant.catchUp()) }
  // What the twin does by itself is the plant's business.
}
