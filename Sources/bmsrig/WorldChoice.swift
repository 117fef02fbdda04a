import Model
import Ports
import Rigging
import Simulation

/// Chooses the world for a rig: the only place that does.
enum WorldChoice: WorldProvider {
  static func run<T>(
    checked: CheckedRun, seed: UInt64, _ body: @escaping (any World, @escaping (String) -> Void) async throws -> T
  ) throws -> T {
    guard checked.rig.rig.instruments.allSatisfy({ $0.address.hasPrefix("sim://") }) else {
      throw RigBuildError(instrument: checked.rig.rig.name, message: "this build has no real world")
    }
    let unit = try SimulatedSocket.unit(for: checked, seed: seed)
    let world = try SimulatedRig.world(
      rig: checked.rig.rig, unit: unit, seed: seed, calendarStart: SimulatedSocket.calendarStart)
    return try world.run { try await body(world, { world.requestStop(reason: $0) }) }
  }
}
