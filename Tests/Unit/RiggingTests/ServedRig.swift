import DUT
import Foundation
import Instruments
import LinuxPorts
import Model
import Ports
import Rigging
import Serving
import Simulation

/// The project's simulated rig on real ports, with everything its instruments hear written down.
final class ServedRig {
  let plant: LivePlant
  let links: [any ServedLink]
  let heard: Heard
  /// The rig at the addresses where it is served; lines, radio and bus keep theirs.
  var rig: Rig

  static var file: RigFile {
    get throws {
      let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
      let (file, findings) = RigFile.load(path: root.appending(path: "Rigs/simulated.yaml").path)
      guard let file else { throw RigBuildError(instrument: "simulated.yaml", message: "\(findings)") }
      return file
    }
  }

  /// - Parameter simulated: Options of the simulated counterparts, by instrument.
  init(in world: LinuxWorld, simulated: [String: [String: String]] = [:]) async throws {
    var rig = try Self.file.rig
    for index in rig.instruments.indices {
      rig.instruments[index].simulated = simulated[rig.instruments[index].name] ?? [:]
    }
    let plant = LivePlant(
      circuit: Circuit(parameters: SimulatedRig.parameters(rig.wiring)), seed: 1, world: world)
    let heard = Heard(plant)
    try SimulatedRig.populate(heard, with: rig, unit: UnitParameters())
    var links: [any ServedLink] = []
    for (name, link) in plant.hosted {
      let index = rig.instruments.firstIndex { $0.name == name }
      guard let index else { continue }
      switch link {
      case .stream(let twin) where name.hasPrefix("ntc"):
        links.append(try SerialService(name: name, twin: twin, plant: plant, baud: 9600, world: world))
      case .stream(let twin), .messages(let twin):
        links.append(
          TCPService(
            name: name, twin: twin, plant: plant,
            listener: try await TCPListener.open(host: "127.0.0.1", port: 0, in: world), clientMax: 1,
            world: world))
      case .lines, .radio, .bus: continue
      }
      rig.instruments[index].address = links.last!.address
    }
    self.rig = rig
    self.plant = plant
    self.links = links
    self.heard = heard
  }

  func address(_ name: String) throws -> PortAddress {
    try PortAddress(parsing: rig.instrument(name)!.address)
  }

  /// Runs `body` while the rig is served.
  func serve(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let service = Confined(RigService(plant: plant, links: links))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await service.value.run() }
      group.addTask { try await body() }
      try await group.next()
      group.cancelAll()
      try await group.waitForAll()
    }
  }

  /// Puts an ear before every twin.
  final class Heard: TwinHost {
    private(set) var commands: [String: String] = [:]
    private let plant: LivePlant
    init(_ plant: LivePlant) { self.plant = plant }
    var circuit: Circuit { plant.circuit }
    var random: SeededRandom { plant.random }
    func schedule(at instant: WorldInstant, _ action: @escaping () -> Void) {
      plant.schedule(at: instant, action)
    }
    func host(_ link: HostedLink, named name: String) {
      switch link {
      case .stream(let twin): plant.host(.stream(Ear(twin, self, name)), named: name)
      case .messages(let twin): plant.host(.messages(Ear(twin, self, name)), named: name)
      case .lines, .radio, .bus: plant.host(link, named: name)
      }
    }
    fileprivate func note(_ bytes: [UInt8], of name: String) {
      commands[name, default: ""] += String(decoding: bytes, as: UTF8.self)
    }
  }

  private final class Ear: InstrumentTwin {
    private let twin: any InstrumentTwin
    private unowned let heard: Heard
    private let name: String
    init(_ twin: any InstrumentTwin, _ heard: Heard, _ name: String) {
      self.twin = twin
      self.heard = heard
      self.name = name
    }
    func receive(_ bytes: [UInt8], at now: WorldInstant) -> [TwinReply] {
      heard.note(bytes, of: name)
      return twin.receive(bytes, at: now)
    }
    func clear(at now: WorldInstant) { twin.clear(at: now) }
    var nextEvent: WorldInstant? { twin.nextEvent }
    func advance(to now: WorldInstant) { twin.advance(to: now) }
  }
}
