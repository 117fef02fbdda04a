import Glibc
import Ports

/// Something that changes by itself while virtual time passes.
public protocol SimulatedPlant: AnyObject {
  /// When it changes next; nil while it will not.
  var nextEvent: WorldInstant? { get }
  /// Runs everything due up to and including `instant`.
  func advance(to instant: WorldInstant)
}

/// Nothing can happen any more while somebody still waits: the simulated counterpart of a hang.
public struct SimulationDeadlock: Error, Hashable, Sendable, CustomStringConvertible {
  public let at: WorldInstant
  public let cause: String
  public var description: String { "the simulation is stuck at \(at.seconds) s: \(cause)" }
}

/// Runs a task tree on one thread in virtual time.
///
/// Jobs run in the order in which they became ready. When none is ready the clock jumps to the next instant at which
/// something happens: an event of the plant, then exactly one wait, then jobs again. Equal instants are ordered by
/// the time at which the wait began, so a run is a function of its inputs alone.
///
/// Only structured concurrency stays here. A job that arrives from another thread (`Task.sleep`, `Task.detached`,
/// a Dispatch queue, an actor of somebody else's) would make runs differ; it ends the process with a message.
public final class SimulationExecutor: TaskExecutor, SerialExecutor, @unchecked Sendable {
  // Unchecked: every member is used on the thread inside `run`; `enqueue` proves it.

  /// Virtual time in which only the plant moves before the run counts as stuck.
  static let idleMax = Interval.seconds(400 * 86_400)

  public private(set) var now: WorldInstant
  /// Advanced before anything that runs at an instant can look at it.
  public var plant: (any SimulatedPlant)?

  private var ready: [UnownedJob] = []
  private var readyHead = 0
  private var waits = WaitQueue()
  private var waitCount: UInt64 = 0

  public init(now: WorldInstant = .start) { self.now = now }

  // MARK: jobs

  public func enqueue(_ job: consuming ExecutorJob) {
    guard CurrentExecutor.is(self) else {
      fatalError(
        "a job reached the simulation from another thread or outside its run; use task groups and the world's sleep "
          + "instead of Task { }, Task.detached, Task.sleep, Dispatch or a main actor")
    }
    ready.append(UnownedJob(job))
  }

