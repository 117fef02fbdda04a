import Capabilities
import Engine
import Guarding
import Model
import Ports

/// Stands for a controller that hangs: has a rig watched by its guard, feeds it for a moment, then says nothing while
/// it holds every port. In a process of its own, because the guard ends it.
public struct GuardStandIn {
  /// How far it got.
  public enum Sign: Hashable, Sendable {
    case armed(String)
    /// When the last beat left.
    case silent(since: WorldInstant)
  }

  /// How it ended when the guard did not end it.
  public struct Ending: Hashable, Sendable {
    public let why: String
    public let safety: RigSafety
  }

  private let rig: ProofRig
  private let world: any World
  private let silence: Interval

  private static let run = "proof"
  /// Longer than the usual silence, so that it is beats that keep the guard still; shorter than any watchdog.
  private static let feedingTime = Interval.milliseconds(500)
  private static let beatEvery = Interval.milliseconds(100)
  /// How much later than its silence the guard may still end it.
  private static let patience = Interval.seconds(5)
  private static let releaseLimit = Interval.seconds(2)
  private static let handOverLimit = Interval.seconds(60)

  /// - Throws: When an address of the rig cannot be read.
  public init(rig: Rig, world: any World, proofPath: String) throws(PortError) {
    self.rig = try ProofRig(rig, world: world, proofPath: proofPath)
    self.world = world
    silence = Interval(seconds: rig.guardSilence.base)
  }

  /// Returns only when the guard did not come to act; then the rig was made safe.
  public func run(_ sign: (Sign) -> Void) async -> Ending {
    var line: (any GuardPort)?
    var why: String
    do {
      try await rig.open()
      line = try await rig.working.startGuard(run: Self.run)
      if let line {
        sign(.armed(line.words))
        sign(.silent(since: try await energise(feeding: line)))
        try await world.sleep(for: silence + Self.patience)
        why = "a controller that had said nothing for \((silence + Self.patience).seconds) s was let live"
      } else {
        why = "nothing on this rig can be switched, so nobody watches it"
      }
    } catch {
      let reasons = (error as? ProofRefused)?.reasons ?? ["\(error)"]
      why = reasons.joined(separator: "; ")
    }
    let safety = await rig.leave()
    if let line { await end(line, safety) }
    return Ending(why: why, safety: safety)
  }

  /// Switches on at zero what can be, as a run does with the guard beside it.
  /// - Returns: When the last beat left.
  private func energise(feeding line: any GuardPort) async throws -> WorldInstant {
    let feeding = Feeding(line: line, bench: rig.working.bench, world: world)
    let confined = Confined(feeding)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await confined.value.goOn(every: Self.beatEvery) }
      for (_, instrument) in rig.working.instruments {
        if let source = instrument as? any WatchdogProving { try await source.energiseAtZero() }
      }
      try await world.sleep(for: Self.feedingTime)
      feeding.isOver = true
      try await group.waitForAll()
    }
    return feeding.last
  }

  /// Beats after each look at the interlocks, until told otherwise.
  private final class Feeding {
    private let line: any GuardPort
    private let bench: Bench
    private let world: any World
    var isOver = false
    private(set) var last: WorldInstant

    init(line: any GuardPort, bench: Bench, world: any World) {
      self.line = line
      self.bench = bench
      self.world = world
      last = world.now
    }

    func goOn(every interval: Interval) async throws {
      while !isOver {
        let now = world.now
        try await bench.checkInterlocks(since: last)
        try await line.beat()
        last = now
        try await world.sleep(for: interval)
      }
    }
  }

  private func end(_ line: any GuardPort, _ safety: RigSafety) async {
    // Whatever becomes of it: whoever started this process looks at the rig next.
    if safety.confirmed {
      try? await line.release(deadline: world.now + Self.releaseLimit)
    } else {
      _ = try? await line.handOver(deadline: world.now + Self.handOverLimit)
    }
    line.close()
  }
}
