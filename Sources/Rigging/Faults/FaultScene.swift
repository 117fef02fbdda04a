import DUT
import Model
import Ports
import Simulation

/// Lets the faults of a scenario happen in a simulated world, below everything that a run can see.
final class FaultScene {
  let faults: [PlannedFault]
  /// Faults that happened while their target was there, by index; without those that wait for an exchange.
  private var happened: Set<Int> = []
  private let rig: Rig
  private let world: SimulatedWorld
  private let host: FaultyHost
  private let watch: PlantWatch
  /// Behaviour of links by port name, as several faults may meet on one.
  private var behaviours: [String: LinkBehaviour] = [:]

  init(_ faults: [PlannedFault], rig: Rig, world: SimulatedWorld, host: FaultyHost, watch: PlantWatch) {
    self.faults = faults
    self.rig = rig
    self.world = world
    self.host = host
    self.watch = watch
  }

  func arm() {
    for index in faults.indices where !faults[index].kind.isDisks {
      world.schedule(at: instant(faults[index].from)) { [self] in begin(index) }
    }
  }

  /// Faults that met something so far, by index: one that spoils exchanges counts only when there was one to spoil.
  var struck: Set<Int> {
    faults.indices.reduce(into: happened) { struck, index in
      let twin = Self.exchange(faults[index].kind).flatMap { _ in host.twins[port(of: faults[index].target)] }
      if twin?.spoiledBy.contains(index) == true { struck.insert(index) }
    }
  }

  private func instant(_ seconds: Double) -> WorldInstant { .start + .seconds(seconds) }

  private func begin(_ index: Int) {
    let fault = faults[index]
    let now = world.now
    let end = now + .seconds(fault.seconds)
    if let exchange = Self.exchange(fault.kind) {
      host.twins[port(of: fault.target)]?.begin(
        exchange, at: now, until: end, amount: fault.amount, exchanges: fault.exchanges ?? .max,
        number: index)
      if exchange == .lostCommand, fault.exchanges == nil { watch.hearsNothing(fault.target, until: end) }
      return
    }
    happened.insert(index)
    switch fault.kind {
    case .linkClosed:
      change(port(of: fault.target)) { $0.dropAt = now }
      watch.hearsNothing(fault.target)
    case .reboot:
      host.twins[port(of: fault.target)]?.powerCycle(at: now)
      change(port(of: fault.target)) { $0.dropAt = now }
    case .brownOut: host.twins[port(of: fault.target)]?.powerCycle(at: now)
    case .inhibit:
      host.twins[port(of: fault.target)]?.inhibit(true, at: now)
      later(end) { self.host.twins[self.port(of: fault.target)]?.inhibit(false, at: self.world.now) }
    case .stuckRelay, .weldedRelay, .slowRelay: moveRelay(fault, index, until: end)
    case .radioLost, .radioSilent, .radioGarbled, .busLost: spoilRadio(fault, until: end)
    case .unitReboot:
      if unit?.crash(at: now) == true { watch.unitCrashed() } else { happened.remove(index) }
      world.circuit.boardChanged()
    case .telemetryFreeze:
      unit?.freezeTelemetry(true)
      later(end) { self.unit?.freezeTelemetry(false) }
    case .emergencyStop: pressEmergencyStop(until: end)
    case .coverOpened:
      world.circuit.setContact(.cover, active: false)
      later(end) { self.world.circuit.setContact(.cover, active: true) }
    case .operatorStop: world.requestStop(reason: "operator")
    case .guardDeath:
      if let watching = world.guards.last, !watching.isReleased {
        watching.die()
      } else {
        happened.remove(index)
      }
    case .lostCommand, .droppedReply, .lateReply, .duplicatedReply, .garbledReply, .splitReply, .partialReply,
      .frozenReading, .driftingReading, .diskFull, .journalWrite:
      break
    }
  }

  static func exchange(_ kind: FaultKind) -> ExchangeFault? {
    switch kind {
    case .lostCommand: .lostCommand
    case .droppedReply: .droppedReply
    case .lateReply: .lateReply
    case .duplicatedReply: .duplicatedReply
    case .garbledReply: .garbledReply
    case .splitReply: .splitReply
    case .partialReply: .partialReply
    case .frozenReading: .frozenReading
    case .driftingReading: .driftingReading
    default: nil
    }
  }

  private func later(_ instant: WorldInstant, _ action: @escaping () -> Void) {
    world.schedule(at: instant, action)
  }

  // MARK: links

  /// What stands behind `sim://` in the address of an instrument.
  func port(of instrument: String) -> String {
    let address = rig.instruments.first { $0.name == instrument }?.address ?? ""
    return (try? PortAddress(parsing: address))?.target ?? instrument
  }

  private func change(_ port: String, _ edit: (inout LinkBehaviour) -> Void) {
    guard world.hostedNames.contains(port) else { return }
    var behaviour = behaviours[port] ?? LinkBehaviour()
    edit(&behaviour)
    behaviours[port] = behaviour
    world.setLink(behaviour, of: port)
  }

  private var radio: String { (try? PortAddress(parsing: rig.unitLink.address))?.target ?? "" }
  private var unit: SimulatedUnit? { host.peripherals[radio]?.first as? SimulatedUnit }

  private func spoilRadio(_ fault: PlannedFault, until end: WorldInstant) {
    switch fault.kind {
    case .radioSilent:
      change(radio) { $0.silent = true }
      later(end) { self.change(self.radio) { $0.silent = false } }
    case .radioGarbled:
      change(radio) { $0.garble = 0.2 }
      later(end) { self.change(self.radio) { $0.garble = 0 } }
    case .busLost:
      guard let bus = rig.unitBus, let port = (try? PortAddress(parsing: bus.address))?.target else { return }
      change(port) { $0.silent = true }
      later(end) { self.change(port) { $0.silent = false } }
    default:
      unit?.disconnect(at: world.now)
      world.circuit.boardChanged()
    }
  }

  // MARK: relays and interlocks

  private func relay(_ target: String) -> Relay? {
    let words = target.split(separator: "/")
    guard let name = words.first.flatMap({ RoleName(rawValue: String($0)) }),
      case .relay(let relay)? = name.terminal(words.count > 1 ? Int(words[1]) ?? 0 : 0)
    else { return nil }
    return relay
  }

  private func moveRelay(_ fault: PlannedFault, _ index: Int, until end: WorldInstant) {
    guard let relay = relay(fault.target) else {
      happened.remove(index)
      return
    }
    let circuit = world.circuit
    switch fault.kind {
    case .slowRelay:
      circuit.slow(relay, by: .seconds(fault.amount))
      later(end) { circuit.slow(relay, by: nil) }
    case .weldedRelay where !circuit.isActive(relay): happened.remove(index)
    default:
      circuit.stick(relay, active: circuit.isActive(relay))
      later(end) { circuit.unstick(relay) }
    }
  }

  /// The rig's safety relay opens both contactors by itself, whatever their lines say.
  private func pressEmergencyStop(until end: WorldInstant) {
    let circuit = world.circuit
    circuit.setContact(.emergencyStop, active: true)
    for relay in [Relay.loopContactor, .emulatorContactor] { circuit.stick(relay, active: false) }
    later(end) {
      circuit.setContact(.emergencyStop, active: false)
      // The safety relay wants a person to reset it; the contactors stay open.
    }
  }
}
