import Guarding
import Ports

/// A guard in virtual time: it reads its plan and watches the beats as the real one does.
///
/// Not modelled: acting. A run whose beats stop ends as it would when the guard's process says no more; what the real
/// guard does to the instruments is seen on served instruments.
public final class SimulatedGuard: GuardPort {
  public let words = "it watches the beats"
  public let plan: GuardPlan
  private let world: SimulatedWorld
  private var watch: GuardWatch
  private var isSecondBeat = false
  private var isDead = false
  public private(set) var beats = 0
  public private(set) var isReleased = false
  /// Why the real guard would have acted; nil while it would not.
  public private(set) var acted: String?

  init(plan: GuardPlan, world: SimulatedWorld) {
    self.plan = plan
    self.world = world
    watch = GuardWatch(silence: plan.silence, now: world.now)
  }

  /// The guard's process ends.
  public func die() { isDead = true }

  public func beat() async throws(PortError) {
    guard !isReleased else { return }
    if acted == nil {
      let byte = isSecondBeat ? GuardSignal.beats.1 : GuardSignal.beats.0
      isSecondBeat.toggle()
      if case .act(let why) = watch.heard([byte], at: world.now) { acted = why }
    }
    try check("feed the guard")
    beats += 1
  }

  public func release(deadline: WorldInstant) async throws(PortError) {
    try check("release the guard")
    isReleased = true
  }

  public func handOver(deadline: WorldInstant) async throws(PortError) -> (words: String, confirmed: Bool) {
    try check("hand over to the guard")
    isReleased = true
    return ("the simulated guard switches nothing", false)
  }

  public func close() {}

  private func check(_ attempted: String) throws(PortError) {
    guard isDead || acted != nil else { return }
    throw PortError(
      .closed, attempted: attempted, port: "guard",
      cause: acted.map { "the guard had to act: \($0)" } ?? "the guard has ended",
      advice: "Nobody watches this rig any more: start the run again")
  }
}

extension SimulatedWorld {
  public func openGuard(_ plan: String, deadline: WorldInstant) async throws(PortError) -> any GuardPort {
    do throws(GuardPlanError) {
      let started = SimulatedGuard(plan: try GuardPlan(text: plan), world: self)
      guards.append(started)
      return started
    } catch {
      throw PortError(.refused, attempted: "start the guard", port: "guard", cause: error.description)
    }
  }
}
