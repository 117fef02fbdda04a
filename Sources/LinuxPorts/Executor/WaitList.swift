import Ports

/// Why a wait ended.
enum WaitEnd: Hashable, Sendable {
  /// The descriptor changed, or the awaited work is done.
  case ready
  case deadline
  case stopped
  case cancelled
}

/// What a wait is waiting for, beside its deadline.
enum Awaited: Hashable, Sendable {
  case readable(UInt64)
  case writable(UInt64)
  /// An end posted by its id, or nothing but the deadline.
  case post
}

/// One wait. It is listed before its task suspends, because the runtime may let the loop turn in between: what
/// happens then is kept here and ends the wait as soon as it suspends.
final class Wait {
  let id: UInt64
  let awaited: Awaited
  /// Monotonic nanoseconds; `.max` waits for ever.
  let deadline: Int64
  /// A stop does not end it: something begun must be taken back in order.
  let outlastsStops: Bool
  private var end: WaitEnd?
  private var continuation: UnsafeContinuation<WaitEnd, Never>?

  init(id: UInt64, awaited: Awaited, deadline: Int64, outlastsStops: Bool = false) {
    self.id = id
    self.awaited = awaited
    self.deadline = deadline
    self.outlastsStops = outlastsStops
  }

  func suspend(_ continuation: UnsafeContinuation<WaitEnd, Never>) {
    if let end { continuation.resume(returning: end) } else { self.continuation = continuation }
  }

  /// Called once: whoever ends a wait has taken it off the list.
  func finish(_ end: WaitEnd) {
    self.end = end
    continuation?.resume(returning: end)
    continuation = nil
  }
}

/// The waits in progress, earliest deadline first; equal deadlines in order of arrival. A rig has a few dozen at
/// most, so an array beats a heap.
struct WaitList {
  private var waits: [Wait] = []
  /// Changes that nobody was waiting for. The kernel tells each change once, so the next wait for it must not
  /// miss it; the descriptor may have been emptied since, then its owner tries in vain once and waits again.
  private var unheard: Set<Awaited> = []
  private var nextID: UInt64 = 1

  mutating func makeID() -> UInt64 {
    defer { nextID += 1 }
    return nextID
  }

  /// Nil when no wait has a deadline.
  var earliestDeadline: Int64? {
    guard let first = waits.first, first.deadline < .max else { return nil }
    return first.deadline
  }

  mutating func add(_ wait: Wait) {
    guard unheard.remove(wait.awaited) == nil else { return wait.finish(.ready) }
    let place = waits.firstIndex { $0.deadline > wait.deadline } ?? waits.endIndex
    waits.insert(wait, at: place)
  }

  mutating func end(_ id: UInt64, _ end: WaitEnd) { finish(end) { $0.id == id } }
  mutating func endForStop() { finish(.stopped) { !$0.outlastsStops } }
  mutating func endDue(at now: Int64) { finish(.deadline) { $0.deadline <= now } }

  mutating func endReady(_ change: Poller.Change) {
    if change.readable { endReady(.readable(change.id)) }
    if change.writable { endReady(.writable(change.id)) }
  }

  /// A descriptor that this end closed: its waits look again and find it so.
  mutating func endClosed(_ id: UInt64) {
    for awaited in [Awaited.readable(id), .writable(id)] {
      endReady(awaited)
      unheard.remove(awaited)
    }
  }

  private mutating func endReady(_ awaited: Awaited) {
    if !finish(.ready, where: { $0.awaited == awaited }) { unheard.insert(awaited) }
  }

  @discardableResult
  private mutating func finish(_ end: WaitEnd, where matches: (Wait) -> Bool) -> Bool {
    guard waits.contains(where: matches) else { return false }
    let ended = waits.filter(matches)
    waits.removeAll(where: matches)
    for wait in ended { wait.finish(end) }
    return true
  }
}
