import Foundation

/// Does numbered pieces of work on several threads and hands over the results one by one, in the order of the numbers.
///
/// A simulated world lives on the thread that runs it and draws from its own seed, so pieces do not meet: how many
/// threads there are, and which does which piece, changes nothing in a result.
final class Workforce<Product: Sendable>: @unchecked Sendable {
  // Unchecked: every variable is touched with `condition` locked.
  private let condition = NSCondition()
  private let numbers: [Int]
  private let work: @Sendable (Int) -> Product?
  private let ahead: Int
  /// Places in `numbers`: the next to begin, and the next to hand over.
  private var next = 0
  private var due = 0
  private var finished: [Int: Product] = [:]
  private var isStopped = false

  /// Runs nest deeply, and a debug build's frames are large.
  private static var stackSize: Int { 16 << 20 }

  private init(_ numbers: [Int], jobs: Int, _ work: @escaping @Sendable (Int) -> Product?) {
    self.numbers = numbers
    self.work = work
    ahead = 4 * jobs
  }

  /// - Parameters:
  ///   - jobs: Threads, at least 1. One means the calling thread.
  ///   - work: nil when the piece was broken off: nothing after it is begun or handed over.
  ///   - deliver: Called on the calling thread.
  /// - Returns: How many were handed over.
  static func perform(
    _ numbers: [Int], jobs: Int, work: @escaping @Sendable (Int) -> Product?,
    deliver: (Product) throws -> Void
  ) rethrows -> Int {
    guard jobs > 1 else {
      for (place, number) in numbers.enumerated() {
        guard let product = work(number) else { return place }
        try deliver(product)
      }
      return numbers.count
    }
    let force = Workforce(numbers, jobs: jobs, work)
    for _ in 0..<min(jobs, numbers.count) {
      let thread = Thread { force.labour() }
      thread.stackSize = stackSize
      thread.start()
    }
    while let product = force.take() {
      do { try deliver(product) } catch {
        force.stop()
        throw error
      }
    }
    return force.due
  }

  private func labour() {
    while let place = begin() {
      let product = work(numbers[place])
      condition.lock()
      if let product { finished[place] = product } else { isStopped = true }
      condition.broadcast()
      condition.unlock()
    }
  }

  /// The place of a piece to do; nil when nothing is left. Waits while too many results wait for a slower neighbour,
  /// so that memory stays bounded.
  private func begin() -> Int? {
    condition.lock()
    defer { condition.unlock() }
    while !isStopped, next < numbers.count, next >= due + ahead { condition.wait() }
    guard !isStopped, next < numbers.count else { return nil }
    next += 1
    return next - 1
  }

  private func take() -> Product? {
    condition.lock()
    defer { condition.unlock() }
    while due < numbers.count {
      if let product = finished.removeValue(forKey: due) {
        due += 1
        condition.broadcast()
        return product
      }
      if isStopped { return nil }
      condition.wait()
    }
    return nil
  }

  private func stop() {
    condition.lock()
    isStopped = true
    condition.broadcast()
    condition.unlock()
  }
}
