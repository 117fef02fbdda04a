import Engine
import Model
import Simulation

extension RunExecution {
  /// The same run in the simulated world, with nothing on disk: the events go to the caller's sink, without the
  /// bytes on the ports. Verdict and measurements are those of a recorded run with the same seed.
  ///
  /// - Parameter makeSink: Makes the sink; what it is given asks the world to stop.
  /// - Throws: `RigBuildError`, `PortError`: before the first event. `SimulationDeadlock`.
  public func runUnrecorded(
    _ makeSink: @escaping (_ requestStop: @escaping (String) -> Void) -> any EventSink
  ) throws -> Runner.Conclusion {
    let parameters = try SimulatedSocket.unit(for: checked, seed: seed)
    let world = try SimulatedRig.world(
      rig: checked.rig.rig, unit: parameters, seed: seed, calendarStart: SimulatedSocket.calendarStart)
    let header = header(run: "\(unit)-1", startedAt: world.calendarStart)
    return try world.run {
      let sink = makeSink { world.requestStop(reason: $0) }
      return try await self.conclude(header, in: world, sink: sink, recordsTraffic: false) {
        world.requestStop(reason: $0)
      }
    }
  }
}

/// Watches nothing.
public final class NoObserver: RunObserver {
  public init() {}
  public func observe(_ event: RunEvent) {}
}
