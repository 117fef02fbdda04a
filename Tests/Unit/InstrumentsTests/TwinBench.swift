import Ports
import Simulation
import TestKit

@testable import Instruments

/// A twin wired the way a test wants it, and the link to it: the commands it heard, and replies a test may change.
final class TwinBench {
  let world: ScriptedWorld
  let link: ScriptedLink
  private let listener: Listener

  var circuit: Circuit { world.circuit }
  var now: WorldInstant { world.now }
  /// Commands as they arrived, oldest first, with the time; a test may forget the ones before.
  var heard: [(command: String, at: WorldInstant)] {
    get { listener.heard }
    set { listener.heard = newValue }
  }
  var commands: [String] { heard.map(\.command) }

  init(
    _ entry: DriverEntry, circuit: Circuit = Circuit(parameters: CircuitParameters()),
    terminals: [Int: Terminal] = [:], options: [String: String] = [:]
  ) throws {
    let context = TwinContext(
      name: "bench", serial: DriverBench.serial, circuit: circuit, terminals: terminals,
      random: SeededRandom(seed: 1), options: options)
    world = ScriptedWorld(circuit: circuit)
    listener = Listener(try entry.makeTwin!(context))
    link = try ScriptedLink(world: world, twin: listener, keepsBorders: false)
  }

  /// A driver at this end, with those of `options` that are the driver's.
  func driver<D>(_ entry: DriverEntry, options: [String: String] = [:], as: D.Type = D.self) throws -> D {
    let known = options.filter { key, _ in entry.options.contains { $0.name == key } }
    let context = DriverContext(
      name: "bench", serial: DriverBench.serial, port: .stream(link), world: world, options: known)
    return try entry.make(context) as! D
  }

  private final class Listener: InstrumentTwin {
    var heard: [(command: String, at: WorldInstant)] = []
    private let twin: any InstrumentTwin
    init(_ twin: any InstrumentTwin) { self.twin = twin }

    func receive(_ bytes: [UInt8], at now: WorldInstant) -> [TwinReply] {
      heard.append((String(decoding: bytes.filter { $0 >= 0x20 }, as: UTF8.self), now))
      return twin.receive(bytes, at: now)
    }
    var nextEvent: WorldInstant? { twin.nextEvent }
    func advance(to now: WorldInstant) { twin.advance(to: now) }
  }
}
