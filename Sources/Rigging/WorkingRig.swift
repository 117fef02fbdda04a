import Capabilities
import DUT
import Engine
import Instruments
import Model
import Ports
import Quantities

/// A rig file and a world turned into instruments, roles and the unit's link. The same on real and simulated rigs.
public final class WorkingRig: RigOpener {
  public private(set) var bench: Bench
  public let unit: any UnitConnection
  public let bus: (any UnitBus)?
  private let canUnit: CANUnit?
  public let rs485: (any UnitBus)?
  private let serialUnit: RS485Unit?
  public let person: any OperatorConnection
  private let bleUnit: BLEUnit
  let world: any World
  let rig: Rig
  let guardChoice: GuardChoice
  private let cellCount: Int
  private let restVoltage: Double
  private(set) var instruments: [(name: String, instrument: any Instrument)] = []
  private let recordsTraffic: Bool
  private let record: (RunEvent.Body) -> Void
  /// Time that one instrument may take to connect.
  static let connectLimit = Interval.seconds(5)

  /// - Parameters:
  ///   - answers: What was written down before the run; then only what is missing in it is asked, at the terminal.
  ///   - guardChoice: Who watches besides.
  ///   - recordsTraffic: False keeps the raw bytes out of the events; nothing else changes.
  ///   - record: Where raw traffic and what went wrong while opening goes.
  public init(
    rig: Rig, world: any World, cellCount: Int, restVoltage: Double, answers: AnswersForUnit? = nil,
    guardChoice: GuardChoice = GuardChoice(), recordsTraffic: Bool = true,
    record: @escaping (RunEvent.Body) -> Void
  ) throws(PortError) {
    self.rig = rig
    self.guardChoice = guardChoice
    self.world = world
    self.cellCount = cellCount
    self.restVoltage = restVoltage
    self.recordsTraffic = recordsTraffic
    self.record = record
    bench = Bench(world: world, rig: rig, members: [:], cellCount: cellCount, restVoltage: restVoltage)
    let address = try PortAddress(parsing: rig.unitLink.address)
    let linkWorld = recordsTraffic ? Self.linkWorld(world, record: record) : world
    let link = BLEUnit(
      world: linkWorld, radioAddress: address, name: rig.unitLink.name,
      passwordRegister: rig.unitLink.passwordRegister, beacon: rig.unitLink.beacon)
    if recordsTraffic {
      link.onBytes = { outgoing, bytes, at in
        record(
          .traffic(
            Traffic(
              port: "unit", outgoing: outgoing, bytes: HexText.packed(bytes), isText: false,
              at: Self.crossing(at, world))))
      }
    }
    bleUnit = link
    unit = link
    canUnit = try rig.unitBus.map { bus throws(PortError) in
      let ear = CANUnit(
        world: linkWorld, address: try PortAddress(parsing: bus.address), picture: try bus.picture(),
        isProfileConfirmed: bus.confirmed)
      guard recordsTraffic else { return ear }
      ear.onFrame = { frame in
        record(
          .traffic(
            Traffic(
              port: "unit-bus", outgoing: false, bytes: frame.text, isText: true,
              at: Self.crossing(frame.at, world))))
      }
      return ear
    }
    bus = canUnit
    serialUnit = try rig.unitSerial.map { serial throws(PortError) in
      try Self.serial(serial, world: world, recordsTraffic: recordsTraffic, record: record)
    }
    rs485 = serialUnit
    person = try Self.person(at: rig.operatorAddress, answers: answers, world: world, record: record)
  }

