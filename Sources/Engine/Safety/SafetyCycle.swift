import Ports

/// What has to hold several times per second while a rig may be energised. The end of a completed cycle, and nothing
/// else, feeds the guard.
///
/// One child task of the run performs the cycles, on the world's executor: when the run's logic blocks the executor,
/// no cycle ends. Before it feeds, it asks `RunProgress` whether that logic still gets anywhere.
public final class SafetyCycle {
  /// One thing that is looked at in each cycle.
  public struct Check {
    /// For the record, e.g. `interlocks`.
    public let name: String
    /// Whether it is also looked at while stops are held: during the closing phase and the safe state.
    public let whileHolding: Bool
    /// Throws `WorldStopped` when the run must stop (aborted), anything else when the rig is at fault (error).
    public let look: () async throws -> Void
  }

  /// From the end of one cycle to the beginning of the next.
  public static let period = Interval.milliseconds(100)
  /// A run that stands still is told to stop; if it does not within this time, the guard is no longer fed.
  static let stallGrace = Interval.seconds(2)

  /// The first thing that did not hold, in words; the run was told to stop for it.
  public private(set) var trip: String?
  /// What did not hold was the rig's fault, which is in the record by then: the run ends as an error, not as aborted.
  public private(set) var isFault = false
  public let progress: RunProgress

  private let world: any World
  private let requestStop: (String) -> Void
  private var checks: [Check] = []
  private var feeds: [() async throws -> Void] = []
  private var stalledSince: WorldInstant?
  private var isOver = false
  private var waiting: UnsafeContinuation<Void, Never>?
  /// Told of what made a check fail that was no stop, before the run is told to stop.
  private var onFault: (any Error) -> Void = { _ in }

  /// - Parameter requestStop: Asks the world to stop; waits of the run then end at once unless stops are held.
  public init(world: any World, progress: RunProgress, requestStop: @escaping (String) -> Void) {
    self.world = world
    self.progress = progress
    self.requestStop = requestStop
  }

  /// Looks at one more thing from the next cycle on, after those added before. A check must be quick: cycles do not
  /// overlap, and the guard's patience is a few periods.
  public func add(_ name: String, whileHolding: Bool = false, _ look: @escaping () async throws -> Void) {
    checks.append(Check(name: name, whileHolding: whileHolding, look: look))
  }

  /// Done at the end of every cycle in which all checks were completed, whether or not one of them tripped: a run that
  /// is stopping in order must not be killed meanwhile.
  public func feed(_ feed: @escaping () async throws -> Void) { feeds.append(feed) }

  func reportFaults(to report: @escaping (any Error) -> Void) { onFault = report }

  /// Performs `body`; cycles go on until it has returned.
  public func run<T>(while body: () async -> T) async -> T {
    let cycle = Confined(self)
    return await withTaskGroup(of: Void.self) { group in
      group.addTask { await cycle.value.turn() }
      let result = await body()
      isOver = true
      stopsAreHeld()
      group.cancelAll()
      return result
    }
  }

  /// The run holds stops from here on: waits are possible again.
  public func stopsAreHeld() {
    waiting?.resume()
    waiting = nil
  }

  private func turn() async {
    while !isOver {
      await once()
      await pause()
    }
  }

  /// Between a request to stop and the moment from which stops are held no wait is possible, and the run's logic needs
  /// none to get there. Until it is there nothing feeds the guard, whose patience bounds the way.
  private func pause() async {
    do { try await world.sleep(for: Self.period) } catch is WorldStopped {
      // Looked at again once it suspends: the runtime may let the run's logic go on in between, and it tells only once.
      await withUnsafeContinuation { continuation in
        if isOver || world.holdStops { continuation.resume() } else { waiting = continuation }
      }
    } catch {}
  }

  /// One cycle: every check, then the feeds.
  func once() async {
    for check in checks where check.whileHolding || !world.holdStops {
      progress.isOwnLook = true
      do { try await check.look() } catch { note(error, of: check) }
      progress.isOwnLook = false
    }
    guard isAlive() else { return }
    for feed in feeds {
      do { try await feed() } catch {
        if (error as? PortError)?.code != .stopped { noteFault(error, words: "\(error)") }
      }
    }
  }

  private func note(_ error: any Error, of check: Check) {
    if let stop = error as? WorldStopped {
      guard trip == nil else { return }
      trip = stop.reason
      requestStop(stop.reason)
    } else if world.holdStops || world.stopRequested == nil {
      // While a stop is asked for, every exchange fails for that reason.
      noteFault(error, words: "\(check.name): \(error)")
    }
  }

  private func noteFault(_ error: any Error, words: String) {
    guard trip == nil else { return }
    trip = words
    isFault = true
    onFault(error)
    requestStop(words)
  }

  /// False once a run has stood still for longer than its time and did not heed the stop either.
  private func isAlive() -> Bool {
    guard !progress.isAlive(at: world.now) else {
      stalledSince = nil
      return true
    }
    if stalledSince == nil {
      stalledSince = world.now
      requestStop("the run got nowhere for \(Int(RunProgress.silenceMax.seconds)) s")
    }
    return world.now - stalledSince! <= Self.stallGrace
  }
}
