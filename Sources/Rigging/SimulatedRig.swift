import DUT
import Instruments
import Model
import Ports
import Simulation

/// The simulated world that a rig file with `sim://` addresses describes: the circuit, a twin for every instrument, the
/// unit in the socket.
public enum SimulatedRig {
  /// - Parameter calendarStart: ISO 8601 UTC; part of the journal.
  /// - Throws: `RigBuildError` when an option of a twin cannot be read (the checker finds that earlier).
  public static func world(
    rig: Rig, unit: UnitParameters, seed: UInt64, calendarStart: String
  ) throws -> SimulatedWorld {
    let circuit = Circuit(parameters: parameters(rig.wiring))
    let world = SimulatedWorld(circuit: circuit, seed: seed, calendarStart: calendarStart)
    try populate(world, with: rig, unit: unit)
    return world
  }

  /// Puts the unit into the socket and a twin behind every address of the rig file.
  /// - Throws: `RigBuildError` when an option of a twin cannot be read.
  public static func populate(_ host: any TwinHost, with rig: Rig, unit: UnitParameters) throws {
    let board = SimulatedUnit(parameters: unit)
    host.circuit.insert(board)
    for instrument in rig.instruments where !instrument.isReadByHand {
      try put(instrument, of: rig, in: host)
    }
    if let text = rig.operatorAddress, let address = try? PortAddress(parsing: text), address.scheme == .sim {
      let person = SimulatedPerson(article: unit.article, random: host.random.fork("operator"))
      host.host(.stream(person), named: address.target)
    }
    if let address = try? PortAddress(parsing: rig.unitLink.address) {
      let beacon = rig.unitLink.beacon.map { [SimulatedBeacon(radioAddress: $0)] } ?? []
      host.host(.radio([board] + beacon), named: address.target)
    }
    if let bus = rig.unitBus, let address = try? PortAddress(parsing: bus.address) {
      host.host(.bus(board), named: address.target)
    }
    if let serial = rig.unitSerial, let address = try? PortAddress(parsing: serial.address),
      let profile = RS485Unit.Profile(rawValue: serial.profile)
    {
      let port = UnitSerialPort(unit: board, profile: profile, unitNumber: UInt8(clamping: serial.unitNumber))
      host.host(.stream(port), named: address.target)
    }
  }

  private static func put(_ instrument: RigInstrument, of rig: Rig, in world: any TwinHost) throws {
    guard let entry = InstrumentCatalog.entry(instrument.driver) else {
      throw RigBuildError(instrument: instrument.name, message: "no driver '\(instrument.driver)' exists")
    }
    let address = try PortAddress(parsing: instrument.address)
    let terminals = terminals(of: instrument.name, in: rig)
    guard let makeTwin = entry.makeTwin else {
      let deviation: GPIOLinesDeviation
      do { deviation = try GPIOLinesDeviation(instrument.simulated) } catch {
        throw RigBuildError(instrument: instrument.name, message: "\(error)")
      }
      let bank = LineWiring(
        terminals: terminals, activeLevels: activeLevels(of: instrument.name, in: rig),
        faults: deviation.inputs)
      world.host(.lines(bank), named: address.target)
      for stuck in deviation.outputs {
        guard case .relay(let relay)? = terminals[stuck.line] else { continue }
        let circuit = world.circuit
        world.schedule(at: stuck.from) { circuit.stick(relay, active: stuck.stuckActive) }
      }
      return
    }
    let context = TwinContext(
      name: instrument.name, serial: instrument.serial, circuit: world.circuit, terminals: terminals,
      random: world.random.fork("twin \(instrument.name)"),
      options: instrument.options.merging(instrument.simulated) { _, simulated in simulated })
    let twin: any InstrumentTwin
    do { twin = try makeTwin(context) } catch {
      throw RigBuildError(instrument: instrument.name, message: "\(error)")
    }
    switch entry.portKind(for: .sim) {
    case .messages: world.host(.messages(twin), named: address.target)
    case .stream, .lines, .hand, nil: world.host(.stream(twin), named: address.target)
    }
  }

  static func terminals(of instrument: String, in rig: Rig) -> [Int: Terminal] {
    var terminals: [Int: Terminal] = [:]
    for role in rig.roles {
      for (index, member) in role.members.enumerated() where member.instrument == instrument {
        terminals[member.channel] = role.name.terminal(index)
      }
    }
    return terminals
  }

  static func activeLevels(of instrument: String, in rig: Rig) -> [Int: Bool] {
    var levels: [Int: Bool] = [:]
    for role in rig.roles {
      for member in role.members where member.instrument == instrument {
        levels[member.channel] = role.activeLevel
      }
    }
    return levels
  }

  public static func parameters(_ wiring: Wiring) -> CircuitParameters {
    var parameters = CircuitParameters()
    parameters.cellLeadResistance = wiring.cellLeadResistance.base
    parameters.loopResistance = wiring.loopResistance.base
    parameters.loopShuntScale = wiring.loopCurrentScale.base
    parameters.supplyShuntScale = wiring.supplyCurrentScale.base
    parameters.shortLoopResistance = wiring.shortLoopResistance.base
    parameters.shortLoopInductance = wiring.shortLoopInductanceHenries
    parameters.pulseScale = wiring.pulseCurrentScale.base
    let fixture = wiring.fixture
    parameters.crossedNode = fixture.crossedNode ?? parameters.crossedNode
    parameters.resistorNode = fixture.resistorNode ?? parameters.resistorNode
    if !fixture.lineResistors.isEmpty { parameters.lineResistors = fixture.lineResistors.map(\.base) }
    parameters.leakageShunt = fixture.leakageCurrentScale?.base ?? parameters.leakageShunt
    return parameters
  }
}

/// A rig that cannot be put together.
public struct RigBuildError: Error, Hashable, Sendable, CustomStringConvertible {
  public let instrument: String
  public let message: String
  public init(instrument: String, message: String) {
    self.instrument = instrument
    self.message = message
  }
  public var description: String { "\(instrument): \(message)" }
}
