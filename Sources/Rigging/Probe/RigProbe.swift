import Capabilities
import DUT
import Instruments
import Model
import Ports
import Quantities

/// Looks whether everything that a rig file names is there: opens each port, asks who is there, compares with the
/// file, closes again.
///
/// Nothing is energised or changed: the only command is `*IDN?`, lines are requested as inputs only, radio and bus only
/// listen, the unit's 485 port is only read. All are asked at once, each within its own deadline, whatever becomes of
/// the others.
public struct RigProbe {
  /// How long a probe waits for what.
  public struct Limits: Hashable, Sendable {
    /// Time to open one port.
    public var opening = Interval.seconds(5)
    /// Time for the answer to `*IDN?`; the slowest model of the notes needs about a second.
    public var answer = Interval.seconds(3)
    /// How long the radio and the bus are listened to.
    public var listening = Interval.seconds(4)
    /// How long the unit's 485 port is asked.
    public var asking = Interval.seconds(2)
    public init() {}
  }

  /// Days before a certificate's end from which on it is mentioned.
  static let soonDays = 30

  let rig: Rig
  let world: any World
  private let date: CalendarDate
  let limits: Limits

  /// - Parameter date: The day at which calibrations must be valid.
  public init(rig: Rig, world: any World, date: CalendarDate, limits: Limits = Limits()) {
    self.rig = rig
    self.world = world
    self.date = date
    self.limits = limits
  }

  /// - Returns: In the order of the rig file; the unit's links last.
  /// - Throws: `WorldStopped` when the world was told to stop meanwhile.
  public func run() async throws -> [ProbeResult] {
    let probe = Confined(self)
    let count = rig.instruments.count
    let results = await withTaskGroup(of: (Int, ProbeResult).self) { group in
      for index in 0..<count {
        group.addTask { (index, await probe.value.instrument(probe.value.rig.instruments[index])) }
      }
      group.addTask { (count, await probe.value.unitLink()) }
      if let bus = rig.unitBus { group.addTask { (count + 1, await probe.value.unitBus(bus)) } }
      if let port = rig.unitSerial { group.addTask { (count + 2, await probe.value.unitSerial(port)) } }
      var results: [(Int, ProbeResult)] = []
      for await result in group { results.append(result) }
      return results.sorted { $0.0 < $1.0 }.map(\.1)
    }
    if let reason = world.stopRequested { throw WorldStopped(reason: reason) }
    return results
  }

  private func instrument(_ instrument: RigInstrument) async -> ProbeResult {
    var result: ProbeResult
    do {
      result = try await found(instrument)
    } catch {
      result = failed(instrument.name, instrument.address, error)
    }
    guard let calibration = instrument.calibration else { return result }
    result.calibrationDue = calibration.due
    guard let due = CalendarDate(calibration.due), result.state == .ok else { return result }
    let left = due - date
    if left < 0 {
      result.state = .expired
      result.message += "; the calibration \(calibration.certificate) expired after \(calibration.due)"
      result.advice = "have it calibrated and enter the new certificate in the rig file"
    } else {
      result.message += "; calibrated until \(calibration.due)"
      if left <= Self.soonDays { result.advice = "the calibration ends in \(left) days: plan the next one" }
    }
    return result
  }

  private func found(_ instrument: RigInstrument) async throws -> ProbeResult {
    let (name, text) = (instrument.name, instrument.address)
    guard let entry = InstrumentCatalog.entry(instrument.driver) else {
      throw RigBuildError(instrument: name, message: "no driver '\(instrument.driver)' exists")
    }
    let address = try PortAddress(parsing: text)
    let deadline = world.now + limits.opening
    switch entry.portKind(for: address.scheme) {
    case .hand:
      return ProbeResult(
        name: name, address: text, state: .ok,
        message: "read by a person; its label must say \(instrument.serial)")
    case .lines: return try await lines(instrument, address, deadline)
    case .stream:
      return try await ask(
        instrument, entry, .stream(try await world.openStream(address, deadline: deadline)))
    case .messages:
      return try await ask(
        instrument, entry, .messages(try await world.openMessages(address, deadline: deadline)))
    case nil:
      throw RigBuildError(
        instrument: name, message: "driver '\(entry.id)' cannot use a \(address.scheme.rawValue) address")
    }
  }

  private func ask(_ instrument: RigInstrument, _ entry: DriverEntry, _ link: SCPILink) async throws
    -> ProbeResult
  {
    let session = SCPISession(
      instrument: instrument.name, link: link, world: world,
      dialect: SCPIDialect(queryDeadline: limits.answer, errorQuery: nil))
    defer { session.close() }
    guard let plate = try entry.plate(instrument.options) else {
      return ProbeResult(
        name: instrument.name, address: instrument.address, state: .ok,
        message: "the link opens; nobody can be asked")
    }
    do throws(InstrumentError) {
      let identity = try await session.identify(plate, serial: instrument.serial)
      let serial = plate.reportsSerial ? identity.serial : "not told, its label must say \(instrument.serial)"
      return ProbeResult(
        name: instrument.name, address: instrument.address, state: .ok, identity: identity,
        message: "\(identity.maker) \(identity.model), serial number \(serial), firmware \(identity.firmware)"
      )
    } catch {
      return unidentified(instrument, session.state, error)
    }
  }

  private func unidentified(
    _ instrument: RigInstrument, _ state: SCPISession.State, _ error: InstrumentError
  ) -> ProbeResult {
    var result = ProbeResult(
      name: instrument.name, address: instrument.address, state: .silent, message: error.message,
      advice: error.advice)
    switch (error.code, state) {
    case (.wrongModel, _), (.wrongSerial, _): result.state = .wrong
    case (.link, .dead):
      result.state = .busy
      result.message = "it hung up instead of answering"
      result.advice =
        "close other programs and web pages that speak to it: many instruments take one only; then check its power"
    case (.link, _):
      result.message =
        "the link opens, but '*IDN?' was not answered within \(limits.answer.seconds) s"
      result.advice =
        "check that it is switched on and not in a menu, the line's rate and wires, and that remote control is allowed"
    default:
      result.advice = "check that this is the instrument's port for text commands, and its rate"
    }
    return result
  }

  /// Outputs are left alone: requesting one would drive it.
  private func lines(
    _ instrument: RigInstrument, _ address: PortAddress, _ deadline: WorldInstant
  ) async throws -> ProbeResult {
    let all = WorkingRig.lineConfiguration(of: instrument.name, in: rig)
    let inputs = LineConfiguration(outputs: [], inputs: all.inputs)
    let port = try await world.openLines(address, configuration: inputs, deadline: deadline)
    defer { port.close() }
    for line in all.inputs { _ = try await port.read(line: line) }
    return ProbeResult(
      name: instrument.name, address: instrument.address, state: .ok,
      message: "\(all.inputs.count) inputs read; its \(all.outputs.count) outputs were left alone")
  }

  // MARK: failures

  func failed(_ name: String, _ address: String, _ error: any Error) -> ProbeResult {
    guard let error = error as? PortError else {
      return ProbeResult(
        name: name, address: address, state: .unprobed, message: "\(error)", advice: "correct the rig file")
    }
    let state: ProbeResult.State =
      switch error.code {
      case .notFound, .refused, .deadline, .closed: .missing
      case .busy: .busy
      case .permission: .denied
      case .malformed: .silent
      case .badAddress, .unsupported, .stopped: .unprobed
      }
    return ProbeResult(
      name: name, address: address, state: state,
      message: error.cause.isEmpty ? "could not \(error.attempted)" : error.cause, advice: error.advice)
  }
}
