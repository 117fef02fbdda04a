import Model
import Ports
import Simulation

/// Watches a run from the plant's side: what relays and outputs really did, whatever the run says of it.
final class PlantWatch {
  /// Something that must not happen, and when.
  struct Finding: Hashable, Sendable {
    var seconds: Double
    var words: String
  }

  /// Something that still drives the unit.
  struct Live: Hashable, Sendable {
    var words: String
    /// Instruments and relays, by their names in the rig file, that must obey for it to go off.
    var hangsOn: Set<String>
  }

  private(set) var findings: [Finding] = []
  /// When the unit's firmware crashed while it was running, and when the run measured something last.
  private var crash: WorldInstant?
  private var measured = WorldInstant.start
  /// The unit crashed while there was still something to find out about it.
  var sawCrash: Bool { crash.map { $0 < measured } ?? false }
  /// Since the run said that a person, an interlock or a fault ended it, nothing may be energised.
  private var trippedAt: WorldInstant?
  /// When the first step began: what was at rest again by then forbids nothing.
  private var stepsBegan: WorldInstant?
  private let circuit: Circuit
  private let rig: Rig
  /// Channels of an instrument whose outputs were commanded on last, and how many of its exchanges had been spoiled
  /// by then.
  private var commandedOn: [String: (channels: Set<Int>, spoiled: Int)] = [:]

  /// Until when instruments hear nothing.
  private var deaf: [String: WorldInstant] = [:]

  /// More amperes than this through an opening contactor are a load: above the probe of 2 A by a margin.
  static let load = 3.0
  /// So long after an interlock has opened everybody must know of it, whatever the run has recorded.
  static let notice = Interval.seconds(1)

  init(circuit: Circuit, rig: Rig) {
    self.circuit = circuit
    self.rig = rig
  }

  func start(_ host: FaultyHost, port: (String) -> String) {
    circuit.relayWillMove = { [unowned self] relay, active, orderedAt in
      if let orderedAt { relayMoves(relay, active, orderedAt) }
    }
    let sources: [RoleName] = [.cells, .loopSource, .auxiliarySupply, .shortBank]
    for role in rig.roles where sources.contains(role.name) {
      for instrument in Set(role.members.map(\.instrument)) {
        guard let twin = host.twins[port(instrument)] else { continue }
        twin.heard = { [unowned self, unowned twin] in heard($0, instrument, spoiled: twin.failed) }
      }
    }
  }

  /// Nothing that an instrument is told arrives, until an instant or for good.
  func hearsNothing(_ instrument: String, until end: WorldInstant = .distantFuture) {
    deaf[instrument] = max(end, deaf[instrument] ?? end)
  }

  func unitCrashed() { if crash == nil { crash = circuit.now } }

  func measurementTaken() { measured = circuit.now }

  /// The rig is open and was found in order.
  func stepsBegin() { if stepsBegan == nil { stepsBegan = circuit.now } }

  /// The run has recorded a stop or an error of the rig.
  func tripped() { if trippedAt == nil { trippedAt = circuit.now } }

  private func find(_ words: String) {
    guard findings.count < 20 else { return }
    findings.append(Finding(seconds: circuit.now.seconds, words: words))
  }

  // MARK: what moves

  /// Why nothing may be told to switch on at an instant; nil while it may.
  private func forbidden(at instant: WorldInstant) -> String? {
    if let trippedAt, trippedAt <= instant { return "after the run had been broken off" }
    let interlocks: [(Contact, atRest: Bool, String)] = [
      (.emergencyStop, false, "after the emergency stop had been pressed"),
      (.cover, true, "after the cover had been opened"),
    ]
    return interlocks.first { isTripped($0.0, atRest: $0.atRest, at: instant) }?.2
  }

  /// An interlock that opened holds until the rig is opened anew, also when it is at rest again.
  private func isTripped(_ contact: Contact, atRest: Bool, at instant: WorldInstant) -> Bool {
    let edges = circuit.edges(of: contact)
    return edges.indices.contains { index in
      guard edges[index].level != atRest, edges[index].at + Self.notice <= instant else { return false }
      guard index + 1 < edges.count else { return true }
      return stepsBegan.map { edges[index + 1].at > $0 } ?? false
    }
  }

