import Capabilities
import DUT
import Engine
import Model
import Ports
import Rigging

/// A world without ports in which time passes only when somebody waits.
final class IdleWorld: World {
  private(set) var now = WorldInstant.start
  let calendarStart = "2026-01-05T06:00:00Z"
  var holdStops = false
  let stopRequested: String? = nil

  func sleep(until instant: WorldInstant) async throws { now = max(now, instant) }

  func openStream(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any StreamPort {
    throw none(address)
  }
  func openMessages(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any MessagePort
  {
    throw none(address)
  }
  func openLines(
    _ address: PortAddress, configuration: LineConfiguration, deadline: WorldInstant
  ) async throws(PortError) -> any LinePort { throw none(address) }
  func openRadio(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any RadioPort {
    throw none(address)
  }

  private func none(_ address: PortAddress) -> PortError {
    PortError(.notFound, attempted: "open a port", port: address.description, cause: "this world has none")
  }
}

/// A voltmeter that answers 79.2 V at once.
final class InstantMeter: Voltmeter {
  let name = "reference"
  private let world: IdleWorld
  init(world: IdleWorld) { self.world = world }
  func open() async throws(InstrumentError) -> Identity {
    Identity(maker: "none", model: "none", serial: "1", firmware: "1")
  }
  func measureVoltages(channels: [Int]) async throws(InstrumentError) -> [Reading] {
    channels.map { _ in Reading(value: 79.2, at: world.now) }
  }
  func makeSafe() async -> SafetyReport { SafetyReport(confirmed: true, message: "has no output") }
  func close() async {}
}

/// A bench that has nothing but that voltmeter.
final class OneMeterBench: RigOpener {
  let bench: Bench
  let unit: any UnitConnection

  init(world: IdleWorld, rig: Rig) throws {
    let address = try PortAddress(parsing: rig.unitLink.address)
    bench = Bench(
      world: world, rig: rig,
      members: [.packVoltage: [.init(instrument: InstantMeter(world: world), channel: 101)]],
      cellCount: 24, restVoltage: 3.3)
    unit = BLEUnit(world: world, radioAddress: address, name: "")
  }

  func open(identified: (InstrumentIdentity) -> Void) async throws {}
  func close() async {}
}
