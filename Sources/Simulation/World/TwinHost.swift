import Ports

/// One simulated counterpart and the kind of link in front of it.
public enum HostedLink {
  case stream(any InstrumentTwin)
  /// One `TwinReply` is one message.
  case messages(any InstrumentTwin)
  case lines(LineWiring)
  /// A Bluetooth central within reach of these.
  case radio([any PeripheralModel])
  case bus(any BusNodeModel)
}

/// Where the simulated counterparts of a rig are put: behind the ports of a simulated world, or behind real ones.
public protocol TwinHost: AnyObject {
  /// Not started yet.
  var circuit: Circuit { get }
  /// Chance of this host; fork it by purpose.
  var random: SeededRandom { get }
  /// - Precondition: Nothing else has that name.
  func host(_ link: HostedLink, named name: String)
  /// Acts at a later instant of the circuit's time.
  func schedule(at instant: WorldInstant, _ action: @escaping () -> Void)
}

extension SimulatedWorld: TwinHost {
  public func host(_ link: HostedLink, named name: String) {
    switch link {
    case .stream(let twin): host(stream: twin, named: name)
    case .messages(let twin): host(messages: twin, named: name)
    case .lines(let bank):
      host(lines: bank.terminals, activeLevels: bank.activeLevels, faults: bank.faults, named: name)
    case .radio(let peripherals): host(radio: peripherals, named: name)
    case .bus(let node): host(bus: node, named: name)
    }
  }
}

/// How a bank of lines is wired: which terminal is on which line, and what is broken.
public struct LineWiring {
  public let terminals: [Int: Terminal]
  /// Level of a line at which its terminal counts as active; high unless given.
  public let activeLevels: [Int: Bool]
  public let faults: [LineFault]

  public init(terminals: [Int: Terminal], activeLevels: [Int: Bool] = [:], faults: [LineFault] = []) {
    self.terminals = terminals
    self.activeLevels = activeLevels
    self.faults = faults
  }

  /// Lines of relays, ascending.
  public var outputs: [Int] {
    terminals.filter { if case .relay = $0.value { true } else { false } }.keys.sorted()
  }

  /// Lines of indicators and contacts, ascending.
  public var inputs: [Int] { Set(terminals.keys).subtracting(outputs).sorted() }

  /// What a level at an output does to its relay.
  /// - Returns: False when the line is no output.
  @discardableResult
  public func drive(_ line: Int, to level: Bool, in circuit: Circuit) -> Bool {
    guard case .relay(let relay)? = terminals[line] else { return false }
    circuit.setRelay(relay, active: level == activeLevels[line] ?? true)
    return true
  }

  /// The level at an input now; nil when the line is no input.
  public func level(_ line: Int, in circuit: Circuit) -> Bool? {
    let active: Bool
    switch terminals[line] {
    case .indicator(let indicator): active = circuit.isOn(indicator)
    case .contact(let contact): active = circuit.isActive(contact)
    default: return nil
    }
    let fault = faults.first { $0.line == line && circuit.now >= $0.from }
    return (fault?.stuckActive ?? active) == activeLevels[line] ?? true
  }
}
