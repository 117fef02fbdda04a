import CLinuxPorts
import Ports
import Synchronization

/// Runs everything above the seam on the one thread that calls `run`: jobs of the task tree, and between them
/// whatever the kernel reports. Jobs run in the order they became ready; priorities are ignored on purpose.
///
/// `enqueue` and `requestStop` may be called from any thread, all the rest only from the thread of `run`.
public final class LinuxExecutor: TaskExecutor, SerialExecutor, @unchecked Sendable {
  /// What other threads hand over; taken by the owner each time round the loop.
  struct Inbox {
    var jobs: [UnownedJob] = []
    var ends: [(id: UInt64, end: WaitEnd)] = []
  }

  /// Monotonic clock reading at which the world began.
  let start = LinuxClock.monotonicNanoseconds()
  let stops: StopRequests
  let poller: Poller
  let inbox = Mutex(Inbox())
  /// Token of the thread inside `run`; 0 outside.
  private let owner = Atomic<UInt>(0)
  private var ready: [UnownedJob] = []
  var waits = WaitList()
  /// What to do while a descriptor has something to read, by its id.
  var watched: [UInt64: () -> Void] = [:]
  /// While true a requested stop ends no wait.
  var holdsStops = false { didSet { if !holdsStops { endWaitsWhenStopped() } } }

  init(takesSignals: Bool) throws(PortError) {
    poller = try Poller()
    stops = try StopRequests(start: start, takesSignals: takesSignals)
    if takesSignals { poller.addSignals(stops.signals) }
  }

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if isOnOwner {
      ready.append(job)
    } else {
      inbox.withLock { $0.jobs.append(job) }
      poller.wake()
    }
  }

  public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
  public func isIsolatingCurrentContext() -> Bool? { isOnOwner }
  public func checkIsolated() { precondition(isOnOwner, "called from a thread that does not own the world") }

  var isOnOwner: Bool { owner.load(ordering: .acquiring) == clp_thread_token() }

  func requestStop(_ reason: String) {
    stops.add(reason)
    poller.wake()
  }

  /// Runs `body` and whatever it starts; returns when `body` has returned. Blocks the calling thread.
  func run<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) throws -> T {
    let (free, _) = owner.compareExchange(
      expected: 0, desired: clp_thread_token(), ordering: .acquiringAndReleasing)
    precondition(free, "this executor is already running")
    defer { owner.store(0, ordering: .releasing) }
    let result = ResultBox<T>()
    Task(executorPreference: self) {
      do { result.value = .success(try await body()) } catch { result.value = .failure(error) }
    }
    while true {
      runReadyJobs()
      if let value = result.value { return try value.get() }
      look()
    }
  }

  /// Runs what was ready at the start and no more: jobs that keep enqueueing must not hide the kernel's news.
  private func runReadyJobs() {
    let batch = ready
    ready.removeAll(keepingCapacity: true)
    for job in batch {
      job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
    }
  }

  /// Takes everything new: what other threads left, descriptors, due deadlines, stops. Waits only when no job is
  /// ready. Descriptors come before deadlines, so that bytes that arrived in time are not reported late.
  private func look() {
    takeInbox()
    // Also before waiting: whoever asked for the reason has emptied the signal pipe, which then wakes nobody.
    endWaitsWhenStopped()
    let changes = poller.poll(until: ready.isEmpty ? waits.earliestDeadline : 0)
    takeInbox()
    for change in changes {
      if let work = watched[change.id] { work() } else { waits.endReady(change) }
    }
    waits.endDue(at: LinuxClock.monotonicNanoseconds())
    endWaitsWhenStopped()
  }

  private func takeInbox() {
    let news = inbox.withLock { inbox in
      defer { inbox = Inbox() }
      return inbox
    }
    for (id, end) in news.ends { waits.end(id, end) }
    ready.append(contentsOf: news.jobs)
  }

  private func endWaitsWhenStopped() {
    // Asked even while stops are held: a full signal pipe would keep the loop turning.
    let isStopped = stops.first != nil
    if isStopped, !holdsStops { waits.endForStop() }
  }
}

/// Carries the result out of the task; written and read on the executor's thread.
private final class ResultBox<T: Sendable>: @unchecked Sendable {
  var value: Result<T, any Error>?
}