  /// - Parameter orderedAt: When its line asked for it: a slow contactor may still close behind what forbids it.
  private func relayMoves(_ relay: Relay, _ active: Bool, _ orderedAt: WorldInstant) {
    let feeding: [Relay: String] = [
      .emulatorContactor: "emulator contactor", .loopContactor: "loop contactor",
      .shortTrigger: "short trigger", .leakage: "leakage relay",
    ]
    guard let name = feeding[relay] else { return }
    if active {
      if let forbidden = forbidden(at: orderedAt) { find("the \(name) closed \(forbidden)") }
      return
    }
    let amperes: Double
    switch relay {
    case .loopContactor: amperes = circuit.loopCurrent.magnitude
    // The documented order switches the cells off first, on every way out.
    case .emulatorContactor:
      amperes = cellsThatHear.map { circuit.cellOutputCurrent($0).magnitude }.max() ?? 0
    default: return
    }
    if amperes > Self.load { find("the \(name) opened under \(Int(amperes.rounded())) A") }
  }

  /// Cells of an emulator that cannot be told to go off have no other way off than the contactor, whatever flows.
  private var cellsThatHear: [Int] {
    let members = rig.role(.cells)?.members ?? []
    return members.indices.filter { index in
      deaf[members[index].instrument].map { $0 <= circuit.now } ?? true
    }.map { $0 + 1 }
  }

  /// A command for an instrument that feeds the unit. On a sound link it may be told twice to be on; told again after
  /// an exchange went wrong, that is a retry.
  private func heard(_ command: String, _ instrument: String, spoiled: Int) {
    for text in command.split(whereSeparator: { $0 == ";" || $0 == "\n" }) {
      guard let (isOn, channels) = Self.switching(text.trimmingPrefix(":")) else { continue }
      let before = commandedOn[instrument] ?? ([], spoiled)
      guard isOn else {
        commandedOn[instrument] = (before.channels.subtracting(channels), before.spoiled)
        continue
      }
      if !before.channels.isDisjoint(with: channels), before.spoiled != spoiled {
        find("\(instrument): '\(text)' was sent again after an exchange had failed")
      }
      if let forbidden = forbidden(at: circuit.now) { find("\(instrument): '\(text)' \(forbidden)") }
      commandedOn[instrument] = (before.channels.union(channels), spoiled)
    }
  }

  /// Whether a command switches outputs on or off, and which (0: the only one).
  static func switching(_ text: some StringProtocol) -> (isOn: Bool, channels: Set<Int>)? {
    let header = text.prefix { $0 != " " }.uppercased()
    guard header.hasPrefix("OUTP"), header.hasSuffix("ONOFF") || header == "OUTP" || header == "OUTP:STAT"
    else { return nil }
    let rest = text.dropFirst(header.count).drop { $0 == " " }
    let word = rest.prefix { $0.isLetter || $0.isNumber }.uppercased()
    guard ["ON", "1", "OFF", "0"].contains(word) else { return nil }
    let numbers = rest.dropFirst(word.count).split { !$0.isNumber }.compactMap { Int($0) }
    let suffix = Int(header.prefix { $0 != ":" }.drop { !$0.isNumber })
    return (["ON", "1"].contains(word), numbers.isEmpty ? [suffix ?? 0] : Set(numbers))
  }

  // MARK: the end

  /// What still drives the unit.
  func live() -> [Live] {
    var live: [Live] = []
    if circuit.loopCurrent.magnitude > 1 {
      add("the loop carries \(circuit.loopCurrent) A", [.loopSource, .loopContactor], to: &live)
    }
    for (relay, role, name) in [
      (Relay.emulatorContactor, RoleName.emulatorContactor, "emulator contactor"),
      (.loopContactor, .loopContactor, "loop contactor"), (.shortTrigger, .shortTrigger, "short trigger"),
    ] where circuit.isActive(relay) { add("the \(name) is closed", [role], to: &live) }
    let cells = (1...24).filter { circuit.cellOutputVoltage($0).magnitude > 0.1 }
    if !cells.isEmpty { add("\(cells.count) cells are fed", [.cells], to: &live) }
    if circuit.auxiliaryOutput.volts > 1 { add("the auxiliary supply is on", [.auxiliarySupply], to: &live) }
    if circuit.voltage(at: .shortBank) > 5 {
      add("the short-circuit bank is charged", [.shortBank], to: &live)
    }
    return live
  }

  private func add(_ words: String, _ roles: [RoleName], to live: inout [Live]) {
    let instruments = roles.flatMap { rig.role($0)?.instruments ?? [] }
    live.append(Live(words: words, hangsOn: Set(instruments).union(roles.map(\.rawValue))))
  }
}
