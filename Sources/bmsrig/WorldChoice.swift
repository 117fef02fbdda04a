import DUT
import Glibc
import LinuxPorts
import Model
import Ports
import Rigging
import Simulation

/// Chooses the world for a rig: the only place that does.
enum WorldChoice: WorldProvider {
  static func run<T>(
    checked: CheckedRun, seed: UInt64,
    _ body: @escaping (any World, @escaping (String) -> Void) async throws -> T
  ) throws -> T {
    guard checked.rig.rig.isSimulated else { return try real(body) }
    let unit = try SimulatedSocket.unit(for: checked, seed: seed)
    let world = try SimulatedRig.world(
      rig: checked.rig.rig, unit: unit, seed: seed, calendarStart: SimulatedSocket.calendarStart)
    return try simulated(world) { try await body(world, { world.requestStop(reason: $0) }) }
  }

  /// A world for somebody at a desk with one unit, without a run.
  ///
  /// - Parameter desk: The rig file the unit's link was taken from; nil for an adapter of this computer.
  static func run<T>(
    desk: Rig?, unitFile: UnitFile?, seed: UInt64, _ body: @escaping (any World) async throws -> T
  ) throws -> T {
    guard let desk, desk.isSimulated else { return try real { world, _ in try await body(world) } }
    let world = try SimulatedDesk.world(rig: desk, unitFile: unitFile, seed: seed)
    return try simulated(world) {
      try await SimulatedDesk.start(world)
      return try await body(world)
    }
  }

  private static func simulated<T>(
    _ world: SimulatedWorld, _ body: @escaping () async throws -> T
  ) throws -> T {
    takeSignals()
    world.terminal = WaitingTerminal.open(now: { world.now }, stopReason: { PendingStop.reason })
    return try world.run(body)
  }

  /// A world for a rig without a run; nothing of it is recorded.
  static func run<T>(rig: Rig, _ body: @escaping (any World) async throws -> T) throws -> T {
    guard rig.isSimulated else { return try real { world, _ in try await body(world) } }
    let world = try SimulatedRig.world(
      rig: rig, unit: UnitParameters(), seed: 1, calendarStart: SimulatedSocket.calendarStart)
    takeSignals()
    return try world.run { try await body(world) }
  }

  /// The Linux world owns the calling thread until `body` has ended, so nothing crosses threads.
  private struct OneThread<Value>: @unchecked Sendable { let value: Value }

  private static func real<T>(
    _ body: @escaping (any World, @escaping (String) -> Void) async throws -> T
  ) throws -> T {
    let boxed = OneThread(value: body)
    return try LinuxWorld.run(takesSignals: true) { world in
      let stop = world.stopHandle
      return OneThread(value: try await boxed.value(world, { stop.request($0) }))
    }.value
  }

  /// A simulated world never waits for the kernel; it looks at noted signals between two events.
  static func takeSignals() {
    var stops = sigset_t()
    sigemptyset(&stops)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
      signal(number) { PendingStop.note(signal: $0) }
      sigaddset(&stops, number)
    }
    // Whoever started the program may have had them blocked; that is inherited.
    pthread_sigmask(SIG_UNBLOCK, &stops, nil)
  }
}
