import DUT
import Model
import Ports
import Simulation

/// The raw traffic of a recorded run, as ports can play it.
struct RecordedTraffic {
  /// By the name the journal has for the port; the unit's bytes and its radio are one.
  private(set) var links: [String: [PlayedEntry]] = [:]
  static let radio = "unit-radio"
  static let unit = "unit"

  init(_ events: [RunEvent]) {
    for event in events {
      guard case .traffic(let traffic) = event.body else { continue }
      let name = traffic.port == Self.radio ? Self.unit : traffic.port
      let entry = PlayedEntry(
        at: WorldInstant(nanoseconds: event.nanoseconds),
        arrived: WorldInstant(nanoseconds: traffic.at ?? event.nanoseconds), outgoing: traffic.outgoing,
        content: Self.content(traffic))
      links[name, default: []].append(entry)
    }
    links[Self.unit] = links[Self.unit].map(Self.mended)
  }

  private static func content(_ traffic: Traffic) -> PlayedEntry.Content {
    if let problem = traffic.problem { return .problem(PortError(problem)) }
    if !traffic.isText, let bytes = HexText.bytes(traffic.bytes) { return .bytes(bytes) }
    switch traffic.port {
    case radio, "unit-bus": return .word(traffic.bytes)
    default: return .bytes(Array(traffic.bytes.utf8))
    }
  }

  /// The password is masked in the journal, and a masked frame does not decode.
  private static func mended(_ entries: [PlayedEntry]) -> [PlayedEntry] {
    var entries = entries
    let indices = entries.indices.filter { index in
      if case .bytes = entries[index].content { !entries[index].outgoing } else { false }
    }
    let chunks = indices.map { index -> [UInt8] in
      if case .bytes(let bytes) = entries[index].content { bytes } else { [] }
    }
    for (index, bytes) in zip(indices, MaskedStream.mended(chunks)) {
      let old = entries[index]
      entries[index] = PlayedEntry(at: old.at, arrived: old.arrived, outgoing: false, content: .bytes(bytes))
    }
    return entries
  }

  /// The scripts by the addresses of a rig's ports; every port of the rig has one, perhaps an empty one.
  func scripts(for rig: Rig) throws(PortError) -> [String: [PlayedEntry]] {
    var scripts: [String: [PlayedEntry]] = [:]
    func put(_ name: String, at address: String, lines: Bool = false) throws(PortError) {
      let key = try PortAddress(parsing: address).description
      let entries = links[name] ?? []
      scripts[key] = lines ? entries.map(Self.asWord) : entries
    }
    for instrument in rig.instruments where !instrument.address.hasPrefix("hand://") {
      try put(instrument.name, at: instrument.address, lines: Self.isLines(links[instrument.name] ?? []))
    }
    try put(Self.unit, at: rig.unitLink.address)
    if let bus = rig.unitBus { try put("unit-bus", at: bus.address) }
    if let serial = rig.unitSerial { try put("unit-rs485", at: serial.address) }
    if let person = rig.operatorAddress { try put("operator", at: person) }
    try put("operator", at: "terminal://")
    return scripts
  }

  private static func isLines(_ entries: [PlayedEntry]) -> Bool {
    entries.contains { entry in
      if case .bytes(let bytes) = entry.content { bytes.starts(with: Array("line ".utf8)) } else { false }
    }
  }

  private static func asWord(_ entry: PlayedEntry) -> PlayedEntry {
    guard case .bytes(let bytes) = entry.content else { return entry }
    return PlayedEntry(
      at: entry.at, arrived: entry.arrived, outgoing: entry.outgoing,
      content: .word(String(decoding: bytes, as: UTF8.self)))
  }
}

extension PortError {
  /// The error as it was recorded.
  init(_ problem: Traffic.Problem) {
    self.init(
      Code(rawValue: problem.code) ?? .malformed, attempted: problem.attempted, port: problem.port,
      cause: problem.cause, advice: problem.advice, bytesSeen: HexText.bytes(problem.bytesSeen) ?? [])
  }
}
