import Ports
import Simulation

@testable import Instruments

/// A driver and its twin on a bench with virtual time: the smallest world in which both can talk.
final class TwinBench: World {
  private(set) var now = WorldInstant.start
  let calendarStart = "2026-11-22T08:00:00Z"
  var holdStops = false
  var stopRequested: String?

  let circuit: Circuit
  let twin: any InstrumentTwin
  /// Commands as they arrived at the twin, without terminators.
  var sent: [String] = []
  /// Called before the twin hears a command: lets a test act in the middle of a conversation.
  var onCommand: ((String) -> Void)?
  /// Replaces the twin's reply bytes.
  var tamper: (([UInt8]) -> [UInt8])?

  private var arriving: [(at: WorldInstant, bytes: [UInt8])] = []

  static let serial = "800123456789"

  init(
    _ entry: DriverEntry, circuit: Circuit = Circuit(parameters: CircuitParameters()),
    terminals: [Int: Terminal] = [:], options: [String: String] = [:], seed: UInt64 = 1
  ) throws {
    self.circuit = circuit
    twin = try entry.makeTwin!(
      TwinContext(
        name: "bench", serial: Self.serial, circuit: circuit, terminals: terminals,
        random: SeededRandom(seed: seed), options: options))
  }

  func driver<D>(_ entry: DriverEntry, options: [String: String] = [:], as: D.Type = D.self) throws -> D {
    let context = DriverContext(
      name: "bench", serial: Self.serial, port: .stream(Wire(self)), world: self, options: options)
    return try entry.make(context) as! D
  }

  func advance(to instant: WorldInstant) {
    now = max(now, instant)
    circuit.advance(to: now)
    twin.advance(to: now)
  }

  func sleep(until instant: WorldInstant) async throws { advance(to: instant) }

  fileprivate func hear(_ bytes: [UInt8]) {
    let command = String(decoding: bytes.filter { $0 >= 0x20 }, as: UTF8.self)
    sent.append(command)
    onCommand?(command)
    for reply in twin.receive(bytes, at: now) {
      arriving.append((now + reply.delay, tamper?(reply.bytes) ?? reply.bytes))
    }
    arriving.sort { $0.at < $1.at }
  }

  fileprivate func deliver(by deadline: WorldInstant) -> [UInt8]? {
    guard let next = arriving.first, next.at <= deadline else {
      advance(to: deadline)
      return nil
    }
    arriving.removeFirst()
    advance(to: next.at)
    return next.bytes
  }

  private func none(_ address: PortAddress) -> PortError {
    PortError(.unsupported, attempted: "open", port: address.description)
  }
  func openStream(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any StreamPort {
    throw none(address)
  }
  func openMessages(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any MessagePort
  {
    throw none(address)
  }
  func openLines(_ address: PortAddress, configuration: LineConfiguration, deadline: WorldInstant)
    async throws(PortError) -> any LinePort
  {
    throw none(address)
  }
  func openRadio(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any RadioPort {
    throw none(address)
  }
}

private final class Wire: StreamPort {
  let address = try! PortAddress(parsing: "sim://bench")
  private let bench: TwinBench
  init(_ bench: TwinBench) { self.bench = bench }

  func send(_ bytes: [UInt8], deadline: WorldInstant) async throws(PortError) { bench.hear(bytes) }
  func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8] {
    guard let bytes = bench.deliver(by: deadline) else {
      throw PortError(.deadline, attempted: "receive", port: address.description)
    }
    return bytes
  }
  func close() {}
}