  private static func serial(
    _ link: UnitSerialLink, world: any World, recordsTraffic: Bool, record: @escaping (RunEvent.Body) -> Void
  ) throws(PortError) -> RS485Unit {
    let address = try PortAddress(parsing: link.address)
    guard let profile = RS485Unit.Profile(rawValue: link.profile) else {
      throw PortError(
        .badAddress, attempted: "read the unit's 485 port", port: link.address,
        cause: "no profile '\(link.profile)' exists",
        advice: "profiles: \(RS485Unit.Profile.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return RS485Unit(
      world: world, profile: profile, unitNumber: UInt8(clamping: link.unitNumber),
      isProfileConfirmed: link.confirmed
    ) { deadline throws(PortError) in
      guard recordsTraffic else { return try await world.openStream(address, deadline: deadline) }
      let tap = TrafficTap(
        bytes: { outgoing, bytes in
          record(
            .traffic(
              Traffic(port: "unit-rs485", outgoing: outgoing, bytes: HexText.packed(bytes), isText: false)))
        }, problem: Self.problems(on: "unit-rs485", record))
      do throws(PortError) {
        return RecordingStream(
          try await world.openStream(address, deadline: deadline), world: world, tap: tap)
      } catch {
        tap.note(error, outgoing: true)
        throw error
      }
    }
  }

  private static func problems(
    on port: String, _ record: @escaping (RunEvent.Body) -> Void
  ) -> (Bool, Traffic.Problem) -> Void {
    { outgoing, problem in
      record(.traffic(Traffic(port: port, outgoing: outgoing, bytes: "", isText: true, problem: problem)))
    }
  }

  /// The world in which the radio's words reach the journal.
  private static func linkWorld(
    _ world: any World, record: @escaping (RunEvent.Body) -> Void
  ) -> any World {
    let radio = RadioTap(
      word: { outgoing, word, at in
        record(
          .traffic(
            Traffic(
              port: "unit-radio", outgoing: outgoing, bytes: word, isText: true, at: crossing(at, world))))
      },
      problems: TrafficTap(bytes: { _, _ in }, problem: problems(on: "unit-radio", record)),
      now: { world.now })
    return UnitLinkWorld(
      world, radio: radio, bus: TrafficTap(bytes: { _, _ in }, problem: problems(on: "unit-bus", record)))
  }

  private static func person(
    at address: String?, answers: AnswersForUnit?, world: any World, record: @escaping (RunEvent.Body) -> Void
  ) throws(PortError) -> any OperatorConnection {
    func console(_ text: String) throws(PortError) -> ConsoleOperator {
      let place = try PortAddress(parsing: text)
      let problem = Self.problems(on: "operator", record)
      return ConsoleOperator(
        world: world, address: place,
        tap: TrafficTap(
          bytes: { outgoing, bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            record(.traffic(Traffic(port: "operator", outgoing: outgoing, bytes: text, isText: true)))
          },
          // That a person has not answered yet is no news.
          problem: { if $1.code != PortError.Code.deadline.rawValue { problem($0, $1) } }))
    }
    if let answers { return AnswersOperator(answers: answers, others: try console("terminal://")) }
    guard let address else { return UnattendedStation() }
    return try console(address)
  }

  /// Connects everything first, so that whatever was reached can be made safe even when something else cannot be.
  public func open(identified: (InstrumentIdentity) -> Void) async throws {
    var (errors, stop) = await connectAll()
    let reached = reachedMembers()
    bench = Bench(
      world: world, rig: rig,
      members: reached.filter { role, members in members.count == rig.role(role)?.members.count },
      reached: reached, cellCount: cellCount, restVoltage: restVoltage)
    if let stop { errors.append(stop) }
    try report(errors)
    for (name, instrument) in instruments {
      do {
        let identity = try await instrument.open()
        identified(
          InstrumentIdentity(
            name: name, maker: identity.maker, model: identity.model, serial: identity.serial,
            firmware: identity.firmware))
      } catch {
        if Self.isStop(error) || world.stopRequested != nil { throw error }
        errors.append(error)
      }
    }
    try report(errors)
  }

  /// Connects every instrument. After a stop the rest is connected all the same, with stops held and little time: what
  /// an earlier program left on must be told OFF, and only what was reached can be proven to be off.
  private func connectAll() async -> (errors: [any Error], stop: (any Error)?) {
    var errors: [any Error] = []
    var stop: (any Error)?
    var end = WorldInstant.distantFuture
    for instrument in rig.instruments {
      var isDone = false
      while !isDone {
        do {
          let deadline = min(world.now + Self.connectLimit, end)
          instruments.append((instrument.name, try await connect(instrument, by: deadline)))
          isDone = true
        } catch {
          isDone = stop != nil || !Self.isStop(error)
          if isDone {
            errors.append(error)
          } else {
            stop = error
            world.holdStops = true
            end = world.now + Self.connectLimit
          }
        }
      }
    }
    return (errors, stop)
  }

  /// Whoever goes to repair the rig wants to know of everything at once: all errors but the last are recorded
  /// here, the last is thrown and recorded by the run.
  private func report(_ errors: [any Error]) throws {
    for error in errors.dropLast() {
      let (instrument, message) = Runner.culprit(error)
      record(.rigError(step: "", instrument: instrument, message: message))
    }
    if let last = errors.last { throw last }
  }

  private static func isStop(_ error: any Error) -> Bool {
    error is WorldStopped || error is CancellationError || (error as? PortError)?.code == .stopped
  }

  public func close() async {
    await bleUnit.close()
    canUnit?.close()
    serialUnit?.close()
    for (_, instrument) in instruments { await instrument.close() }
  }

  /// What was connected of each role.
  private func reachedMembers() -> [RoleName: [Bench.Member]] {
    var members: [RoleName: [Bench.Member]] = [:]
    for role in rig.roles {
      let found = role.members.compactMap { reference in
        instruments.first { $0.name == reference.instrument }.map {
          Bench.Member(instrument: $0.instrument, channel: reference.channel)
        }
      }
      if !found.isEmpty { members[role.name] = found }
    }
    return members
  }

  private func connect(
    _ instrument: RigInstrument, by deadline: WorldInstant
  ) async throws -> any Instrument {
    guard let entry = InstrumentCatalog.entry(instrument.driver) else {
      throw RigFault(instrument: instrument.name, message: "no driver '\(instrument.driver)' exists")
    }
    let address = try PortAddress(parsing: instrument.address)
    let port: DriverPort
    do {
      port = try await open(entry, instrument, address, by: deadline)
    } catch let error as PortError {
      if error.code == .stopped { throw error }
      throw RigFault(instrument: instrument.name, message: error.description)
    }
    return try entry.make(
      DriverContext(
        name: instrument.name, serial: instrument.serial, port: port, world: world,
        options: instrument.options))
  }

  private func open(
    _ entry: DriverEntry, _ instrument: RigInstrument, _ address: PortAddress, by deadline: WorldInstant
  ) async throws -> DriverPort {
    let name = instrument.name
    let record = record
    let problem = Self.problems(on: name, record)
    let tap = TrafficTap(
      bytes: { [recordsTraffic] outgoing, bytes in
        guard recordsTraffic else { return }
        let text = Self.text(bytes)
        record(
          .traffic(
            Traffic(port: name, outgoing: outgoing, bytes: text ?? HexText.packed(bytes), isText: text != nil)
          ))
      }, problem: { [recordsTraffic] in if recordsTraffic { problem($0, $1) } })
    do {
      return try await open(entry, instrument, address, deadline: deadline, tap: tap)
    } catch let error as PortError {
      tap.note(error, outgoing: true)
      throw error
    }
  }

  private func open(
    _ entry: DriverEntry, _ instrument: RigInstrument, _ address: PortAddress, deadline: WorldInstant,
    tap: TrafficTap
  ) async throws -> DriverPort {
    let name = instrument.name
    switch entry.portKind(for: address.scheme) {
    case .stream:
      let port = try await world.openStream(address, deadline: deadline)
      return .stream(RecordingStream(port, world: world, tap: tap))
    case .messages:
      let port = try await world.openMessages(address, deadline: deadline)
      return .messages(RecordingMessages(port, world: world, tap: tap))
    case .lines:
      let configuration = Self.lineConfiguration(of: name, in: rig)
      let lines = try await world.openLines(address, configuration: configuration, deadline: deadline)
      return .lines(RecordingLines(lines, tap: tap), configuration)
    case .hand: return .hand
    case nil:
      throw RigFault(
        instrument: name, message: "driver '\(entry.id)' cannot use a \(address.scheme.rawValue) address")
    }
  }

  /// When something crossed, where that was not just now.
  private static func crossing(_ at: WorldInstant, _ world: any World) -> Int64? {
    at == world.now ? nil : at.nanoseconds
  }

  /// Printable ASCII with line ends is kept as text, anything else as hex.
  static func text(_ bytes: [UInt8]) -> String? {
    guard bytes.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x0A || $0 == 0x0D }) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Outputs rest at the level at which the thing is off.
  static func lineConfiguration(of instrument: String, in rig: Rig) -> LineConfiguration {
    var configuration = LineConfiguration(outputs: [], inputs: [])
    // The permit line is the guard's alone.
    for role in rig.roles where role.name != .permitLine {
      for member in role.members where member.instrument == instrument {
        switch role.name.kind {
        case .output: configuration.outputs.append(.init(line: member.channel, safeLevel: !role.activeLevel))
        case .input: configuration.inputs.append(member.channel)
        default: break
        }
      }
    }
    configuration.outputs.sort { $0.line < $1.line }
    configuration.inputs.sort()
    return configuration
  }
}
