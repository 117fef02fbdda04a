import Capabilities
import Engine
import Guarding
import Instruments
import Model
import Ports
import Quantities

/// Turns the rig's safe-state sequence into bytes that a process without drivers can send and compare.
///
/// The bytes come from the drivers that the run itself uses. What moves no energy (thermistors) is left to a person.
struct GuardPlanBuilder {
  let rig: Rig
  let instruments: [(name: String, instrument: any Instrument)]
  private(set) var links: [GuardPlan.Link] = []

  init(rig: Rig, instruments: [(name: String, instrument: any Instrument)]) {
    self.rig = rig
    self.instruments = instruments
  }

  /// - Returns: nil for a rig on which nothing can be switched.
  /// - Throws: `RigFault` when an instrument behind an energising role cannot say how it is switched off.
  mutating func plan(run: String, proofPath: String) throws -> GuardPlan? {
    var steps: [GuardPlan.Step] = []
    for step in rig.safeState {
      let falls = SafeStateStep.Action.loopCurrentFalls
      if step.action == .openLoopContactor, !steps.contains(where: { $0.name == falls.rawValue }) {
        // Also where the rig has nothing to see the current with, it gets its time to fall.
        steps.append(try self.step(SafeStateStep(action: falls, limit: nil, within: TimeSpan(0))))
      }
      steps.append(try self.step(step))
    }
    let permit = try drive(.permitLine, active: false).first
    guard steps.contains(where: { !$0.orders.isEmpty || !$0.drives.isEmpty }) else { return nil }
    return GuardPlan(
      run: run, silence: Interval(seconds: rig.guardSilence.base), proofPath: proofPath, permit: permit,
      links: links, steps: steps)
  }

  private mutating func step(_ step: SafeStateStep) throws -> GuardPlan.Step {
    var made = GuardPlan.Step(name: step.action.rawValue, within: Interval(seconds: step.within.base))
    switch step.action {
    case .disableShort:
      made.drives = try drive(.shortTrigger, active: false)
      made.drivesAtOnce = true
      made.orders = try off(.shortBank)
    case .loopOff: made.orders = try off(.loopSource)
    case .auxiliaryOff: made.orders = try off(.auxiliarySupply)
    case .loopCurrentFalls:
      (made.waits, made.lack) = try below(
        [.loopCurrent], (step.limit?.base ?? 1) * rig.wiring.loopCurrentScale.base)
      if made.waits.isEmpty {
        made.waits = try off(.loopSource).map { .init(link: $0.link, messages: [], looks: $0.looks) }
      }
      // After that the contactor is opened whatever flows, by the run as well (`SafeStateSequence.awaitUnloadedLoop`).
      made.hold = rig.sourceSilence ?? .zero
    case .openLoopContactor:
      made.drives = try drive(.loopContactor, active: false)
      made.senses = try drive(.loopContactorMirror, active: false)
    case .cellsToRest: made.orders = try off(.cells)
    case .thermistorsToAmbient: break
    case .releaseFixture:
      for role in [RoleName.nodeCrossing, .lineResistors, .leakageRelay] {
        made.drives += try drive(role, active: false)
      }
    case .openEmulatorContactor:
      made.drives = try drive(.emulatorContactor, active: false)
      made.senses = try drive(.emulatorContactorMirror, active: false)
    case .connectDischarge:
      made.drives = try drive(.dischargeResistors, active: true)
      made.senses = try drive(.dischargeMirror, active: true)
    case .terminalsDead:
      (made.waits, made.lack) = try below([.packVoltage, .portVoltage], step.limit?.base ?? 60)
    }
    return made
  }

  // MARK: pieces

