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

/// The waits in progress, earliest deadline first; equal deadlines in order of arrival. A rig has a few dozen at
/// most, so an array beats a heap.
struct WaitList {
  struct Wait {
    let id: UInt64
    let awaited: Awaited
    /// Monotonic nanoseconds; `.max` waits for ever.
    let deadline: Int64
    let continuation: UnsafeContinuation<WaitEnd, Never>
  }

  private var waits: [Wait] = []
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
    let place = waits.firstIndex { $0.deadline > wait.deadline } ?? waits.endIndex
    waits.insert(wait, at: place)
  }

  mutating func end(_ id: UInt64, _ end: WaitEnd) { self.end(end) { $0.id == id } }
  mutating func endAll(_ end: WaitEnd) { self.end(end) { _ in true } }
  mutating func endDue(at now: Int64) { end(.deadline) { $0.deadline <= now } }

  mutating func endReady(_ change: Poller.Change) {
    end(.ready) {
      switch $0.awaited {
      case .readable(let id): id == change.id && change.readable
      case .writable(let id): id == change.id && change.writable
      case .post: false
      }
    }
  }

  /// Both directions of a descriptor that was closed by this end: its waits look again and find it closed.
  mutating func endClosed(_ id: UInt64) {
    endReady(Poller.Change(id: id, readable: true, writable: true))
  }

  private mutating func end(_ end: WaitEnd, where matches: (Wait) -> Bool) {
    guard waits.contains(where: matches) else { return }
    let ended = waits.filter(matches)
    waits.removeAll(where: matches)
    for wait in ended { wait.continuation.resume(returning: end) }
  }
}
