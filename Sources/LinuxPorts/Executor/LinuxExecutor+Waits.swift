import Glibc
import Ports
import Synchronization

extension LinuxExecutor {
  /// Waits for `awaited`, at most until the monotonic clock reads `deadline`.
  ///
  /// - Parameters:
  ///   - cancellable: false keeps waiting in a cancelled task; the deadline still bounds it.
  ///   - outlastsStops: true keeps waiting when a stop is asked for.
  func wait(
    for awaited: Awaited, id: UInt64? = nil, until deadline: Int64, cancellable: Bool,
    outlastsStops: Bool = false
  ) async -> WaitEnd {
    precondition(isOnOwner, "a world's member was called from a thread that does not own the world")
    if !holdsStops, !outlastsStops, stops.first != nil { return .stopped }
    let wait = Wait(
      id: id ?? waits.makeID(), awaited: awaited, deadline: deadline, outlastsStops: outlastsStops)
    waits.add(wait)
    guard cancellable else { return await suspend(wait) }
    let known = wait.id
    return await withTaskCancellationHandler {
      await suspend(wait)
    } onCancel: {
      end(known, .cancelled)
    }
  }

  private func suspend(_ wait: Wait) async -> WaitEnd {
    await withUnsafeContinuation { wait.suspend($0) }
  }

  /// Ends one wait from any thread; a wait that has already ended is left alone.
  func end(_ id: UInt64, _ end: WaitEnd) {
    if isOnOwner {
      waits.end(id, end)
    } else {
      inbox.withLock { $0.ends.append((id, end)) }
      poller.wake()
    }
  }

  /// Does `work` whenever a library's descriptor has something to read, for as long as it has.
  /// - Throws: the error number when the descriptor cannot be watched.
  func watch(_ descriptor: Int32, _ work: @escaping () -> Void) throws(SystemError) -> UInt64 {
    let id = try poller.addSource(descriptor)
    watched[id] = work
    return id
  }

  func unwatch(_ descriptor: Int32, _ id: UInt64) {
    poller.remove(descriptor)
    watched[id] = nil
  }

  /// Does blocking work on a thread of its own, so that the loop goes on. When the wait ends first the thread
  /// finishes unheard and its result is dropped; `work` must therefore be harmless and come to an end by itself.
  func onOwnThread<T: Sendable>(
    until deadline: Int64, cancellable: Bool, outlastsStops: Bool = false, _ work: @escaping @Sendable () -> T
  ) async -> Result<T, WaitFailure> {
    let id = waits.makeID()
    let result = ThreadResult<T>()
    let started = Self.startThread {
      let value = work()
      result.value.withLock { $0 = value }
      self.end(id, .ready)
    }
    guard started else { return .failure(.noThread) }
    let end = await wait(
      for: .post, id: id, until: deadline, cancellable: cancellable, outlastsStops: outlastsStops)
    if let value = result.value.withLock({ $0 }) { return .success(value) }
    return .failure(.ended(end))
  }

  private static func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
    let box = Unmanaged.passRetained(ThreadBody(body))
    var thread = pthread_t()
    guard pthread_create(&thread, nil, threadMain, box.toOpaque()) == 0 else {
      box.release()
      return false
    }
    pthread_detach(thread)
    return true
  }
}

/// Why work on a thread gave no result.
enum WaitFailure: Error, Hashable {
  case ended(WaitEnd)
  case noThread
}

private final class ThreadResult<T: Sendable>: Sendable {
  let value = Mutex<T?>(nil)
}

private final class ThreadBody: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// A plain function: a C callback written as a closure would inherit its surroundings' isolation.
private nonisolated func threadMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  Unmanaged<ThreadBody>.fromOpaque(argument!).takeRetainedValue().body()
  return nil
}
