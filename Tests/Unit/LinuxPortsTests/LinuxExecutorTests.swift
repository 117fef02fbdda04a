import CLinuxPorts
import Foundation
import Ports
import Testing

@testable import LinuxPorts

@Suite(.timeLimit(.minutes(1))) struct LinuxExecutorTests {
  @Test func `everything above the seam stays on the thread that called run`() throws {
    let outside = clp_thread_token()
    try LinuxWorld.run(takesSignals: false) { world in
      #expect(clp_thread_token() == outside)
      try await world.sleep(for: .milliseconds(1))
      #expect(clp_thread_token() == outside)
      let tokens = await withTaskGroup(of: UInt.self) { group in
        for _ in 0..<8 {
          group.addTask {
            await Task.yield()
            return clp_thread_token()
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(tokens == Array(repeating: outside, count: 8))
    }
  }

  @Test func `a continuation resumed by another thread comes back to the world's thread`() throws {
    let outside = clp_thread_token()
    try LinuxWorld.run(takesSignals: false) { _ in
      let foreign = await withUnsafeContinuation { (continuation: UnsafeContinuation<UInt, Never>) in
        Thread.detachNewThread { continuation.resume(returning: clp_thread_token()) }
      }
      #expect(foreign != outside)
      #expect(clp_thread_token() == outside)
    }
  }

  @Test func `what the body throws comes out of run`() {
    struct Odd: Error {}
    #expect(throws: Odd.self) { try LinuxWorld.run(takesSignals: false) { _ in throw Odd() } }
    #expect(throws: Never.self) { try LinuxWorld.run(takesSignals: false) { _ in } }
  }

  @Test func `a sleep ends at its instant or later, never before`() throws {
    try LinuxWorld.run(takesSignals: false) { world in
      for milliseconds in [0.0, 0.01, 0.5, 3] {
        let until = world.now + .milliseconds(milliseconds)
        try await world.sleep(until: until)
        #expect(world.now >= until)
      }
      try await world.sleep(until: .start)
    }
  }

  @Test func `sleepers wake in the order of their deadlines, equal ones in the order of arrival`() throws {
    let order = try LinuxWorld.run(takesSignals: false) { world in
      let executor = world.executor
      let base = world.monotonic(world.now + .milliseconds(20))
      return await withTaskGroup(of: Int.self) { group in
        for (name, later) in [(4, Int64(9)), (1, 0), (3, 5), (2, 0)] {
          group.addTask {
            _ = await executor.wait(for: .post, until: base + later, cancellable: true)
            return name
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
    }
    #expect(order == [1, 2, 3, 4])
  }

  @Test func `a task that only yields does not hide timers`() throws {
    try LinuxWorld.run(takesSignals: false) { world in
      let executor = world.executor
      let due = world.monotonic(world.now + .milliseconds(2))
      let first = await withTaskGroup(of: String.self) { group in
        group.addTask {
          while !Task.isCancelled { await Task.yield() }
          return "yields"
        }
        group.addTask {
          _ = await executor.wait(for: .post, until: due, cancellable: true)
          return "timer"
        }
        let first = await group.next()
        group.cancelAll()
        return first
      }
      #expect(first == "timer")
    }
  }

  @Test func `a cancelled sleep ends at once`() throws {
    try LinuxWorld.run(takesSignals: false) { world in
      let executor = world.executor
      let end = await withTaskGroup(of: WaitEnd.self) { group in
        group.addTask { await executor.wait(for: .post, until: .max, cancellable: true) }
        await Task.yield()
        group.cancelAll()
        return await group.next()
      }
      #expect(end == .cancelled)
    }
  }

  @Test func `a wait that must not be cut short runs to its deadline in a cancelled task`() throws {
    try LinuxWorld.run(takesSignals: false) { world in
      let executor = world.executor
      let deadline = world.monotonic(world.now + .milliseconds(5))
      let end = await withTaskGroup(of: WaitEnd.self) { group in
        group.addTask { await executor.wait(for: .post, until: deadline, cancellable: false) }
        group.cancelAll()
        return await group.next()
      }
      #expect(end == .deadline)
      #expect(LinuxClock.monotonicNanoseconds() >= deadline)
    }
  }

  @Test func `blocking work is waited for no longer than its deadline`() throws {
    let release = DispatchSemaphore(value: 0)
    try LinuxWorld.run(takesSignals: false) { world in
      let done = await world.executor.onOwnThread(until: .max, cancellable: true) { 42 }
      #expect(done == .success(42))
      let soon = world.monotonic(world.now + .milliseconds(3))
      let stuck = await world.executor.onOwnThread(until: soon, cancellable: true) { release.wait() }
      #expect(LinuxClock.monotonicNanoseconds() >= soon)
      guard case .failure(.ended(.deadline)) = stuck else {
        Issue.record("ended with \(stuck)")
        return
      }
    }
    release.signal()
  }

  @Test func `the calendar is the computer's and is written in UTC`() throws {
    let before = Date().addingTimeInterval(-2)
    let text = try LinuxWorld.run(takesSignals: false) { $0.calendarStart }
    let parsed = try #require(ISO8601DateFormatter().date(from: text))
    #expect(parsed >= before && parsed <= Date().addingTimeInterval(2))
    #expect(text.hasSuffix("Z"))
  }

  @Test func `time starts near zero and does not go back`() throws {
    try LinuxWorld.run(takesSignals: false) { world in
      let first = world.now
      #expect(first >= .start)
      #expect(world.now >= first)
    }
  }
}
