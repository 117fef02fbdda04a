import Instruments
import LinuxPorts
import Ports
import Serving
import Simulation

/// An instrument that answers each command from a table, some of them late, and remembers what it heard.
final class ScriptedTwin: InstrumentTwin {
  var answers: [String: (text: String, delay: Interval)] = [:]
  private(set) var heard: [String] = []
  private(set) var clears = 0
  private var input: [UInt8] = []

  init(_ answers: [String: (text: String, delay: Interval)] = [:]) { self.answers = answers }

  func receive(_ bytes: [UInt8], at now: WorldInstant) -> [TwinReply] {
    var replies: [TwinReply] = []
    for byte in bytes {
      guard byte == 0x0A else {
        input.append(byte)
        continue
      }
      let command = String(decoding: input, as: UTF8.self)
      input = []
      heard.append(command)
      if let answer = answers[command] {
        replies.append(TwinReply(bytes: Array((answer.text + "\n").utf8), delay: answer.delay))
      }
    }
    return replies
  }

  func clear(at now: WorldInstant) { clears += 1 }
}

extension WorldInstant {
  /// Long enough for any loaded computer; a test that needs it has failed.
  var patient: WorldInstant { self + .seconds(30) }
}

/// A world with a plant in it while `body` runs beside what is served.
func serving(
  _ links: @escaping @Sendable (LinuxWorld, LivePlant) async throws -> [any ServedLink],
  _ body: @escaping @Sendable (LinuxWorld, [PortAddress]) async throws -> Void
) throws {
  try LinuxWorld.run(takesSignals: false) { world in
    let plant = LivePlant(circuit: Circuit(parameters: CircuitParameters()), seed: 1, world: world)
    let served = try await links(world, plant)
    let addresses = try served.map { try PortAddress(parsing: $0.address) }
    let service = Confined(RigService(plant: plant, links: served))
    let inner = Confined(world)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await service.value.run() }
      group.addTask { try await body(inner.value, addresses) }
      // Whatever ends first ends the other; a test's own error comes out.
      try await group.next()
      group.cancelAll()
      try await group.waitForAll()
    }
  }
}

/// One twin on a raw socket.
func socket(_ twin: any InstrumentTwin, _ world: LinuxWorld, _ plant: LivePlant, clients: Int = 2)
  async throws
  -> any ServedLink
{
  plant.host(.stream(twin), named: "instrument")
  return TCPService(
    name: "instrument", twin: twin, plant: plant,
    listener: try await TCPListener.open(host: "127.0.0.1", port: 0, in: world), clientMax: clients,
    world: world)
}

extension StreamPort {
  /// One line without its line feed.
  func line(_ world: any World) async throws -> String {
    var bytes: [UInt8] = []
    while bytes.last != 0x0A { bytes += try await receive(deadline: world.now.patient) }
    return String(decoding: bytes.dropLast(), as: UTF8.self)
  }

  func say(_ text: String, _ world: any World) async throws {
    try await send(Array(text.utf8), deadline: world.now.patient)
  }
}
