import CLinuxPorts
import Glibc
import Ports

/// Waits in the kernel for descriptors, one timer and wake-ups from other threads. Owned by one thread; only
/// `wake()` may be called from another.
final class Poller: @unchecked Sendable {
  /// Says that a descriptor changed. Ids are never used again, descriptor numbers are.
  struct Change {
    let id: UInt64
    let readable: Bool
    let writable: Bool
  }

  private static let wakeID: UInt64 = 0
  private static let timerID: UInt64 = 1
  private static let signalID: UInt64 = 2
  private static let firstStreamID: UInt64 = 16
  /// Changes fetched in one go; more stay in the kernel until the next look.
  private static let changeLimit = 32

  private let epoll: Int32
  private let event: Int32
  private let timer: Int32
  private var armed: Int64 = 0
  private var nextID = Poller.firstStreamID
  private var buffer = [clp_ready](repeating: clp_ready(), count: Poller.changeLimit)

  /// - Throws: `.busy` when the process or the computer has run out of descriptors.
  init() throws(PortError) {
    var opened: [Int32] = []
    func made(_ descriptor: Int32, _ what: String) throws(PortError) -> Int32 {
      guard descriptor < 0 else {
        opened.append(descriptor)
        return descriptor
      }
      for one in opened { Glibc.close(one) }
      throw PortError(
        .busy, attempted: "start the event loop", port: "this computer",
        cause: "\(what): \(SystemError.words(-descriptor))",
        advice: "Check `ulimit -n` and what else is running")
    }
    epoll = try made(clp_epoll_create(), "epoll")
    event = try made(clp_eventfd_create(), "eventfd")
    timer = try made(clp_timerfd_create(), "timerfd")
    clp_epoll_add_source(epoll, event, Self.wakeID)
    clp_epoll_add_source(epoll, timer, Self.timerID)
  }

  deinit {
    Glibc.close(epoll)
    Glibc.close(event)
    Glibc.close(timer)
  }

  /// Ends the present or the next `poll` at once. From any thread.
  func wake() {
    var one: UInt64 = 1
    // Fails only when the counter is full, and then the poll ends anyway.
    _ = write(event, &one, MemoryLayout<UInt64>.size)
  }

  /// Lets bytes on the signal pipe end a `poll`; whoever reads the pipe takes them.
  func addSignals(_ descriptor: Int32) { clp_epoll_add_source(epoll, descriptor, Self.signalID) }
  func removeSignals(_ descriptor: Int32) { clp_epoll_remove(epoll, descriptor) }

  /// Watches both directions of a non-blocking descriptor. Only changes are reported: read or write until the
  /// kernel says "would block" before waiting for one.
  /// - Throws: the error number, for descriptors that cannot be polled (regular files) or when memory is short.
  func add(_ descriptor: Int32) throws(SystemError) -> UInt64 {
    let id = nextID
    nextID += 1
    let result = clp_epoll_add_stream(epoll, descriptor, id)
    guard result >= 0 else { throw SystemError(number: -result) }
    return id
  }

  /// Watches for something to read and reports it until it was read.
  func addSource(_ descriptor: Int32) throws(SystemError) -> UInt64 {
    let id = nextID
    nextID += 1
    let result = clp_epoll_add_source(epoll, descriptor, id)
    guard result >= 0 else { throw SystemError(number: -result) }
    return id
  }

  func remove(_ descriptor: Int32) { clp_epoll_remove(epoll, descriptor) }

  /// Waits until something happens or the monotonic clock reads `deadline`; may return earlier with nothing.
  /// - Parameter deadline: nil waits for events only; 0 or the past only looks.
  func poll(until deadline: Int64?) -> [Change] {
    var block = true
    if let deadline, deadline <= LinuxClock.monotonicNanoseconds() { block = false }
    if block { arm(deadline ?? 0) }
    let count = clp_epoll_wait(epoll, &buffer, Int32(buffer.count), block)
    // EINTR: a handler ran; the caller looks at everything again.
    guard count > 0 else { return [] }
    var changes: [Change] = []
    for ready in buffer.prefix(Int(count)) {
      switch ready.id {
      case Self.wakeID: drainCounter(event)
      case Self.timerID:
        drainCounter(timer)
        armed = 0
      case Self.signalID: break
      default: changes.append(Change(id: ready.id, readable: ready.readable, writable: ready.writable))
      }
    }
    return changes
  }

  /// Sees to it that the timer rings at `nanoseconds` or before; 0: it need not ring. One that rings too early costs
  /// one turn of the loop; setting it for every exchange with an instrument would cost each a system call.
  private func arm(_ nanoseconds: Int64) {
    guard nanoseconds > 0, armed == 0 || nanoseconds < armed else { return }
    let result = clp_timerfd_set(timer, nanoseconds)
    precondition(result >= 0, "timer refused \(nanoseconds) ns: \(SystemError.words(-result))")
    armed = nanoseconds
  }

  private func drainCounter(_ descriptor: Int32) {
    var count: UInt64 = 0
    _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
  }
}