  public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
  public func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }
  public func isIsolatingCurrentContext() -> Bool? { CurrentExecutor.is(self) }
  public func checkIsolated() {
    precondition(CurrentExecutor.is(self), "not on the simulation's thread")
  }

  /// Runs `body` and its children to the end of `body` on the calling thread.
  ///
  /// - Throws: what `body` throws; `SimulationDeadlock` when it waits for something that cannot come.
  /// - Note: Call it outside any actor's isolation. `body` never leaves the thread, so it may capture anything.
  public func run<T>(_ body: @escaping () async throws -> T) throws -> T {
    let outer = CurrentExecutor.exchange(self)
    defer { CurrentExecutor.restore(outer) }
    let outcome = Outcome<T>()
    let work = Confined(body)
    Task(executorPreference: self) {
      do { outcome.result = .success(try await work.value()) } catch { outcome.result = .failure(error) }
    }
    var idleSince = now
    while true {
      drain()
      if let result = outcome.result { return try result.get() }
      if try step(idleSince: idleSince) { idleSince = now }
    }
  }

  private func drain() {
    while readyHead < ready.count {
      let job = ready[readyHead]
      readyHead += 1
      if readyHead == ready.count {
        ready.removeAll(keepingCapacity: true)
        readyHead = 0
      }
      job.runSynchronously(
        isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
    }
  }

  /// Moves to the next instant at which something happens. True when a wait ended, false when only the plant moved.
  private func step(idleSince: WorldInstant) throws -> Bool {
    guard let next = waits.first(now: now) else {
      throw SimulationDeadlock(at: now, cause: "no task is ready and none waits for time to pass")
    }
    if let event = plant?.nextEvent, event <= next.at {
      now = max(now, event)
      plant?.advance(to: now)
      guard now - idleSince < Self.idleMax else {
        throw SimulationDeadlock(at: now, cause: "nobody woke for \(Self.idleMax.seconds / 86_400) days")
      }
      return false
    }
    guard next.at < .distantFuture else {
      throw SimulationDeadlock(at: now, cause: "every task waits for something that will not come")
    }
    now = next.at
    plant?.advance(to: now)
    end(next.wait)
    return true
  }

  // MARK: waiting

  /// Suspends until `deadline`, until `due` names an instant that has come, or until somebody ends the wait early.
  /// Never throws: the caller looks at the clock and its condition again, in a loop.
  ///
  /// - Parameters:
  ///   - due: when the thing waited for happens as far as known; asked again whenever the world has moved.
  ///   - cancellable: ends the wait when the task is cancelled.
  func pause(
    until deadline: WorldInstant, cancellable: Bool, due: (() -> WorldInstant?)? = nil
  ) async {
    let handle = WaitHandle()
    let confined = Confined(due)
    await withTaskCancellationHandler {
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        if cancellable && Task.isCancelled { return continuation.resume() }
        handle.wait = self.insert(deadline: deadline, due: confined.value) { continuation.resume() }
      }
    } onCancel: {
      if cancellable, let wait = handle.wait { self.end(wait) }
    }
  }

  /// Waits until the clock reads at least `instant`.
  /// - Throws: `CancellationError` when the task is cancelled first.
  public func sleep(until instant: WorldInstant) async throws {
    while now < instant {
      try Task.checkCancellation()
      await pause(until: instant, cancellable: true)
    }
  }

  /// Runs `action` when the clock reaches `instant`, before tasks that begin to wait for that instant later.
  public func schedule(at instant: WorldInstant, _ action: @escaping () -> Void) {
    insert(deadline: max(now, instant), due: nil, isAction: true, resume: action)
  }

  /// Ends the pauses of all tasks now, so that they look at their conditions. Scheduled actions stay.
  func wakeEverybody() {
    for wait in waits.removeAll() {
      if wait.isAction { waits.insert(wait) } else { wait.end() }
    }
  }

  @discardableResult
  private func insert(
    deadline: WorldInstant, due: (() -> WorldInstant?)?, isAction: Bool = false,
    resume: @escaping () -> Void
  ) -> Wait {
    let wait = Wait(
      deadline: deadline, sequence: waitCount, due: due, isAction: isAction, resume: resume)
    waitCount += 1
    waits.insert(wait)
    return wait
  }

  private func end(_ wait: Wait) {
    guard !wait.isOver else { return }
    wait.end()
    waits.noteEnded(wait)
  }
}

/// Carries a value into the task tree of an executor that never leaves the thread.
private struct Confined<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}

private final class Outcome<T>: @unchecked Sendable {
  var result: Result<T, any Error>?
}

private final class WaitHandle: @unchecked Sendable {
  var wait: Wait?
}

/// Which executor drives the calling thread at the moment.
///
/// Thread-specific data, not `pthread_self()`: the C library declares the latter a constant function, so an
/// optimised build may remember its value across a suspension.
enum CurrentExecutor {
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let code = pthread_key_create(&key, nil)
    precondition(code == 0, "no thread-specific key left (\(code))")
    return key
  }()

  static func `is`(_ executor: SimulationExecutor) -> Bool {
    pthread_getspecific(key) == Unmanaged.passUnretained(executor).toOpaque()
  }

  /// Makes `executor` the current one and returns what was current before.
  static func exchange(_ executor: SimulationExecutor) -> UnsafeMutableRawPointer? {
    let outer = pthread_getspecific(key)
    pthread_setspecific(key, Unmanaged.passUnretained(executor).toOpaque())
    return outer
  }

  static func restore(_ outer: UnsafeMutableRawPointer?) { pthread_setspecific(key, outer) }
}
