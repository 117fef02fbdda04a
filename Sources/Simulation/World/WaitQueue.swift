import Ports

/// Somebody who waits for an instant of virtual time: a suspended task, or an action that a scenario scheduled.
final class Wait {
  /// The latest instant at which the wait ends.
  let deadline: WorldInstant
  /// Order of arrival; decides between waits that end at the same instant.
  let sequence: UInt64
  /// Asked whenever the world has moved: the instant at which what is waited for happens, as far as known now.
  let due: (() -> WorldInstant?)?
  /// True for an action of a scenario, which nobody can wake early.
  let isAction: Bool
  private let resume: () -> Void
  private(set) var isOver = false

  init(
    deadline: WorldInstant, sequence: UInt64, due: (() -> WorldInstant?)?, isAction: Bool,
    resume: @escaping () -> Void
  ) {
    self.deadline = deadline
    self.sequence = sequence
    self.due = due
    self.isAction = isAction
    self.resume = resume
  }

  /// Ends the wait once; later calls do nothing.
  func end() {
    guard !isOver else { return }
    isOver = true
    resume()
  }
}

/// All waits: a heap ordered by (deadline, sequence), beside it the few that also wait for a condition.
struct WaitQueue {
  /// Ended waits stay in the heap until their deadline unless they are more than this and more than half of it.
  private static let sweepMin = 64
  private var heap: [Wait] = []
  private var conditional: [Wait] = []
  private var ended = 0

  mutating func insert(_ wait: Wait) {
    heap.append(wait)
    siftUp(heap.count - 1)
    if wait.due != nil { conditional.append(wait) }
  }

  /// Takes note that a wait inside ended early.
  mutating func noteEnded(_ wait: Wait) {
    ended += 1
    if wait.due != nil { conditional.removeAll { $0 === wait } }
    guard ended > Self.sweepMin, ended * 2 > heap.count else { return }
    heap.removeAll { $0.isOver }
    for index in stride(from: heap.count / 2, through: 0, by: -1) { siftDown(index) }
    ended = 0
  }

  /// The wait that ends first and when, by (instant, sequence).
  mutating func first(now: WorldInstant) -> (wait: Wait, at: WorldInstant)? {
    while let top = heap.first, top.isOver {
      removeTop()
      ended = max(0, ended - 1)
    }
    guard let top = heap.first else { return nil }
    var best = (wait: top, at: max(now, top.deadline))
    for wait in conditional {
      guard let due = wait.due?() else { continue }
      let at = max(now, due)
      if at < best.at || (at == best.at && wait.sequence < best.wait.sequence) { best = (wait, at) }
    }
    return best
  }

  /// Takes every wait out, in the order in which they began.
  mutating func removeAll() -> [Wait] {
    let all = heap.filter { !$0.isOver }.sorted { $0.sequence < $1.sequence }
    heap = []
    conditional = []
    ended = 0
    return all
  }

  private func before(_ a: Int, _ b: Int) -> Bool {
    heap[a].deadline != heap[b].deadline
      ? heap[a].deadline < heap[b].deadline : heap[a].sequence < heap[b].sequence
  }

  private mutating func removeTop() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    siftDown(0)
  }

  private mutating func siftUp(_ start: Int) {
    var index = start
    while index > 0, before(index, (index - 1) / 2) {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  private mutating func siftDown(_ start: Int) {
    var index = start
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2] where child < heap.count && before(child, least) {
        least = child
      }
      guard least != index else { return }
      heap.swapAt(index, least)
      index = least
    }
  }
}
