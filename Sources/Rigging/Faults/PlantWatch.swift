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

  private(set) var findings: [Finding] = []
  /// When the unit's firmware crashed while it was running, and when the run measured something last.
  private var crash: WorldInstant?
  private var measured = WorldInstant.start
  /// The unit crashed while there was still something to find out about it.
  var sawCrash: Bool { crash.map { $0 < measured } ?? false }
  /// Since the run said that a person, an interlock or a fault ended it, nothing may be energised.
  private var trippedAt: WorldInstant?
  private let circuit: Circuit
  private let rig: Rig
  /// Channels of an instrument whose outputs were commanded on last, and how many of its exchanges had been spoiled
  /// by then.
  private var commandedOn: [String: (channels: Set<Int>, spoiled: Int)] = [:]

  /// More amperes than this through an opening contactor are a load: above the probe of 2 A by a margin.
  static let load = 3.0

  init(circuit: Circuit, rig: Rig) {
    self.circuit = circuit
    self.rig = rig
  }

  func start(_ host: FaultyHost, port: (String) -> String) {
    circuit.relayWillMove = { [unowned self] relay, active, isOrdered in
      relayMoves(relay, active, isOrdered)
    }
    let sources: [RoleName] = [.cells, .loopSource, .auxiliarySupply, .shortBank]
    for role in rig.roles where sources.contains(role.name) {
      for instrument in Set(role.members.map(\.instrument)) {
        guard let twin = host.twins[port(instrument)] else { continue }
        twin.heard = { [unowned self, unowned twin] in heard($0, instrument, spoiled: twin.failed) }
      }
    }
  }

  func unitCrashed() { if crash == nil { crash = circuit.now } }

  func measurementTaken() { measured = circuit.now }

  /// The run has recorded a stop or an error of the rig.
  func tripped() { if trippedAt == nil { trippedAt = circuit.now } }

  private func find(_ words: String) {
    guard findings.count < 20 else { return }
    findings.append(Finding(seconds: circuit.now.seconds, words: words))
  }

  // MARK: what moves

  private func relayMoves(_ relay: Relay, _ active: Bool, _ isOrdered: Bool) {
    guard isOrdered else { return }
    let feeding: [Relay: String] = [
      .emulatorContactor: "emulator contactor", .loopContactor: "loop contactor",
      .shortTrigger: "short trigger", .leakage: "leakage relay",
    ]
    guard let name = feeding[relay] else { return }
    if active, trippedAt != nil { find("the \(name) closed after the run had been broken off") }
    let amperes = circuit.loopCurrent.magnitude
    if !active, relay == .loopContactor, amperes > Self.load {
      find("the loop contactor opened under \(Int(amperes.rounded())) A")
    }
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
      if trippedAt != nil { find("\(instrument): '\(text)' after the run had been broken off") }
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
  func live() -> [String] {
    var live: [String] = []
    if circuit.loopCurrent.magnitude > 1 { live.append("the loop carries \(circuit.loopCurrent) A") }
    for (relay, name) in [
      (Relay.emulatorContactor, "emulator contactor"), (.loopContactor, "loop contactor"),
      (.shortTrigger, "short trigger"),
    ] where circuit.isActive(relay) { live.append("the \(name) is closed") }
    let cells = (1...24).filter { circuit.cellOutputVoltage($0).magnitude > 0.1 }
    if !cells.isEmpty { live.append("\(cells.count) cells are fed") }
    if circuit.auxiliaryOutput.volts > 1 { live.append("the auxiliary supply is on") }
    if circuit.voltage(at: .shortBank) > 5 { live.append("the short-circuit bank is charged") }
    return live
  }
}