  private mutating func off(_ role: RoleName) throws -> [GuardPlan.Order] {
    var orders: [GuardPlan.Order] = []
    for name in rig.role(role)?.instruments ?? [] {
      guard let instrument = instruments.first(where: { $0.name == name })?.instrument as? any OffSwitch
      else {
        throw RigFault(
          instrument: name,
          message: "its driver does not say how the guard switches it off (role '\(role.rawValue)')")
      }
      let wire = instrument.off
      let looks = wire.proofs.map {
        GuardPlan.Look(question: $0.question, expected: Self.expected($0.answer))
      }
      orders.append(
        GuardPlan.Order(link: try link(name, gap: wire.gap), messages: wire.messages, looks: looks))
    }
    return orders
  }

  private static func expected(_ answer: OffWire.Proof.Answer) -> GuardExpectation {
    switch answer {
    case .off: .off
    case .bitsClear(let bits, let count): .bitsClear(bits, count: count)
    case .exactly(let bytes): .exactly(bytes)
    }
  }

  /// All channels of the roles below a voltage, asked of each voltmeter at once.
  /// - Returns: Also which role the rig has no voltmeter for, in words; empty when it has all of them.
  /// - Throws: `RigFault` when a role's instrument cannot be read by somebody who knows no driver.
  private mutating func below(_ roles: [RoleName], _ volts: Double) throws -> (
    [GuardPlan.Order], lack: String
  ) {
    let members = roles.flatMap { rig.role($0)?.members ?? [] }
    var orders: [GuardPlan.Order] = []
    for name in members.reduce(
      into: [String](), { if !$0.contains($1.instrument) { $0.append($1.instrument) } })
    {
      guard let meter = instruments.first(where: { $0.name == name })?.instrument as? any WireVoltmeter else {
        let read = roles.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        throw RigFault(
          instrument: name, message: "its driver does not say how the guard reads its volts (roles \(read))")
      }
      let channels = members.filter { $0.instrument == name }.map(\.channel)
      let wire = meter.scanWire(channels: channels)
      let look = GuardPlan.Look(
        prepare: wire.prepare, question: wire.question,
        expected: .below(volts, count: channels.count, stride: wire.stride))
      orders.append(GuardPlan.Order(link: try link(name, gap: wire.gap), messages: [], looks: [look]))
    }
    let missing = roles.filter { rig.role($0)?.members.isEmpty ?? true }.map { "'\($0.rawValue)'" }
    let lack = missing.isEmpty ? "" : "no voltmeter for \(missing.joined(separator: ", "))"
    return (orders, lack)
  }

  private mutating func drive(_ role: RoleName, active: Bool) throws -> [GuardPlan.Drive] {
    guard let found = rig.role(role) else { return [] }
    var drives: [GuardPlan.Drive] = []
    for member in found.members {
      drives.append(
        GuardPlan.Drive(
          link: try link(member.instrument, gap: .zero), line: member.channel,
          level: active == found.activeLevel))
    }
    return drives
  }

  private mutating func link(_ name: String, gap: Interval) throws -> Int {
    if let index = links.firstIndex(where: { $0.name == name }) { return index }
    guard let instrument = rig.instrument(name), let entry = InstrumentCatalog.entry(instrument.driver) else {
      throw RigFault(instrument: name, message: "the rig has no such instrument")
    }
    let address = try PortAddress(parsing: instrument.address)
    let medium: GuardPlan.Link.Medium =
      switch entry.portKind(for: address.scheme) {
      case .messages: .messages
      case .lines: .lines
      case .stream, .hand, nil: .stream
      }
    links.append(
      GuardPlan.Link(
        name: name, address: address, medium: medium,
        isShared: Self.bearsTwo(entry.connections, at: address.scheme), gap: gap))
    return links.count - 1
  }

  /// Whether the model takes a second client at such an address.
  private static func bearsTwo(_ connections: [ModelConnection], at scheme: PortAddress.Scheme) -> Bool {
    connections.contains { connection in
      switch connection {
      case .socket(_, let clients): scheme == .tcp && clients > 1
      case .hislip(let sessions): scheme == .hislip && sessions > 1
      case .usb, .serial: false
      }
    }
  }
}
