import Foundation
import Glibc

/// Text to a reader who may stop reading: a run must not wait for a stopped pager or a full pipe while outputs are on.
///
/// A thread of its own writes; what it could not hand over yet waits in memory. `finish` hands over the rest, and is
/// for the time when nothing is energised any more.
final class PatientWriter: @unchecked Sendable {
  private let descriptor: Int32
  private let lock = NSCondition()
  /// All behind the lock.
  private var waiting: [UInt8] = []
  private var isWriting = false
  private var isOver = false
  private var isGone = false
  /// The reader took longer than somebody's patience and has not caught up since: nobody waits for it meanwhile.
  private var isStuck = false

  /// - Parameter descriptor: Where to write; stays the caller's, and must not be closed before `finish`.
  init(descriptor: Int32) {
    self.descriptor = descriptor
    let thread = Thread { [self] in work() }
    thread.name = "output"
    thread.start()
  }

  /// Never waits for the reader longer than `patience`.
  /// - Parameter patience: Seconds to wait until all was handed over, so that what others write comes after it.
  func write(_ text: String, patience: Double = 0) {
    lock.lock()
    defer { lock.unlock() }
    guard !isGone else { return }
    waiting += Array(text.utf8)
    lock.broadcast()
    guard patience > 0, !isStuck else { return }
    let end = Date(timeIntervalSinceNow: patience)
    while isBusy, lock.wait(until: end) {}
    isStuck = isBusy
  }

  /// Waits until the reader has everything or is gone, and ends the thread.
  func finish() {
    lock.lock()
    defer { lock.unlock() }
    isOver = true
    lock.broadcast()
    while isBusy { lock.wait() }
  }

  private var isBusy: Bool { !isGone && (isWriting || !waiting.isEmpty) }

  private func work() {
    lock.lock()
    defer { lock.unlock() }
    while true {
      while waiting.isEmpty, !isOver { lock.wait() }
      guard !waiting.isEmpty else { return }
      let bytes = waiting
      waiting = []
      isWriting = true
      lock.unlock()
      let isThere = Self.handOver(bytes, to: descriptor)
      lock.lock()
      isWriting = false
      if waiting.isEmpty { isStuck = false }
      // A reader that went away does not stop a run.
      if !isThere { (isGone, waiting) = (true, []) }
      lock.broadcast()
      guard isThere else { return }
    }
  }

  private static func handOver(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
